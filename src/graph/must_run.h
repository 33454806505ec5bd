// Nodes that run though nothing may read what they give.
#ifndef FLOE_GRAPH_MUST_RUN_H_
#define FLOE_GRAPH_MUST_RUN_H_

#include "graph/graph.h"

namespace floe {

// An Assert, or a node with one in its bodies.
bool MustRun(const Node& node);
// Whether any of its nodes must.
bool MustRun(const Graph& graph);

}  // namespace floe

#endif  // FLOE_GRAPH_MUST_RUN_H_
