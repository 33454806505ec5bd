// Ops that move elements.
#include <algorithm>
#include <limits>
#include <numeric>

#include "export/lower/rules.h"

namespace floe {
namespace {

using enum UnaryKind;
using enum BinaryKind;

constexpr int64_t kToEnd = std::numeric_limits<int64_t>::max();
constexpr int64_t kToBegin = std::numeric_limits<int64_t>::min() + 1;

ValueId Column(Lowering& l, ValueId matrix, int64_t column) {
  return l.b().Reshape(l.Cut(matrix, 1, column, column + 1), {-1});
}

ValueId Zeros(Lowering& l, int64_t count) {
  return l.b().Int64s(Ints(static_cast<size_t>(count), 0));
}

ValueId Reversed(Lowering& l, ValueId x, int64_t axis) {
  return l.Cut(x, axis, -1, kToBegin, -1);
}

// One entry of a list of int64, [1].
ValueId Entry(Lowering& l, ValueId list, int64_t i) {
  return l.b().SliceVector(list, i, i + 1);
}

ValueId SliceAlong(Lowering& l, ValueId x, int64_t axis, ValueId begin, ValueId end) {
  return l.Add(Slice{}, {x, begin, end, l.b().Int64s({axis})});
}

// symmetric(x) along one axis = the first elements backward, x, the last ones backward
ValueId MirrorWithEdge(Lowering& l, ValueId x, int64_t axis, ValueId before, ValueId after) {
  std::vector<ValueId> parts;
  const auto is_zero = [&](ValueId v) {
    const auto ints = ConstantInts(l.graph(), v);
    return ints && ints->size() == 1 && ints->front() == 0;
  };
  const ValueId zero = l.b().Int64s({0});
  if (!is_zero(before)) parts.push_back(Reversed(l, SliceAlong(l, x, axis, zero, before), axis));
  parts.push_back(x);
  if (!is_zero(after)) {
    const ValueId size = l.b().DimTensor(x, axis);
    const ValueId tail = SliceAlong(l, x, axis, l.Bin(kSub, size, after), size);
    parts.push_back(Reversed(l, tail, axis));
  }
  return parts.size() == 1 ? x : l.Add(Concat{axis}, parts);
}

// The dimensions of x from `begin` on, as a list.
ValueId DimsFrom(Lowering& l, ValueId x, int64_t begin) {
  return l.b().SliceVector(l.b().ShapeTensor(x), begin, kToEnd);
}

ValueId Product(Lowering& l, ValueId list) {
  return l.b().Reduce(ReduceKind::kProd, list, {0}, true);
}

}  // namespace

Lowering::Result Lower(const Pad& op, Lowering& l) {
  if (l.shape(0).has_rank() && l.shape(0).rank() == 0) return {l.Un(kIdentity, l.in(0))};
  if (op.mode != PadMode::kSymmetric) return l.Keep();
  const int64_t rank = l.Rank(0);
  if (rank < 0) return {};
  ValueId x = l.in(0);
  const ValueId pads = l.b().ToInt64(l.in(1));
  for (int64_t axis = 0; axis < rank; ++axis) {
    x = MirrorWithEdge(l, x, axis, Entry(l, pads, axis), Entry(l, pads, rank + axis));
  }
  return {x == l.in(0) ? l.Un(kIdentity, x) : x};
}

Lowering::Result Lower(const Reverse& op, Lowering& l) {
  const Shape& shape = l.shape(0);
  const bool empty = shape.has_rank() && std::ranges::any_of(shape.dims(), [](const Dim& d) {
                       return d.known() && d.value() == 0;
                     });
  if (op.axes.empty() || empty) return {l.Un(kIdentity, l.in(0))};
  const size_t n = op.axes.size();
  return {l.b().Slice(l.in(0), Ints(n, -1), Ints(n, kToBegin), op.axes, Ints(n, -1))};
}

// Operands without elements add nothing.
Lowering::Result Lower(const Concat& op, Lowering& l) {
  std::vector<ValueId> parts;
  for (size_t i = 0; i < l.node().inputs.size(); ++i) {
    const Shape& shape = l.shape(i);
    if (!shape.has_rank() || shape.rank() == 0) return l.Keep();
    const size_t axis =
        static_cast<size_t>(op.axis < 0 ? op.axis + static_cast<int64_t>(shape.rank()) : op.axis);
    if (!shape[axis].known() || shape[axis].value() != 0) parts.push_back(l.in(i));
  }
  if (parts.empty() || parts.size() == l.node().inputs.size()) return l.Keep();
  return {parts.size() == 1 ? l.Un(kIdentity, parts[0]) : l.Add(Concat{op.axis}, parts)};
}

// The last `shift` entries come first.
Lowering::Result Lower(const Roll& op, Lowering& l) {
  ValueId x = l.in(0);
  for (size_t i = 0; i < op.axes.size(); ++i) {
    const ValueId size = l.b().DimTensor(x, op.axes[i]);
    const ValueId one = l.b().Int64s({1});
    const ValueId shift = l.Bin(kFloorMod, l.b().Int64s({op.shifts[i]}), l.Bin(kMax, size, one));
    const ValueId at = l.Bin(kSub, size, shift);
    const ValueId zero = l.b().Int64s({0});
    x = l.Add(Concat{op.axes[i]},
              {SliceAlong(l, x, op.axes[i], at, size), SliceAlong(l, x, op.axes[i], zero, at)});
  }
  return {op.axes.empty() ? l.Un(kIdentity, x) : x};
}

// ONNX has batch and time among the first two dimensions.
Lowering::Result Lower(const ReverseSequence& op, Lowering& l) {
  const int64_t rank = l.Rank(0);
  if (rank < 0) return {};
  const int64_t batch = op.batch_axis < 0 ? op.batch_axis + rank : op.batch_axis;
  const int64_t time = op.time_axis < 0 ? op.time_axis + rank : op.time_axis;
  if (batch < 2 && time < 2) return l.Keep();
  Ints perm{batch, time};
  for (int64_t i = 0; i < rank; ++i) {
    if (i != batch && i != time) perm.push_back(i);
  }
  Ints back(perm.size());
  for (size_t i = 0; i < perm.size(); ++i) back[static_cast<size_t>(perm[i])] = static_cast<int64_t>(i);
  const ValueId turned = l.b().Transpose(l.in(0), perm);
  return {l.b().Transpose(l.Add(ReverseSequence{.batch_axis = 0, .time_axis = 1}, {turned, l.in(1)}), back)};
}

// [N, H, W, rest] padded, as [N, H/b, b, W/c, c, rest], blocks brought to the batch.
Lowering::Result Lower(const SpaceToBatch&, Lowering& l) {
  const int64_t rank = l.Rank(0);
  if (rank < 0) return {};
  if (!l.shape(1).IsStatic()) return l.Refuse("the number of blocked dimensions is not known");
  const int64_t m = l.shape(1)[0].value();
  const ValueId block = l.b().ToInt64(l.in(1)), pads = l.b().ToInt64(l.in(2));
  const int64_t rest = rank - m - 1;
  const ValueId all = l.b().ConcatVectors(
      {Zeros(l, 1), Column(l, pads, 0), Zeros(l, rest + 1), Column(l, pads, 1), Zeros(l, rest)});
  const ValueId padded = l.Add(Pad{}, {l.in(0), all});
  const ValueId sizes = l.b().SliceVector(l.b().ShapeTensor(padded), 1, m + 1);
  const ValueId blocks = l.Bin(kDiv, sizes, block);
  std::vector<ValueId> split{l.b().DimTensor(padded, 0)};
  Ints perm;
  for (int64_t i = 0; i < m; ++i) {
    split.push_back(Entry(l, blocks, i));
    split.push_back(Entry(l, block, i));
    perm.push_back(2 * i + 2);
  }
  split.push_back(DimsFrom(l, padded, m + 1));
  for (int64_t i = 0; i <= m; ++i) perm.push_back(i == 0 ? 0 : 2 * i - 1);
  for (int64_t i = 0; i < rest; ++i) perm.push_back(2 * m + 1 + i);
  const ValueId cut = l.Add(Reshape{}, {padded, l.b().ConcatVectors(split)});
  const ValueId batch = l.Bin(kMul, l.b().DimTensor(padded, 0), Product(l, block));
  return {l.Add(Reshape{}, {l.b().Transpose(cut, perm),
                            l.b().ConcatVectors({batch, blocks, DimsFrom(l, padded, m + 1)})})};
}

// The way back, then the crops.
Lowering::Result Lower(const BatchToSpace&, Lowering& l) {
  const int64_t rank = l.Rank(0);
  if (rank < 0) return {};
  if (!l.shape(1).IsStatic()) return l.Refuse("the number of blocked dimensions is not known");
  const int64_t m = l.shape(1)[0].value();
  const ValueId x = l.in(0);
  const ValueId block = l.b().ToInt64(l.in(1)), crops = l.b().ToInt64(l.in(2));
  const ValueId batch = l.Bin(kDiv, l.b().DimTensor(x, 0), Product(l, block));
  const ValueId sizes = l.b().SliceVector(l.b().ShapeTensor(x), 1, m + 1);
  const ValueId cut =
      l.Add(Reshape{}, {x, l.b().ConcatVectors({block, batch, sizes, DimsFrom(l, x, m + 1)})});
  Ints perm{m};
  for (int64_t i = 0; i < m; ++i) {
    perm.push_back(m + 1 + i);
    perm.push_back(i);
  }
  for (int64_t i = 2 * m + 1; i < rank + m; ++i) perm.push_back(i);
  const ValueId whole = l.Bin(kMul, sizes, block);
  const ValueId joined = l.Add(
      Reshape{}, {l.b().Transpose(cut, perm), l.b().ConcatVectors({batch, whole, DimsFrom(l, x, m + 1)})});
  Ints axes(static_cast<size_t>(m));
  std::iota(axes.begin(), axes.end(), 1);
  const ValueId begin = Column(l, crops, 0);
  const ValueId end = l.Bin(kSub, whole, Column(l, crops, 1));
  return {l.Add(Slice{}, {joined, begin, end, l.b().Int64s(axes)})};
}

// Keeps what lies in the band: -lower <= column - row <= upper, a negative limit being none.
Lowering::Result Lower(const MatrixBandPart&, Lowering& l) {
  const int64_t rank = l.Rank(0);
  if (rank < 0) return {};
  const ValueId x = l.in(0);
  const ValueId rows = l.Unsqueezed(l.Iota(x, rank - 2), {1});
  const ValueId distance = l.Bin(kSub, l.Unsqueezed(l.Iota(x, rank - 1), {0}), rows);
  const ValueId zero = l.b().Int64(0);
  const auto within = [&](ValueId limit, ValueId reach) {
    const ValueId wide = l.b().ToInt64(limit);
    return l.Bin(kOr, l.Bin(kLess, wide, zero), l.Bin(kLessOrEqual, reach, wide));
  };
  const ValueId mask = l.Bin(kAnd, within(l.in(1), l.Un(kNeg, distance)), within(l.in(2), distance));
  return {l.If(mask, x, l.Num(0, x))};
}

// (start, stop, count): the last element is stop itself.
Lowering::Result Lower(const LinSpace&, Lowering& l) {
  const ValueId start = l.in(0), stop = l.in(1);
  const ValueId count = l.b().ToInt64(l.in(2));
  const ValueId one = l.b().Int64(1);
  const ValueId steps = l.Bin(kSub, count, one);
  const ValueId places = l.Add(Range{}, {l.b().Int64(0), count, one});
  const DType dtype = l.dtype(0);
  const ValueId wide_start = l.b().CastTo(start, DType::kFloat64);
  const ValueId wide_stop = l.b().CastTo(stop, DType::kFloat64);
  const ValueId divisor = l.b().CastTo(l.Bin(kMax, steps, one), DType::kFloat64);
  const ValueId step = l.Bin(kDiv, l.Bin(kSub, wide_stop, wide_start), divisor);
  const ValueId line = l.Bin(kAdd, wide_start, l.Bin(kMul, l.b().CastTo(places, DType::kFloat64), step));
  const ValueId is_last = l.Bin(kAnd, l.Bin(kEqual, places, steps), l.Bin(kGreater, count, one));
  return {l.b().CastTo(l.If(is_last, wide_stop, line), dtype)};
}

// ONNX wraps negative indices; TensorFlow gives them a row of `off`, so rows are compared.
Lowering::Result Lower(const OneHot& op, Lowering& l) {
  const int64_t rank = l.Rank(0);
  if (rank < 0) return {};
  const int64_t axis = op.axis < 0 ? op.axis + rank + 1 : op.axis;
  const ValueId depth = l.b().Reshape(l.b().ToInt64(l.in(1)), {1});
  Ints dims(static_cast<size_t>(rank + 1), 1);
  dims[static_cast<size_t>(axis)] = -1;
  const ValueId places = l.b().Reshape(l.IotaOf(depth), dims);
  const ValueId hit = l.Bin(kEqual, l.Unsqueezed(l.b().ToInt64(l.in(0)), {axis}), places);
  const ValueId off = l.b().ToScalar(Entry(l, l.in(2), 0)), on = l.b().ToScalar(Entry(l, l.in(2), 1));
  if (IsFloat(l.dtype(2)) || IsInteger(l.dtype(2))) {
    const auto one = ConstantScalar(l.graph(), on), zero = ConstantScalar(l.graph(), off);
    if (one == 1 && zero == 0) return {l.b().CastTo(hit, l.dtype(2))};
  }
  return {l.If(hit, on, off)};
}

// p[i] = j becomes y[j] = i.
Lowering::Result Lower(const InvertPermutation&, Lowering& l) {
  const ValueId p = l.in(0);
  const ValueId places = l.b().CastTo(l.Iota(p, 0), l.dtype(0));
  return {l.Add(ScatterElements{.axis = 0}, {p, p, places})};
}

Lowering::Result Lower(const BroadcastShapes&, Lowering& l) {
  if (!l.shape(0).IsStatic() || !l.shape(1).IsStatic()) {
    return l.Refuse("the number of dimensions of the shapes is not known",
                    "fix the input's shape with --input NAME=SHAPE");
  }
  const int64_t a_rank = l.shape(0)[0].value(), b_rank = l.shape(1)[0].value();
  const int64_t rank = std::max(a_rank, b_rank);
  const auto full = [&](ValueId shape, int64_t has) {
    if (has == rank) return shape;
    const ValueId ones = l.b().CastTo(l.b().Int64s(Ints(static_cast<size_t>(rank - has), 1)), l.dtype(0));
    return l.b().ConcatVectors({ones, shape});
  };
  const ValueId a = full(l.in(0), a_rank), b = full(l.in(1), b_rank);
  return {l.If(l.Bin(kEqual, a, l.Num(1, a)), b, a)};
}

// Entry i = flat / (product of the dims after i) mod dim i.
Lowering::Result Lower(const UnravelIndex&, Lowering& l) {
  if (!l.shape(1).IsStatic() || l.Rank(0) < 0) return l.Refuse("the number of dimensions is not known");
  const int64_t rank = l.shape(1)[0].value();
  const ValueId flat = l.b().ToInt64(l.in(0)), dims = l.b().ToInt64(l.in(1));
  std::vector<ValueId> rows;
  for (int64_t i = 0; i < rank; ++i) {
    const ValueId dim = l.b().ToScalar(Entry(l, dims, i));
    ValueId stride = l.b().Int64(1);
    if (i + 1 < rank) stride = l.b().ToScalar(Product(l, l.b().SliceVector(dims, i + 1, kToEnd)));
    rows.push_back(l.Unsqueezed(l.Bin(kFloorMod, l.Bin(kDiv, flat, stride), dim), {0}));
  }
  return {l.b().CastTo(l.Add(Concat{0}, rows), l.out_dtype())};
}

// One scatter an input: later inputs win.
Lowering::Result Lower(const DynamicStitch&, Lowering& l) {
  const size_t n = l.node().inputs.size() / 2;
  std::vector<ValueId> indices, data;
  ValueId sample = kNoValue;
  for (size_t i = 0; i < n; ++i) {
    const int64_t index_rank = l.Rank(i);
    if (index_rank < 0 || l.Rank(n + i) < 0) return {};
    const ValueId places = l.b().Reshape(l.b().ToInt64(l.in(i)), {-1});
    const ValueId inner = DimsFrom(l, l.in(n + i), index_rank);
    const ValueId count = l.b().DimTensor(places, 0);
    const ValueId rows = l.Add(Reshape{}, {l.in(n + i), l.b().ConcatVectors({count, inner})});
    indices.push_back(places);
    data.push_back(rows);
    if (sample == kNoValue) sample = inner;
  }
  const ValueId none = l.b().Int64s({-1});
  std::vector<ValueId> all = indices;
  all.push_back(none);
  const ValueId most = l.b().Reduce(ReduceKind::kMax, l.b().ConcatVectors(all), {0}, true);
  const ValueId rows = l.Bin(kAdd, most, l.b().Int64s({1}));
  ValueId y = l.b().Zeros(l.out_dtype(), l.b().ConcatVectors({rows, sample}));
  for (size_t i = 0; i < n; ++i) y = l.Add(ScatterND{}, {y, l.Unsqueezed(indices[i], {-1}), data[i]});
  return {y};
}

Lowering::Result Lower(const DynamicPartition& op, Lowering& l) {
  const int64_t rank = l.Rank(1);
  if (rank < 0 || l.Rank(0) < 0) return {};
  const ValueId parts = l.b().Reshape(l.b().ToInt64(l.in(1)), {-1});
  const ValueId count = l.b().DimTensor(parts, 0);
  const ValueId x = l.Add(Reshape{}, {l.in(0), l.b().ConcatVectors({count, DimsFrom(l, l.in(0), rank)})});
  Lowering::Result outputs;
  for (int64_t p = 0; p < op.parts; ++p) {
    const ValueId places = l.Add(NonZero{}, {l.Bin(kEqual, parts, l.b().Int64(p))});
    outputs.push_back(l.Add(Gather{.axis = 0}, {x, l.b().Reshape(places, {-1})}));
  }
  return outputs;
}

// Transposes ride on constants for free; a dynamic one of a vector is none.
Lowering::Result Lower(const Transpose& op, Lowering& l) {
  if (op.perm.size() > 1 || !l.shape(0).has_rank() || l.shape(0).rank() > 1) return l.Keep();
  return {l.Un(kIdentity, l.in(0))};
}

}  // namespace floe
