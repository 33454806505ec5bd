// The form that TensorFlow lowers a Case to.
#ifndef FLOE_FRONTEND_TENSORFLOW_REWRITE_LOWER_SWITCH_N_H_
#define FLOE_FRONTEND_TENSORFLOW_REWRITE_LOWER_SWITCH_N_H_

#include "frontend/tensorflow/rewrite/work_graph.h"

namespace floe {

// _SwitchN(x, i)  ->  Switch(x, i == 0), Switch(that, i == 1)...; an index outside takes the last output
// Merge(a, b, c)  ->  Merge(a, Merge(b, c))
// so that the rest sees conditionals of two branches only.
void LowerSwitchN(Scope& scope);

}  // namespace floe

#endif  // FLOE_FRONTEND_TENSORFLOW_REWRITE_LOWER_SWITCH_N_H_
