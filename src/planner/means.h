// Means over space that the layer before them gives along with its result.
#ifndef FLOE_PLANNER_MEANS_H_
#define FLOE_PLANNER_MEANS_H_

#include "graph/graph.h"
#include "planner/planner.h"

namespace floe {

// Puts the mean over space of a convolution's result, which something else reads, too, into one group with
// the convolution wherever a kernel gives both faster than two kernels. After MergeChains(); bodies of If and
// Loop included. The number of such groups.
int MergeMeans(Graph& graph, const PlannerOptions& options);

}  // namespace floe

#endif  // FLOE_PLANNER_MEANS_H_
