// Ops that one kernel may do, as one node.
#ifndef FLOE_PASSES_MAKE_GROUP_H_
#define FLOE_PASSES_MAKE_GROUP_H_

#include <span>

#include "graph/graph.h"

namespace floe {

// Puts nodes of one output each, in order, into a Group with the sources of all, in place of those whose
// outputs it shows: by default the last, else `shown`, of which the first gives it its name. Outputs that are
// not shown are used by later ones of the chain alone.
void MakeGroup(Graph& graph, std::span<const NodeId> chain, std::span<const NodeId> shown = {});

}  // namespace floe

#endif  // FLOE_PASSES_MAKE_GROUP_H_
