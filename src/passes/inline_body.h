// A body put in the place of its node.
#ifndef FLOE_PASSES_INLINE_BODY_H_
#define FLOE_PASSES_INLINE_BODY_H_

#include "graph/graph.h"

namespace floe {

// Replaces the node by a copy of body `which`, whose inputs are the node's inputs from `first_input` on. The
// node's outputs keep their ids and names.
void InlineBody(Graph& graph, NodeId node, size_t which, size_t first_input);

}  // namespace floe

#endif  // FLOE_PASSES_INLINE_BODY_H_
