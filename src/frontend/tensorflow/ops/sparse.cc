// Sparse tensors as TensorFlow 1 spells them: indices [n, rank], values [n], dense shape [rank].
#include "frontend/tensorflow/ops/families.h"

namespace floe {
namespace {

void ImportSparseToDense(NodeContext& c) {
  Builder& b = c.build();
  ValueId indices = b.ToInt64(c.in(0));
  const int64_t rank = c.Rank(0);
  if (rank == 0) indices = b.Reshape(indices, {1, 1});
  if (rank == 1) indices = b.Add(Unsqueeze{{-1}}, {indices});
  ValueId values = c.in(2);
  if (c.Rank(2) == 0) values = b.Add(Expand{}, {values, b.DimTensor(indices, 0)});
  const ValueId canvas = b.Add(Expand{}, {c.in(3), b.ToInt64(c.in(1))});
  c.Return(ScatterND{}, {canvas, indices, values});
}

// The distance in elements between neighbours along each dimension.
ValueId StridesOf(Builder& b, ValueId shape) {
  return b.Add(Cumulative{CumulativeKind::kCumProd, true, true}, {shape, b.Int64(0)});
}

void ImportSparseReshape(NodeContext& c) {
  Builder& b = c.build();
  const ValueId indices = c.in(0), shape = c.in(1), wanted = c.in(2);
  const ValueId one = b.Int64(1);
  // -1 in the new shape: what is left of the count.
  const ValueId total = b.Reduce(ReduceKind::kProd, shape, {0}, false);
  const ValueId open = b.Binary(BinaryKind::kLess, wanted, b.Int64(0));
  const ValueId others = b.Reduce(ReduceKind::kProd, b.Add(Where{}, {open, one, wanted}), {0}, false);
  const ValueId rest = b.Binary(BinaryKind::kFloorDiv, total, b.Binary(BinaryKind::kMax, others, one));
  const ValueId new_shape = b.Add(Where{}, {open, rest, wanted});
  const ValueId flat =
      b.Reduce(ReduceKind::kSum, b.Binary(BinaryKind::kMul, indices, StridesOf(b, shape)), {1}, true);
  const ValueId places =
      b.Binary(BinaryKind::kFloorDiv, flat, b.Binary(BinaryKind::kMax, StridesOf(b, new_shape), one));
  c.Return(Binary{BinaryKind::kFloorMod}, {places, b.Binary(BinaryKind::kMax, new_shape, one)});
  c.Set(1, new_shape);
}

struct FilledRows {
  ValueId indices;
  ValueId values;
  ValueId was_empty;  // bool, a row each
  ValueId places;     // where each of the entries given went
};

// Rows without an entry get one of the default value in column 0; entries come out ordered by row.
FilledRows FillEmptyRows(Builder& b, ValueId indices, ValueId values, ValueId rows, ValueId filler) {
  const ValueId row_of = b.ToScalar(b.Int64s({0}));
  const ValueId entry_rows = b.Add(Gather{.axis = 1}, {indices, row_of});
  const ValueId ones = b.Add(Expand{}, {b.Int64(1), b.DimTensor(indices, 0)});
  const ValueId counts = b.Add(ScatterND{ScatterReduction::kAdd},
                               {b.Zeros(DType::kInt64, rows), b.Add(Unsqueeze{{-1}}, {entry_rows}), ones});
  const ValueId empty = b.Binary(BinaryKind::kEqual, counts, b.Int64(0));
  const ValueId empty_rows = b.Add(NonZero{}, {empty});  // [m, 1]
  const ValueId rank = b.SliceVector(b.ShapeTensor(indices), 1, 2);
  const ValueId m = b.SliceVector(b.ShapeTensor(empty_rows), 0, 1);
  const ValueId columns = b.Binary(BinaryKind::kSub, rank, b.Int64s({1}));
  const ValueId new_entries =
      b.Add(Concat{1}, {empty_rows, b.Zeros(DType::kInt64, b.ConcatVectors({m, columns}))});
  const ValueId all = b.Add(Concat{0}, {indices, new_entries});
  const ValueId all_values = b.Add(Concat{0}, {values, b.Add(Expand{}, {filler, m})});
  const ValueId keys = b.Add(Gather{.axis = 1}, {all, row_of});
  const std::vector<ValueId> sorted = b.AddNode(TopK{.axis = 0, .largest = false, .sorted = true},
                                                {keys, b.ToScalar(b.ShapeTensor(keys))}, 2);
  const ValueId order = sorted[1];
  const ValueId places = b.Add(InvertPermutation{}, {order});
  const ValueId given = b.SliceVector(b.ShapeTensor(indices), 0, 1);
  return {b.Add(Gather{}, {all, order}), b.Add(Gather{}, {all_values, order}), empty,
          b.Add(Slice{}, {places, b.Int64s({0}), given})};
}

void ImportSparseFillEmptyRows(NodeContext& c) {
  const ValueId rows = c.build().SliceVector(c.in(2), 0, 1);
  const FilledRows filled = FillEmptyRows(c.build(), c.in(0), c.in(1), rows, c.in(3));
  c.Set(0, filled.indices);
  c.Set(1, filled.values);
  c.Set(2, filled.was_empty);
  c.Set(3, filled.places);
}

void ImportRaggedFillEmptyRows(NodeContext& c) {
  Builder& b = c.build();
  const ValueId indices = b.Add(Unsqueeze{{1}}, {c.in(0)});
  const FilledRows filled = FillEmptyRows(b, indices, c.in(1), b.ToVector(c.in(2)), c.in(3));
  c.Set(0, b.Reshape(filled.indices, {-1}));
  c.Set(1, filled.values);
  c.Set(2, filled.was_empty);
  c.Set(3, filled.places);
}

constexpr OpImporter kRows[] = {
    {"SparseToDense", ImportSparseToDense},
    {"SparseReshape", ImportSparseReshape},
    {"SparseFillEmptyRows", ImportSparseFillEmptyRows},
    {"RaggedFillEmptyRows", ImportRaggedFillEmptyRows},
};

}  // namespace

std::span<const OpImporter> SparseImporters() {
  return kRows;
}

}  // namespace floe
