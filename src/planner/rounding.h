// Rounding grows with every layer that comes after: the deeper the network below a step, the less its kernel
// may round.
#ifndef FLOE_PLANNER_ROUNDING_H_
#define FLOE_PLANNER_ROUNDING_H_

#include <vector>

#include "graph/graph.h"

namespace floe {

// The largest Kernel::error_bound that each node's kernel may have, by NodeId. A layer is a convolution or a
// matrix product; what counts is how many lie on the longest way from the node to an output of the graph.
std::vector<double> MostRounding(const Graph& graph);

// What a kernel in float32 may round however deep the network, where values are rounded to bf16 on all sides:
// a quarter of the last place of that.
constexpr double kMostBesideBf16 = 1e-3;

}  // namespace floe

#endif  // FLOE_PLANNER_ROUNDING_H_
