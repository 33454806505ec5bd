// Gathering, scattering, and what is found by value.
#include "frontend/tensorflow/ops/families.h"

namespace floe {
namespace {

void ImportGather(NodeContext& c) {
  c.Return(Gather{}, {c.in(0), c.in(1)});
}

void ImportGatherV2(NodeContext& c) {
  Gather op;
  op.axis = c.NeedInt(2, "the axis");
  op.batch_dims = c.Int("batch_dims");
  c.Return(std::move(op), {c.in(0), c.in(1)});
}

void ImportGatherNd(NodeContext& c) {
  c.Return(GatherND{}, {c.in(0), c.in(1)});
}

// Updates at one place add up.
void ImportScatterNd(NodeContext& c) {
  const ValueId zeros = c.build().Zeros(c.dtype(1), c.build().ToInt64(c.in(2)));
  c.Return(ScatterND{ScatterReduction::kAdd}, {zeros, c.in(0), c.in(1)});
}

template <ScatterReduction kReduction>
void ImportTensorScatter(NodeContext& c) {
  c.Return(ScatterND{kReduction}, {c.in(0), c.in(1), c.in(2)});
}

// Where a slice of that size begins: as wanted, or as far inside as it must be to fit.
ValueId ClampedStarts(Builder& b, ValueId wanted, ValueId shape, ValueId sizes) {
  const ValueId last = b.Binary(BinaryKind::kSub, shape, sizes);
  return b.Binary(BinaryKind::kMax, b.Binary(BinaryKind::kMin, b.ToInt64(wanted), last), b.Int64(0));
}

// start, start + 1, ...
ValueId RowsFrom(Builder& b, ValueId starts, ValueId sizes, int64_t axis) {
  const ValueId size = b.ToScalar(b.SliceVector(sizes, axis, axis + 1));
  return b.Binary(BinaryKind::kAdd, b.Add(Range{}, {b.Int64(0), size, b.Int64(1)}),
                  b.SliceVector(starts, axis, axis + 1));
}

// (x, update, starts): the update over a part of x. Axes behind the last that it does not fill are rows.
void ImportXlaDynamicUpdateSlice(NodeContext& c) {
  Builder& b = c.build();
  const Shape& shape = c.shape(0);
  const Shape& part = c.shape(1);
  if (!shape.has_rank() || !part.has_rank() || part.rank() != shape.rank())
    c.FailUnknown("the rank of the tensor is not known");
  const auto rank = static_cast<int64_t>(shape.rank());
  int64_t rows = rank;
  while (rows > 0 && shape[static_cast<size_t>(rows - 1)].Same(part[static_cast<size_t>(rows - 1)])) --rows;
  if (rows == 0) return c.Set(0, c.in(1));
  const ValueId dims = b.ShapeTensor(c.in(0)), sizes = b.ShapeTensor(c.in(1));
  const ValueId starts = ClampedStarts(b, c.in(2), dims, sizes);
  const ValueId strides =
      b.Add(Cumulative{CumulativeKind::kCumProd, true, true}, {b.SliceVector(dims, 0, rows), b.Int64(0)});
  ValueId places = b.Int64s({0});
  for (int64_t axis = 0; axis < rows; ++axis) {
    const ValueId offsets =
        b.Binary(BinaryKind::kMul, RowsFrom(b, starts, sizes, axis), b.SliceVector(strides, axis, axis + 1));
    places = b.Binary(BinaryKind::kAdd, b.Add(Unsqueeze{{-1}}, {places}), offsets);
  }
  const ValueId as_rows = b.ConcatVectors({b.Int64s({-1}), b.SliceVector(dims, rows, rank)});
  const ValueId put = b.Add(ScatterND{}, {b.Add(Reshape{}, {c.in(0), as_rows}), b.Reshape(places, {-1, 1}),
                                          b.Add(Reshape{}, {c.in(1), as_rows})});
  c.Return(Reshape{}, {put, dims});
}

// (x, starts, sizes).
void ImportXlaDynamicSlice(NodeContext& c) {
  Builder& b = c.build();
  ValueId y = c.in(0);
  const int64_t rank = c.Rank(0);
  const ValueId sizes = b.ToInt64(c.in(2));
  const ValueId starts = ClampedStarts(b, c.in(1), b.ShapeTensor(y), sizes);
  for (int64_t axis = 0; axis < rank; ++axis)
    y = b.Add(Gather{.axis = axis}, {y, RowsFrom(b, starts, sizes, axis)});
  c.Set(0, y);
}

// (x, rows i of rank 1, new rows v).
template <ScatterReduction kReduction>
void ImportInplace(NodeContext& c) {
  c.Return(ScatterND{kReduction}, {c.in(0), c.Add(Unsqueeze{{-1}}, {c.in(1)}), c.in(2)});
}

void ImportWhere(NodeContext& c) {
  c.Return(NonZero{}, {c.in(0)});
}

DType IndexType(const NodeContext& c) {
  return c.Type("out_idx");
}

void ImportUnique(NodeContext& c) {
  const bool counts = c.op().find("Counts") != std::string::npos;
  if (c.op().ends_with("V2")) {
    const std::optional<Ints> axis = c.KnownInts(1);
    const bool plain = axis && (axis->empty() || (*axis)[0] == 0) && c.Rank(0) == 1;
    if (!plain) c.Fail("unique rows along an axis are not supported, only unique elements of a vector");
  }
  c.Return(Unique{IndexType(c)}, {c.in(0)}, counts ? 3 : 2);
}

void ImportListDiff(NodeContext& c) {
  c.Return(ListDiff{IndexType(c)}, {c.in(0), c.in(1)}, 2);
}

void ImportDynamicStitch(NodeContext& c) {
  c.Return(DynamicStitch{}, c.ins(0, c.input_count()));
}

void ImportDynamicPartition(NodeContext& c) {
  const int64_t parts = c.Int("num_partitions");
  if (parts < 1 || parts > (1 << 16)) c.Fail("expected 1 to 65536 partitions, found {}", parts);
  c.Return(DynamicPartition{parts}, {c.in(0), c.in(1)}, static_cast<int>(parts));
}

void ImportBincount(NodeContext& c) {
  const ValueId flat = c.op() == "Bincount" ? c.build().Reshape(c.in(0), {-1}) : c.in(0);
  const bool binary = c.op() == "DenseBincount" && c.Bool("binary_output");
  c.Return(Bincount{binary}, {flat, c.in(1), c.in(2)});
}

template <bool kBehind>
void ImportBound(NodeContext& c) {
  c.Return(SearchSorted{kBehind, c.Type("out_type")}, {c.in(0), c.in(1)});
}

// Fewer than k classes score above the target; a target outside the classes or scores that are not finite are
// never in.
void ImportInTopK(NodeContext& c) {
  Builder& b = c.build();
  const ValueId scores = c.in(0), targets = b.ToInt64(c.in(1));
  const ValueId k = c.op() == "InTopK" ? b.Int64(c.Int("k")) : b.ToInt64(c.in(2));
  const ValueId classes = b.ToScalar(b.DimTensor(scores, 1));
  const ValueId valid = b.Binary(BinaryKind::kAnd, b.Binary(BinaryKind::kGreaterOrEqual, targets, b.Int64(0)),
                                 b.Binary(BinaryKind::kLess, targets, classes));
  const ValueId place = b.Add(Unsqueeze{{-1}}, {b.Add(Where{}, {valid, targets, b.Int64(0)})});
  const ValueId own = b.Add(Unsqueeze{{-1}}, {b.Add(GatherND{.batch_dims = 1}, {scores, place})});
  const ValueId above = b.CastTo(b.Binary(BinaryKind::kGreater, scores, own), DType::kInt64);
  const ValueId few = b.Binary(BinaryKind::kLess, b.Reduce(ReduceKind::kSum, above, {1}, false), k);
  const ValueId finite = b.Reduce(ReduceKind::kAll, b.Unary(UnaryKind::kIsFinite, scores), {1}, false);
  c.Return(Binary{BinaryKind::kAnd}, {b.Binary(BinaryKind::kAnd, valid, finite), few});
}

// Bins of one width over the range; what lies outside counts in the first and last.
void ImportHistogram(NodeContext& c) {
  Builder& b = c.build();
  const ValueId low = b.CastTo(b.Slice(c.in(1), {0}, {1}, {0}), DType::kFloat64);
  const ValueId high = b.CastTo(b.Slice(c.in(1), {1}, {2}, {0}), DType::kFloat64);
  const ValueId bins = b.ToInt64(c.in(2));
  const ValueId step =
      b.Binary(BinaryKind::kDiv, b.Binary(BinaryKind::kSub, high, low), b.CastTo(bins, DType::kFloat64));
  const ValueId x = b.CastTo(b.Reshape(c.in(0), {-1}), DType::kFloat64);
  const ValueId place = b.Binary(BinaryKind::kDiv, b.Binary(BinaryKind::kSub, x, low), step);
  const ValueId last = b.CastTo(b.Binary(BinaryKind::kSub, bins, b.Int64(1)), DType::kFloat64);
  const ValueId bin =
      b.Binary(BinaryKind::kMin, b.Binary(BinaryKind::kMax, place, b.Scalar(DType::kFloat64, 0)), last);
  const ValueId none = b.Constant(TensorOfNumbers(DType::kInt64, {0}, {}));
  const ValueId counts = b.Add(Bincount{}, {b.CastTo(bin, DType::kInt64), bins, none});
  c.Set(0, b.CastTo(counts, c.Type("dtype")));
}

constexpr OpImporter kRows[] = {
    {"LowerBound", ImportBound<false>},
    {"UpperBound", ImportBound<true>},
    {"InTopK", ImportInTopK},
    {"InTopKV2", ImportInTopK},
    {"HistogramFixedWidth", ImportHistogram},
    {"Gather", ImportGather},
    {"GatherV2", ImportGatherV2},
    {"GatherNd", ImportGatherNd},
    {"ScatterNd", ImportScatterNd},
    {"TensorScatterUpdate", ImportTensorScatter<ScatterReduction::kNone>},
    {"TensorScatterAdd", ImportTensorScatter<ScatterReduction::kAdd>},
    {"TensorScatterSub", ImportTensorScatter<ScatterReduction::kSub>},
    {"TensorScatterMin", ImportTensorScatter<ScatterReduction::kMin>},
    {"TensorScatterMax", ImportTensorScatter<ScatterReduction::kMax>},
    {"ScatterNdNonAliasingAdd", ImportTensorScatter<ScatterReduction::kAdd>},
    {"InplaceUpdate", ImportInplace<ScatterReduction::kNone>},
    {"InplaceAdd", ImportInplace<ScatterReduction::kAdd>},
    {"InplaceSub", ImportInplace<ScatterReduction::kSub>},
    {"Where", ImportWhere},
    {"Unique", ImportUnique},
    {"UniqueV2", ImportUnique},
    {"UniqueWithCounts", ImportUnique},
    {"UniqueWithCountsV2", ImportUnique},
    {"ListDiff", ImportListDiff},
    {"DynamicStitch", ImportDynamicStitch},
    {"ParallelDynamicStitch", ImportDynamicStitch},
    {"DynamicPartition", ImportDynamicPartition},
    {"Bincount", ImportBincount},
    {"DenseBincount", ImportBincount},
    {"XlaDynamicSlice", ImportXlaDynamicSlice},
    {"XlaDynamicUpdateSlice", ImportXlaDynamicUpdateSlice},
};

}  // namespace

std::span<const OpImporter> IndexingImporters() {
  return kRows;
}

}  // namespace floe
