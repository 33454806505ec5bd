// What Resize and ScaleAndTranslate mean where several folders must agree.
#ifndef FLOE_GRAPH_RESIZE_H_
#define FLOE_GRAPH_RESIZE_H_

#include "graph/op.h"

namespace floe {

// TensorFlow's two cubic kernels, which give float32, look the weights up in a table of 1024 steps; so does
// whoever runs an op with their parameters.
inline bool UsesCubicTable(const Resize& op) {
  if (!op.float_output) return false;
  if (op.coordinates == ResizeCoordinates::kHalfPixel) return op.cubic_a == -0.5 && op.exclude_outside;
  return op.cubic_a == -0.75 && op.coordinates != ResizeCoordinates::kPytorchHalfPixel;
}

// Beyond this distance, in pixels, a kernel is zero.
inline double RadiusOf(ResampleKernel kernel) {
  switch (kernel) {
    case ResampleKernel::kLanczos1:
    case ResampleKernel::kBox:
    case ResampleKernel::kTriangle:
      return 1;
    case ResampleKernel::kGaussian:
      return 1.5;
    case ResampleKernel::kKeysCubic:
    case ResampleKernel::kMitchellCubic:
      return 2;
    case ResampleKernel::kLanczos3:
      return 3;
    case ResampleKernel::kLanczos5:
      return 5;
  }
  return 0;
}

}  // namespace floe

#endif  // FLOE_GRAPH_RESIZE_H_
