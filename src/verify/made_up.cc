#include "verify/made_up.h"

#include <cmath>

#include "floe/float16.h"

namespace floe {
namespace {

class Numbers {
 public:
  explicit Numbers(uint32_t seed) : state_(seed * 2654435761u + 1) {}

  double Uniform() {  // in [0, 1)
    state_ = state_ * 1664525u + 1013904223u;
    return static_cast<double>(state_ >> 8) * (1.0 / (1 << 24));
  }
  // A sum of four uniform numbers with mean 0 and variance 1.
  double Normal() { return (Uniform() + Uniform() + Uniform() + Uniform() - 2) * std::sqrt(3.0); }

 private:
  uint32_t state_;
};

template <typename T>
void FillNormal(Tensor& t, Numbers numbers) {
  for (int64_t i = 0; i < t.size(); ++i)
    t.data<T>()[i] = static_cast<T>(static_cast<float>(numbers.Normal()));
}

}  // namespace

Tensor MadeUpTensor(DType dtype, std::vector<int64_t> dims, uint32_t seed) {
  Tensor t(dtype, std::move(dims));
  Numbers numbers(seed);
  if (dtype == DType::kFloat32) FillNormal<float>(t, numbers);
  if (dtype == DType::kFloat64) FillNormal<double>(t, numbers);
  if (dtype == DType::kFloat16) FillNormal<Float16>(t, numbers);
  if (dtype == DType::kBFloat16) FillNormal<BFloat16>(t, numbers);
  if (dtype == DType::kUInt8) {
    for (int64_t i = 0; i < t.size(); ++i)
      t.data<uint8_t>()[i] = static_cast<uint8_t>(numbers.Uniform() * 256);
  }
  return t;
}

}  // namespace floe
