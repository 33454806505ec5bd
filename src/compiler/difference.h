// How far an output lies from what it should be.
#ifndef FLOE_COMPILER_DIFFERENCE_H_
#define FLOE_COMPILER_DIFFERENCE_H_

#include "floe/tensor.h"

namespace floe {

struct Difference {
  double largest = 0;  // infinite where only one side is finite
  // Largest less smallest finite value wanted, at least a hundredth of the largest magnitude.
  double range = 0;
};

// Both are of the same float type and of the same dims.
Difference CompareFloats(const Tensor& have, const Tensor& want);

}  // namespace floe

#endif  // FLOE_COMPILER_DIFFERENCE_H_
