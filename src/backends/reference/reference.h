// The backend that can do everything and is fast at nothing: the oracle of all other kernels, what folds
// constants, and the last resort of the planner. Plain scalar code, sums in double, integers exact.
#ifndef FLOE_BACKENDS_REFERENCE_REFERENCE_H_
#define FLOE_BACKENDS_REFERENCE_REFERENCE_H_

#include "backends/backend.h"

namespace floe {

// One kernel, "reference.graph": interprets the problem, whatever it is.
const Backend& ReferenceBackend();

}  // namespace floe

#endif  // FLOE_BACKENDS_REFERENCE_REFERENCE_H_
