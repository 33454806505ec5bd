// What the attributes of convolutions and pools say, in the graph's terms.
#ifndef FLOE_FRONTEND_TENSORFLOW_OPS_SPATIAL_H_
#define FLOE_FRONTEND_TENSORFLOW_OPS_SPATIAL_H_

#include <string>

#include "frontend/tensorflow/node_context.h"

namespace floe {

// NHWC, NCHW, NDHWC or NCDHW of attribute data_format.
Layout LayoutOf(const NodeContext& c);
// The spatial entries of a list that has one for each dimension of an image; fails if the list has another
// length, or if the entries for batch and channels are not 1.
Ints SpatialEntries(const NodeContext& c, const Ints& list, Layout layout, size_t spatial, const char* what);

struct Padding {
  AutoPad auto_pad = AutoPad::kExplicit;
  Ints pads;  // all begins, then all ends; empty: none
};
// Of attributes padding and explicit_paddings.
Padding PaddingOf(const NodeContext& c, Layout layout, size_t spatial);

// TensorFlow's paddings, [n, 2] of before and after -> all befores, then all afters, int64.
ValueId PadsOf(Builder& b, ValueId paddings);

}  // namespace floe

#endif  // FLOE_FRONTEND_TENSORFLOW_OPS_SPATIAL_H_
