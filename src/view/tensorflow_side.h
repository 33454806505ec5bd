// A TensorFlow model as a side: its nodes as they were read, and for each what Floe makes of it.
#ifndef FLOE_VIEW_TENSORFLOW_SIDE_H_
#define FLOE_VIEW_TENSORFLOW_SIDE_H_

#include "floe/compile.h"
#include "view/data.h"

namespace floe::view {

// Shapes, support and arithmetic come from importing the selection, or the likeliest one; where that fails
// the graph is shown all the same and a warning says why. Throws Error(kModel) for a file that cannot be
// read.
Side TensorFlowSide(const ModelSelection& selection);

// `selection` with the likeliest inputs and outputs filled in, open dimensions as 1 where `close` says so.
ModelSelection LikelySelection(const ModelSelection& selection, bool close);

}  // namespace floe::view

#endif  // FLOE_VIEW_TENSORFLOW_SIDE_H_
