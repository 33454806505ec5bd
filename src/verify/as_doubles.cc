#include "base/check.h"
#include "floe/float16.h"
#include "verify/compare.h"

namespace floe {
namespace {

template <typename T>
void Append(const void* raw, size_t count, std::vector<double>& out) {
  const T* data = static_cast<const T*>(raw);
  out.reserve(count);
  for (size_t i = 0; i < count; ++i) out.push_back(static_cast<double>(data[i]));
}

}  // namespace

std::vector<double> AsDoubles(const Tensor& tensor) {
  CHECK(tensor.dtype() != DType::kString && tensor.dtype() != DType::kInvalid);
  std::vector<double> out;
  const void* raw = tensor.raw();
  const auto count = static_cast<size_t>(tensor.size());
  switch (tensor.dtype()) {
    case DType::kFloat32:
      Append<float>(raw, count, out);
      break;
    case DType::kFloat64:
      Append<double>(raw, count, out);
      break;
    case DType::kFloat16:
      Append<Float16>(raw, count, out);
      break;
    case DType::kBFloat16:
      Append<BFloat16>(raw, count, out);
      break;
    case DType::kInt8:
      Append<int8_t>(raw, count, out);
      break;
    case DType::kInt16:
      Append<int16_t>(raw, count, out);
      break;
    case DType::kInt32:
      Append<int32_t>(raw, count, out);
      break;
    case DType::kInt64:
      Append<int64_t>(raw, count, out);
      break;
    case DType::kBool:
    case DType::kUInt8:
      Append<uint8_t>(raw, count, out);
      break;
    case DType::kUInt16:
      Append<uint16_t>(raw, count, out);
      break;
    case DType::kUInt32:
      Append<uint32_t>(raw, count, out);
      break;
    case DType::kUInt64:
      Append<uint64_t>(raw, count, out);
      break;
    case DType::kComplex64:
      Append<float>(raw, 2 * count, out);
      break;
    case DType::kComplex128:
      Append<double>(raw, 2 * count, out);
      break;
    case DType::kInvalid:
    case DType::kString:
      break;
  }
  return out;
}

}  // namespace floe
