// Products of the same pixels that one kernel computes.
#ifndef FLOE_PLANNER_SIBLINGS_H_
#define FLOE_PLANNER_SIBLINGS_H_

#include "graph/graph.h"
#include "planner/planner.h"

namespace floe {

// Makes convolutions of one value with windows alike, and products of one value with constant matrices, each
// with what follows it, one group of several outputs wherever a kernel gives these faster than several do.
// After MergeChains() and MergeMeans(), whose groups stay as they are; bodies of If and Loop included. The
// number of such groups.
int MergeSiblings(Graph& graph, const PlannerOptions& options);

}  // namespace floe

#endif  // FLOE_PLANNER_SIBLINGS_H_
