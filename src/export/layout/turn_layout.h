// From images with their channels last to images with their channels first.
#ifndef FLOE_EXPORT_LAYOUT_TURN_LAYOUT_H_
#define FLOE_EXPORT_LAYOUT_TURN_LAYOUT_H_

#include "graph/evaluator.h"
#include "graph/graph.h"

namespace floe {

// Every spatial op of a known number of dimensions becomes Layout::kNchw; filters become O, I, spatial. Ops
// around them that have a meaning in both orders (elementwise, concatenation, padding, reduction…) take the
// order for which the fewest values are transposed: a minimum cut between what must be first and what must be
// last. Inputs and outputs of 3 to 5 dimensions are last unless the options say first; then their types
// change. Bodies are turned too, their own edges are last. `evaluator` may be null.
void TurnLayout(Graph& graph, bool nchw_inputs, bool nchw_outputs, const Evaluator* evaluator);

}  // namespace floe

#endif  // FLOE_EXPORT_LAYOUT_TURN_LAYOUT_H_
