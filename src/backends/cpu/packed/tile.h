// The register block under packed products and Winograd's: rows by columns, summed over depth.
//
// Rows lie packed: [block of kLanes depths][row][kLanes], so that one pointer and constant distances reach
// every row and no two rows share a cache set by accident. Columns lie in panels: [depth][kVectors * kLanes].
#ifndef FLOE_BACKENDS_CPU_PACKED_TILE_H_
#define FLOE_BACKENDS_CPU_PACKED_TILE_H_

#include "backends/cpu/simd.h"

namespace floe::cpu::FLOE_CPU_ISA {

// Accumulators, one row of a panel and one broadcast fill the register file: 14 x 2 + 2 + 1 of 32, 6 x 2 + 2
// + 1 of 16.
constexpr int kRegisterRows = kLanes == 16 ? 14 : 6;
constexpr int kPanelVectors = 2;

// Bytes that weights are asked for ahead of their use: what the third-level cache needs at this rate.
constexpr int64_t kAhead = 4096;

// A lane of rows and of panels is a word: one depth, or with bf16 two neighbouring ones, the first in the low
// half.
#if defined(__AVX512BF16__)
constexpr int kDepths = 2;
FLOE_INLINE Vec MultiplyAdd(Vec a, Vec b, Vec sum) {
  return _mm512_dpbf16_ps(sum, reinterpret_cast<__m512bh>(a), reinterpret_cast<__m512bh>(b));
}
#else
constexpr int kDepths = 1;
FLOE_INLINE Vec MultiplyAdd(Vec a, Vec b, Vec sum) {
  return Fma(a, b, sum);
}
#endif

template <int kRows, int kVectors>
FLOE_INLINE void AccumulateDepth(const float* at, const float* panel, Vec (&acc)[kRows][kVectors]) {
  Vec column[kVectors];
#pragma GCC unroll 2
  for (int v = 0; v < kVectors; ++v) {
    column[v] = Load(panel + v * kLanes);
    __builtin_prefetch(reinterpret_cast<const char*>(panel + v * kLanes) + kAhead);
  }
#pragma GCC unroll 16
  for (int i = 0; i < kRows; ++i) {
    const Vec a = Splat(at[i * kLanes]);
#pragma GCC unroll 2
    for (int v = 0; v < kVectors; ++v) acc[i][v] = MultiplyAdd(a, column[v], acc[i][v]);
  }
}

// acc = the sums of kRows rows over `depth` words; a block of them lies `block_floats` from the next.
template <int kRows, int kVectors>
FLOE_INLINE void Accumulate(const float* rows, int64_t block_floats, int64_t depth, const float* panel,
                            Vec (&acc)[kRows][kVectors]) {
#pragma GCC unroll 16
  for (int i = 0; i < kRows; ++i) {
#pragma GCC unroll 2
    for (int v = 0; v < kVectors; ++v) acc[i][v] = Splat(0.0f);
  }
  for (; depth >= kLanes; depth -= kLanes, rows += block_floats) {
#pragma GCC unroll 2
    for (int k = 0; k < kLanes; ++k, panel += kVectors * kLanes) {
      AccumulateDepth<kRows, kVectors>(rows + k, panel, acc);
    }
  }
  for (int64_t k = 0; k < depth; ++k, panel += kVectors * kLanes) {
    AccumulateDepth<kRows, kVectors>(rows + k, panel, acc);
  }
}

}  // namespace floe::cpu::FLOE_CPU_ISA

#endif  // FLOE_BACKENDS_CPU_PACKED_TILE_H_
