// Half precision for backends that compute in float32.
#ifndef FLOE_PASSES_WIDEN_HALF_H_
#define FLOE_PASSES_WIDEN_HALF_H_

#include "graph/graph.h"

namespace floe {

// The half type in which a convolution, matrix product or recurrent layer computes: the coarser one where
// both do, kInvalid where none does.
DType HalfOfProducts(const Graph& graph);

// What computes with float16 and bfloat16 numbers computes with float32 ones instead: no kernel but the
// reference's knows halves. Inputs and outputs of the graph and of loops and branches keep their types; where
// TensorFlow rounds after each op, nothing is rounded but they, so that results are nearer to the exact ones
// and not TensorFlow's to the bit. Before the pipeline, whose passes know more of float32. Returns the number
// of nodes that changed.
int WidenHalf(Graph& graph);

}  // namespace floe

#endif  // FLOE_PASSES_WIDEN_HALF_H_
