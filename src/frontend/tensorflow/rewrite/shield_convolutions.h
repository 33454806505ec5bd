#ifndef FLOE_FRONTEND_TENSORFLOW_REWRITE_SHIELD_CONVOLUTIONS_H_
#define FLOE_FRONTEND_TENSORFLOW_REWRITE_SHIELD_CONVOLUTIONS_H_

#include "frontend/tensorflow/rewrite/work_graph.h"

namespace floe {

// Keras calls grouped convolutions through functions that XLA must compile, for TensorFlow's graph optimiser
// fuses a Conv2D with the BiasAdd, FusedBatchNorm or activation behind it into a kernel that refuses groups.
// Once such a function is inlined that would happen; an EnsureShape of four unknown dimensions, which the
// optimiser leaves alone, keeps the two apart. Calls in the body become ones that XLA must compile.
// `body` is what `call` runs, before it is inlined.
void ShieldConvolutions(const tf::NodeDef& call, Scope& body);

}  // namespace floe

#endif  // FLOE_FRONTEND_TENSORFLOW_REWRITE_SHIELD_CONVOLUTIONS_H_
