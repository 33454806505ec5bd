// Inputs for what is run when nobody gave any: measurements, self-checks, comparisons.
#ifndef FLOE_BASE_MADE_UP_H_
#define FLOE_BASE_MADE_UP_H_

#include <cstdint>
#include <vector>

#include "floe/tensor.h"

namespace floe {

// The same numbers for the same seed on every machine: about a standard normal for floats, so that
// activations are ordinary (zeros flatter kernels that skip work, denormals slow all of them), 0 to 255 for
// uint8 (pictures), either for bools, and zeros for the rest, which are valid indices and counts.
Tensor MadeUpTensor(DType dtype, std::vector<int64_t> dims, uint32_t seed);

}  // namespace floe

#endif  // FLOE_BASE_MADE_UP_H_
