// What must hold of every graph between passes, and of types that came from a file.
#ifndef FLOE_GRAPH_VERIFY_H_
#define FLOE_GRAPH_VERIFY_H_

#include "floe/error.h"
#include "graph/graph.h"

namespace floe {

// CHECKs every invariant of the graph and its bodies: who uses and makes a value, numbers of inputs and
// outputs, names, constants, no cycle, bodies that fit their node, types that agree with the ops.
void VerifyGraph(const Graph& graph);

// Infers every node from the types of its inputs and throws Error(code), naming the node, where a stored type
// contradicts the result. A stored type may know more or less than inference finds.
void CheckTypes(const Graph& graph, ErrorCode code);

}  // namespace floe

#endif  // FLOE_GRAPH_VERIFY_H_
