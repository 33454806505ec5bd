// Weights in bf16.
#ifndef FLOE_BACKENDS_CPU_PACKED_BF16_H_
#define FLOE_BACKENDS_CPU_PACKED_BF16_H_

#include <bit>
#include <cmath>
#include <cstdint>

namespace floe::cpu {

// As the instruction that converts: to nearest even, subnormals to zero, nan stays nan.
inline uint32_t Bf16Bits(float x) {
  const auto bits = std::bit_cast<uint32_t>(x);
  if ((bits & 0x7f800000) == 0) return bits >> 16 & 0x8000;
  if (std::isnan(x)) return bits >> 16 | 0x40;
  return (bits + 0x7fff + (bits >> 16 & 1)) >> 16;
}

// Two neighbouring depths.
inline float Bf16Word(float first, float second) {
  return std::bit_cast<float>(Bf16Bits(second) << 16 | Bf16Bits(first));
}

}  // namespace floe::cpu

#endif  // FLOE_BACKENDS_CPU_PACKED_BF16_H_
