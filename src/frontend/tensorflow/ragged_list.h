// Lists of tensors whose elements may differ in shape (ListState::ragged).
#ifndef FLOE_FRONTEND_TENSORFLOW_RAGGED_LIST_H_
#define FLOE_FRONTEND_TENSORFLOW_RAGGED_LIST_H_

#include "frontend/tensorflow/node_context.h"

namespace floe {

// `length` (int64 [1]) elements of a type still to be known.
ListState EmptyRaggedList(Builder& b, ValueId length);
// The list with a buffer: its elements have no elements themselves. Its type must have been set.
ListState MaterialiseRagged(Builder& b, ListState list, DType dtype, size_t rank);
// From a list with a buffer whose elements are alike, of rank 1 or more.
ListState RaggedFromAlike(Builder& b, ListState list);
// From elements one behind the other along the first dimension, and how long each is, int64 [n].
ListState RaggedFromRows(Builder& b, ListState list, ValueId values, ValueId lengths);

ValueId RaggedLength(Builder& b, const ListState& list);  // int64 [1]
ValueId RaggedItem(Builder& b, const ListState& list, ValueId index);
// The item takes the place of element `at` (int64 [1]), whose shape it may change.
ListState WriteRagged(NodeContext& c, ListState list, ValueId at, ValueId item);
ListState AppendRagged(NodeContext& c, ListState list, ValueId item);
ListState WithoutLast(Builder& b, ListState list);
// Elements joined along their first dimension, and how long each is there.
ValueId RaggedRows(Builder& b, const ListState& list);
ValueId RaggedRowLengths(Builder& b, const ListState& list);
// Elements stacked, [n, element...]; a run in which they are not alike fails.
ValueId RaggedStacked(Builder& b, const ListState& list);

// What holds for both: the dimensions whose number they share.
Shape SharedDims(const Shape& a, const Shape& b);

}  // namespace floe

#endif  // FLOE_FRONTEND_TENSORFLOW_RAGGED_LIST_H_
