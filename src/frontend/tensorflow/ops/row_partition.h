// Ragged rows in the graph's terms: values one behind the other, rows as int64 splits [rows + 1], as lengths,
// or as the row of each value.
#ifndef FLOE_FRONTEND_TENSORFLOW_OPS_ROW_PARTITION_H_
#define FLOE_FRONTEND_TENSORFLOW_OPS_ROW_PARTITION_H_

#include "graph/builder.h"

namespace floe {

// [n] lengths -> [n + 1] splits.
ValueId SplitsOf(Builder& b, ValueId lengths);
ValueId LengthsOf(Builder& b, ValueId splits);
// 0, 1 … n - 1 of the scalar n.
ValueId CountTo(Builder& b, ValueId n);
// The number of values, a scalar.
ValueId LastOf(Builder& b, ValueId splits);
// The row of each value.
ValueId RowsOf(Builder& b, ValueId splits);
// The place of each value within its row.
ValueId ColumnsOf(Builder& b, ValueId splits, ValueId rows);
// How many values each of `rows` (a scalar) rows has, from the row of each value.
ValueId LengthsOfRows(Builder& b, ValueId row_of_value, ValueId rows);

}  // namespace floe

#endif  // FLOE_FRONTEND_TENSORFLOW_OPS_ROW_PARTITION_H_
