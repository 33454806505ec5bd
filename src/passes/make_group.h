// Ops that one kernel may do, as one node.
#ifndef FLOE_PASSES_MAKE_GROUP_H_
#define FLOE_PASSES_MAKE_GROUP_H_

#include <span>

#include "graph/graph.h"

namespace floe {

// Puts nodes of one output each, in order, of which each but the last is used by later ones alone, into a
// Group in place of the last, with the sources of all.
void MakeGroup(Graph& graph, std::span<const NodeId> chain);

}  // namespace floe

#endif  // FLOE_PASSES_MAKE_GROUP_H_
