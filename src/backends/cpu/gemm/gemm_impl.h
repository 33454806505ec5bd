// The product's code, compiled once for each instruction set (see simd.h).
#ifndef FLOE_BACKENDS_CPU_GEMM_GEMM_IMPL_H_
#define FLOE_BACKENDS_CPU_GEMM_GEMM_IMPL_H_

#include "backends/cpu/activation_impl.h"
#include "backends/cpu/gemm/gemm.h"
#include "backends/cpu/packed/tile.h"

namespace floe::cpu::FLOE_CPU_ISA {

// Input floats that a block of rows may span and stay in the second-level cache beside a panel.
constexpr int64_t kBlockFloats = 96 * 1024;

struct Tile {
  const float* taps[kRegisterRows];  // set anew for each tap
  float* out[kRegisterRows];
  const float* residual[kRegisterRows];
  const float* bias;
  int64_t columns;  // real ones
};

// Where the pixels of a tile come from.
struct TileSource {
  const float* image[kRegisterRows];
  const int64_t* table[3][kRegisterRows];
};

template <int kRows>
FLOE_INLINE void PointAtTap(const GemmShape& s, const TileSource& source, const int64_t* tap, Tile* tile) {
  for (int i = 0; i < kRows; ++i) {
    const int64_t at = source.table[0][i][tap[0]] + source.table[1][i][tap[1]] + source.table[2][i][tap[2]];
    tile->taps[i] = at < 0 ? s.zeros : source.image[i] + at;
  }
}

template <int kRows, int kVectors>
FLOE_INLINE void MultiplyStep(const float* const* rows, int64_t k, const float* b,
                              Vec (&acc)[kRows][kVectors]) {
  Vec column[kVectors];
#pragma GCC unroll 4
  for (int v = 0; v < kVectors; ++v) column[v] = Load(b + v * kLanes);
#pragma GCC unroll 16
  for (int i = 0; i < kRows; ++i) {
    const Vec a = Splat(rows[i][k]);
#pragma GCC unroll 4
    for (int v = 0; v < kVectors; ++v) acc[i][v] = Fma(a, column[v], acc[i][v]);
  }
}

template <int kRows, int kVectors>
FLOE_INLINE const float* MultiplyTap(const Tile& tile, int64_t depth, const float* b,
                                     Vec (&acc)[kRows][kVectors]) {
  constexpr int kWidth = kVectors * kLanes;
  const float* rows[kRows];
#pragma GCC unroll 16
  for (int i = 0; i < kRows; ++i) rows[i] = tile.taps[i];
  int64_t k = 0;
#if defined(FLOE_NEON)
  for (; k + kLanes <= depth; k += kLanes, b += kLanes * kWidth) {
    Vec a[kRows];
#pragma GCC unroll 16
    for (int i = 0; i < kRows; ++i) a[i] = Load(rows[i] + k);
    AccumulateLanes(a, b, acc);
  }
#endif
  for (; k + 2 <= depth; k += 2, b += 2 * kWidth) {
    MultiplyStep<kRows, kVectors>(rows, k, b, acc);
    MultiplyStep<kRows, kVectors>(rows, k + 1, b + kWidth, acc);
  }
  for (; k < depth; ++k, b += kWidth) MultiplyStep<kRows, kVectors>(rows, k, b, acc);
  return b;
}

// kPart: of the last vectors only some columns are real.
template <bool kPart, int kRows, int kVectors>
FLOE_INLINE void FinishAs(const Tile& tile, const GemmCall& call, Vec (&acc)[kRows][kVectors]) {
  int64_t lanes[kVectors];
#pragma GCC unroll 4
  for (int v = 0; v < kVectors; ++v) {
    const int64_t left = tile.columns - v * kLanes;
    lanes[v] = left < 0 ? 0 : left < kLanes ? left : kLanes;
  }
  const auto load = [&](const float* p, int v) __attribute__((always_inline)) {
    return kPart ? LoadPart(p + v * kLanes, lanes[v]) : Load(p + v * kLanes);
  };
  const auto for_each = [&](auto f) __attribute__((always_inline)) {
#pragma GCC unroll 16
    for (int i = 0; i < kRows; ++i) {
#pragma GCC unroll 4
      for (int v = 0; v < kVectors; ++v) f(i, v);
    }
  };
  if (tile.bias != nullptr) {
    Vec bias[kVectors];
#pragma GCC unroll 4
    for (int v = 0; v < kVectors; ++v) bias[v] = load(tile.bias, v);
    for_each([&](int i, int v) __attribute__((always_inline)) { acc[i][v] += bias[v]; });
  }
  if (call.residual != nullptr) {
    for_each([&](int i, int v) __attribute__((always_inline)) { acc[i][v] += load(tile.residual[i], v); });
  }
  if (call.activation.kind == ActivationKind::kClamp) {
    const Vec low = Splat(call.activation.a);
    const Vec high = Splat(call.activation.b);
    for_each([&](int i, int v)
                 __attribute__((always_inline)) { acc[i][v] = AtMost(AtLeast(acc[i][v], low), high); });
  }
  for_each([&](int i, int v) __attribute__((always_inline)) {
    float* to = tile.out[i] + v * kLanes;
    if (kPart) {
      StorePart(to, acc[i][v], lanes[v]);
    } else {
      Store(to, acc[i][v]);
    }
  });
}

template <int kRows, int kVectors>
FLOE_INLINE void Finish(const Tile& tile, const GemmCall& call, Vec (&acc)[kRows][kVectors]) {
  if (!kMasksAreFree && tile.columns == kVectors * kLanes) {
    FinishAs<false>(tile, call, acc);
  } else {
    FinishAs<true>(tile, call, acc);
  }
}

template <int kRows, int kVectors>
void MultiplyTile(const GemmCall& call, const TileSource& source, Tile& tile, const float* b) {
  const GemmShape& s = *call.shape;
  Vec acc[kRows][kVectors];
#pragma GCC unroll 16
  for (int i = 0; i < kRows; ++i) {
#pragma GCC unroll 4
    for (int v = 0; v < kVectors; ++v) acc[i][v] = Splat(0.0f);
  }
  int64_t tap[3];
  for (tap[0] = 0; tap[0] < s.taps[0]; ++tap[0]) {
    for (tap[1] = 0; tap[1] < s.taps[1]; ++tap[1]) {
      for (tap[2] = 0; tap[2] < s.taps[2]; ++tap[2]) {
        PointAtTap<kRows>(s, source, tap, &tile);
        b = MultiplyTap<kRows, kVectors>(tile, s.depth, b, acc);
      }
    }
  }
  Finish<kRows, kVectors>(tile, call, acc);
}

using TileFunction = void (*)(const GemmCall&, const TileSource&, Tile&, const float*);

template <int kVectors, int... kCounts>
TileFunction TileOf(int64_t rows, std::integer_sequence<int, kCounts...>) {
  static constexpr TileFunction kFunctions[] = {MultiplyTile<kCounts + 1, kVectors>...};
  return kFunctions[rows - 1];
}

struct Pixel {
  int64_t n, z, y, x;
};

FLOE_INLINE Pixel PixelOf(const GemmShape& s, int64_t row) {
  Pixel p;
  p.x = row % s.grid[2];
  row /= s.grid[2];
  p.y = row % s.grid[1];
  row /= s.grid[1];
  p.z = row % s.grid[0];
  p.n = row / s.grid[0];
  return p;
}

FLOE_INLINE void NextPixel(const GemmShape& s, Pixel* p) {
  if (++p->x < s.grid[2]) return;
  p->x = 0;
  if (++p->y < s.grid[1]) return;
  p->y = 0;
  if (++p->z < s.grid[0]) return;
  p->z = 0;
  ++p->n;
}

// Rows [row, row + count) against one panel.
FLOE_INLINE void PlaceTile(const GemmCall& call, int64_t row, int64_t count, int64_t group, int64_t column,
                           TileSource* source, Tile* tile) {
  const GemmShape& s = *call.shape;
  Pixel p = PixelOf(s, row);
  for (int64_t i = 0; i < count; ++i) {
    source->image[i] = call.input + p.n * s.input_image + group * s.input_group;
    source->table[0][i] = s.tables[0] + p.z * s.taps[0];
    source->table[1][i] = s.tables[1] + p.y * s.taps[1];
    source->table[2][i] = s.tables[2] + p.x * s.taps[2];
    const int64_t at = p.n * s.output_image + p.z * s.output_pixel[0] + p.y * s.output_pixel[1] +
                       p.x * s.output_pixel[2] + group * s.group_columns + column;
    tile->out[i] = call.output + at;
    tile->residual[i] = call.residual == nullptr ? nullptr : call.residual + at;
    NextPixel(s, &p);
  }
}

// What the tile's sums pass through where a register block cannot do it itself: they are left in a buffer and
// not in the output, since a line of that which is not in the cache yet would be waited for.
class SumsApart {
 public:
  void Divert(Tile* tile, int64_t rows) {
    for (int64_t i = 0; i < rows; ++i) {
      to_[i] = tile->out[i];
      tile->out[i] = sums_ + i * kPitch;
    }
  }
  void Activate(const GemmCall& call, int64_t rows, int64_t columns, int64_t channel) const {
    Activation activation = call.activation;
    if (activation.slope != nullptr) activation.slope += channel;
    ActivateTile(activation, {sums_, kPitch, to_, rows, columns});
  }

 private:
  static constexpr int64_t kPitch = kPanelVectors * kLanes;
  float* to_[kRegisterRows];
  alignas(64) float sums_[kRegisterRows * kPitch];
};

// Rows of a tile that lie a multiple of 4 KiB apart fall into one set of the first-level cache, whose eight
// ways must hold a line of each and of the panel: such tiles are kept low.
inline int64_t RowsOfTiles(const GemmShape& s) {
  constexpr int64_t kSetFloats = 1024;
  if (kRegisterRows <= 7 || s.grid[2] < 2 || s.taps[2] < 1) return kRegisterRows;
  const int64_t* at = s.tables[2] + s.grid[2] / 2 * s.taps[2] + s.taps[2] / 2;
  const int64_t pitch = at[0] - at[-s.taps[2]];
  return at[0] >= 0 && at[-s.taps[2]] >= 0 && pitch % kSetFloats == 0 ? 7 : kRegisterRows;
}

inline void MultiplyPanel(const GemmCall& call, int64_t row_begin, int64_t row_end, int64_t panel) {
  const GemmShape& s = *call.shape;
  const int64_t group = panel / s.group_panels;
  const int64_t column = (panel - group * s.group_panels) * s.panel;
  const int64_t left = s.group_columns - column;
  const float* b = call.packed + group * s.packed_group + column * s.taps_in_all() * s.depth;
  Tile tile;
  TileSource source;
  tile.columns = left < s.panel ? left : s.panel;
  tile.bias = call.bias == nullptr ? nullptr : call.bias + group * s.group_columns + column;
  SumsApart sums;
  const bool apart = !InEpilogue(call.activation.kind);
  const bool narrow = tile.columns <= kLanes;
  const int64_t rows = row_end - row_begin;
  const int64_t most = RowsOfTiles(s);
  const int64_t tiles = (rows + most - 1) / most;
  for (int64_t t = 0; t < tiles; ++t) {
    const int64_t begin = row_begin + rows * t / tiles;
    const int64_t count = row_begin + rows * (t + 1) / tiles - begin;
    PlaceTile(call, begin, count, group, column, &source, &tile);
    const TileFunction run =
        narrow ? TileOf<1>(count, RowCounts()) : TileOf<kPanelVectors>(count, RowCounts());
    if (apart) sums.Divert(&tile, count);
    run(call, source, tile, b);
    if (apart) sums.Activate(call, count, tile.columns, group * s.group_columns + column);
  }
}

// Blocks of rows that stay in the cache while all panels pass by.
inline void RunGemm(const GemmCall& call) {
  const GemmShape& s = *call.shape;
  const int64_t pixels = s.batch * s.grid[0] * s.grid[1] * s.grid[2];
  int64_t span = s.batch * s.input_image / (pixels > 0 ? pixels : 1);
  if (span < s.depth) span = s.depth;
  int64_t block = kBlockFloats / span / kRegisterRows * kRegisterRows;
  if (block < 4 * kRegisterRows) block = 4 * kRegisterRows;
  const int64_t rows = call.row_end - call.row_begin;
  const int64_t blocks = (rows + block - 1) / block;
  for (int64_t i = 0; i < blocks; ++i) {
    const int64_t begin = call.row_begin + rows * i / blocks;
    const int64_t end = call.row_begin + rows * (i + 1) / blocks;
    for (int64_t p = call.panel_begin; p < call.panel_end; ++p) MultiplyPanel(call, begin, end, p);
  }
}

// One file an instruction set includes this, each in its own namespace.
// NOLINTNEXTLINE(misc-definitions-in-headers)
constinit const GemmCode kGemmCode = {kPanelVectors * kLanes, kLanes, kRegisterRows, RunGemm};

}  // namespace floe::cpu::FLOE_CPU_ISA

#endif  // FLOE_BACKENDS_CPU_GEMM_GEMM_IMPL_H_
