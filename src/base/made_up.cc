#include "base/made_up.h"

#include "floe/float16.h"

namespace floe {
namespace {

// Knuth's linear congruential generator of 64 bits: one step an element, so that large tensors cost little.
class Numbers {
 public:
  explicit Numbers(uint32_t seed) : state_(seed * uint64_t{0x9e3779b97f4a7c15} + 1) {}

  uint64_t Next() { return state_ = state_ * 6364136223846793005u + 1442695040888963407u; }
  // A sum of four uniform numbers with mean 0 and variance 1.
  float Normal() {
    const uint64_t bits = Next();
    const uint64_t sum = (bits & 0xffff) + (bits >> 16 & 0xffff) + (bits >> 32 & 0xffff) + (bits >> 48);
    constexpr float kSqrt3 = 1.7320508f;
    return (static_cast<float>(sum) * (1.0f / (1 << 16)) - 2.0f) * kSqrt3;
  }

 private:
  uint64_t state_;
};

template <typename T>
void FillNormal(Tensor& t, Numbers numbers) {
  T* data = t.data<T>();
  for (int64_t i = 0; i < t.size(); ++i) data[i] = static_cast<T>(numbers.Normal());
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
    for (int64_t i = 0; i < t.size(); ++i) t.data<uint8_t>()[i] = static_cast<uint8_t>(numbers.Next() >> 56);
  }
  if (dtype == DType::kBool) {
    for (int64_t i = 0; i < t.size(); ++i) t.data<bool>()[i] = numbers.Next() >> 63 != 0;
  }
  return t;
}

}  // namespace floe
