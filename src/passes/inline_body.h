// A body put in the place of its node.
#ifndef FLOE_PASSES_INLINE_BODY_H_
#define FLOE_PASSES_INLINE_BODY_H_

#include <unordered_map>
#include <vector>

#include "graph/graph.h"

namespace floe {

// Copies the body's nodes and constants into the graph; `mapped` has what the body's inputs are there, and
// receives what every other value of the body has become. The copies, in the body's order; their types are
// inferred anew.
std::vector<NodeId> CopyBody(Graph& graph, const Graph& body, std::unordered_map<ValueId, ValueId>* mapped);

// Replaces the node by a copy of body `which`, whose inputs are the node's inputs from `first_input` on. The
// node's outputs keep their ids and names.
void InlineBody(Graph& graph, NodeId node, size_t which, size_t first_input);

}  // namespace floe

#endif  // FLOE_PASSES_INLINE_BODY_H_
