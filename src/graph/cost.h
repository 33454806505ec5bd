// What a graph costs: arithmetic, parameters, memory traffic.
#ifndef FLOE_GRAPH_COST_H_
#define FLOE_GRAPH_COST_H_

#include <cstdint>

#include "graph/graph.h"

namespace floe {

// Multiply-accumulates of convolutions, matrix products, Einstein sums and recurrent layers; other ops count
// nothing. 0 where the shapes are not known. A Loop counts its trips if they are constant, else one; an If
// its dearer branch. Saturates instead of overflowing.
int64_t MultiplyAccumulates(const Graph& graph, NodeId node);
int64_t MultiplyAccumulates(const Graph& graph);

// Elements of the constants that are numbers of a model: floats and integers of 8 or 16 bits, in bodies too.
int64_t ParameterCount(const Graph& graph);

// Bytes of the inputs (each once) and outputs of a node that have static types.
int64_t BytesRead(const Graph& graph, NodeId node);
int64_t BytesWritten(const Graph& graph, NodeId node);

}  // namespace floe

#endif  // FLOE_GRAPH_COST_H_
