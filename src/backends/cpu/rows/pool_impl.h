// Pooling of runs of windows, compiled once for each instruction set (see simd.h).
#ifndef FLOE_BACKENDS_CPU_ROWS_POOL_IMPL_H_
#define FLOE_BACKENDS_CPU_ROWS_POOL_IMPL_H_

#include "backends/cpu/rows/fold_impl.h"
#include "backends/cpu/rows/rows.h"
#include "backends/cpu/simd_lanes.h"

namespace floe::cpu::FLOE_CPU_ISA {

// Vectors of channels that pass over a row of the image together: one pixel's neighbours in memory.
constexpr int kPoolVectors = 4;

// The fold of a column of the window, all its planes and rows.
template <Fold kFold, int kVectors, typename T>
FLOE_INLINE void FoldColumn(const PixelWindow& w, const T* at, int64_t lanes, Vec (&acc)[kVectors]) {
  const auto load = [&](const T* p, int v) __attribute__((always_inline)) {
    return LoadLanes(p + v * kLanes, kVectors == 1 ? lanes : kLanes);
  };
#pragma GCC unroll 4
  for (int v = 0; v < kVectors; ++v) acc[v] = load(at, v);
  for (int64_t z = 0; z < w.count[0]; ++z) {
    const T* p = at + z * w.step[0];
    for (int64_t y = 0; y < w.count[1]; ++y, p += w.step[1]) {
      if (y == 0 && z == 0) continue;
#pragma GCC unroll 4
      for (int v = 0; v < kVectors; ++v) acc[v] = Combine<kFold>(acc[v], load(p, v));
    }
  }
}

template <int kVectors, typename T>
FLOE_INLINE void StorePooled(const PoolRun& run, T* out, int64_t lanes, const Vec (&acc)[kVectors]) {
  const Vec factor = Splat(run.scale);
#pragma GCC unroll 4
  for (int v = 0; v < kVectors; ++v) {
    StoreLanes(out + v * kLanes, run.max ? acc[v] : acc[v] * factor, kVectors == 1 ? lanes : kLanes);
  }
}

// Any window, each by itself.
template <typename T, Fold kFold, int kVectors>
void PoolEach(const PoolRun& run, int64_t c, int64_t lanes) {
  const PixelWindow& w = run.window;
  for (int64_t i = 0; i < run.count; ++i) {
    const T* at = static_cast<const T*>(w.first) + i * run.step + c;
    Vec acc[kVectors];
    FoldColumn<kFold, kVectors>(w, at, lanes, acc);
    for (int64_t x = 1; x < w.count[2]; ++x) {
      Vec column[kVectors];
      FoldColumn<kFold, kVectors>(w, at + x * w.step[2], lanes, column);
#pragma GCC unroll 4
      for (int v = 0; v < kVectors; ++v) acc[v] = Combine<kFold>(acc[v], column[v]);
    }
    StorePooled<kVectors>(run, static_cast<T*>(run.out) + i * run.out_step + c, lanes, acc);
  }
}

// Windows of kWidth columns, kStride columns from one to the next: the columns that two windows share are
// folded once.
template <typename T, Fold kFold, int kVectors, int kWidth, int kStride>
void PoolSliding(const PoolRun& run, int64_t c, int64_t lanes) {
  constexpr int kShared = kWidth > kStride ? kWidth - kStride : 0;
  const PixelWindow& w = run.window;
  const T* at = static_cast<const T*>(w.first) + c;
  Vec columns[kWidth][kVectors];
#pragma GCC unroll 2
  for (int x = 0; x < kShared; ++x) {
    FoldColumn<kFold, kVectors>(w, at + x * w.step[2], lanes, columns[x]);
  }
  T* out = static_cast<T*>(run.out) + c;
  for (int64_t i = 0; i < run.count; ++i, at += run.step, out += run.out_step) {
    Vec acc[kVectors];
#pragma GCC unroll 3
    for (int x = kShared; x < kWidth; ++x) {
      FoldColumn<kFold, kVectors>(w, at + x * w.step[2], lanes, columns[x]);
    }
#pragma GCC unroll 4
    for (int v = 0; v < kVectors; ++v) {
      acc[v] = columns[0][v];
#pragma GCC unroll 2
      for (int x = 1; x < kWidth; ++x) acc[v] = Combine<kFold>(acc[v], columns[x][v]);
#pragma GCC unroll 2
      for (int x = 0; x < kShared; ++x) columns[x][v] = columns[x + kStride][v];
    }
    StorePooled<kVectors>(run, out, lanes, acc);
  }
}

using PoolFunction = void (*)(const PoolRun&, int64_t, int64_t);

template <typename T, Fold kFold, int kVectors>
PoolFunction PoolFunctionFor(const PoolRun& run) {
  const int64_t width = run.window.count[2];
  const int64_t column = run.window.step[2];
  if (run.count > 1 && width == 2 && run.step == 2 * column) return PoolSliding<T, kFold, kVectors, 2, 2>;
  if (run.count > 1 && width == 3 && run.step == 2 * column) return PoolSliding<T, kFold, kVectors, 3, 2>;
  if (run.count > 1 && width == 3 && run.step == column) return PoolSliding<T, kFold, kVectors, 3, 1>;
  return PoolEach<T, kFold, kVectors>;
}

template <typename T, Fold kFold>
void PoolChannels(const PoolRun& run) {
  constexpr int64_t kStep = kPoolVectors * kLanes;
  int64_t c = 0;
  if (run.channels >= kStep) {
    const PoolFunction pool = PoolFunctionFor<T, kFold, kPoolVectors>(run);
    for (; c + kStep <= run.channels; c += kStep) pool(run, c, kLanes);
  }
  if (c == run.channels) return;
  const PoolFunction pool = PoolFunctionFor<T, kFold, 1>(run);
  for (; c < run.channels; c += kLanes) {
    const int64_t left = run.channels - c;
    pool(run, c, left < kLanes ? left : kLanes);
  }
}

template <typename T>
void PoolAs(const PoolRun& run) {
  return run.max ? PoolChannels<T, Fold::kMax>(run) : PoolChannels<T, Fold::kSum>(run);
}

}  // namespace floe::cpu::FLOE_CPU_ISA

#endif  // FLOE_BACKENDS_CPU_ROWS_POOL_IMPL_H_
