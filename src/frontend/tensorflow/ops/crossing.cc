// Crossed features: for each row every combination of one value of each column, hashed or joined.
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

ValueId Hashed(NodeContext& c, const std::vector<ValueId>& picked) {
  Builder& b = c.build();
  ValueId hash = UInt64(b, static_cast<uint64_t>(c.Int("hash_key")));
  for (const ValueId x : picked) hash = FingerprintCat(b, hash, HashOf(b, x));
  const int64_t buckets = c.Int("num_buckets");
  const uint64_t divisor = static_cast<uint64_t>(buckets > 0 ? buckets : INT64_MAX);
  return b.CastTo(b.Binary(BinaryKind::kFloorMod, hash, UInt64(b, divisor)), DType::kInt64);
}

void ImportSparseCross(NodeContext& c) {
  Builder& b = c.build();
  const size_t sparse = static_cast<size_t>(c.Int("N"));
  if (c.input_count() < 3 * sparse || c.input_count() == 0) c.Fail("too few inputs: {}", c.input_count());
  const ValueId batch =
      sparse > 0 ? b.SliceVector(b.ToInt64(c.in(2 * sparse)), 0, 1) : b.DimTensor(c.in(0), 0);
  const ValueId rows = b.ToScalar(batch);
  std::vector<FeatureColumn> columns;
  for (size_t i = 0; i < sparse; ++i) columns.push_back(SparseColumn(b, c.in(i), c.in(sparse + i), rows));
  for (size_t i = 3 * sparse; i < c.input_count(); ++i) columns.push_back(DenseColumn(b, c.in(i), rows));
  ValueId counts = columns[0].counts;
  for (size_t i = 1; i < columns.size(); ++i) counts = b.Binary(BinaryKind::kMul, counts, columns[i].counts);
  const ValueId splits = SplitsOf(b, counts);
  const ValueId row = RowsOf(b, splits);
  const ValueId place = ColumnsOf(b, splits, row);
  std::vector<ValueId> picked = Combinations(b, columns, row, place);
  c.Return(Concat{1}, {b.Add(Unsqueeze{{1}}, {row}), b.Add(Unsqueeze{{1}}, {place})});
  if (c.Bool("hashed_output")) {
    c.Set(1, Hashed(c, picked));
  } else {
    for (ValueId& x : picked) x = TextOf(b, x);
    c.Set(1, b.Add(StringJoin{.separator = "_X_"}, picked));
  }
  const ValueId longest = b.Reduce(ReduceKind::kMax, b.ConcatVectors({b.Int64s({0}), counts}), {0}, true);
  c.Set(2, b.ConcatVectors({batch, longest}));
}

constexpr OpImporter kRows[] = {
    {"SparseCross", ImportSparseCross},
};

}  // namespace

std::span<const OpImporter> CrossingImporters() {
  return kRows;
}

}  // namespace floe
