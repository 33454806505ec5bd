#include "base/check.h"
#include "base/element_type.h"
#include "verify/compare.h"

namespace floe {
std::vector<double> AsDoubles(const Tensor& tensor) {
  // Complex numbers count as pairs, truth values as bytes: one of a file may be any byte.
  const DType type = tensor.dtype() == DType::kBool ? DType::kUInt8 : RealOf(tensor.dtype());
  const auto count = static_cast<size_t>(IsComplex(tensor.dtype()) ? 2 * tensor.size() : tensor.size());
  std::vector<double> out(count);
  const bool numbers = VisitRealType(type, [&]<typename T>(std::type_identity<T>) {
    const T* data = static_cast<const T*>(tensor.raw());
    for (size_t i = 0; i < count; ++i) out[i] = static_cast<double>(data[i]);
  });
  CHECK(numbers);
  return out;
}

}  // namespace floe
