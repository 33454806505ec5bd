// x / (1 + exp(-x)) where the result is rounded to bf16, without an exponential; for files compiled for
// AVX512_BF16.
#ifndef FLOE_BACKENDS_CPU_SILU_BF16_H_
#define FLOE_BACKENDS_CPU_SILU_BF16_H_

#include "backends/cpu/simd.h"

#if defined(__AVX512BF16__)

namespace floe::cpu::FLOE_CPU_ISA {

// silu(x) = max(x, 0) - g(|x|), g(a) = a / (1 + exp(a)): between 0 and 0.28, small beyond 11. Parabolas
// through g, 32 of them around the multiples of kSiluSegment.
constexpr double kSiluSegment = 0.375;

struct SiluParabolas {
  alignas(64) float a[3][32];
};

// exp(a), 0 <= a < 16
constexpr double ExpOf(double a) {
  double sum = 1;
  for (int i = 24; i > 0; --i) sum = 1 + sum * (a / 16) / i;
  for (int i = 0; i < 4; ++i) sum *= sum;
  return sum;
}

constexpr SiluParabolas MakeSiluParabolas() {
  SiluParabolas made{};
  // Near 0, where g is x / 2 less what is even, so that the result is right to a part of itself.
  constexpr double kHalf = kSiluSegment / 2;
  made.a[1][0] = 0.5f;
  made.a[2][0] = static_cast<float>((1 / (1 + ExpOf(kHalf)) - 0.5) / kHalf);
  for (int i = 1; i < 31; ++i) {  // at Chebyshev's points; the last one is 0
    const double middle = i * kSiluSegment;
    const double away = 0.8660254037844386 * kHalf;
    const auto g = [](double a) { return a / (1 + ExpOf(a)); };
    const double slope = (g(middle + away) - g(middle - away)) / (2 * away);
    const double bend = (g(middle + away) + g(middle - away) - 2 * g(middle)) / (2 * away * away);
    made.a[0][i] = static_cast<float>(g(middle) - slope * middle + bend * middle * middle);
    made.a[1][i] = static_cast<float>(slope - 2 * bend * middle);
    made.a[2][i] = static_cast<float>(bend);
  }
  return made;
}

// Within 1.3e-4, a fifth of what rounding to bf16 adds to results beyond 0.03, and near 0 within 2^-10 of
// itself; nan stays nan.
class SiluForBf16 {
 public:
  FLOE_INLINE Vec operator()(Vec x) const {
    constexpr int kLessMagnitude = 0b1010;  // min(|x|, most)
    const Vec a = _mm512_range_ps(x, Splat(31.4f * static_cast<float>(kSiluSegment)), kLessMagnitude);
    // Its last bits are the number of the segment.
    const Vec sum = Fma(a, Splat(static_cast<float>(1 / kSiluSegment)), Splat(0x1.8p23f));
    const auto of = [&](const Vec(&table)[2]) __attribute__((always_inline)) {
      return _mm512_permutex2var_ps(table[0], reinterpret_cast<__m512i>(sum), table[1]);
    };
    return AtLeast(x, Splat(0.0f)) - Fma(Fma(of(bend_), a, of(slope_)), a, of(first_));
  }

 private:
  static constexpr SiluParabolas kTable = MakeSiluParabolas();

  const Vec first_[2] = {Load(kTable.a[0]), Load(kTable.a[0] + kLanes)};
  const Vec slope_[2] = {Load(kTable.a[1]), Load(kTable.a[1] + kLanes)};
  const Vec bend_[2] = {Load(kTable.a[2]), Load(kTable.a[2] + kLanes)};
};

}  // namespace floe::cpu::FLOE_CPU_ISA

#endif  // __AVX512BF16__

#endif  // FLOE_BACKENDS_CPU_SILU_BF16_H_
