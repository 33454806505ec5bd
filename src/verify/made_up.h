// Inputs for a model when nobody gave any.
#ifndef FLOE_VERIFY_MADE_UP_H_
#define FLOE_VERIFY_MADE_UP_H_

#include <cstdint>

#include "floe/tensor.h"

namespace floe {

// The same numbers for the same seed on every machine: about a standard normal for floats, so that
// activations are ordinary, 0 to 255 for uint8 (pictures), and zeros for the rest, which are valid indices.
Tensor MadeUpTensor(DType dtype, std::vector<int64_t> dims, uint32_t seed);

}  // namespace floe

#endif  // FLOE_VERIFY_MADE_UP_H_
