// One rule of RecogniseActivations, with what it needs: arithmetic on expressions.
#ifndef FLOE_PASSES_RECOGNISE_GELU_H_
#define FLOE_PASSES_RECOGNISE_GELU_H_

#include "graph/graph.h"

namespace floe {

// x * Phi(x), by erf, erfc or the approximation with tanh, in any order of its factors, becomes Gelu. True if
// the node was replaced.
bool ProductToGelu(Graph& graph, NodeId id);

}  // namespace floe

#endif  // FLOE_PASSES_RECOGNISE_GELU_H_
