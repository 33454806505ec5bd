// Variables become constants.
#ifndef FLOE_FRONTEND_TENSORFLOW_REWRITE_FREEZE_H_
#define FLOE_FRONTEND_TENSORFLOW_REWRITE_FREEZE_H_

#include <vector>

#include "frontend/tensorflow/rewrite/graph_index.h"
#include "frontend/tensorflow/rewrite/strip.h"
#include "frontend/tensorflow/rewrite/variable_values.h"
#include "frontend/tensorflow/rewrite/work_graph.h"

namespace floe {

// The nodes that the outputs need, by data or by order.
std::vector<bool> NeededBy(const GraphIndex& index, const Kept& kept);

// Those of the nodes that run (`runs`) that do so after `node`, by data or by order.
std::vector<bool> RunAfter(const GraphIndex& index, int node, const std::vector<bool>& runs);

// Where a variable is used after writes of which one is certain to have been the last, the use gets the value
// that was written; bodies of loops and branches that write a variable get its value and give the new one
// back. Control edges must still be there.
void LiftVariableState(WorkGraph& work, const Kept& kept);

// A variable that is written while the outputs are computed, and may be read after that, has no one value:
// throws Error(kModel) naming variable, writer and reader. One that is written but not read again is a
// warning. Control edges must still be there.
void CheckVariableWrites(WorkGraph& work, const Kept& kept);

// Replaces every variable that the graph holds by a constant of its name, reads of it by Identity
// (ResourceGather by GatherV2...), and hands the value instead of the handle to bodies of If, While, Case.
// Dead nodes must be gone, since a variable without a value throws Error(kModel), naming all such.
void FreezeVariables(WorkGraph& work, VariableValues& values);

}  // namespace floe

#endif  // FLOE_FRONTEND_TENSORFLOW_REWRITE_FREEZE_H_
