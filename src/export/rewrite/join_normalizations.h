// A product and a sum of one number a channel each, as the one operator that ONNX has for it.
#ifndef FLOE_EXPORT_REWRITE_JOIN_NORMALIZATIONS_H_
#define FLOE_EXPORT_REWRITE_JOIN_NORMALIZATIONS_H_

#include "graph/graph.h"

namespace floe {

// x * scale + bias, float32 constants along dimension 1 of a value of 3 to 5 dimensions, the product read by
// the sum alone, becomes a BatchNormalization: the same numbers in one node, which runtimes join to what
// follows. That is what passes/fold_batch_norm.cc leaves of a normalisation with no convolution before it.
void JoinNormalizations(Graph& graph);

}  // namespace floe

#endif  // FLOE_EXPORT_REWRITE_JOIN_NORMALIZATIONS_H_
