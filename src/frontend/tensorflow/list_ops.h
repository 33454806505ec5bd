// Reading and writing lists of tensors: what TensorList and TensorArray operations share.
#ifndef FLOE_FRONTEND_TENSORFLOW_LIST_OPS_H_
#define FLOE_FRONTEND_TENSORFLOW_LIST_OPS_H_

#include "frontend/tensorflow/node_context.h"

namespace floe {

const ListState& NeedList(const NodeContext& c, size_t input);
ValueId ListLength(Builder& b, const ListState& list);  // int64 [1]
// A list as the node at work makes it.
ListState MadeList(NodeContext& c, ListState list);
// The buffer; zeros of the element's shape if nothing was written. Fails if that is not known.
ValueId NeedBuffer(NodeContext& c, const ListState& list);
// One element, by a scalar index.
ValueId ItemOf(NodeContext& c, const ListState& list, ValueId index);
// All elements stacked, whatever the list.
ValueId StackedList(NodeContext& c, const ListState& list);
// A ragged list with a buffer. Fails if the type of the elements is not known.
ListState NeedRagged(NodeContext& c, const ListState& list);
ListState WriteList(NodeContext& c, ListState list, ValueId index, ValueId item);
ListState ScatterList(NodeContext& c, ListState list, ValueId indices, ValueId items);
ListState AppendList(NodeContext& c, ListState list, ValueId item);
// Elements joined along their first dimension: the value (output 0) and int64 lengths (output 1).
void ReturnConcatenated(NodeContext& c, const ListState& list);
// A tensor cut along its first dimension; elements whose lengths differ or are not known make a ragged list.
ListState SplitIntoList(NodeContext& c, ValueId value, size_t lengths_input);

}  // namespace floe

#endif  // FLOE_FRONTEND_TENSORFLOW_LIST_OPS_H_
