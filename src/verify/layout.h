// The same image in two layouts: channels first, as ONNX has it, and channels last, as TensorFlow has it.
#ifndef FLOE_VERIFY_LAYOUT_H_
#define FLOE_VERIFY_LAYOUT_H_

#include <span>

#include "floe/tensor.h"

namespace floe {

// `tensor` with the given dims (below 0: any): itself where it has them, turned where only that gives them.
// Itself too where neither does: whoever compares says so.
Tensor WithLayoutOf(const Tensor& tensor, std::span<const int64_t> dims);

// `wanted` in the layout of `value`. Where the dims do not tell, as when all are equal, the one that lies
// nearer to `value`.
Tensor InLayoutOf(const Tensor& wanted, const Tensor& value);

}  // namespace floe

#endif  // FLOE_VERIFY_LAYOUT_H_
