// Neighbouring layers that one kernel does faster than a kernel each.
#ifndef FLOE_PLANNER_CHAINS_H_
#define FLOE_PLANNER_CHAINS_H_

#include "graph/graph.h"
#include "planner/planner.h"

namespace floe {

// Divides every run of layers (convolutions, maxima of windows), each of which alone reads the result of the
// one before, into chains of one to three layers so that the times of the best kernels add up to the least,
// and makes each chain one group. After SettleGroups(); bodies of If and Loop included. The number of chains
// of more than one layer.
int MergeChains(Graph& graph, const PlannerOptions& options);

}  // namespace floe

#endif  // FLOE_PLANNER_CHAINS_H_
