// Loops of TensorFlow 1 that a cut has taken apart.
#ifndef FLOE_FRONTEND_TENSORFLOW_REWRITE_OPEN_LOOPS_H_
#define FLOE_FRONTEND_TENSORFLOW_REWRITE_OPEN_LOOPS_H_

#include <vector>

#include "frontend/tensorflow/rewrite/tensor_ref.h"
#include "frontend/tensorflow/rewrite/work_graph.h"

namespace floe {

// Where what the outputs need of a loop neither goes round nor comes out (the body is fed and fetched
// inside), it runs once: Enter becomes Identity, and control inputs that paced the iterations go.
void OpenCutLoops(Scope& scope, const std::vector<TensorRef>& outputs);

}  // namespace floe

#endif  // FLOE_FRONTEND_TENSORFLOW_REWRITE_OPEN_LOOPS_H_
