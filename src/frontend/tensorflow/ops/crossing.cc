// Crossed features: for each row every combination of one value of each column, hashed or joined.
#include <algorithm>

#include "frontend/tensorflow/ops/families.h"
#include "frontend/tensorflow/ops/row_partition.h"

namespace floe {
namespace {

// One feature: a row's values are `counts` of `values` from `begins` on.
struct FeatureColumn {
  ValueId values, begins, counts;
};

FeatureColumn SparseColumn(Builder& b, ValueId indices, ValueId values, ValueId rows) {
  const ValueId row_of_value = b.Reshape(b.Slice(indices, {0}, {1}, {1}), {-1});
  const ValueId counts = LengthsOfRows(b, row_of_value, rows);
  return {values, b.SliceVector(SplitsOf(b, counts), 0, -1), counts};
}

FeatureColumn DenseColumn(Builder& b, ValueId x, ValueId rows) {
  const ValueId width = b.DimTensor(x, 1);
  return {b.Reshape(x, {-1}), b.Binary(BinaryKind::kMul, CountTo(b, rows), width),
          b.Add(Expand{}, {width, b.ToVector(rows)})};
}

ValueId UInt64(Builder& b, uint64_t value) {
  return b.Constant(Tensor::FromValues<uint64_t>({}, {value}));
}

// TensorFlow's FingerprintCat64 (tensorflow/core/platform/fingerprint.h): MurmurHash's mixing of two hashes.
ValueId FingerprintCat(Builder& b, ValueId first, ValueId second) {
  const ValueId factor = UInt64(b, 0xc6a4a7935bd1e995), bits = UInt64(b, 47);
  const auto times = [&](ValueId x) { return b.Binary(BinaryKind::kMul, x, factor); };
  const auto mix = [&](ValueId x) {
    return b.Binary(BinaryKind::kBitwiseXor, x, b.Binary(BinaryKind::kRightShift, x, bits));
  };
  const ValueId start = b.Binary(BinaryKind::kBitwiseXor, first, factor);
  const ValueId both = b.Binary(BinaryKind::kBitwiseXor, start, times(mix(times(second))));
  return mix(times(mix(times(both))));
}

ValueId HashOf(Builder& b, ValueId x) {
  return b.CastTo(b.dtype(x) == DType::kString ? b.Add(StringHash{.buckets = 0}, {x}) : x, DType::kUInt64);
}

ValueId TextOf(Builder& b, ValueId x) {
  return b.dtype(x) == DType::kString ? x : b.Add(AsString{}, {x});
}

// The values of each combination, column by column; the last column's change first.
std::vector<ValueId> Combinations(Builder& b, const std::vector<FeatureColumn>& columns, ValueId row,
                                  ValueId place) {
  std::vector<ValueId> picked(columns.size());
  for (size_t i = columns.size(); i-- > 0;) {
    const ValueId count = b.Add(Gather{}, {columns[i].counts, row});
    const ValueId offset = b.Binary(BinaryKind::kFloorMod, place, count);
    place = b.Binary(BinaryKind::kFloorDiv, place, count);
    const ValueId at = b.Binary(BinaryKind::kAdd, b.Add(Gather{}, {columns[i].begins, row}), offset);
    picked[i] = b.Add(Gather{}, {columns[i].values, at});
  }
  return picked;
}

ValueId IntoBuckets(Builder& b, ValueId hash, ValueId buckets) {
  const ValueId most = b.Int64(INT64_MAX);
  const ValueId divisor =
      b.Add(Where{}, {b.Binary(BinaryKind::kGreater, buckets, b.Int64(0)), buckets, most});
  return b.CastTo(b.Binary(BinaryKind::kFloorMod, hash, b.CastTo(divisor, DType::kUInt64)), DType::kInt64);
}

ValueId Hashed(NodeContext& c, const std::vector<ValueId>& picked) {
  Builder& b = c.build();
  ValueId hash = UInt64(b, static_cast<uint64_t>(c.Int("hash_key")));
  for (const ValueId x : picked) hash = FingerprintCat(b, hash, HashOf(b, x));
  return IntoBuckets(b, hash, b.Int64(c.Int("num_buckets")));
}

// All combinations of each row, row by row.
struct Crosses {
  ValueId splits, row, place, counts;
  std::vector<ValueId> picked;
};

Crosses Cross(Builder& b, const std::vector<FeatureColumn>& columns) {
  ValueId counts = columns[0].counts;
  for (size_t i = 1; i < columns.size(); ++i) counts = b.Binary(BinaryKind::kMul, counts, columns[i].counts);
  const ValueId splits = SplitsOf(b, counts);
  const ValueId row = RowsOf(b, splits);
  const ValueId place = ColumnsOf(b, splits, row);
  return {splits, row, place, counts, Combinations(b, columns, row, place)};
}

// Inputs: indices, values and shapes of `sparse` columns each, then `dense` matrices.
struct Columns {
  std::vector<FeatureColumn> all;
  ValueId batch;  // [1]
};

Columns ColumnsAt(NodeContext& c, size_t sparse, size_t dense) {
  Builder& b = c.build();
  if (sparse + dense == 0) c.Fail("nothing to cross");
  Columns columns;
  columns.batch = sparse > 0 ? b.SliceVector(b.ToInt64(c.in(2 * sparse)), 0, 1) : b.DimTensor(c.in(0), 0);
  const ValueId rows = b.ToScalar(columns.batch);
  for (size_t i = 0; i < sparse; ++i) columns.all.push_back(SparseColumn(b, c.in(i), c.in(sparse + i), rows));
  for (size_t i = 0; i < dense; ++i) columns.all.push_back(DenseColumn(b, c.in(3 * sparse + i), rows));
  return columns;
}

void SetSparse(NodeContext& c, const Crosses& crosses, ValueId values, ValueId batch) {
  Builder& b = c.build();
  c.Return(Concat{1}, {b.Add(Unsqueeze{{1}}, {crosses.row}), b.Add(Unsqueeze{{1}}, {crosses.place})});
  c.Set(1, values);
  const ValueId longest =
      b.Reduce(ReduceKind::kMax, b.ConcatVectors({b.Int64s({0}), crosses.counts}), {0}, true);
  c.Set(2, b.ConcatVectors({batch, longest}));
}

ValueId Joined(Builder& b, std::vector<ValueId> picked, const std::string& separator) {
  for (ValueId& x : picked) x = TextOf(b, x);
  return b.Add(StringJoin{.separator = separator}, std::move(picked));
}

void ImportSparseCross(NodeContext& c) {
  Builder& b = c.build();
  const size_t sparse = static_cast<size_t>(c.Int("N"));
  if (c.input_count() < 3 * sparse) c.Fail("too few inputs: {}", c.input_count());
  const Columns columns = ColumnsAt(c, sparse, c.input_count() - 3 * sparse);
  const Crosses crosses = Cross(b, columns.all);
  SetSparse(c, crosses,
            c.Bool("hashed_output") ? Hashed(c, crosses.picked) : Joined(b, crosses.picked, "_X_"),
            columns.batch);
}

void ImportSparseCrossV2(NodeContext& c) {
  Builder& b = c.build();
  const size_t sparse = static_cast<size_t>(c.Int("N"));
  if (c.input_count() < 3 * sparse + 1) c.Fail("too few inputs: {}", c.input_count());
  const Columns columns = ColumnsAt(c, sparse, c.input_count() - 3 * sparse - 1);
  const Crosses crosses = Cross(b, columns.all);
  const Tensor& separator = c.NeedConstant(c.input_count() - 1, "the separator");
  if (separator.dtype() != DType::kString || separator.size() != 1) c.Fail("its separator is not one string");
  SetSparse(c, crosses, Joined(b, crosses.picked, separator.data<std::string>()[0]), columns.batch);
}

// FarmHash's fingerprint of a number's four low bytes, which is what TensorFlow takes of an int64.
ValueId FingerprintOfNumber(Builder& b, ValueId x) {
  const ValueId factor = UInt64(b, 0x9ae16a3b2f90404f + 2 * 4), bits = UInt64(b, 47);
  const auto mixed = [&](ValueId u, ValueId v) {
    const ValueId product = b.Binary(BinaryKind::kMul, b.Binary(BinaryKind::kBitwiseXor, u, v), factor);
    return b.Binary(BinaryKind::kBitwiseXor, product, b.Binary(BinaryKind::kRightShift, product, bits));
  };
  const ValueId low = b.Binary(BinaryKind::kBitwiseAnd, b.CastTo(x, DType::kUInt64), UInt64(b, 0xffffffff));
  const ValueId start =
      b.Binary(BinaryKind::kAdd, b.Binary(BinaryKind::kMul, low, UInt64(b, 8)), UInt64(b, 4));
  return b.Binary(BinaryKind::kMul, mixed(low, mixed(start, low)), factor);
}

// (columns as above, number of buckets, is the hash strong?, its key).
void ImportSparseCrossHashed(NodeContext& c) {
  Builder& b = c.build();
  const size_t sparse = static_cast<size_t>(c.Int("N"));
  if (c.input_count() < 3 * sparse + 3) c.Fail("too few inputs: {}", c.input_count());
  const size_t options = c.input_count() - 3;
  const Columns columns = ColumnsAt(c, sparse, options - 3 * sparse);
  const Crosses crosses = Cross(b, columns.all);
  const Tensor& strong = c.NeedConstant(options + 1, "the choice of hash");
  if (strong.dtype() != DType::kBool || strong.size() != 1) c.Fail("the choice of hash is not one bool");
  const bool is_strong = strong.data<bool>()[0];
  std::vector<ValueId> hashes;
  for (size_t i = 0; i < crosses.picked.size(); ++i) {
    const ValueId x = crosses.picked[i];
    const bool is_text = b.dtype(x) == DType::kString;
    if (is_strong && !is_text) c.Fail("strong hashes of numbers are not supported");
    if (is_strong)
      hashes.push_back(b.CastTo(b.Add(StringHash{.buckets = 0,
                                                 .method = StringHashMethod::kStrong,
                                                 .key = c.NeedInts(options + 2, "the hash's key")},
                                      {x}),
                                DType::kUInt64));
    else
      hashes.push_back(is_text || i >= sparse ? HashOf(b, x) : FingerprintOfNumber(b, x));
  }
  ValueId hash = hashes[0];
  for (size_t i = 1; i < hashes.size(); ++i) hash = FingerprintCat(b, hash, hashes[i]);
  const ValueId buckets = b.ToScalar(b.ToVector(b.ToInt64(c.in(options))));
  SetSparse(c, crosses, IntoBuckets(b, hash, buckets), columns.batch);
}

// Ragged columns' values and splits, sparse columns' indices, values and shapes, dense ones; `input_order`
// says which comes when.
void ImportRaggedCross(NodeContext& c) {
  Builder& b = c.build();
  const std::string order = c.String("input_order");
  const auto count = [&](char kind) { return static_cast<size_t>(std::ranges::count(order, kind)); };
  const size_t ragged = count('R'), sparse = count('S'), dense = count('D');
  if (order.empty() || ragged + sparse + dense != order.size() ||
      c.input_count() != 2 * ragged + 3 * sparse + dense)
    c.Fail("{} inputs in the order '{}'", c.input_count(), order);
  const size_t first_sparse = 2 * ragged, first_dense = first_sparse + 3 * sparse;
  ValueId rows;
  if (ragged > 0)
    rows = b.ToScalar(b.DimTensor(LengthsOf(b, b.ToInt64(c.in(ragged))), 0));
  else if (sparse > 0)
    rows = b.ToScalar(b.SliceVector(b.ToInt64(c.in(first_sparse + 2 * sparse)), 0, 1));
  else
    rows = b.ToScalar(b.DimTensor(c.in(first_dense), 0));
  std::vector<FeatureColumn> columns;
  size_t r = 0, s = 0, d = 0;
  for (const char kind : order) {
    if (kind == 'R') {
      const ValueId splits = b.ToInt64(c.in(ragged + r));
      columns.push_back({c.in(r), b.SliceVector(splits, 0, -1), LengthsOf(b, splits)});
      ++r;
    } else if (kind == 'S') {
      columns.push_back(SparseColumn(b, c.in(first_sparse + s), c.in(first_sparse + sparse + s), rows));
      ++s;
    } else {
      columns.push_back(DenseColumn(b, c.in(first_dense + d++), rows));
    }
  }
  const Crosses crosses = Cross(b, columns);
  c.Set(0, c.Bool("hashed_output") ? Hashed(c, crosses.picked) : Joined(b, crosses.picked, "_X_"));
  c.Set(1, b.CastTo(crosses.splits, c.Type("out_row_splits_type")));
}

constexpr OpImporter kRows[] = {
    {"SparseCross", ImportSparseCross},
    {"SparseCrossV2", ImportSparseCrossV2},
    {"SparseCrossHashed", ImportSparseCrossHashed},
    {"RaggedCross", ImportRaggedCross},
};

}  // namespace

std::span<const OpImporter> CrossingImporters() {
  return kRows;
}

}  // namespace floe
