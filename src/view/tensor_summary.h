// Statistics of weights for the info card.
#ifndef FLOE_VIEW_TENSOR_SUMMARY_H_
#define FLOE_VIEW_TENSOR_SUMMARY_H_

#include "floe/tensor.h"
#include "view/data.h"

namespace floe::view {

// A tensor whose memory is not there (an engine's packed constant) gives type and size only.
TensorSummary Summarise(const Tensor& tensor);

// True for what counts as parameters of a model: floats and integers of 8 or 16 bits.
bool IsParameterType(DType dtype);

}  // namespace floe::view

#endif  // FLOE_VIEW_TENSOR_SUMMARY_H_
