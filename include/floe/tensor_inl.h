// Template members of tensor.h.
#ifndef FLOE_TENSOR_INL_H_
#define FLOE_TENSOR_INL_H_

#include <algorithm>
#include <complex>

#include "floe/error.h"
#include "floe/float16.h"

namespace floe {

// DTypeOf<float>::value == DType::kFloat32, and so on.
template <typename T>
struct DTypeOf;
template <>
struct DTypeOf<float> {
  static constexpr DType value = DType::kFloat32;
};
template <>
struct DTypeOf<double> {
  static constexpr DType value = DType::kFloat64;
};
template <>
struct DTypeOf<Float16> {
  static constexpr DType value = DType::kFloat16;
};
template <>
struct DTypeOf<BFloat16> {
  static constexpr DType value = DType::kBFloat16;
};
template <>
struct DTypeOf<int8_t> {
  static constexpr DType value = DType::kInt8;
};
template <>
struct DTypeOf<int16_t> {
  static constexpr DType value = DType::kInt16;
};
template <>
struct DTypeOf<int32_t> {
  static constexpr DType value = DType::kInt32;
};
template <>
struct DTypeOf<int64_t> {
  static constexpr DType value = DType::kInt64;
};
template <>
struct DTypeOf<uint8_t> {
  static constexpr DType value = DType::kUInt8;
};
template <>
struct DTypeOf<uint16_t> {
  static constexpr DType value = DType::kUInt16;
};
template <>
struct DTypeOf<uint32_t> {
  static constexpr DType value = DType::kUInt32;
};
template <>
struct DTypeOf<uint64_t> {
  static constexpr DType value = DType::kUInt64;
};
template <>
struct DTypeOf<bool> {
  static constexpr DType value = DType::kBool;
};
template <>
struct DTypeOf<std::complex<float>> {
  static constexpr DType value = DType::kComplex64;
};
template <>
struct DTypeOf<std::complex<double>> {
  static constexpr DType value = DType::kComplex128;
};
template <>
struct DTypeOf<std::string> {
  static constexpr DType value = DType::kString;
};

template <typename T>
const T* Tensor::data() const {
  if (DTypeOf<T>::value != dtype_) {
    throw InternalError("tensor of " + std::string(DTypeName(dtype_)) + " read as " +
                        std::string(DTypeName(DTypeOf<T>::value)));
  }
  return static_cast<const T*>(data_);
}

template <typename T>
T* Tensor::data() {
  return const_cast<T*>(static_cast<const Tensor*>(this)->data<T>());
}

template <typename T>
Tensor Tensor::FromValues(std::vector<int64_t> dims, const std::vector<T>& values) {
  Tensor t(DTypeOf<T>::value, std::move(dims));
  if (t.size() != static_cast<int64_t>(values.size())) {
    throw InternalError("Tensor::FromValues: dims " + DimsToString(t.dims()) + " do not hold " +
                        std::to_string(values.size()) + " values");
  }
  std::copy(values.begin(), values.end(), t.data<T>());
  return t;
}

template <typename T>
Tensor Tensor::FromVector(const std::vector<T>& values) {
  return FromValues<T>({static_cast<int64_t>(values.size())}, values);
}

template <typename T>
Tensor Tensor::Scalar(T value) {
  return FromValues<T>({}, std::vector<T>{value});
}

}  // namespace floe

#endif  // FLOE_TENSOR_INL_H_
