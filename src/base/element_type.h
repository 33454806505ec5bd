// From an element type known at run time to the C++ type of its elements.
#ifndef FLOE_BASE_ELEMENT_TYPE_H_
#define FLOE_BASE_ELEMENT_TYPE_H_

#include <complex>
#include <cstdint>
#include <type_traits>
#include <utility>

#include "floe/float16.h"
#include "floe/tensor.h"

namespace floe {

// complex64 -> float32, complex128 -> float64, else itself.
constexpr DType RealOf(DType dtype) {
  if (dtype == DType::kComplex64) return DType::kFloat32;
  return dtype == DType::kComplex128 ? DType::kFloat64 : dtype;
}

// Calls f(std::type_identity<T>()) with the elements' type T of floats, integers and bool. Other types: no
// call, false.
template <typename F>
bool VisitRealType(DType dtype, F&& f) {
  switch (dtype) {
    case DType::kFloat32:
      return f(std::type_identity<float>()), true;
    case DType::kFloat64:
      return f(std::type_identity<double>()), true;
    case DType::kFloat16:
      return f(std::type_identity<Float16>()), true;
    case DType::kBFloat16:
      return f(std::type_identity<BFloat16>()), true;
    case DType::kInt8:
      return f(std::type_identity<int8_t>()), true;
    case DType::kInt16:
      return f(std::type_identity<int16_t>()), true;
    case DType::kInt32:
      return f(std::type_identity<int32_t>()), true;
    case DType::kInt64:
      return f(std::type_identity<int64_t>()), true;
    case DType::kUInt8:
      return f(std::type_identity<uint8_t>()), true;
    case DType::kUInt16:
      return f(std::type_identity<uint16_t>()), true;
    case DType::kUInt32:
      return f(std::type_identity<uint32_t>()), true;
    case DType::kUInt64:
      return f(std::type_identity<uint64_t>()), true;
    case DType::kBool:
      return f(std::type_identity<bool>()), true;
    case DType::kComplex64:
    case DType::kComplex128:
    case DType::kString:
    case DType::kInvalid:
      break;
  }
  return false;
}

// The same for every type of numbers, complex ones too.
template <typename F>
bool VisitNumberType(DType dtype, F&& f) {
  if (dtype == DType::kComplex64) return f(std::type_identity<std::complex<float>>()), true;
  if (dtype == DType::kComplex128) return f(std::type_identity<std::complex<double>>()), true;
  return VisitRealType(dtype, std::forward<F>(f));
}

}  // namespace floe

#endif  // FLOE_BASE_ELEMENT_TYPE_H_
