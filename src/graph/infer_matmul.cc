// Matrix products and Einstein sums.
#include <algorithm>
#include <array>
#include <map>

#include "graph/infer_ops.h"
#include "graph/infer_util.h"

namespace floe {
namespace {

Shape Leading(const Shape& shape, size_t without) {
  return Shape(std::vector<Dim>(shape.dims().begin(), shape.dims().end() - static_cast<ptrdiff_t>(without)));
}

// One operand or the result of an equation: labels before and after the ellipsis.
struct Term {
  std::string before;
  std::string after;
  bool ellipsis = false;
};

Term ParseTerm(const InferContext& ctx, std::string_view text) {
  Term term;
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == ' ') continue;
    if (text.substr(i, 3) == "...") {
      if (term.ellipsis) ctx.Fail("two ellipses in '{}'", text);
      term.ellipsis = true;
      i += 2;
    } else if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')) {
      (term.ellipsis ? term.after : term.before) += c;
    } else {
      ctx.Fail("'{}' in the equation is no label", c);
    }
  }
  return term;
}

struct EinsumDims {
  std::map<char, Dim> labels;
  std::map<char, int> uses;
  Shape ellipsis = Shape(std::vector<Dim>{});
};

void AddLabel(const InferContext& ctx, EinsumDims& dims, char label, const Dim& dim) {
  const auto [at, is_new] = dims.labels.try_emplace(label, dim);
  ++dims.uses[label];
  if (is_new) return;
  const auto both = BroadcastDim(at->second, dim);
  if (!both) {
    ctx.Fail("label '{}' stands for {} and {}", label, at->second.ToString(), dim.ToString());
  }
  at->second = *both;
}

void AddOperand(const InferContext& ctx, EinsumDims& dims, const Term& term, const Shape& shape) {
  const size_t named = term.before.size() + term.after.size();
  const bool known = shape.has_rank();
  if (known && (term.ellipsis ? shape.rank() < named : shape.rank() != named)) {
    ctx.Fail("an operand of shape {} does not fit its {} labels", shape.ToString(), named);
  }
  const size_t hidden = known ? shape.rank() - named : 0;
  for (size_t i = 0; i < term.before.size(); ++i) {
    AddLabel(ctx, dims, term.before[i], known ? shape[i] : Dim());
  }
  for (size_t i = 0; i < term.after.size(); ++i) {
    AddLabel(ctx, dims, term.after[i], known ? shape[term.before.size() + hidden + i] : Dim());
  }
  if (!term.ellipsis) return;
  const auto from = shape.dims().begin() + static_cast<ptrdiff_t>(known ? term.before.size() : 0);
  const Shape middle = known ? Shape(std::vector<Dim>(from, from + static_cast<ptrdiff_t>(hidden))) : Shape();
  const auto both = BroadcastShape(dims.ellipsis, middle);
  if (!both) ctx.Fail("the dimensions under '...' do not broadcast");
  dims.ellipsis = *both;
}

}  // namespace

void Infer(const MatMul& op, InferContext& ctx) {
  const DType dtype = MergeDType(ctx, 0, 1);
  const Shape& a = ctx.shape(0);
  const Shape& b = ctx.shape(1);
  if ((a.has_rank() && a.rank() < 2) || (b.has_rank() && b.rank() < 2)) {
    ctx.Fail("expected matrices, got {} and {}", a.ToString(), b.ToString());
  }
  if (!a.has_rank() || !b.has_rank()) return ctx.Set(0, dtype, {});
  const auto row = [](const Shape& s, bool swap) { return s[s.rank() - (swap ? 1 : 2)]; };
  const auto column = [](const Shape& s, bool swap) { return s[s.rank() - (swap ? 2 : 1)]; };
  const Dim k1 = column(a, op.transpose_a);
  const Dim k2 = row(b, op.transpose_b);
  if (k1.known() && k2.known() && !k1.Same(k2)) {
    ctx.Fail("inner sizes {} and {} differ in {} times {}", k1.value(), k2.value(), a.ToString(),
             b.ToString());
  }
  const auto batch = BroadcastShape(Leading(a, 2), Leading(b, 2));
  if (!batch) ctx.Fail("batch dimensions of {} and {} do not broadcast", a.ToString(), b.ToString());
  std::vector<Dim> out = batch->dims();
  out.push_back(row(a, op.transpose_a));
  Dim n = column(b, op.transpose_b);
  if (ctx.has(2)) {
    ctx.RequireRank(2, 1);
    MergeDType(ctx, 0, 2);
    if (ctx.shape(2).has_rank()) n = MergeDim(ctx, n, ctx.shape(2)[0], "columns and bias");
  }
  out.push_back(n);
  ctx.Set(0, dtype, Shape(std::move(out)));
}

void Infer(const Einsum& op, InferContext& ctx) {
  DType dtype = ctx.dtype(0);
  for (size_t i = 1; i < ctx.input_count(); ++i) dtype = MergeDType(ctx, dtype == DType::kInvalid ? i : 0, i);
  std::string_view equation = op.equation;
  const size_t arrow = equation.find("->");
  const std::string_view left = equation.substr(0, arrow);
  EinsumDims dims;
  size_t operand = 0;
  bool ellipsis = false;
  for (size_t from = 0; from <= left.size(); ++operand) {
    const size_t comma = std::min(left.find(',', from), left.size());
    if (operand >= ctx.input_count()) break;
    const Term term = ParseTerm(ctx, left.substr(from, comma - from));
    ellipsis |= term.ellipsis;
    AddOperand(ctx, dims, term, ctx.shape(operand));
    from = comma + 1;
  }
  const auto terms = static_cast<size_t>(std::ranges::count(left, ',')) + 1;
  if (terms != ctx.input_count()) {
    ctx.Fail("equation '{}' has {} operands, got {}", op.equation, terms, ctx.input_count());
  }
  Term result;
  if (arrow != std::string_view::npos) {
    result = ParseTerm(ctx, equation.substr(arrow + 2));
  } else {
    result.ellipsis = ellipsis;
    for (const auto& [label, uses] : dims.uses) {
      if (uses == 1) result.after += label;
    }
  }
  std::vector<Dim> out;
  const auto append = [&](const std::string& labels) {
    for (const char label : labels) {
      const auto at = dims.labels.find(label);
      if (at == dims.labels.end()) ctx.Fail("label '{}' of the result is in no operand", label);
      out.push_back(at->second);
    }
  };
  append(result.before);
  if (result.ellipsis) {
    if (!dims.ellipsis.has_rank()) return ctx.Set(0, dtype, {});
    out.insert(out.end(), dims.ellipsis.dims().begin(), dims.ellipsis.dims().end());
  }
  append(result.after);
  ctx.Set(0, dtype, Shape(std::move(out)));
}

}  // namespace floe
