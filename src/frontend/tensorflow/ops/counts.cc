// How often each value comes in each row, as a sparse matrix of those that do.
#include "frontend/tensorflow/ops/families.h"
#include "frontend/tensorflow/ops/row_partition.h"

namespace floe {
namespace {

// Values of rank 1, int64, and the row of each; no rows: all count together, and the result is a vector.
struct Counted {
  ValueId values;
  ValueId row_of_value = kNoValue;
  ValueId rows = kNoValue;  // [1]
};

bool IsWeighted(NodeContext& c, size_t weights) {
  const Shape& shape = c.shape(weights);
  if (!shape.IsStatic()) c.FailUnknown("whether it has weights is not known");
  return shape.ElementCount() != 0;
}

// Each pair of row and value as one number: equal ones are added up, and those found are sorted.
void CountInto(NodeContext& c, Counted x, size_t weights) {
  Builder& b = c.build();
  const DType type = c.dtype(weights);
  const int64_t most = c.Int("maxlength"), least = c.Int("minlength");
  const ValueId zero = b.Int64(0);
  ValueId keep = b.Binary(BinaryKind::kGreaterOrEqual, x.values, zero);
  if (most > 0) keep = b.Binary(BinaryKind::kAnd, keep, b.Binary(BinaryKind::kLess, x.values, b.Int64(most)));
  const ValueId places = b.Add(NonZero{}, {keep});
  const auto kept = [&](ValueId v) { return b.Add(GatherND{}, {v, places}); };
  const ValueId values = kept(x.values);
  const ValueId highest = b.Reduce(ReduceKind::kMax, b.ConcatVectors({b.Int64s({0}), values}), {0}, true);
  const ValueId width =
      most > 0
          ? b.Int64s({most})
          : b.Binary(BinaryKind::kMax, b.Binary(BinaryKind::kAdd, highest, b.Int64s({1})), b.Int64s({least}));
  const bool by_row = x.row_of_value != kNoValue;
  const ValueId key =
      by_row ? b.Binary(BinaryKind::kAdd, b.Binary(BinaryKind::kMul, kept(x.row_of_value), width), values)
             : values;
  const std::vector<ValueId> unique = b.AddNode(Unique{DType::kInt64}, {key}, 3);
  const ValueId count = b.ShapeTensor(unique[0]);
  ValueId sums = b.Add(Expand{}, {b.Scalar(type, 1), count});
  if (!c.Bool("binary_output")) {
    const ValueId each = IsWeighted(c, weights) ? kept(b.Reshape(c.in(weights), {-1}))
                                                : b.Add(Expand{}, {b.Scalar(type, 1), b.ShapeTensor(values)});
    sums = b.Add(ScatterND{ScatterReduction::kAdd},
                 {b.Zeros(type, count), b.Add(Unsqueeze{{1}}, {unique[1]}), each});
  }
  const std::vector<ValueId> sorted =
      b.AddNode(TopK{.axis = 0, .largest = false, .sorted = true}, {unique[0], b.ToScalar(count)}, 2);
  const ValueId columns = b.Add(Unsqueeze{{1}}, {sorted[0]});
  if (by_row) {
    const ValueId some = b.Binary(BinaryKind::kMax, width, b.Int64s({1}));
    c.Set(0, b.Add(Concat{1}, {b.Binary(BinaryKind::kFloorDiv, columns, some),
                               b.Binary(BinaryKind::kFloorMod, columns, some)}));
  } else {
    c.Set(0, columns);
  }
  c.Set(1, b.Add(Gather{}, {sums, sorted[1]}));
  c.Set(2, by_row ? b.ConcatVectors({x.rows, width}) : width);
}

void ImportDenseCount(NodeContext& c) {
  Builder& b = c.build();
  const int64_t rank = c.Rank(0);
  if (rank < 1 || rank > 2) c.Fail("expected values of rank 1 or 2, found {}", rank);
  Counted x = {b.Reshape(b.ToInt64(c.in(0)), {-1})};
  if (rank == 2) {
    x.rows = b.DimTensor(c.in(0), 0);
    const ValueId row = b.Add(Unsqueeze{{1}}, {CountTo(b, b.ToScalar(x.rows))});
    x.row_of_value = b.Reshape(b.Add(Expand{}, {row, b.ShapeTensor(c.in(0))}), {-1});
  }
  CountInto(c, x, 1);
}

void ImportSparseCount(NodeContext& c) {
  Builder& b = c.build();
  Counted x = {b.ToInt64(c.in(1))};
  const Shape& indices = c.shape(0);
  if (!indices.has_rank() || indices.rank() != 2 || !indices[1].known())
    c.FailUnknown("the rank of what it counts is not known");
  if (indices[1].value() == 2) {
    x.rows = b.SliceVector(b.ToInt64(c.in(2)), 0, 1);
    x.row_of_value = b.Reshape(b.Slice(c.in(0), {0}, {1}, {1}), {-1});
  } else if (indices[1].value() != 1) {
    c.Fail("expected a sparse tensor of rank 1 or 2, found {}", indices[1].value());
  }
  CountInto(c, x, 3);
}

void ImportRaggedCount(NodeContext& c) {
  Builder& b = c.build();
  const ValueId splits = b.ToInt64(c.in(0));
  CountInto(c, {b.ToInt64(c.in(1)), RowsOf(b, splits), b.DimTensor(LengthsOf(b, splits), 0)}, 2);
}

constexpr OpImporter kRows[] = {
    {"DenseCountSparseOutput", ImportDenseCount},
    {"SparseCountSparseOutput", ImportSparseCount},
    {"RaggedCountSparseOutput", ImportRaggedCount},
};

}  // namespace

std::span<const OpImporter> CountImporters() {
  return kRows;
}

}  // namespace floe
