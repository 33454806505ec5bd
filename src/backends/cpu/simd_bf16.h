// bf16 in memory, float32 in registers; for files compiled for AVX512_BF16. Conversions are the
// instruction's: to nearest even, subnormals to zero.
#ifndef FLOE_BACKENDS_CPU_SIMD_BF16_H_
#define FLOE_BACKENDS_CPU_SIMD_BF16_H_

#include "backends/cpu/activation_impl.h"
#include "backends/cpu/silu_bf16.h"

#if defined(__AVX512BF16__)

namespace floe::cpu::FLOE_CPU_ISA {

FLOE_INLINE __mmask32 FirstShorts(int64_t n) {
  return static_cast<__mmask32>(n >= 32 ? 0xffffffffu : (1u << n) - 1);
}
// The first n <= kLanes elements; the others are zero, and their memory is not touched.
FLOE_INLINE Vec LoadBf16(const uint16_t* p, int64_t n) {
  const __m512i words = _mm512_cvtepu16_epi32(_mm256_maskz_loadu_epi16(FirstLanes(n), p));
  return _mm512_castsi512_ps(_mm512_slli_epi32(words, 16));
}
FLOE_INLINE __m256i ToBf16(Vec x) {
  return reinterpret_cast<__m256i>(_mm512_cvtneps_pbh(x));
}
// Stores of 16-bit lanes under a mask are slow on some processors: only where they must be.
FLOE_INLINE void StoreBf16(uint16_t* p, Vec x, int64_t n) {
  if (n >= kLanes) {
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(p), ToBf16(x));
  } else {
    _mm256_mask_storeu_epi16(p, FirstLanes(n), ToBf16(x));
  }
}

// Two neighbouring vectors: one conversion, and a line of memory in one store.
FLOE_INLINE void StorePairAsBf16(uint16_t* p, Vec first, Vec second) {
  _mm512_storeu_si512(p, reinterpret_cast<__m512i>(_mm512_cvtne2ps_pbh(second, first)));
}

// Elements as float32.
struct Bf16Row {
  const uint16_t* from;

  FLOE_INLINE Vec At(int64_t i) const { return LoadBf16(from + i, kLanes); }
  FLOE_INLINE Vec Part(int64_t i, int64_t count) const { return LoadBf16(from + i, count); }
};

FLOE_INLINE void CopyRun(const uint16_t* from, int64_t count, uint16_t* to) {
  for (; count > 0; count -= 2 * kLanes, from += 2 * kLanes, to += 2 * kLanes) {
    const __mmask32 part = FirstShorts(count);
    _mm512_mask_storeu_epi16(to, part, _mm512_maskz_loadu_epi16(part, from));
  }
}
FLOE_INLINE void ZeroRun(int64_t count, uint16_t* to) {
  for (; count > 0; count -= 2 * kLanes, to += 2 * kLanes) {
    _mm512_mask_storeu_epi16(to, FirstShorts(count), _mm512_setzero_si512());
  }
}

// 1 / (1 + exp(-x)) to 2^-12 of itself, for results that are rounded to bf16: 2^t = 2^floor(t) times a cubic
// of what is left, and the instruction's reciprocal.
FLOE_INLINE Vec SigmoidForBf16(Vec x) {
  const Vec t = x * Splat(-1.44269504088896341f);
  const Vec r = t - Floor(t);
  Vec p = Fma(r, Splat(0.0780245235f), Splat(0.226067161f));
  p = Fma(p, r, Splat(0.695833535f));
  p = Fma(p, r, Splat(0.99992522f));
  return _mm512_rcp14_ps(_mm512_scalef_ps(p, t) + Splat(1.0f));
}

// map(f) with f, of a vector of sums, the activation where the result is rounded to bf16. One that there is
// no such f for is done by in_place() first, on the sums where they lie.
template <typename Map, typename InPlaceFunction>
FLOE_INLINE void MapActivation(const Activation& activation, Map map, InPlaceFunction in_place) {
  const Vec a = Splat(activation.a);
  const Vec b = Splat(activation.b);
  switch (activation.kind) {
    case ActivationKind::kNone:
      return map([](Vec x) __attribute__((always_inline)) { return x; });
    case ActivationKind::kClamp:
      return map([&](Vec x) __attribute__((always_inline)) { return AtMost(AtLeast(x, a), b); });
    case ActivationKind::kSigmoid:
      return map([](Vec x) __attribute__((always_inline)) { return SigmoidForBf16(x); });
    case ActivationKind::kSilu: {
      const SiluForBf16 silu;
      return map([&](Vec x) __attribute__((always_inline)) { return silu(x); });
    }
    case ActivationKind::kHardSwish:
      return map([](Vec x) __attribute__((always_inline)) { return HardSwish(x); });
    default:
      in_place();
      return map([](Vec x) __attribute__((always_inline)) { return x; });
  }
}

// Sums that a kernel left in a small buffer, whole vectors of it, and where their rows go.
struct Bf16Tile {
  float* from = nullptr;  // may be written over
  int64_t pitch = 0;
  int64_t rows = 0;
  int64_t columns = 0;
  uint16_t* to = nullptr;
  int64_t to_pitch = 0;
};

inline void ActivateInPlace(const Activation& activation, const Bf16Tile& tile) {
  for (int64_t r = 0; r < tile.rows; ++r) ActivateRow(activation, tile.from + r * tile.pitch, tile.columns);
}

inline void ActivateToBf16(const Activation& activation, const Bf16Tile& at) {
  const Bf16Tile tile = at;  // a copy: what is stored might else be it
  const int64_t columns = tile.columns;
  const auto map = [&](auto f) __attribute__((always_inline)) {
    for (int64_t r = 0; r < tile.rows; ++r) {
      const float* from = tile.from + r * tile.pitch;
      uint16_t* to = tile.to + r * tile.to_pitch;
      int64_t i = 0;
      for (; i + 2 * kLanes <= columns; i += 2 * kLanes) {
        StorePairAsBf16(to + i, f(Load(from + i)), f(Load(from + i + kLanes)));
      }
      for (; i < columns; i += kLanes) {
        const int64_t left = columns - i;
        StoreBf16(to + i, f(Load(from + i)), left < kLanes ? left : kLanes);
      }
    }
  };
  MapActivation(activation, map, [&] { ActivateInPlace(activation, tile); });
}

}  // namespace floe::cpu::FLOE_CPU_ISA

#endif  // __AVX512BF16__

#endif  // FLOE_BACKENDS_CPU_SIMD_BF16_H_
