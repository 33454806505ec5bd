// Sums of products by labels. Those of two tensors are matrix products, once the labels are grouped.
#include <algorithm>
#include <numeric>

#include "frontend/tensorflow/ops/families.h"

namespace floe {
namespace {

struct Equation {
  std::string a, b, out;
};

// False for other than two operands, for an ellipsis, and where a label occurs twice in a term.
bool ParsePair(const std::string& equation, Equation* e) {
  std::string text;
  for (const char letter : equation)
    if (letter != ' ') text += letter;
  const size_t comma = text.find(','), arrow = text.find("->");
  if (comma == std::string::npos || arrow == std::string::npos || comma > arrow) return false;
  *e = {text.substr(0, comma), text.substr(comma + 1, arrow - comma - 1), text.substr(arrow + 2)};
  return std::ranges::all_of(std::vector<std::string>{e->a, e->b, e->out}, [](std::string term) {
    std::ranges::sort(term);
    return std::ranges::adjacent_find(term) == term.end() &&
           std::ranges::all_of(term, [](unsigned char label) { return std::isalpha(label) != 0; });
  });
}

// [batch, free_a, free_b] of the output and what both operands share without it.
struct Groups {
  std::string batch, free_a, free_b, summed;
};

// False where an operand has a label that neither the other one nor the output has.
bool GroupLabels(const Equation& e, Groups* g) {
  const auto has = [](const std::string& term, char label) { return term.find(label) != std::string::npos; };
  for (const char label : e.out) {
    if (!has(e.a, label) && !has(e.b, label)) return false;
    (has(e.a, label) ? has(e.b, label) ? g->batch : g->free_a : g->free_b) += label;
  }
  for (const char label : e.a)
    if (!has(e.out, label)) g->summed += label;
  const auto grouped = [&](const std::string& term, const std::string& free) {
    return g->batch.size() + free.size() + g->summed.size() == term.size();
  };
  return std::ranges::all_of(g->summed, [&](char label) { return has(e.b, label); }) &&
         grouped(e.a, g->free_a) && grouped(e.b, g->free_b);
}

ValueId Ordered(Builder& b, ValueId x, const std::string& from, const std::string& to) {
  Ints perm;
  for (const char label : to) perm.push_back(static_cast<int64_t>(from.find(label)));
  return std::ranges::is_sorted(perm) ? x : b.Transpose(x, std::move(perm));
}

// The sizes of some labels of x, int64 [n].
ValueId SizesOf(Builder& b, ValueId x, const std::string& term, const std::string& labels) {
  std::vector<ValueId> sizes;
  for (const char label : labels) sizes.push_back(b.DimTensor(x, static_cast<int64_t>(term.find(label))));
  return sizes.empty() ? b.Constant(TensorOfNumbers(DType::kInt64, {0}, {})) : b.ConcatVectors(sizes);
}

// x as a batch of matrices, the rows and the columns each a group of labels.
ValueId Matrices(Builder& b, ValueId x, const std::string& term, const std::string& batch,
                 const std::string& rows, const std::string& columns) {
  const ValueId ordered = Ordered(b, x, term, batch + rows + columns);
  if (rows.size() == 1 && columns.size() == 1) return ordered;
  const auto count = [&](const std::string& labels) {
    return labels.empty() ? b.Int64s({1})
                          : b.Reduce(ReduceKind::kProd, SizesOf(b, x, term, labels), {0}, true);
  };
  return b.Add(Reshape{},
               {ordered, b.ConcatVectors({SizesOf(b, x, term, batch), count(rows), count(columns)})});
}

void ImportEinsum(NodeContext& c) {
  Builder& b = c.build();
  const std::string equation = c.String("equation");
  Equation e;
  Groups g;
  const auto fits = [&](size_t i, const std::string& term) {
    return IsFloat(c.dtype(i)) && c.shape(i).has_rank() && c.shape(i).rank() == term.size();
  };
  if (c.input_count() != 2 || !ParsePair(equation, &e) || !GroupLabels(e, &g) || !fits(0, e.a) ||
      !fits(1, e.b))
    return c.Return(Einsum{equation}, c.ins(0, c.input_count()));
  const ValueId first = Matrices(b, c.in(0), e.a, g.batch, g.free_a, g.summed);
  const ValueId second = Matrices(b, c.in(1), e.b, g.batch, g.summed, g.free_b);
  ValueId product = b.Add(MatMul{}, {first, second});
  if (g.free_a.size() != 1 || g.free_b.size() != 1) {
    product = b.Add(Reshape{}, {product, b.ConcatVectors({SizesOf(b, c.in(0), e.a, g.batch + g.free_a),
                                                          SizesOf(b, c.in(1), e.b, g.free_b)})});
  }
  c.Set(0, Ordered(b, product, g.batch + g.free_a + g.free_b, e.out));
}

constexpr OpImporter kRows[] = {
    {"Einsum", ImportEinsum},
};

}  // namespace

std::span<const OpImporter> EinsumImporters() {
  return kRows;
}

}  // namespace floe
