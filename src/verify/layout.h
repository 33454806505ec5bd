// The same image in two layouts: channels first, as ONNX has it, and channels last, as TensorFlow has it.
#ifndef FLOE_VERIFY_LAYOUT_H_
#define FLOE_VERIFY_LAYOUT_H_

#include <span>

#include "floe/tensor.h"

namespace floe {

// `tensor` with the given dims (below 0: any): itself where it has them, turned where only that gives them.
// Itself too where neither does: whoever compares says so.
Tensor WithLayoutOf(const Tensor& tensor, std::span<const int64_t> dims);

// `known` in the layout of `value`, and as bf16 or float32 where that is the other. Where the dims do not
// tell, as when all are equal, the one that lies nearer to `value`.
Tensor InLayoutOf(const Tensor& known, const Tensor& value);

}  // namespace floe

#endif  // FLOE_VERIFY_LAYOUT_H_
