// Arithmetic on sparse tensors: indices int64 [n, rank], values [n], dense shape int64 [rank].
#include <cmath>
#include <limits>

#include "frontend/tensorflow/ops/families.h"

namespace floe {
namespace {

struct SparseTensor {
  ValueId indices, values, shape;
};

SparseTensor SparseAt(const NodeContext& c, size_t first) {
  return {c.in(first), c.in(first + 1), c.in(first + 2)};
}

void ReturnSparse(NodeContext& c, const SparseTensor& sparse) {
  c.Set(0, sparse.indices);
  c.Set(1, sparse.values);
  c.Set(2, sparse.shape);
}

// The place of each entry in the dense tensor, row-major: [n].
ValueId FlatPlaces(Builder& b, ValueId indices, ValueId shape) {
  const ValueId strides = b.Add(Cumulative{CumulativeKind::kCumProd, true, true}, {shape, b.Int64(0)});
  return b.Reduce(ReduceKind::kSum, b.Binary(BinaryKind::kMul, indices, strides), {1}, false);
}

// The entries that `keep` (bool [n]) names, in their order.
SparseTensor Filtered(Builder& b, const SparseTensor& x, ValueId keep) {
  const ValueId places = b.Reshape(b.Add(NonZero{}, {keep}), {-1});
  return {b.Add(Gather{}, {x.indices, places}), b.Add(Gather{}, {x.values, places}), x.shape};
}

SparseTensor Ordered(Builder& b, const SparseTensor& x) {
  const ValueId keys = FlatPlaces(b, x.indices, x.shape);
  const ValueId order = b.AddNode(TopK{.axis = 0, .largest = false, .sorted = true},
                                  {keys, b.ToScalar(b.ShapeTensor(keys))}, 2)[1];
  return {b.Add(Gather{}, {x.indices, order}), b.Add(Gather{}, {x.values, order}), x.shape};
}

void ImportSparseReorder(NodeContext& c) {
  const SparseTensor ordered = Ordered(c.build(), SparseAt(c, 0));
  c.Set(0, ordered.indices);
  c.Set(1, ordered.values);
}

// Each entry adds its multiple of a row of the dense matrix to a row of the product.
void ImportSparseDenseMatMul(NodeContext& c) {
  Builder& b = c.build();
  const bool adjoint_a = c.Bool("adjoint_a"), adjoint_b = c.Bool("adjoint_b");
  const bool complex = IsComplex(c.dtype(1));
  const auto column = [&](int64_t i) { return b.Reshape(b.Slice(c.in(0), {i}, {i + 1}, {1}), {-1}); };
  const auto conjugate = [&](ValueId x) { return complex ? b.Unary(UnaryKind::kConj, x) : x; };
  const ValueId rows = column(adjoint_a ? 1 : 0), columns = column(adjoint_a ? 0 : 1);
  const ValueId dense = adjoint_b ? conjugate(b.Transpose(c.in(3), {1, 0})) : c.in(3);
  const ValueId values = adjoint_a ? conjugate(c.in(1)) : c.in(1);
  const ValueId picked = b.Add(Gather{}, {dense, b.ToInt64(columns)});
  const ValueId terms = b.Binary(BinaryKind::kMul, picked, b.Add(Unsqueeze{{1}}, {values}));
  const int64_t height = adjoint_a ? 1 : 0;
  const ValueId size =
      b.ConcatVectors({b.SliceVector(b.ToInt64(c.in(2)), height, height + 1), b.DimTensor(dense, 1)});
  c.Return(ScatterND{ScatterReduction::kAdd},
           {b.Zeros(c.dtype(1), size), b.Add(Unsqueeze{{1}}, {b.ToInt64(rows)}), terms});
}

void ImportSparseDenseAdd(NodeContext& c) {
  c.Return(ScatterND{ScatterReduction::kAdd}, {c.in(3), c.build().ToInt64(c.in(0)), c.in(1)});
}

template <BinaryKind kKind>
void ImportSparseDenseCwise(NodeContext& c) {
  Builder& b = c.build();
  const ValueId dense = b.Add(Expand{}, {c.in(3), c.in(2)});
  c.Return(Binary{kKind}, {c.in(1), b.Add(GatherND{}, {dense, c.in(0)})});
}

double LowestNumber(DType type) {
  if (IsFloat(type)) return -std::numeric_limits<double>::infinity();
  if (!IsSigned(type)) return 0;
  return -std::ldexp(1.0, static_cast<int>(8 * DTypeSize(type)) - 1);
}

// Sums count absent entries as 0; maxima leave them out and are 0 where there are none.
void ImportSparseReduce(NodeContext& c) {
  Builder& b = c.build();
  const SparseTensor x = SparseAt(c, 0);
  const Shape& shape = c.shape(2);
  if (!shape.has_rank() || shape.rank() != 1 || !shape[0].known())
    c.Fail("the rank of its input is not known");
  Ints axes = c.NeedInts(3, "the reduction axes");
  if (axes.empty())
    for (int64_t i = 0; i < shape[0].value(); ++i) axes.push_back(i);
  for (int64_t& axis : axes) axis = c.Axis(axis, shape[0].value());
  const bool keep = c.Bool("keep_dims");
  const DType type = c.dtype(1);
  if (c.op() == "SparseReduceSum") {
    const ValueId dense =
        b.Add(ScatterND{ScatterReduction::kAdd}, {b.Zeros(type, x.shape), x.indices, x.values});
    return c.Set(0, b.Reduce(ReduceKind::kSum, dense, axes, keep));
  }
  const ValueId nothing = b.Add(Expand{}, {b.Scalar(type, LowestNumber(type)), x.shape});
  const ValueId highest = b.Reduce(
      ReduceKind::kMax, b.Add(ScatterND{ScatterReduction::kMax}, {nothing, x.indices, x.values}), axes, keep);
  const ValueId ones = b.Add(Expand{}, {b.Int64(1), b.DimTensor(x.indices, 0)});
  const ValueId counts =
      b.Reduce(ReduceKind::kSum,
               b.Add(ScatterND{ScatterReduction::kAdd}, {b.Zeros(DType::kInt64, x.shape), x.indices, ones}),
               axes, keep);
  c.Return(Where{}, {b.Binary(BinaryKind::kGreater, counts, b.Int64(0)), highest, b.Scalar(type, 0)});
}

// The entries inside [start, start + size), counted from there.
SparseTensor Part(Builder& b, const SparseTensor& x, ValueId start, ValueId size) {
  const ValueId end = b.Binary(BinaryKind::kMin, b.Binary(BinaryKind::kAdd, start, size), x.shape);
  const ValueId behind = b.Binary(BinaryKind::kGreaterOrEqual, x.indices, start);
  const ValueId before = b.Binary(BinaryKind::kLess, x.indices, end);
  const ValueId inside = b.Reduce(ReduceKind::kAll, b.Binary(BinaryKind::kAnd, behind, before), {1}, false);
  SparseTensor part = Filtered(b, x, inside);
  part.indices = b.Binary(BinaryKind::kSub, part.indices, start);
  part.shape = b.Binary(BinaryKind::kMax, b.Binary(BinaryKind::kSub, end, start), b.Int64s({0}));
  return part;
}

void ImportSparseSlice(NodeContext& c) {
  ReturnSparse(c, Part(c.build(), SparseAt(c, 0), c.in(3), c.in(4)));
}

int64_t SparseRank(const NodeContext& c, size_t shape_input) {
  const Shape& shape = c.shape(shape_input);
  if (!shape.has_rank() || shape.rank() != 1 || !shape[0].known())
    c.Fail("the rank of its input is not known");
  return shape[0].value();
}

// Parts of nearly one size along an axis, the first ones one larger.
void ImportSparseSplit(NodeContext& c) {
  Builder& b = c.build();
  const SparseTensor x = SparseAt(c, 1);
  const int64_t rank = SparseRank(c, 3), count = c.Int("num_split");
  const int64_t axis = c.Axis(c.NeedInt(0, "the axis"), rank);
  const ValueId length = b.SliceVector(x.shape, axis, axis + 1);
  const ValueId size = b.Binary(BinaryKind::kFloorDiv, length, b.Int64s({count}));
  const ValueId rest = b.Binary(BinaryKind::kFloorMod, length, b.Int64s({count}));
  const auto begin = [&](int64_t i) {
    return b.Binary(BinaryKind::kAdd, b.Binary(BinaryKind::kMul, size, b.Int64s({i})),
                    b.Binary(BinaryKind::kMin, rest, b.Int64s({i})));
  };
  const auto along = [&](ValueId here, bool whole) {
    std::vector<ValueId> parts;
    if (axis > 0)
      parts.push_back(whole ? b.SliceVector(x.shape, 0, axis) : b.Int64s(Ints(static_cast<size_t>(axis), 0)));
    parts.push_back(here);
    if (axis + 1 < rank)
      parts.push_back(whole ? b.SliceVector(x.shape, axis + 1, rank)
                            : b.Int64s(Ints(static_cast<size_t>(rank - axis - 1), 0)));
    return b.ConcatVectors(std::move(parts));
  };
  for (int64_t i = 0; i < count; ++i) {
    const ValueId from = begin(i), to = begin(i + 1);
    const SparseTensor part =
        Part(b, x, along(from, false), along(b.Binary(BinaryKind::kSub, to, from), true));
    const auto at = [&](int64_t k) { return static_cast<size_t>(k * count + i); };
    c.Set(at(0), part.indices);
    c.Set(at(1), part.values);
    c.Set(at(2), part.shape);
  }
}

void ImportSparseConcat(NodeContext& c) {
  Builder& b = c.build();
  const auto count = static_cast<size_t>(c.Int("N"));
  const int64_t rank = SparseRank(c, 2 * count), axis = c.Axis(c.Int("concat_dim"), rank);
  Ints unit(static_cast<size_t>(rank), 0);
  unit[static_cast<size_t>(axis)] = 1;
  const ValueId along = b.Int64s(unit);
  ValueId offset = b.Int64s(Ints(static_cast<size_t>(rank), 0));
  std::vector<ValueId> indices, values;
  ValueId shape = kNoValue;
  for (size_t i = 0; i < count; ++i) {
    indices.push_back(b.Binary(BinaryKind::kAdd, c.in(i), offset));
    values.push_back(c.in(count + i));
    const ValueId own = c.in(2 * count + i);
    offset = b.Binary(BinaryKind::kAdd, offset, b.Binary(BinaryKind::kMul, own, along));
    shape = i == 0 ? own : b.Binary(BinaryKind::kAdd, shape, b.Binary(BinaryKind::kMul, own, along));
  }
  ReturnSparse(c, Ordered(b, {b.Add(Concat{0}, indices), b.Add(Concat{0}, values), shape}));
}

// Softmax of each row along the last dimension over the entries that are there.
void ImportSparseSoftmax(NodeContext& c) {
  Builder& b = c.build();
  const SparseTensor x = SparseAt(c, 0);
  const int64_t rank = SparseRank(c, 2);
  const ValueId lead = b.SliceVector(x.shape, 0, rank - 1);
  const ValueId rows = FlatPlaces(b, b.Slice(x.indices, {0}, {rank - 1}, {1}), lead);
  const ValueId count = b.Reduce(ReduceKind::kProd, lead, {0}, false);
  const auto over_rows = [&](ReduceKind kind, ValueId values) {
    return b.Add(Gather{}, {b.Add(SegmentReduce{kind, false}, {values, rows, count}), rows});
  };
  const ValueId shifted = b.Binary(BinaryKind::kSub, x.values, over_rows(ReduceKind::kMax, x.values));
  const ValueId powers = b.Unary(UnaryKind::kExp, shifted);
  c.Return(Binary{BinaryKind::kDiv}, {powers, over_rows(ReduceKind::kSum, powers)});
}

// The entries of both, absent ones 0; of equal places one.
struct Union {
  ValueId indices, left, right;
};

Union UnionOf(Builder& b, const SparseTensor& x, const SparseTensor& y) {
  const SparseTensor both = {b.Add(Concat{0}, {x.indices, y.indices}), b.Add(Concat{0}, {x.values, y.values}),
                             x.shape};
  const ValueId keys = FlatPlaces(b, both.indices, both.shape);
  const std::vector<ValueId> sorted = b.AddNode(TopK{.axis = 0, .largest = false, .sorted = true},
                                                {keys, b.ToScalar(b.ShapeTensor(keys))}, 2);
  const ValueId changes = b.Binary(BinaryKind::kNotEqual, b.Slice(sorted[0], {0}, {-1}, {0}),
                                   b.Slice(sorted[0], {1}, {int64_t{1} << 40}, {0}));
  // The slice takes the flag of the first entry off again where there is none.
  const ValueId first = b.Constant(Tensor::FromValues<bool>({1}, {true}));
  const ValueId fresh =
      b.Add(Slice{}, {b.Add(Concat{0}, {first, changes}), b.Int64s({0}), b.ShapeTensor(keys)});
  const ValueId group = b.Binary(
      BinaryKind::kSub,
      b.Add(Cumulative{CumulativeKind::kCumSum}, {b.CastTo(fresh, DType::kInt64), b.Int64(0)}), b.Int64(1));
  const ValueId count = b.Reduce(ReduceKind::kSum, b.CastTo(fresh, DType::kInt64), {0}, false);
  const ValueId from_left = b.Binary(BinaryKind::kLess, sorted[1], b.DimTensor(x.indices, 0));
  const ValueId values = b.Add(Gather{}, {both.values, sorted[1]});
  const ValueId zero = b.Scalar(b.dtype(values), 0);
  const auto side = [&](bool left) {
    const ValueId own =
        left ? b.Add(Where{}, {from_left, values, zero}) : b.Add(Where{}, {from_left, zero, values});
    return b.Add(SegmentReduce{ReduceKind::kSum, false}, {own, group, count});
  };
  const ValueId firsts = b.Reshape(b.Add(NonZero{}, {fresh}), {-1});
  return {b.Add(Gather{}, {both.indices, b.Add(Gather{}, {sorted[1], firsts})}), side(true), side(false)};
}

// (a, b, threshold): sums whose absolute value is below the threshold drop out.
void ImportSparseAdd(NodeContext& c) {
  Builder& b = c.build();
  const Union both = UnionOf(b, SparseAt(c, 0), SparseAt(c, 3));
  const ValueId sums = b.Binary(BinaryKind::kAdd, both.left, both.right);
  const ValueId keep = b.Binary(BinaryKind::kGreaterOrEqual, b.Unary(UnaryKind::kAbs, sums), c.in(6));
  ReturnSparse(c, Filtered(b, {both.indices, sums, c.in(2)}, keep));
}

template <BinaryKind kKind>
void ImportSparseSparse(NodeContext& c) {
  const Union both = UnionOf(c.build(), SparseAt(c, 0), SparseAt(c, 3));
  c.Set(0, both.indices);
  c.Set(1, c.build().Binary(kKind, both.left, both.right));
}

constexpr OpImporter kRows[] = {
    {"SparseReorder", ImportSparseReorder},
    {"SparseTensorDenseMatMul", ImportSparseDenseMatMul},
    {"SparseTensorDenseAdd", ImportSparseDenseAdd},
    {"SparseDenseCwiseMul", ImportSparseDenseCwise<BinaryKind::kMul>},
    {"SparseDenseCwiseDiv", ImportSparseDenseCwise<BinaryKind::kDiv>},
    {"SparseDenseCwiseAdd", ImportSparseDenseCwise<BinaryKind::kAdd>},
    {"SparseReduceSum", ImportSparseReduce},
    {"SparseReduceMax", ImportSparseReduce},
    {"SparseSlice", ImportSparseSlice},
    {"SparseSplit", ImportSparseSplit},
    {"SparseConcat", ImportSparseConcat},
    {"SparseSoftmax", ImportSparseSoftmax},
    {"SparseAdd", ImportSparseAdd},
    {"SparseSparseMaximum", ImportSparseSparse<BinaryKind::kMax>},
    {"SparseSparseMinimum", ImportSparseSparse<BinaryKind::kMin>},
};

}  // namespace

std::span<const OpImporter> SparseMathImporters() {
  return kRows;
}

}  // namespace floe
