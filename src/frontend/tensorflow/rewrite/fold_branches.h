// Branches whose condition is a constant: the side not taken goes.
#ifndef FLOE_FRONTEND_TENSORFLOW_REWRITE_FOLD_BRANCHES_H_
#define FLOE_FRONTEND_TENSORFLOW_REWRITE_FOLD_BRANCHES_H_

#include <optional>
#include <vector>

#include "frontend/tensorflow/rewrite/graph_index.h"
#include "frontend/tensorflow/rewrite/work_graph.h"

namespace floe {

// Switch(x, true)  ->  port 1 is x, port 0 is dead; what a dead tensor reaches is dead and goes.
// Merge(x, dead)   ->  x
// If(true, f, g)   ->  a call of f, Case(1, f, g) a call of g; InlineCalls() has to follow.
// Throws Error(kUsage) if a node in `required` is dead. Returns true if a call was made.
bool FoldBranches(Scope& scope, const std::vector<TensorRef>& required);

// For each node its value, if it has one output of one element that follows from constants by logic and
// comparison.
std::vector<std::optional<double>> ConstantScalars(const GraphIndex& index);

}  // namespace floe

#endif  // FLOE_FRONTEND_TENSORFLOW_REWRITE_FOLD_BRANCHES_H_
