// Two layers that one kernel does faster than two.
#ifndef FLOE_PLANNER_PAIRS_H_
#define FLOE_PLANNER_PAIRS_H_

#include "graph/graph.h"
#include "planner/planner.h"

namespace floe {

// Puts a layer and the one that alone reads its result into one group wherever a kernel of the target takes
// both and is faster than the best for each. After SettleGroups(); bodies of If and Loop included. The number
// of pairs.
int MergePairs(Graph& graph, const PlannerOptions& options);

}  // namespace floe

#endif  // FLOE_PLANNER_PAIRS_H_
