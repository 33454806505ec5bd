#include "frontend/tensorflow/ops/row_partition.h"

namespace floe {
namespace {

// How often each of 0, 1 … size - 1 is among x.
ValueId CountsOf(Builder& b, ValueId x, ValueId size) {
  return b.Add(Bincount{}, {x, size, b.Constant(TensorOfNumbers(DType::kInt64, {0}, {}))});
}

}  // namespace

ValueId SplitsOf(Builder& b, ValueId lengths) {
  const ValueId ends = b.Add(Cumulative{CumulativeKind::kCumSum, false, false}, {lengths, b.Int64(0)});
  return b.ConcatVectors({b.Int64s({0}), ends});
}

ValueId LengthsOf(Builder& b, ValueId splits) {
  const ValueId ends = b.SliceVector(splits, 1, int64_t{1} << 40);
  return b.Binary(BinaryKind::kSub, ends, b.SliceVector(splits, 0, -1));
}

ValueId CountTo(Builder& b, ValueId n) {
  return b.Add(Range{}, {b.Int64(0), n, b.Int64(1)});
}

ValueId LastOf(Builder& b, ValueId splits) {
  return b.ToScalar(b.SliceVector(splits, -1, int64_t{1} << 40));
}

// The row of a value is the number of rows that end at or before it: the running count of ends.
ValueId RowsOf(Builder& b, ValueId splits) {
  const ValueId ends = CountsOf(b, b.SliceVector(splits, 1, int64_t{1} << 40), LastOf(b, splits));
  return b.Add(Cumulative{CumulativeKind::kCumSum, false, false}, {ends, b.Int64(0)});
}

ValueId ColumnsOf(Builder& b, ValueId splits, ValueId rows) {
  return b.Binary(BinaryKind::kSub, CountTo(b, LastOf(b, splits)), b.Add(Gather{}, {splits, rows}));
}

ValueId LengthsOfRows(Builder& b, ValueId row_of_value, ValueId rows) {
  return CountsOf(b, row_of_value, rows);
}

}  // namespace floe
