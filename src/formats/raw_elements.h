// Tensors over bytes that a file holds.
#ifndef FLOE_FORMATS_RAW_ELEMENTS_H_
#define FLOE_FORMATS_RAW_ELEMENTS_H_

#include <memory>
#include <vector>

#include "base/bytes.h"
#include "floe/tensor.h"

namespace floe {

// A tensor over exactly the bytes of its elements (CHECKed; not for strings). It is a view that holds
// `keep_alive` if that is given, the bytes are little-endian, aligned for the type and need no repair; else a
// copy. A bool that is neither 0 nor 1 becomes 1, since C++ must not see it.
Tensor TensorFromRaw(DType dtype, std::vector<int64_t> dims, Bytes bytes,
                     std::shared_ptr<const void> keep_alive, bool big_endian = false);

// Reverses the bytes of each number; the two halves of a complex number are numbers of their own.
void SwapBytes(DType dtype, uint8_t* data, size_t size_bytes);

}  // namespace floe

#endif  // FLOE_FORMATS_RAW_ELEMENTS_H_
