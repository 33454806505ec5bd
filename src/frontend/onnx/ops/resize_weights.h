// Resampling along one axis as a matrix, for the modes of ONNX's Resize that the op Resize does not have.
#ifndef FLOE_FRONTEND_ONNX_OPS_RESIZE_WEIGHTS_H_
#define FLOE_FRONTEND_ONNX_OPS_RESIZE_WEIGHTS_H_

#include <cstdint>
#include <string>
#include <vector>

namespace floe {

struct OnnxAxisResize {
  std::string coordinates;  // coordinate_transformation_mode
  std::string mode;         // nearest, linear, cubic
  std::string nearest;      // nearest_mode
  double cubic_a = -0.75;
  bool exclude_outside = false;
  int64_t in = 0, out = 0;
  double scale = 1;           // output size over input size, before rounding
  double start = 0, end = 1;  // region of interest, for tf_crop_and_resize
};

struct OnnxAxisWeights {
  std::vector<double> matrix;  // [out, in]
  std::vector<bool> outside;   // output places that lie outside the input (tf_crop_and_resize)
};
OnnxAxisWeights WeightsOf(const OnnxAxisResize& axis);

}  // namespace floe

#endif  // FLOE_FRONTEND_ONNX_OPS_RESIZE_WEIGHTS_H_
