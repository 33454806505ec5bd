// Ragged tensors: values in one tensor, rows as splits [rows + 1] or as the row of each value.
#include "frontend/tensorflow/ops/families.h"
#include "frontend/tensorflow/ops/row_partition.h"
#include "frontend/tensorflow/ragged_list.h"

namespace floe {
namespace {

void ImportRaggedRange(NodeContext& c) {
  Builder& b = c.build();
  const DType dtype = c.dtype(0);
  ValueId starts = b.Reshape(c.in(0), {-1}), limits = b.Reshape(c.in(1), {-1}),
          deltas = b.Reshape(c.in(2), {-1});
  const ValueId span = b.Binary(BinaryKind::kSub, limits, starts);
  ValueId lengths;
  if (IsFloat(dtype)) {
    lengths = b.Unary(UnaryKind::kCeil, b.Binary(BinaryKind::kDiv, span, deltas));
  } else {
    // ceil(span / delta) = -floor(-span / delta)
    lengths =
        b.Unary(UnaryKind::kNeg, b.Binary(BinaryKind::kFloorDiv, b.Unary(UnaryKind::kNeg, span), deltas));
  }
  lengths = b.Binary(BinaryKind::kMax, b.ToInt64(lengths), b.Int64(0));
  const ValueId count = b.ShapeTensor(lengths);
  starts = b.Add(Expand{}, {starts, count});
  deltas = b.Add(Expand{}, {deltas, count});
  const ValueId splits = SplitsOf(b, lengths);
  const ValueId rows = RowsOf(b, splits);
  const ValueId steps = b.CastTo(ColumnsOf(b, splits, rows), dtype);
  const ValueId offset = b.Binary(BinaryKind::kMul, steps, b.Add(Gather{}, {deltas, rows}));
  c.Set(0, b.CastTo(splits, c.Type("Tsplits")));
  c.Set(1, b.Binary(BinaryKind::kAdd, b.Add(Gather{}, {starts, rows}), offset));
}

void ImportRaggedGather(NodeContext& c) {
  Builder& b = c.build();
  const int64_t levels = c.Int("PARAMS_RAGGED_RANK");
  if (levels < 1 || static_cast<size_t>(levels) + 2 != c.input_count())
    c.Fail("expected {} inputs, found {}", levels + 2, c.input_count());
  const DType split_type = c.dtype(0);
  const size_t values = static_cast<size_t>(levels);
  size_t output = 0;
  const Shape indices_shape = c.shape(values + 1);
  if (!indices_shape.IsStatic() || indices_shape.rank() == 0)
    c.FailUnknown("the shape of its indices is not known");
  const Ints dims = indices_shape.Static();
  int64_t rows_before = dims[0];
  for (size_t i = 1; i < dims.size(); ++i) {
    Ints splits;
    if (rows_before > (1 << 20)) c.Fail("too many indices");
    for (int64_t r = 0; r <= rows_before; ++r) splits.push_back(r * dims[i]);
    rows_before *= dims[i];
    c.Set(output++, b.CastTo(b.Int64s(std::move(splits)), split_type));
  }
  ValueId places = b.ToInt64(b.Reshape(c.in(values + 1), {-1}));
  for (size_t level = 0; level < values; ++level) {
    const ValueId splits = b.ToInt64(c.in(level));
    const ValueId picked = SplitsOf(b, b.Add(Gather{}, {LengthsOf(b, splits), places}));
    const ValueId rows = RowsOf(b, picked);
    const ValueId begins = b.Add(Gather{}, {b.Add(Gather{}, {splits, places}), rows});
    places = b.Binary(BinaryKind::kAdd, begins, ColumnsOf(b, picked, rows));
    c.Set(output++, b.CastTo(picked, split_type));
  }
  c.Set(output, b.Add(Gather{}, {c.in(values), places}));
}

struct Rows {
  ValueId rows;     // of each value
  ValueId columns;  // of each value in its row
  ValueId longest;  // int64 [1]
};

// Sorted row numbers, some of which may have no value: the column is the distance to the first value of the
// row.
Rows FromRowIds(Builder& b, ValueId ids) {
  Rows r;
  r.rows = ids;
  const ValueId last = b.Reduce(ReduceKind::kMax, b.ConcatVectors({b.Int64s({-1}), ids}), {0}, false);
  const ValueId lengths = LengthsOfRows(b, ids, b.Binary(BinaryKind::kAdd, last, b.Int64(1)));
  r.columns = ColumnsOf(b, SplitsOf(b, lengths), ids);
  r.longest = b.Reduce(ReduceKind::kMax, b.ConcatVectors({b.Int64s({0}), lengths}), {0}, true);
  return r;
}

void ImportRaggedToTensor(NodeContext& c) {
  Builder& b = c.build();
  const tf::AttrValue& types = c.Attr("row_partition_types");
  std::vector<std::string> kinds(types.list().s().begin(), types.list().s().end());
  if (kinds.empty() || c.input_count() != 3 + kinds.size())
    c.Fail("expected {} inputs, found {}", 3 + kinds.size(), c.input_count());
  std::vector<Rows> levels;
  ValueId first_dim = kNoValue;  // [1]
  for (size_t i = 0; i < kinds.size(); ++i) {
    const ValueId partition = b.ToInt64(c.in(3 + i));
    if (kinds[i] == "FIRST_DIM_SIZE" && i == 0) {
      first_dim = b.ToVector(partition);
    } else if (kinds[i] == "ROW_SPLITS") {
      if (i == 0) first_dim = b.Binary(BinaryKind::kSub, b.ShapeTensor(partition), b.Int64s({1}));
      Rows r;
      r.rows = RowsOf(b, partition);
      r.columns = ColumnsOf(b, partition, r.rows);
      r.longest =
          b.Reduce(ReduceKind::kMax, b.ConcatVectors({b.Int64s({0}), LengthsOf(b, partition)}), {0}, true);
      levels.push_back(r);
    } else if (kinds[i] == "VALUE_ROWIDS" && i > 0) {
      levels.push_back(FromRowIds(b, partition));
    } else {
      c.Fail("row partition {} at place {} is not supported", kinds[i], i);
    }
  }
  if (levels.empty() || first_dim == kNoValue) c.Fail("its row partitions do not describe rows");
  // Coordinates of each value, from the innermost level out.
  std::vector<ValueId> coordinates(levels.size() + 1);
  ValueId places = kNoValue;  // of each value in the items of this level
  for (size_t i = levels.size(); i-- > 0;) {
    const auto at = [&](ValueId x) { return places == kNoValue ? x : b.Add(Gather{}, {x, places}); };
    coordinates[i + 1] = at(levels[i].columns);
    places = at(levels[i].rows);
  }
  coordinates[0] = places;
  std::vector<ValueId> natural = {first_dim};
  for (const Rows& level : levels) natural.push_back(level.longest);
  ValueId outer = b.ConcatVectors(natural);
  const ValueId values = c.in(1);
  const int64_t rank = c.Rank(1), dims = static_cast<int64_t>(levels.size()) + 1;
  const ValueId inner = b.SliceVector(b.ShapeTensor(values), 1, rank);
  if (c.Rank(0) == 1) {
    const ValueId wanted = b.SliceVector(b.ToInt64(c.in(0)), 0, dims);
    outer = b.Add(Where{}, {b.Binary(BinaryKind::kLess, wanted, b.Int64(0)), outer, wanted});
  }
  std::vector<ValueId> columns;
  for (const ValueId x : coordinates) columns.push_back(b.Add(Unsqueeze{{1}}, {x}));
  const ValueId index = b.Add(Concat{1}, columns);
  const ValueId fits = b.Reduce(ReduceKind::kAll, b.Binary(BinaryKind::kLess, index, outer), {1}, false);
  const ValueId kept = b.Reshape(b.Add(NonZero{}, {fits}), {-1});
  const ValueId shape = b.ConcatVectors({outer, inner});
  const ValueId canvas = b.Add(Expand{}, {c.in(2), shape});
  c.Return(ScatterND{}, {canvas, b.Add(Gather{}, {index, kept}), b.Add(Gather{}, {values, kept})});
}

void ImportRaggedToSparse(NodeContext& c) {
  Builder& b = c.build();
  const int64_t levels = c.Int("RAGGED_RANK");
  if (levels < 1 || static_cast<size_t>(levels) + 1 != c.input_count())
    c.Fail("expected {} inputs, found {}", levels + 1, c.input_count());
  if (c.Rank(static_cast<size_t>(levels)) != 1)
    c.Fail("values of rank {} are not supported", c.Rank(static_cast<size_t>(levels)));
  std::vector<ValueId> columns(static_cast<size_t>(levels) + 1);
  std::vector<ValueId> dims = {b.Binary(BinaryKind::kSub, b.ShapeTensor(c.in(0)), b.Int64s({1}))};
  ValueId places = kNoValue;
  for (int64_t i = levels; i-- > 0;) {
    const ValueId splits = b.ToInt64(c.in(static_cast<size_t>(i)));
    const ValueId rows = RowsOf(b, splits);
    const auto at = [&](ValueId x) { return places == kNoValue ? x : b.Add(Gather{}, {x, places}); };
    columns[static_cast<size_t>(i) + 1] = b.Add(Unsqueeze{{1}}, {at(ColumnsOf(b, splits, rows))});
    places = at(rows);
  }
  columns[0] = b.Add(Unsqueeze{{1}}, {places});
  for (int64_t i = 0; i < levels; ++i) {
    const ValueId lengths = LengthsOf(b, b.ToInt64(c.in(static_cast<size_t>(i))));
    dims.push_back(b.Reduce(ReduceKind::kMax, b.ConcatVectors({b.Int64s({0}), lengths}), {0}, true));
  }
  c.Return(Concat{1}, columns);
  c.Set(1, c.in(static_cast<size_t>(levels)));
  c.Set(2, b.ConcatVectors(dims));
}

// Counts of each row's values below `size`: the values of row r count as r * size + value.
// The last inputs are size and weights.
void ReturnCounts(NodeContext& c, ValueId row_of_value, ValueId rows) {
  Builder& b = c.build();
  const size_t last = c.input_count() - 1;
  const ValueId value = b.ToInt64(c.in(1)), size = b.ToInt64(c.in(last - 1));
  const ValueId total = b.Binary(BinaryKind::kMul, rows, size);
  const ValueId place = b.Binary(BinaryKind::kAdd, b.Binary(BinaryKind::kMul, row_of_value, size), value);
  const ValueId counted = b.Add(Where{}, {b.Binary(BinaryKind::kLess, value, size), place, total});
  const ValueId checked = b.Add(Where{}, {b.Binary(BinaryKind::kLess, value, b.Int64(0)), value, counted});
  const ValueId counts = b.Add(Bincount{c.Bool("binary_output")}, {checked, total, c.in(last)});
  c.Return(Reshape{}, {counts, b.ConcatVectors({b.ToVector(rows), b.ToVector(size)})});
}

void ImportRaggedBincount(NodeContext& c) {
  Builder& b = c.build();
  const ValueId splits = b.ToInt64(c.in(0));
  const ValueId rows = b.ToScalar(b.Binary(BinaryKind::kSub, b.ShapeTensor(splits), b.Int64s({1})));
  ReturnCounts(c, RowsOf(b, splits), rows);
}

void ImportSparseBincount(NodeContext& c) {
  Builder& b = c.build();
  const Shape& shape = c.shape(2);
  if (!shape.IsStatic() || shape.rank() != 1) c.FailUnknown("the rank of its sparse tensor is not known");
  const int64_t rank = shape.Static()[0];
  if (rank == 1) return c.Return(Bincount{c.Bool("binary_output")}, {c.in(1), c.in(3), c.in(4)});
  if (rank != 2) c.Fail("expected a sparse tensor of rank 1 or 2, found {}", rank);
  const ValueId row_of_value = b.Reshape(b.Slice(c.in(0), {0}, {1}, {1}), {-1});
  ReturnCounts(c, row_of_value, b.ToScalar(b.SliceVector(c.in(2), 0, 1)));
}

// A variant is what it stands for: of one row the row's tensor, of a batch a list of rows.
void ImportRaggedToVariant(NodeContext& c) {
  Builder& b = c.build();
  const int64_t levels = c.Int("RAGGED_RANK");
  const bool batched = c.Bool("batched_input");
  if (levels == 0 && !batched) return c.SetSlot(0, c.slot(0));
  if (levels != 1 || !batched) c.Fail("rows that are ragged themselves are not supported");
  c.Rank(1);
  ListState rows = RaggedFromRows(b, {}, c.in(1), LengthsOf(b, b.ToInt64(c.in(0))));
  c.SetSlot(0, Slot::OfList(std::move(rows)));
}

void ImportRaggedFromVariant(NodeContext& c) {
  Builder& b = c.build();
  const int64_t levels = c.Int("output_ragged_rank");
  if (c.slot(0).is_tensor() && levels == 0) return c.SetSlot(0, c.slot(0));
  if (!c.slot(0).is_list() || levels != 1) c.Fail("rows that are ragged themselves are not supported");
  const ListState& list = *c.slot(0).list;
  if (!list.ragged || list.buffer == kNoValue) c.Fail("the rows of its input are not known");
  c.Set(0, b.CastTo(SplitsOf(b, RaggedRowLengths(b, list)), c.Type("Tsplits")));
  c.Set(1, RaggedRows(b, list));
}

constexpr OpImporter kRows[] = {
    {"RaggedTensorToVariant", ImportRaggedToVariant},
    {"RaggedTensorFromVariant", ImportRaggedFromVariant},
    {"RaggedRange", ImportRaggedRange},
    {"RaggedGather", ImportRaggedGather},
    {"RaggedTensorToTensor", ImportRaggedToTensor},
    {"RaggedTensorToSparse", ImportRaggedToSparse},
    {"RaggedBincount", ImportRaggedBincount},
    {"SparseBincount", ImportSparseBincount},
};

}  // namespace

std::span<const OpImporter> RaggedImporters() {
  return kRows;
}

}  // namespace floe
