#include <algorithm>
#include <array>
#include <cctype>
#include <map>

#include "backends/reference/indexing.h"
#include "backends/reference/kernels.h"
#include "backends/reference/value_io.h"

namespace floe::reference {
namespace {

// Labels are letters; the dimensions of an ellipsis get the numbers from kEllipsis on, counted from the last.
constexpr int kEllipsis = 256;
using Labels = std::vector<int>;

struct Term {
  std::string text;  // "b...ij" without blanks
  size_t letters() const {
    return static_cast<size_t>(std::count_if(text.begin(), text.end(), [](char c) { return c != '.'; }));
  }
  bool has_ellipsis() const { return text.find("...") != std::string::npos; }
};

Labels Expand(const OpCall& call, const Term& term, size_t ellipsis_rank) {
  Labels labels;
  for (size_t i = 0; i < term.text.size(); ++i) {
    if (term.text[i] == '.') {
      if (term.text.compare(i, 3, "...") != 0) call.Fail("a single '.' in the equation");
      for (size_t k = ellipsis_rank; k-- > 0;) labels.push_back(kEllipsis + static_cast<int>(k));
      i += 2;
    } else if (std::isalpha(static_cast<unsigned char>(term.text[i])) != 0) {
      labels.push_back(static_cast<unsigned char>(term.text[i]));
    } else {
      call.Fail("'{}' in the equation", term.text[i]);
    }
  }
  return labels;
}

struct Equation {
  std::vector<Labels> inputs;
  Labels output;
};

Equation Parse(const Einsum& op, const OpCall& call) {
  std::string text;
  std::copy_if(op.equation.begin(), op.equation.end(), std::back_inserter(text),
               [](char c) { return c != ' '; });
  const size_t arrow = text.find("->");
  const std::string left = text.substr(0, arrow);
  std::vector<Term> terms(1);
  for (const char c : left) {
    if (c == ',') {
      terms.emplace_back();
    } else {
      terms.back().text += c;
    }
  }
  if (terms.size() != call.input_count())
    call.Fail("equation '{}' for {} inputs", op.equation, call.input_count());
  Equation e;
  size_t ellipsis_rank = 0;
  for (size_t i = 0; i < terms.size(); ++i) {
    const size_t rank = call.in(i).rank();
    const size_t letters = terms[i].letters();
    if (letters > rank || (letters < rank && !terms[i].has_ellipsis())) {
      call.Fail("term '{}' for an input of rank {}", terms[i].text, rank);
    }
    ellipsis_rank = std::max(ellipsis_rank, rank - letters);
    e.inputs.push_back(Expand(call, terms[i], rank - letters));
    if (e.inputs.back().size() != rank) call.Fail("term '{}' for an input of rank {}", terms[i].text, rank);
  }
  if (arrow != std::string::npos) {
    e.output = Expand(call, Term{text.substr(arrow + 2)}, ellipsis_rank);
    return e;
  }
  // Without an arrow: the ellipsis, then the letters that occur once, in order.
  std::map<int, int> uses;
  for (const Labels& labels : e.inputs) {
    for (const int label : labels) ++uses[label];
  }
  for (size_t k = ellipsis_rank; k-- > 0;) e.output.push_back(kEllipsis + static_cast<int>(k));
  for (const auto& [label, count] : uses) {
    if (label < kEllipsis && count == 1) e.output.push_back(label);
  }
  return e;
}

// Sizes of all labels; a dimension of 1 broadcasts.
std::map<int, int64_t> LabelSizes(const OpCall& call, const Equation& e) {
  std::map<int, int64_t> sizes;
  for (size_t i = 0; i < e.inputs.size(); ++i) {
    for (size_t d = 0; d < e.inputs[i].size(); ++d) {
      const int64_t size = call.in(i).dims()[d];
      int64_t& known = sizes.emplace(e.inputs[i][d], 1).first->second;
      if (known == 1) known = size;
      if (size != known && size != 1) call.Fail("one label for dimensions of {} and {}", known, size);
    }
  }
  return sizes;
}

// The strides of one operand along the loop's labels; a label that occurs twice walks the diagonal.
Dims LoopStrides(const Labels& loop, const Labels& own, const Dims& dims) {
  const Dims strides = RowMajorStrides(dims);
  Dims out(loop.size(), 0);
  for (size_t d = 0; d < own.size(); ++d) {
    if (dims[d] == 1) continue;
    for (size_t k = 0; k < loop.size(); ++k) {
      if (loop[k] == own[d]) out[k] += strides[d];
    }
  }
  return out;
}

template <typename T>
void EinsumAs(const OpCall& call, const StridedOperands& walk, Tensor* y) {
  std::vector<T> sums(static_cast<size_t>(y->size()), T(0));
  std::vector<std::vector<T>> inputs;
  for (size_t i = 0; i < call.input_count(); ++i) inputs.push_back(LoadAll<T>(call.in(i)));
  ForEachRun(walk, [&](std::span<const int64_t> at, std::span<const int64_t> step, int64_t length) {
    for (int64_t i = 0; i < length; ++i) {
      T product(1);
      for (size_t k = 0; k < inputs.size(); ++k) {
        product = WrapMul(product, inputs[k][static_cast<size_t>(at[k + 1] + i * step[k + 1])]);
      }
      T& sum = sums[static_cast<size_t>(at[0] + i * step[0])];
      sum = WrapAdd(sum, product);
    }
  });
  StoreAll(y, sums);
}

}  // namespace

void Run(const Einsum& op, OpCall& call) {
  for (size_t i = 1; i < call.input_count(); ++i) call.RequireSameType(i, 0);
  const Equation e = Parse(op, call);
  std::map<int, int64_t> sizes = LabelSizes(call, e);
  Dims dims;
  for (const int label : e.output) {
    if (!sizes.contains(label)) call.Fail("output label '{}' in no input", static_cast<char>(label));
    if (std::count(e.output.begin(), e.output.end(), label) > 1) call.Fail("output label twice");
    dims.push_back(sizes[label]);
  }
  // Output labels outside, summed ones inside.
  Labels loop = e.output;
  StridedOperands walk;
  walk.dims = dims;
  for (const auto& [label, size] : sizes) {
    if (std::find(e.output.begin(), e.output.end(), label) != e.output.end()) continue;
    loop.push_back(label);
    walk.dims.push_back(size);
  }
  walk.strides.push_back(LoopStrides(loop, e.output, dims));
  for (size_t i = 0; i < e.inputs.size(); ++i) {
    walk.strides.push_back(LoopStrides(loop, e.inputs[i], call.in(i).dims()));
  }
  walk.offsets.assign(walk.strides.size(), 0);
  const DType dtype = call.in(0).dtype();
  Tensor& y = call.Out(0, dtype, dims);
  const bool numeric = dtype != DType::kBool && VisitComputingType(dtype, [&](auto type) {
                         EinsumAs<typename decltype(type)::type>(call, walk, &y);
                       });
  if (!numeric) call.FailType(0);
}

}  // namespace floe::reference
