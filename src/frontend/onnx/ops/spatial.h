// What convolutions and pooling share: ONNX's window attributes.
#ifndef FLOE_FRONTEND_ONNX_OPS_SPATIAL_H_
#define FLOE_FRONTEND_ONNX_OPS_SPATIAL_H_

#include <utility>

#include "frontend/onnx/node_context.h"

namespace floe {

struct OnnxWindow {
  Ints strides, dilations, pads;
  AutoPad auto_pad = AutoPad::kExplicit;
};

// Fails for lists whose length is not `spatial` (pads: twice that) or with entries beyond 2^31, and for an
// auto_pad that is not known.
OnnxWindow OnnxWindowOf(const OnnxContext& c, size_t spatial);
// A Conv or ConvTranspose with what both have: window, groups, ONNX's order of dimensions.
template <typename T>
T OnnxConvolutionOf(const OnnxContext& c, size_t spatial) {
  OnnxWindow window = OnnxWindowOf(c, spatial);
  T op;
  op.layout = Layout::kNchw;
  op.strides = std::move(window.strides);
  op.dilations = std::move(window.dilations);
  op.pads = std::move(window.pads);
  op.auto_pad = window.auto_pad;
  op.group = c.Int("group", 1);
  return op;
}
// The attribute, or the filter's spatial dimensions (input 1); fails if neither is known.
Ints OnnxKernelOf(const OnnxContext& c, size_t spatial);
// The size of spatial dimension i of input 0; fails if it is not known, or beyond 2^31.
int64_t OnnxPixels(const OnnxContext& c, size_t i);
// The number of spatial dimensions of input 0, 1 to 3; fails for others.
size_t OnnxSpatialRank(const OnnxContext& c);

}  // namespace floe

#endif  // FLOE_FRONTEND_ONNX_OPS_SPATIAL_H_
