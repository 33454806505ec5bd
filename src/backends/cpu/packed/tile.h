// The register block under all products and Winograd's: rows by columns, summed over depth.
//
// Rows lie packed: [block of kLanes depths][row][kLanes], so that one pointer and constant distances reach
// every row and no two rows share a cache set by accident. Columns lie in panels: [depth][kVectors * kLanes].
#ifndef FLOE_BACKENDS_CPU_PACKED_TILE_H_
#define FLOE_BACKENDS_CPU_PACKED_TILE_H_

#include <utility>

#include "backends/cpu/simd.h"

namespace floe::cpu::FLOE_CPU_ISA {

// Accumulators, one row of a panel and one broadcast fill the register file: 14 x 2 + 2 + 1 of 32, 6 x 2 + 2
// + 1 of 16. NEON multiplies by one lane of a register, so that four depths of each row are held and nothing
// is broadcast: 9 x 2 + 2 + 9 of 32.
constexpr int kRegisterRows = kRegisters == 16 ? 6 : kLanes == 16 ? 14 : 9;
constexpr int kPanelVectors = 2;

// A kernel has a function for each number of rows: kFunctions<kCounts + 1>... for 1 to kRegisterRows.
using RowCounts = std::make_integer_sequence<int, kRegisterRows>;

// A panel's own weights are asked for, into the first-level cache, so many floats before their use.
constexpr int64_t kCloseFloats = 512;

// Weights that are asked for, into the second-level cache, while a tile is summed: `step` bytes a depth from
// `at` on.
struct Ahead {
  const char* at;
  int64_t step;
};

// What each tile that passes one panel asks for.
struct NextPanel {
  const char* at;
  int64_t share;  // bytes from one tile's part to the next one's
  int64_t step;

  FLOE_INLINE Ahead OfTile(int64_t t) const { return {at + share * t, step}; }
};

// Each of `tiles` that pass one panel asks for its part of the next one, so that the memory is as busy with
// the last of them as with the first. What wouldn't stay in the cache until then is asked for closely.
inline NextPanel AskForNext(const float* panel, int64_t depth, int64_t width, int64_t tiles,
                            const float* next) {
  constexpr int64_t kMost = 320 * 1024;
  constexpr int64_t kClose = 4096;
  const int64_t row = width * static_cast<int64_t>(sizeof(float));
  const int64_t bytes = depth * row;
  if (next == nullptr || bytes > kMost) return {reinterpret_cast<const char*>(panel) + kClose, 0, row};
  return {reinterpret_cast<const char*>(next), bytes / tiles, (row + tiles - 1) / tiles};
}
inline Ahead AskAhead(const float* panel, int64_t depth, int64_t width, int64_t t, int64_t tiles,
                      const float* next) {
  return AskForNext(panel, depth, width, tiles, next).OfTile(t);
}

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
FLOE_INLINE void AccumulateDepth(const float* at, const float* panel, const char* ahead,
                                 Vec (&acc)[kRows][kVectors]) {
  Vec column[kVectors];
#pragma GCC unroll 2
  for (int v = 0; v < kVectors; ++v) {
    column[v] = Load(panel + v * kLanes);
    __builtin_prefetch(panel + v * kLanes + kCloseFloats);
  }
  __builtin_prefetch(ahead, 0, 2);
#pragma GCC unroll 16
  for (int i = 0; i < kRows; ++i) {
    const Vec a = Splat(at[i * kLanes]);
#pragma GCC unroll 2
    for (int v = 0; v < kVectors; ++v) acc[i][v] = MultiplyAdd(a, column[v], acc[i][v]);
  }
}

#if defined(FLOE_NEON)

// A depth of rows whose numbers are lane kLane of `a`.
template <int kLane, int kRows, int kVectors>
FLOE_INLINE void AccumulateLane(const Vec (&a)[kRows], const float* panel, Vec (&acc)[kRows][kVectors]) {
  Vec column[kVectors];
#pragma GCC unroll 2
  for (int v = 0; v < kVectors; ++v) column[v] = Load(panel + v * kLanes);
#pragma GCC unroll 16
  for (int i = 0; i < kRows; ++i) {
#pragma GCC unroll 2
    for (int v = 0; v < kVectors; ++v) acc[i][v] = FmaByLane<kLane>(a[i], column[v], acc[i][v]);
  }
}

// kLanes depths.
template <int kRows, int kVectors>
FLOE_INLINE void AccumulateLanes(const Vec (&a)[kRows], const float* panel, Vec (&acc)[kRows][kVectors]) {
  constexpr int kWidth = kVectors * kLanes;
  AccumulateLane<0>(a, panel, acc);
  AccumulateLane<1>(a, panel + kWidth, acc);
  AccumulateLane<2>(a, panel + 2 * kWidth, acc);
  AccumulateLane<3>(a, panel + 3 * kWidth, acc);
}

// A vector of the panel is a quarter of a cache line: one request serves several.
template <int kRows, int kVectors>
FLOE_INLINE void AccumulateBlock(const float* rows, const float* panel, Ahead ahead,
                                 Vec (&acc)[kRows][kVectors]) {
  Vec a[kRows];
#pragma GCC unroll 16
  for (int i = 0; i < kRows; ++i) a[i] = Load(rows + i * kLanes);
#pragma GCC unroll 2
  for (int v = 0; v < kVectors; ++v) __builtin_prefetch(panel + kCloseFloats + v * 4 * kLanes);
  __builtin_prefetch(ahead.at, 0, 2);
  __builtin_prefetch(ahead.at + 2 * ahead.step, 0, 2);
  AccumulateLanes(a, panel, acc);
}

#else

template <int kRows, int kVectors>
FLOE_INLINE void AccumulateBlock(const float* rows, const float* panel, Ahead ahead,
                                 Vec (&acc)[kRows][kVectors]) {
#pragma GCC unroll 2
  for (int k = 0; k < kLanes; ++k, panel += kVectors * kLanes, ahead.at += ahead.step) {
    AccumulateDepth<kRows, kVectors>(rows + k, panel, ahead.at, acc);
  }
}

#endif

// acc += the sums of kRows rows over `depth` words; a block of them lies `block_floats` from the next.
template <int kRows, int kVectors>
FLOE_INLINE void AddSums(const float* rows, int64_t block_floats, int64_t depth, const float* panel,
                         Ahead ahead, Vec (&acc)[kRows][kVectors]) {
  for (; depth >= kLanes; depth -= kLanes, rows += block_floats) {
    AccumulateBlock<kRows, kVectors>(rows, panel, ahead, acc);
    panel += kLanes * kVectors * kLanes;
    ahead.at += kLanes * ahead.step;
  }
  for (int64_t k = 0; k < depth; ++k, panel += kVectors * kLanes, ahead.at += ahead.step) {
    AccumulateDepth<kRows, kVectors>(rows + k, panel, ahead.at, acc);
  }
}

// The same onto nothing.
template <int kRows, int kVectors>
FLOE_INLINE void Accumulate(const float* rows, int64_t block_floats, int64_t depth, const float* panel,
                            Ahead ahead, Vec (&acc)[kRows][kVectors]) {
#pragma GCC unroll 16
  for (int i = 0; i < kRows; ++i) {
#pragma GCC unroll 2
    for (int v = 0; v < kVectors; ++v) acc[i][v] = Splat(0.0f);
  }
  AddSums(rows, block_floats, depth, panel, ahead, acc);
}

}  // namespace floe::cpu::FLOE_CPU_ISA

#endif  // FLOE_BACKENDS_CPU_PACKED_TILE_H_
