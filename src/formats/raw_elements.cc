#include "formats/raw_elements.h"

#include <algorithm>
#include <cstring>

#include "base/check.h"

namespace floe {
namespace {

size_t NumberSize(DType dtype) {
  return IsComplex(dtype) ? DTypeSize(dtype) / 2 : DTypeSize(dtype);
}

bool NeedsRepair(DType dtype, Bytes bytes) {
  return dtype == DType::kBool && std::any_of(bytes.begin(), bytes.end(), [](uint8_t b) { return b > 1; });
}

}  // namespace

void SwapBytes(DType dtype, uint8_t* data, size_t size_bytes) {
  const size_t size = NumberSize(dtype);
  if (size == 1) return;
  for (size_t at = 0; at + size <= size_bytes; at += size) std::reverse(data + at, data + at + size);
}

Tensor TensorFromRaw(DType dtype, std::vector<int64_t> dims, Bytes bytes,
                     std::shared_ptr<const void> keep_alive, bool big_endian) {
  CHECK(dtype != DType::kString && dtype != DType::kInvalid);
  const size_t size = NumberSize(dtype);
  const bool swap = big_endian && size > 1;
  const bool repair = NeedsRepair(dtype, bytes);
  const bool aligned = reinterpret_cast<uintptr_t>(bytes.data()) % size == 0;
  if (keep_alive != nullptr && aligned && !swap && !repair) {
    Tensor view = Tensor::ConstView(dtype, std::move(dims), bytes.data(), std::move(keep_alive));
    CHECK(view.size_bytes() == bytes.size());
    return view;
  }
  Tensor copy(dtype, std::move(dims));
  CHECK(copy.size_bytes() == bytes.size());
  auto* data = static_cast<uint8_t*>(copy.raw());
  if (!bytes.empty()) std::memcpy(data, bytes.data(), bytes.size());
  if (swap) SwapBytes(dtype, data, bytes.size());
  if (repair) std::for_each(data, data + bytes.size(), [](uint8_t& b) { b = b != 0; });
  return copy;
}

}  // namespace floe
