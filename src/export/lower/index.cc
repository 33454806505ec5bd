// Gathers, scatters, and what is counted or summed by index.
#include <algorithm>
#include <limits>
#include <numeric>

#include "export/lower/rules.h"

namespace floe {
namespace {

using enum UnaryKind;
using enum BinaryKind;

constexpr int64_t kToEnd = std::numeric_limits<int64_t>::max();

ValueId DimsFrom(Lowering& l, ValueId x, int64_t begin) {
  return l.b().SliceVector(l.b().ShapeTensor(x), begin, kToEnd);
}

// The type's lowest or highest value as a scalar of it.
ValueId Extreme(Lowering& l, DType dtype, bool highest) {
  if (IsFloat(dtype)) {
    const double infinity = std::numeric_limits<double>::infinity();
    return l.b().Scalar(dtype, highest ? infinity : -infinity);
  }
  Tensor t(dtype, {});
  const size_t bytes = DTypeSize(dtype);
  auto* raw = static_cast<uint8_t*>(t.raw());
  std::fill(raw, raw + bytes, highest ? 0xff : 0);
  if (IsSigned(dtype)) raw[bytes - 1] = highest ? 0x7f : 0x80;
  return l.b().Constant(std::move(t));
}

struct Segments {
  ValueId x;           // [n, inner...]
  ValueId ids;         // int64 [n]
  ValueId count;       // int64 [1]
  bool drops = false;  // ids may be negative: those rows are dropped
  bool extreme_when_empty = false;
  bool sqrt_n = false;
};

// Rows beyond `count` that take what is to be dropped, cut off again.
ValueId ScatterRows(Lowering& l, const Segments& s, ValueId x, ValueId start, ScatterReduction reduction) {
  const ValueId inner = DimsFrom(l, x, 1);
  ValueId count = s.count, ids = s.ids;
  if (s.drops) {
    count = l.Bin(kAdd, s.count, l.b().Int64s({1}));
    ids = l.If(l.Bin(kLess, ids, l.b().Int64(0)), s.count, ids);
  }
  const ValueId all = l.Add(Expand{}, {start, l.b().ConcatVectors({count, inner})});
  const ValueId y = l.Add(ScatterND{.reduction = reduction}, {all, l.Unsqueezed(ids, {-1}), x});
  if (!s.drops) return y;
  return l.Add(Slice{}, {y, l.b().Int64s({0}), s.count, l.b().Int64s({0})});
}

// How many rows each segment has, as a column that broadcasts to the rows.
ValueId Counts(Lowering& l, const Segments& s, DType dtype) {
  const ValueId one = l.b().Scalar(dtype, 1);
  const ValueId ones = l.Add(Expand{}, {one, l.b().ShapeTensor(s.ids)});
  const ValueId counts = ScatterRows(l, s, ones, l.b().Scalar(dtype, 0), ScatterReduction::kAdd);
  Ints dims(l.b().shape(s.x).rank(), 1);
  dims[0] = -1;
  return l.b().Reshape(counts, dims);
}

// Max and Min through a mask [segments, n]: ONNX scatters them only from opset 18 on.
ValueId MaskedExtreme(Lowering& l, const Segments& s, bool max) {
  const DType dtype = l.b().dtype(s.x);
  const size_t rank = l.b().shape(s.x).rank();
  const ValueId places = l.Unsqueezed(l.IotaOf(s.count), {1});
  const ValueId hit = l.Bin(kEqual, l.Unsqueezed(s.ids, {0}), places);
  Ints dims(rank + 1, 1);
  const ValueId shape = l.b().ConcatVectors({l.b().ShapeTensor(hit), l.b().Int64s(Ints(rank - 1, 1))});
  const ValueId mask = l.Add(Reshape{}, {hit, shape});
  const ValueId start = Extreme(l, dtype, !max);
  const ValueId spread = l.If(mask, l.Unsqueezed(s.x, {0}), start);
  const ValueId y = l.b().Reduce(max ? ReduceKind::kMax : ReduceKind::kMin, spread, {1}, false);
  const ValueId any = l.b().Reduce(ReduceKind::kAny, mask, {1}, false);
  ValueId empty = l.Num(0, s.x);
  if (s.extreme_when_empty) {
    // TensorFlow's limits are finite.
    empty = start;
    if (dtype == DType::kFloat32) {
      const double most = std::numeric_limits<float>::max();
      empty = l.Num(max ? -most : most, s.x);
    } else if (dtype == DType::kFloat64) {
      const double most = std::numeric_limits<double>::max();
      empty = l.Num(max ? -most : most, s.x);
    } else if (IsFloat(dtype)) {
      empty = l.Num(dtype == DType::kFloat16 ? (max ? -65504.0 : 65504.0)
                                             : (max ? -3.3895313892515355e38 : 3.3895313892515355e38),
                    s.x);
    }
  }
  return l.If(any, y, empty);
}

// [segments, n] of ones and zeros where runtimes have no scattering sum (before opset 16): rows summed by
// mask.
ValueId MaskedSum(Lowering& l, const Segments& s, ReduceKind kind, double neutral) {
  const size_t rank = l.b().shape(s.x).rank();
  const ValueId hit = l.Bin(kEqual, l.Unsqueezed(s.ids, {0}), l.Unsqueezed(l.IotaOf(s.count), {1}));
  const ValueId shape = l.b().ConcatVectors({l.b().ShapeTensor(hit), l.b().Int64s(Ints(rank - 1, 1))});
  const ValueId spread = l.If(l.Add(Reshape{}, {hit, shape}), l.Unsqueezed(s.x, {0}), l.Num(neutral, s.x));
  return l.b().Reduce(kind, spread, {1}, false);
}

ValueId SumRows(Lowering& l, const Segments& s) {
  if (l.opset() < 16) return MaskedSum(l, s, ReduceKind::kSum, 0);
  return ScatterRows(l, s, s.x, l.Num(0, s.x), ScatterReduction::kAdd);
}

ValueId CountRows(Lowering& l, const Segments& s, DType dtype) {
  if (l.opset() >= 16) return Counts(l, s, dtype);
  Segments ones = s;
  ones.x = l.Add(Expand{}, {l.b().Scalar(dtype, 1), l.b().ShapeTensor(s.ids)});
  Ints dims(l.b().shape(s.x).rank(), 1);
  dims[0] = -1;
  return l.b().Reshape(MaskedSum(l, ones, ReduceKind::kSum, 0), dims);
}

Lowering::Result ReduceSegments(ReduceKind kind, Lowering& l, const Segments& s) {
  switch (kind) {
    case ReduceKind::kSum:
    case ReduceKind::kMean: {
      const ValueId sum = SumRows(l, s);
      if (kind == ReduceKind::kSum && !s.sqrt_n) return {sum};
      const DType dtype = l.b().dtype(s.x);
      ValueId count = l.Bin(kMax, CountRows(l, s, dtype), l.Num(1, s.x));
      if (s.sqrt_n) count = l.Un(kSqrt, count);
      return {l.Bin(kDiv, sum, count)};
    }
    case ReduceKind::kProd:
      if (l.opset() < 16) return {MaskedSum(l, s, ReduceKind::kProd, 1)};
      return {ScatterRows(l, s, s.x, l.Num(1, s.x), ScatterReduction::kMul)};
    case ReduceKind::kMax:
    case ReduceKind::kMin:
      return {MaskedExtreme(l, s, kind == ReduceKind::kMax)};
    default:
      return l.Refuse("ONNX has no such reduction by segments");
  }
}

ValueId CountOf(Lowering& l, size_t input, ValueId ids) {
  if (l.has(input)) return l.b().Reshape(l.b().ToInt64(l.in(input)), {1});
  const ValueId all = l.b().ConcatVectors({ids, l.b().Int64s({-1})});
  return l.Bin(kAdd, l.b().Reduce(ReduceKind::kMax, all, {0}, true), l.b().Int64s({1}));
}

// x with one dimension of indices before and after the permutation that brings `axis` to `to`.
Ints MoveAxis(int64_t rank, int64_t axis, int64_t to) {
  Ints perm(static_cast<size_t>(rank));
  std::iota(perm.begin(), perm.end(), 0);
  perm.erase(perm.begin() + axis);
  perm.insert(perm.begin() + to, axis);
  return perm;
}

}  // namespace

// gather(x, i, axis, b): with the axis brought behind the batch it is GatherND of single indices.
Lowering::Result Lower(const Gather& op, Lowering& l) {
  if (op.batch_dims == 0) return l.Keep();
  const int64_t rank = l.Rank(0), index_rank = l.Rank(1);
  if (rank < 0 || index_rank < 0) return {};
  const int64_t axis = op.axis < 0 ? op.axis + rank : op.axis;
  const int64_t batch = op.batch_dims < 0 ? op.batch_dims + index_rank : op.batch_dims;
  if (batch == 0) return {l.Add(Gather{.axis = axis}, {l.in(0), l.in(1)})};
  const ValueId x = l.b().Transpose(l.in(0), MoveAxis(rank, axis, batch));
  const ValueId indices = l.Unsqueezed(l.b().ToInt64(l.in(1)), {-1});
  const ValueId found = l.Add(GatherND{.batch_dims = batch}, {x, indices});
  // batch, indices, what lay between batch and axis, the rest; wanted is the part between before the indices
  const int64_t own = index_rank - batch, between = axis - batch, out_rank = rank - 1 + own;
  Ints perm(static_cast<size_t>(out_rank));
  std::iota(perm.begin(), perm.end(), 0);
  std::rotate(perm.begin() + batch, perm.begin() + batch + own, perm.begin() + batch + own + between);
  return {l.b().Transpose(found, perm)};
}

// An index of no numbers takes the whole of x.
Lowering::Result Lower(const GatherND& op, Lowering& l) {
  const Shape& indices = l.shape(1);
  if (!indices.has_rank() || !indices[indices.rank() - 1].known() ||
      indices[indices.rank() - 1].value() > 0) {
    return l.Keep();
  }
  if (op.batch_dims != 0) return l.Refuse("indices of no numbers within a batch");
  const ValueId outer =
      l.b().SliceVector(l.b().ShapeTensor(l.in(1)), 0, static_cast<int64_t>(indices.rank()) - 1);
  return {l.Add(Expand{}, {l.in(0), l.b().ConcatVectors({outer, l.b().ShapeTensor(l.in(0))})})};
}

// Sub adds the negated updates. Max and Min, which ONNX scatters from opset 18 on, go through the rows of x
// that are addressed: a mask [places of x, updates].
Lowering::Result Lower(const ScatterND& op, Lowering& l) {
  const bool extreme = op.reduction == ScatterReduction::kMax || op.reduction == ScatterReduction::kMin;
  if (op.reduction == ScatterReduction::kSub && l.dtype(2) != DType::kBool) {
    const ValueId negated = l.Bin(kSub, l.Num(0, l.in(2)), l.in(2));
    return {l.Add(ScatterND{.reduction = ScatterReduction::kAdd}, {l.in(0), l.in(1), negated})};
  }
  const bool sum = op.reduction == ScatterReduction::kAdd && l.opset() < 16;
  if (!extreme && !sum) return l.Keep();
  const Shape& indices = l.shape(1);
  if (l.Rank(0) < 0 || l.Rank(1) < 0) return {};
  if (!indices[indices.rank() - 1].known()) return l.Refuse("the number of indexed dimensions is not known");
  const int64_t depth = indices[indices.rank() - 1].value();
  const ValueId x = l.in(0);
  const ValueId dims = l.b().ShapeTensor(x);
  const ValueId inner = l.b().SliceVector(dims, depth, kToEnd);
  // Indices as places in the first `depth` dimensions together.
  const ValueId flat = l.b().Reshape(l.b().ToInt64(l.in(1)), {-1, depth});
  ValueId ids = kNoValue;
  for (int64_t i = 0; i < depth; ++i) {
    const ValueId column = l.b().Reshape(l.Cut(flat, 1, i, i + 1), {-1});
    ids = ids == kNoValue ? column : l.Bin(kAdd, l.Bin(kMul, ids, l.b().SliceVector(dims, i, i + 1)), column);
  }
  const ValueId count = l.b().Reduce(ReduceKind::kProd, l.b().SliceVector(dims, 0, depth), {0}, true);
  const ValueId rows = l.Add(Reshape{}, {l.in(2), l.b().ConcatVectors({l.b().DimTensor(ids, 0), inner})});
  const ValueId old = l.Add(Reshape{}, {x, l.b().ConcatVectors({count, inner})});
  // x takes part as one more update of every place.
  Segments s;
  s.count = count;
  s.ids = l.b().ConcatVectors({ids, l.IotaOf(count)});
  s.x = l.Add(Concat{0}, {rows, old});
  const ValueId y = sum ? MaskedSum(l, s, ReduceKind::kSum, 0)
                        : MaskedExtreme(l, s, op.reduction == ScatterReduction::kMax);
  return {l.Add(Reshape{}, {y, dims})};
}

Lowering::Result Lower(const SegmentReduce& op, Lowering& l) {
  const int64_t id_rank = l.Rank(1);
  if (id_rank < 0 || l.Rank(0) < 0) return {};
  Segments s;
  s.ids = l.b().Reshape(l.b().ToInt64(l.in(1)), {-1});
  s.x = l.in(0);
  if (id_rank != 1) {
    const ValueId count = l.b().DimTensor(s.ids, 0);
    s.x = l.Add(Reshape{}, {s.x, l.b().ConcatVectors({count, DimsFrom(l, s.x, id_rank)})});
  }
  s.count = CountOf(l, 2, s.ids);
  s.drops = !op.sorted;
  s.extreme_when_empty = !op.sorted;
  return ReduceSegments(op.reduction, l, s);
}

Lowering::Result Lower(const SparseSegmentReduce& op, Lowering& l) {
  if (l.Rank(0) < 0) return {};
  Segments s;
  s.ids = l.b().ToInt64(l.in(2));
  s.x = l.Add(Gather{.axis = 0}, {l.in(0), l.in(1)});
  s.count = CountOf(l, 3, s.ids);
  s.sqrt_n = op.sqrt_n;
  return ReduceSegments(op.reduction, l, s);
}

// What of x is not in y, and where it stands.
Lowering::Result Lower(const ListDiff& op, Lowering& l) {
  const bool text = l.dtype(0) == DType::kString;
  if (text) return l.Refuse("ONNX compares text only from opset 19 on");
  const ValueId x = l.in(0);
  const ValueId equal = l.Bin(kEqual, l.Unsqueezed(x, {1}), l.Unsqueezed(l.in(1), {0}));
  const ValueId counts = l.b().Reduce(ReduceKind::kSum, l.b().CastTo(equal, DType::kInt32), {1}, false);
  const ValueId alone = l.Bin(kEqual, counts, l.b().Scalar(DType::kInt32, 0));
  const ValueId places = l.b().Reshape(l.Add(NonZero{}, {alone}), {-1});
  return {l.Add(Gather{}, {x, places}), l.b().CastTo(places, op.index_type)};
}

// Counts, or sums of weights, of each value below `size`.
Lowering::Result Lower(const Bincount& op, Lowering& l) {
  const int64_t rank = l.Rank(0);
  if (rank < 0) return {};
  if (!l.shape(2).IsStatic()) return l.Refuse("the number of weights is not known");
  const bool weighted = l.shape(2).ElementCount().value_or(0) > 0;
  const ValueId size = l.b().Reshape(l.b().ToInt64(l.in(1)), {1});
  // A mask [..., values, size], summed over the values.
  const ValueId hit = l.Bin(kEqual, l.Unsqueezed(l.b().ToInt64(l.in(0)), {-1}), l.IotaOf(size));
  const DType dtype = l.out_dtype();
  const ValueId zero = l.b().Scalar(dtype, 0);
  if (op.binary) {
    return {l.b().CastTo(l.b().Reduce(ReduceKind::kAny, hit, {-2}, false), dtype)};
  }
  const ValueId amounts = weighted ? l.If(hit, l.Unsqueezed(l.in(2), {-1}), zero) : l.b().CastTo(hit, dtype);
  return {l.b().Reduce(ReduceKind::kSum, amounts, {-2}, false)};
}

Lowering::Result Lower(const Bucketize& op, Lowering& l) {
  const int64_t rank = l.Rank(0);
  if (rank < 0) return {};
  const DType wide = l.dtype(0) == DType::kFloat32 ? DType::kFloat32 : DType::kFloat64;
  Tensor boundaries(wide, {static_cast<int64_t>(op.boundaries.size())});
  for (size_t i = 0; i < op.boundaries.size(); ++i) {
    if (wide == DType::kFloat32) {
      boundaries.data<float>()[i] = static_cast<float>(op.boundaries[i]);
    } else {
      boundaries.data<double>()[i] = op.boundaries[i];
    }
  }
  const ValueId x = l.Unsqueezed(l.b().CastTo(l.in(0), wide), {-1});
  const ValueId above = l.Bin(kGreaterOrEqual, x, l.b().Constant(std::move(boundaries)));
  return {l.b().Reduce(ReduceKind::kSum, l.b().CastTo(above, DType::kInt32), {-1}, false)};
}

// How many of the row are below the value, or not above it.
Lowering::Result Lower(const SearchSorted& op, Lowering& l) {
  const ValueId rows = l.Unsqueezed(l.in(0), {1}), values = l.Unsqueezed(l.in(1), {2});
  const ValueId counted = l.Bin(op.behind ? kLessOrEqual : kLess, rows, values);
  return {l.b().Reduce(ReduceKind::kSum, l.b().CastTo(counted, op.to), {2}, false)};
}

// Numbers to numbers: the last equal key's value. Tables of text are the emitter's.
Lowering::Result Lower(const LookupTable&, Lowering& l) {
  if (l.dtype(0) == DType::kString || l.dtype(2) == DType::kString) return l.Keep();
  const ValueId x = l.in(0);
  const ValueId hit = l.Bin(kEqual, l.Unsqueezed(x, {-1}), l.in(1));
  const ValueId marks = l.b().CastTo(hit, DType::kInt32);
  const ValueId place = l.Add(ArgReduce{.kind = ArgKind::kArgMax, .axis = -1, .select_last = true}, {marks});
  const ValueId any = l.b().Reduce(ReduceKind::kAny, hit, {-1}, false);
  return {l.If(any, l.Add(Gather{}, {l.in(2), place}), l.in(3))};
}

}  // namespace floe
