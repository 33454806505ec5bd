// The steps of a fake quantisation, in TensorFlow's own float arithmetic
// (tensorflow/core/kernels/fake_quant_ops_functor.h): bits differ where it is done in another way.
#ifndef FLOE_BACKENDS_FAKE_QUANT_H_
#define FLOE_BACKENDS_FAKE_QUANT_H_

#include <cmath>
#include <cstdint>

#include "graph/ops/elementwise.h"

namespace floe {

// x becomes floor((min(max(x, low), high) - low) * inverse + 0.5) * scale + low.
struct FakeQuantRange {
  float low;
  float high;
  float scale;
  float inverse;
};

// The range is nudged so that zero is one of the steps.
inline FakeQuantRange NudgedRange(const FakeQuant& op, float min, float max) {
  const float quant_min = op.narrow_range ? 1.0f : 0.0f;
  const float quant_max = static_cast<float>((int64_t{1} << op.bits) - 1);
  const float scale = (max - min) / (quant_max - quant_min);
  const float from_min = quant_min - min / scale;
  const float zero = from_min < quant_min   ? quant_min
                     : from_min > quant_max ? quant_max
                                            : std::round(from_min);
  return {(quant_min - zero) * scale, (quant_max - zero) * scale, scale, 1.0f / scale};
}

}  // namespace floe

#endif  // FLOE_BACKENDS_FAKE_QUANT_H_
