#include "graph/infer_util.h"

#include <algorithm>

namespace floe {

Element Element::Of(const Dim& dim) {
  if (dim.known()) return {dim.value(), ""};
  return {std::nullopt, dim.symbol()};
}

Dim Element::ToDim() const {
  if (number.has_value()) return *number >= 0 ? Dim(*number) : Dim();
  return symbol.empty() ? Dim() : Dim(symbol);
}

bool Element::Same(const Element& other) const {
  if (number.has_value() || other.number.has_value()) return number == other.number;
  return !symbol.empty() && symbol == other.symbol;
}

std::optional<Elements> ElementsOf(const InferContext& ctx, size_t i) {
  if (const auto numbers = ctx.ints(i)) {
    Elements out;
    for (const int64_t n : *numbers) out.push_back({n, ""});
    return out;
  }
  const auto dims = ctx.elements(i);
  if (!dims) return std::nullopt;
  Elements out;
  for (const Dim& d : *dims) out.push_back(Element::Of(d));
  return out;
}

std::optional<int64_t> IntOf(const InferContext& ctx, size_t i) {
  const auto numbers = ctx.ints(i);
  return numbers && numbers->size() == 1 ? std::optional(numbers->front()) : std::nullopt;
}

void SetElementsOf(InferContext& ctx, size_t output, const Elements& elements) {
  std::vector<Dim> dims;
  for (const Element& e : elements) dims.push_back(e.ToDim());
  ctx.SetElements(output, std::move(dims));
}

void PassElements(InferContext& ctx, size_t i, size_t output) {
  if (const auto elements = ElementsOf(ctx, i)) SetElementsOf(ctx, output, *elements);
}

int64_t CheckedAdd(const InferContext& ctx, int64_t a, int64_t b) {
  int64_t sum = 0;
  if (__builtin_add_overflow(a, b, &sum)) ctx.Fail("a size overflows: {} + {}", a, b);
  return sum;
}

int64_t CheckedMul(const InferContext& ctx, int64_t a, int64_t b) {
  int64_t product = 0;
  if (__builtin_mul_overflow(a, b, &product)) ctx.Fail("a size overflows: {} * {}", a, b);
  return product;
}

Dim AddDim(const InferContext& ctx, const Dim& a, int64_t b) {
  if (b == 0) return a;
  if (!a.known()) return {};
  const int64_t sum = CheckedAdd(ctx, a.value(), b);
  if (sum < 0) ctx.Fail("a dimension of {} less {} is negative", a.value(), -b);
  return sum;
}

Dim AddDims(const InferContext& ctx, const Dim& a, const Dim& b) {
  if (b.known()) return AddDim(ctx, a, b.value());
  return a.known() ? AddDim(ctx, b, a.value()) : Dim();
}

Dim MulDim(const InferContext& ctx, const Dim& a, int64_t b) {
  if (b == 1) return a;
  if (b == 0) return 0;
  return a.known() ? Dim(CheckedMul(ctx, a.value(), b)) : Dim();
}

Dim MulDims(const InferContext& ctx, const Dim& a, const Dim& b) {
  if (b.known()) return MulDim(ctx, a, b.value());
  return a.known() ? MulDim(ctx, b, a.value()) : Dim();
}

Dim MergeDim(const InferContext& ctx, const Dim& a, const Dim& b, std::string_view what) {
  if (a.known() && b.known() && a.value() != b.value()) {
    ctx.Fail("{} should agree, got {} and {}", what, a.value(), b.value());
  }
  return b.known() || (!a.known() && a.symbol().empty()) ? b : a;
}

std::optional<Dim> BroadcastDim(const Dim& a, const Dim& b) {
  if (a.known() && b.known()) {
    if (a.value() == b.value() || b.value() == 1) return a;
    return a.value() == 1 ? std::optional(b) : std::nullopt;
  }
  if (a.Same(b)) return a;
  if (a.known()) return a.value() == 1 ? b : a;
  if (b.known()) return b.value() == 1 ? a : b;
  return Dim();
}

std::optional<Shape> BroadcastShape(const Shape& a, const Shape& b) {
  if (!a.has_rank() || !b.has_rank()) return Shape();
  const size_t rank = std::max(a.rank(), b.rank());
  std::vector<Dim> dims(rank);
  for (size_t i = 0; i < rank; ++i) {
    const size_t from_end = rank - i;
    const Dim x = from_end <= a.rank() ? a[a.rank() - from_end] : Dim(1);
    const Dim y = from_end <= b.rank() ? b[b.rank() - from_end] : Dim(1);
    const auto both = BroadcastDim(x, y);
    if (!both) return std::nullopt;
    dims[i] = *both;
  }
  return Shape(std::move(dims));
}

DType MergeDType(const InferContext& ctx, size_t i, size_t j) {
  const DType a = ctx.dtype(i);
  const DType b = ctx.dtype(j);
  if (a == DType::kInvalid || a == b) return b;
  if (b != DType::kInvalid) {
    ctx.Fail("inputs {} and {} should have one type, got {} and {}", i, j, DTypeName(a), DTypeName(b));
  }
  return a;
}

Shape BroadcastInputs(const InferContext& ctx, size_t first, size_t last) {
  Shape shape = ctx.shape(first);
  for (size_t i = first + 1; i <= last; ++i) {
    auto both = BroadcastShape(shape, ctx.shape(i));
    if (!both) {
      ctx.Fail("shapes {} and {} do not broadcast", shape.ToString(), ctx.shape(i).ToString());
    }
    shape = std::move(*both);
  }
  return shape;
}

Shape GeneraliseShapes(const Shape& a, const Shape& b) {
  if (!a.has_rank() || !b.has_rank() || a.rank() != b.rank()) return {};
  std::vector<Dim> dims;
  for (size_t i = 0; i < a.rank(); ++i) dims.push_back(a[i].Same(b[i]) ? a[i] : Dim());
  return Shape(std::move(dims));
}

std::vector<bool> AxisFlags(const InferContext& ctx, const std::vector<int64_t>& axes, size_t rank,
                            bool repeats) {
  std::vector<bool> flags(rank);
  for (const int64_t axis : axes) {
    const size_t at = ctx.Axis(axis, rank);
    if (flags[at] && !repeats) ctx.Fail("axis {} is named twice", axis);
    flags[at] = true;
  }
  return flags;
}

DType ComplexOf(DType dtype) {
  if (dtype == DType::kFloat32) return DType::kComplex64;
  return dtype == DType::kFloat64 ? DType::kComplex128 : dtype;
}

}  // namespace floe
