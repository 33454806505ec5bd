// Elements of any numeric type as one of four computing types: double for floats, int64_t and uint64_t for
// integers (bool is an unsigned 0 or 1), std::complex<double>. Kernels are written once per computing type.
//
// Integers wrap when stored, as TensorFlow's arithmetic does. float16 and bfloat16 are rounded through
// float32, as TensorFlow computes them.
#ifndef FLOE_BACKENDS_REFERENCE_VALUE_IO_H_
#define FLOE_BACKENDS_REFERENCE_VALUE_IO_H_

#include <complex>
#include <cstdint>
#include <type_traits>
#include <utility>
#include <vector>

#include "floe/tensor.h"

namespace floe::reference {

using Complex = std::complex<double>;

// Elements [begin, begin + count). Loading a computing type that cannot hold the tensor's type is CHECKed
// (floats as integers, complex as real); loading integers as double may round.
void Load(const Tensor& tensor, int64_t begin, int64_t count, double* out);
void Load(const Tensor& tensor, int64_t begin, int64_t count, int64_t* out);
void Load(const Tensor& tensor, int64_t begin, int64_t count, uint64_t* out);
void Load(const Tensor& tensor, int64_t begin, int64_t count, Complex* out);

// Double to an integer type goes by the rules of Cast.
void Store(Tensor* tensor, int64_t begin, int64_t count, const double* in);
void Store(Tensor* tensor, int64_t begin, int64_t count, const int64_t* in);
void Store(Tensor* tensor, int64_t begin, int64_t count, const uint64_t* in);
void Store(Tensor* tensor, int64_t begin, int64_t count, const Complex* in);

template <typename T>
std::vector<T> LoadAll(const Tensor& tensor) {
  std::vector<T> out(static_cast<size_t>(tensor.size()));
  Load(tensor, 0, tensor.size(), out.data());
  return out;
}

template <typename T>
void StoreAll(Tensor* tensor, const std::vector<T>& values) {
  Store(tensor, 0, tensor->size(), values.data());
}

template <typename T>
T LoadOne(const Tensor& tensor, int64_t i) {
  T out;
  Load(tensor, i, 1, &out);
  return out;
}

// The value after a round trip through `dtype`, a float type.
double RoundTo(DType dtype, double value);

// Float to integer beyond the range gives what x86 gives: the smallest int32 or int64 (narrower types
// truncate the int32).
int64_t TruncateToInt64(double value);
int64_t TruncateToInt32(double value);

// Calls f(std::type_identity<T>()) with the computing type of `dtype`; false for strings.
template <typename F>
bool VisitComputingType(DType dtype, F&& f) {
  if (IsFloat(dtype)) {
    f(std::type_identity<double>());
  } else if (IsComplex(dtype)) {
    f(std::type_identity<Complex>());
  } else if (IsInteger(dtype) && IsSigned(dtype)) {
    f(std::type_identity<int64_t>());
  } else if (IsInteger(dtype) || dtype == DType::kBool) {
    f(std::type_identity<uint64_t>());
  } else {
    return false;
  }
  return true;
}

// The smallest and largest finite value of a real type, as its computing type holds it.
template <typename T>
T LowestOf(DType dtype);
template <typename T>
T HighestOf(DType dtype);

// a + b and so on in a computing type; integers wrap.
template <typename T>
T WrapAdd(T a, T b) {
  if constexpr (std::is_integral_v<T>) {
    return static_cast<T>(static_cast<uint64_t>(a) + static_cast<uint64_t>(b));
  } else {
    return a + b;
  }
}
template <typename T>
T WrapSub(T a, T b) {
  if constexpr (std::is_integral_v<T>) {
    return static_cast<T>(static_cast<uint64_t>(a) - static_cast<uint64_t>(b));
  } else {
    return a - b;
  }
}
template <typename T>
T WrapMul(T a, T b) {
  if constexpr (std::is_integral_v<T>) {
    return static_cast<T>(static_cast<uint64_t>(a) * static_cast<uint64_t>(b));
  } else {
    return a * b;
  }
}

}  // namespace floe::reference

#endif  // FLOE_BACKENDS_REFERENCE_VALUE_IO_H_
