// Types of outer values carried into the bodies of a node.
#ifndef FLOE_GRAPH_INFER_BODIES_H_
#define FLOE_GRAPH_INFER_BODIES_H_

#include <span>

#include "graph/infer.h"

namespace floe {

// Gives the inputs of the node's bodies the types (and shape-like contents) of the node's inputs and infers
// the bodies again where that changes something. Loop-carried values get the type that holds for every turn.
// Bodies whose number of inputs does not fit are left alone: the node's shape function says so.
void InferBodies(Node& node, std::span<const InferredValue> inputs);

}  // namespace floe

#endif  // FLOE_GRAPH_INFER_BODIES_H_
