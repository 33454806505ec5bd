// Philox 4x32-10 (Salmon et al., "Parallel random numbers: as easy as 1, 2, 3") and the numbers that
// TensorFlow makes of its words.
#ifndef FLOE_BACKENDS_REFERENCE_PHILOX_H_
#define FLOE_BACKENDS_REFERENCE_PHILOX_H_

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <cstring>

#include "backends/reference/op_call.h"

namespace floe::reference {

using Words = std::array<uint32_t, 4>;

class Philox {
 public:
  Philox(Words counter, std::array<uint32_t, 2> key) : counter_(counter), key_(key) {}
  Philox(uint64_t low, uint64_t high, uint64_t key)
      : Philox({static_cast<uint32_t>(low), static_cast<uint32_t>(low >> 32), static_cast<uint32_t>(high),
                static_cast<uint32_t>(high >> 32)},
               {static_cast<uint32_t>(key), static_cast<uint32_t>(key >> 32)}) {}

  Words Next() {
    Words c = counter_;
    std::array<uint32_t, 2> k = key_;
    for (int round = 0; round < 10; ++round) {
      const uint64_t a = uint64_t{0xD2511F53} * c[0], b = uint64_t{0xCD9E8D57} * c[2];
      c = {static_cast<uint32_t>(b >> 32) ^ c[1] ^ k[0], static_cast<uint32_t>(b),
           static_cast<uint32_t>(a >> 32) ^ c[3] ^ k[1], static_cast<uint32_t>(a)};
      k[0] += 0x9E3779B9;
      k[1] += 0xBB67AE85;
    }
    Skip(1);
    return c;
  }
  void Skip(uint64_t count) {
    for (size_t i = 0; i < 4 && count > 0; ++i) {
      const uint64_t sum = counter_[i] + (count & 0xffffffff);
      counter_[i] = static_cast<uint32_t>(sum);
      count = (count >> 32) + (sum >> 32);
    }
  }

 private:
  Words counter_;
  std::array<uint32_t, 2> key_;
};

// In [0, 1): the bits become a mantissa, 1 is taken off.
inline float UniformFloat(uint32_t bits) {
  const uint32_t raw = 127u << 23 | (bits & 0x7fffff);
  float value;
  std::memcpy(&value, &raw, sizeof(value));
  return value - 1.0f;
}
inline double UniformDouble(uint32_t high, uint32_t low) {
  const uint64_t raw = uint64_t{1023} << 52 | uint64_t{high & 0xfffff} << 32 | low;
  double value;
  std::memcpy(&value, &raw, sizeof(value));
  return value - 1.0;
}

// Box and Muller, in the type's own precision.
template <typename T>
std::array<double, 2> NormalPair(T u, T v) {
  const T radius = std::sqrt(T(-2) * std::log(std::max(u, T(1.0e-7f))));
  const T angle = T(2 * M_PI) * v;
  return {static_cast<double>(std::sin(angle) * radius), static_cast<double>(std::cos(angle) * radius)};
}

// One word after the other.
class WordStream {
 public:
  explicit WordStream(Philox generator) : generator_(generator) {}
  uint32_t Next() {
    if (used_ == 4) {
      words_ = generator_.Next();
      used_ = 0;
    }
    return words_[used_++];
  }

 private:
  Philox generator_;
  Words words_{};
  size_t used_ = 4;
};

// The generator of inputs `key` (uint64 [1]) and the one behind it, the counter (uint64 [2]).
Philox GeneratorOf(const OpCall& call, size_t key);

}  // namespace floe::reference

#endif  // FLOE_BACKENDS_REFERENCE_PHILOX_H_
