// Complex numbers as pairs of real ones: ONNX's operators take no complex tensors.
#ifndef FLOE_EXPORT_REWRITE_SPLIT_COMPLEX_H_
#define FLOE_EXPORT_REWRITE_SPLIT_COMPLEX_H_

#include <vector>

#include "export/onnx.h"
#include "graph/builder.h"
#include "graph/graph.h"

namespace floe {

struct ComplexValue {
  ValueId re = kNoValue;
  ValueId im = kNoValue;
};

// Every node that takes or gives complex numbers becomes nodes on their real and imaginary parts; Fourier
// transforms become products with matrices. What cannot be split is added to the problems. `evaluator` may be
// null.
void SplitComplex(Graph& graph, const Evaluator* evaluator, std::vector<ExportProblem>* problems);

// fourier.cc: a transform over the last `op.dims` dimensions; `lengths` as the op's second input has them, or
// empty. A real input has no `im`; so has a real result. The dimensions that are transformed must be known.
// Throws std::invalid_argument with the reason where they are not.
ComplexValue FourierTransform(const Fft& op, ComplexValue x, const Ints& lengths, Builder& builder);

}  // namespace floe

#endif  // FLOE_EXPORT_REWRITE_SPLIT_COMPLEX_H_
