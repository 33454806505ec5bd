// Half precision, written out: casts where values change their type, weights of the narrow type.
#ifndef FLOE_EXPORT_REWRITE_NARROW_H_
#define FLOE_EXPORT_REWRITE_NARROW_H_

#include "graph/graph.h"

namespace floe {

// Convolutions, matrix products and what stands between them compute on `half` (kFloat16 or kBFloat16) where
// they computed on float32; what moves elements keeps the type that it finds. Sums, norms, exponentials and
// all else stay in float32, as do inputs and outputs, the edges of bodies, and nodes with a weight that
// `half` cannot hold. What ONNX does not compute on `half` at the opset (convolutions on bfloat16) stays in
// float32 too, but its weights, where they are many, are of type `half` and cast before it. Done again it
// changes nothing, also where those casts have been folded meanwhile.
void NarrowFloats(Graph& graph, DType half, int opset);

}  // namespace floe

#endif  // FLOE_EXPORT_REWRITE_NARROW_H_
