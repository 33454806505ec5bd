// Packed products, compiled once for each instruction set (see simd.h).
#ifndef FLOE_BACKENDS_CPU_PACKED_PACKED_IMPL_H_
#define FLOE_BACKENDS_CPU_PACKED_PACKED_IMPL_H_

#include "backends/cpu/packed/gather_impl.h"
#include "backends/cpu/packed/packed.h"
#include "backends/cpu/packed/tile.h"
#include "backends/cpu/packed/tile_end.h"

namespace floe::cpu::FLOE_CPU_ISA {

template <int kRows, int kVectors>
void MultiplyRows(const float* rows, int64_t block_floats, int64_t depth, const float* panel, Ahead ahead,
                  const TileOut& out) {
  Vec acc[kRows][kVectors];
  BeginSums<kRows, kVectors>(out, acc);
  AddSums<kRows, kVectors>(rows, block_floats, depth, panel, ahead, acc);
  FinishRows<kRows, kVectors>(out, acc);
}

using RowsFunction = void (*)(const float*, int64_t, int64_t, const float*, Ahead, const TileOut&);

template <int kVectors, int... kCounts>
RowsFunction RowsFunctionOf(int64_t rows, std::integer_sequence<int, kCounts...>) {
  static constexpr RowsFunction kFunctions[] = {MultiplyRows<kCounts + 1, kVectors>...};
  return kFunctions[rows - 1];
}

inline void MultiplyBlock(const PackedCall& call, const RowBlock& block, int64_t begin, int64_t end) {
  TileEnd end_of_tile(call);
  const int64_t tiles = (block.count + kRegisterRows - 1) / kRegisterRows;
  if (tiles == 0) return;
  const int64_t fewer = block.count / tiles;
  const int64_t tiles_of_more = block.count - fewer * tiles;
  const int64_t block_floats = block.count * kLanes;
  for (int64_t panel = begin; panel < end; ++panel) {
    const int64_t column = panel * kPanelVectors * kLanes;
    const int64_t left = call.columns - column;
    const int64_t columns = left < kPanelVectors * kLanes ? left : kPanelVectors * kLanes;
    const float* weights = call.weights + column * call.words;
    const int64_t width = columns <= kLanes ? kLanes : kPanelVectors * kLanes;
    const float* next = panel + 1 < end ? weights + width * call.words : nullptr;
    const NextPanel ahead = AskForNext(weights, call.words, width, tiles, next);
    int64_t first = 0;
    for (int64_t t = 0, rows = 0; t < tiles; ++t, first += rows) {
      rows = fewer + (t < tiles_of_more);
      const int64_t at = (block.first + first) * call.columns + column;
      const TileOut out = end_of_tile.Out(at, column, columns);
      const RowsFunction run = columns <= kLanes ? RowsFunctionOf<1>(rows, RowCounts())
                                                 : RowsFunctionOf<kPanelVectors>(rows, RowCounts());
      run(block.rows + first * kLanes, block_floats, call.words, weights, ahead.OfTile(t), out);
      end_of_tile.Finish(at, column, rows, columns);
    }
  }
}

// Pixels that are read where they lie: floats, or bf16 that a copy of the row has.
#if defined(__AVX512BF16__)
using DirectElement = uint16_t;
#else
using DirectElement = float;
#endif

// Where the windows of a tile's pixels lie: filter rows `pitch` apart, pixels `step` apart, in elements.
struct DirectTile {
  const DirectElement* first;
  int64_t pitch;
  int64_t step;
  int64_t filter_rows;
  int64_t run;  // words of a filter row
};

FLOE_INLINE float WordAt(const DirectElement* element) {
  float bits;
  __builtin_memcpy(&bits, element, sizeof(bits));
  return bits;
}

// `ahead`: of what the next tile writes; with so few sums for each output that is waited for else.
template <int kRows, int kVectors>
void MultiplyDirect(const DirectTile& tile, const float* panel, Ahead ahead, const TileOut& out) {
  Vec acc[kRows][kVectors];
  BeginSums<kRows, kVectors>(out, acc);
  // Pixel i of the tile lies at one of two places plus one of seven distances: pointers to all fourteen would
  // not fit the registers.
  constexpr int kHalf = 7;
  const int64_t step = tile.step;
  const int64_t distance[kHalf] = {0, step, 2 * step, 3 * step, 4 * step, 5 * step, 6 * step};
  for (int64_t r = 0; r < tile.filter_rows; ++r) {
    const DirectElement* first = tile.first + r * tile.pitch;
    const DirectElement* second = first + kHalf * step;
    int64_t k = 0;
#if defined(FLOE_NEON)
    for (; k + kLanes <= tile.run; k += kLanes, panel += kLanes * kVectors * kLanes) {
      Vec a[kRows];
#pragma GCC unroll 16
      for (int i = 0; i < kRows; ++i) a[i] = Load((i < kHalf ? first : second) + distance[i % kHalf]);
      AccumulateLanes(a, panel, acc);
      __builtin_prefetch(ahead.at);
      ahead.at += kLanes * ahead.step;
      first += kLanes;
      second += kLanes;
    }
#endif
    for (; k < tile.run; ++k, panel += kVectors * kLanes, ahead.at += ahead.step) {
      asm("" : "+r"(first), "+r"(second));  // or the compiler makes them fourteen
      __builtin_prefetch(ahead.at);
      Vec column[kVectors];
#pragma GCC unroll 2
      for (int v = 0; v < kVectors; ++v) column[v] = Load(panel + v * kLanes);
#pragma GCC unroll 16
      for (int i = 0; i < kRows; ++i) {
        const Vec a = Splat(WordAt((i < kHalf ? first : second) + distance[i % kHalf]));
#pragma GCC unroll 2
        for (int v = 0; v < kVectors; ++v) acc[i][v] = MultiplyAdd(a, column[v], acc[i][v]);
      }
      first += kDepths;
      second += kDepths;
    }
  }
  FinishRows<kRows, kVectors>(out, acc);
}

using DirectFunction = void (*)(const DirectTile&, const float*, Ahead, const TileOut&);

template <int kVectors, int... kCounts>
DirectFunction DirectFunctionOf(int64_t rows, std::integer_sequence<int, kCounts...>) {
  static constexpr DirectFunction kFunctions[] = {MultiplyDirect<kCounts + 1, kVectors>...};
  return kFunctions[rows - 1];
}

#if defined(__AVX512BF16__)

// The filter's rows [first, last) of the input under an output row, rounded, each between zeros that stay.
class DirectRows {
 public:
  DirectRows(const Window& w, float* memory)
      : window_(w), pitch_(2 * DirectRowWords(w)), rows_(reinterpret_cast<uint16_t*>(memory)) {
    ZeroRun(w.kernel[1] * pitch_, rows_);
  }

  void Fill(const float* image, int64_t y, int64_t first, int64_t last) {
    const Window& w = window_;
    filter_rows_ = last - first;
    const int64_t span = (w.output[2] - 1) * w.stride[2] + w.kernel[2] - w.pad[2];
    const int64_t count = (span < w.input[2] ? span : w.input[2]) * w.channels;
    for (int64_t r = first; r < last; ++r) {
      const float* from = image + (y + r * w.dilation[1]) * w.input[2] * w.channels;
      uint16_t* to = rows_ + (r - first) * pitch_ + w.pad[2] * w.channels;
      int64_t i = 0;
      for (; i + kLanes <= count; i += kLanes) StoreBf16(to + i, Load(from + i), kLanes);
      if (i < count) StoreBf16(to + i, LoadPart(from + i, count - i), count - i);
    }
  }

  DirectTile Place(int64_t x, int64_t) const {
    const int64_t step = window_.stride[2] * window_.channels;
    return {rows_ + x * step, pitch_, step, filter_rows_, (window_.kernel[2] * window_.channels + 1) / 2};
  }

 private:
  const Window& window_;
  int64_t pitch_;
  uint16_t* rows_;
  int64_t filter_rows_ = 0;
};

#else

// The windows of output pixels [x, x + count) of a row, whose filter rows [first, last) lie in the image.
FLOE_INLINE DirectTile PlaceDirect(const Window& w, const float* image, int64_t y, int64_t x, int64_t count,
                                   int64_t first, int64_t last, float* edge) {
  const int64_t start = x * w.stride[2] - w.pad[2];
  const int64_t span = (count - 1) * w.stride[2] + w.kernel[2];
  DirectTile tile{};
  tile.step = w.stride[2] * w.channels;
  tile.filter_rows = last - first;
  tile.run = w.kernel[2] * w.channels;
  tile.pitch = w.dilation[1] * w.input[2] * w.channels;
  tile.first = image + ((y + first * w.dilation[1]) * w.input[2] + start) * w.channels;
  if (start >= 0 && start + span <= w.input[2]) return tile;
  const int64_t before = start < 0 ? (-start < span ? -start : span) : 0;
  const int64_t over = start + span - w.input[2];
  const int64_t after = over > 0 ? (over < span - before ? over : span - before) : 0;
  for (int64_t r = 0; r < tile.filter_rows; ++r) {
    float* to = edge + r * span * w.channels;
    ZeroRun(before * w.channels, to);
    CopyRun(tile.first + r * tile.pitch + before * w.channels, (span - before - after) * w.channels,
            to + before * w.channels);
    ZeroRun(after * w.channels, to + (span - after) * w.channels);
  }
  tile.first = edge;
  tile.pitch = span * w.channels;
  return tile;
}

// The same as of a copy: here tiles lie in the image, but for those at its sides.
class DirectRows {
 public:
  DirectRows(const Window& w, float* edge) : window_(w), edge_(edge) {}

  void Fill(const float* image, int64_t y, int64_t first, int64_t last) {
    image_ = image;
    y_ = y;
    first_ = first;
    last_ = last;
  }
  FLOE_INLINE DirectTile Place(int64_t x, int64_t count) const {
    return PlaceDirect(window_, image_, y_, x, count, first_, last_, edge_);
  }

 private:
  const Window& window_;
  float* edge_;
  const float* image_ = nullptr;
  int64_t y_ = 0;
  int64_t first_ = 0;
  int64_t last_ = 0;
};

#endif

inline void RunDirect(const PackedCall& call, const Window& w, const float* input, int64_t begin, int64_t end,
                      float* edge) {
  TileEnd end_of_tile(call);
  DirectRows rows(w, edge);
  const int64_t element = call.bf16_output ? sizeof(uint16_t) : sizeof(float);
  const int64_t tiles = (w.output[2] + kRegisterRows - 1) / kRegisterRows;
  for (int64_t row = begin; row < end; ++row) {
    const int64_t y = row % w.output[1] * w.stride[1] - w.pad[1];
    const float* image = input + row / w.output[1] * w.input[1] * w.input[2] * w.channels;
    int64_t first = 0;
    int64_t last = w.kernel[1];
    while (first < last && y + first * w.dilation[1] < 0) ++first;
    while (first < last && y + (last - 1) * w.dilation[1] >= w.input[1]) --last;
    rows.Fill(image, y, first, last);
    for (int64_t t = 0; t < tiles; ++t) {
      const int64_t x = w.output[2] * t / tiles;
      const int64_t count = w.output[2] * (t + 1) / tiles - x;
      const DirectTile tile = rows.Place(x, count);
      for (int64_t column = 0; column < call.columns; column += kPanelVectors * kLanes) {
        const int64_t left = call.columns - column;
        const int64_t columns = left < kPanelVectors * kLanes ? left : kPanelVectors * kLanes;
        const int64_t width = columns <= kLanes ? kLanes : kPanelVectors * kLanes;
        const int64_t at = ((row - call.first_row) * w.output[2] + x) * call.columns + column;
        const TileOut out = end_of_tile.Out(at, column, columns);
        const float* panel = call.weights + column * call.words + first * tile.run * width;
        const DirectFunction run = width == kLanes ? DirectFunctionOf<1>(count, RowCounts())
                                                   : DirectFunctionOf<kPanelVectors>(count, RowCounts());
        // This panel's share of what the next tile writes.
        const int64_t next = at - column + count * (call.columns + column);
        const Ahead ahead{static_cast<const char*>(call.output) + next * element,
                          count * columns * element / (tile.filter_rows * tile.run + 1)};
        run(tile, panel, ahead, out);
        end_of_tile.Finish(at, column, count, columns);
      }
    }
  }
}

// One file an instruction set includes this, each in its own namespace.
// NOLINTNEXTLINE(misc-definitions-in-headers)
constinit const PackedCode kPackedCode = {.panel = kPanelVectors * kLanes,
                                          .vector = kLanes,
                                          .tile_rows = kRegisterRows,
                                          .depths = kDepths,
                                          .gather = Gather,
                                          .gather_bf16 = GatherBf16,
                                          .gather_mapped = GatherMapped,
                                          .multiply = MultiplyBlock,
                                          .direct = RunDirect};

}  // namespace floe::cpu::FLOE_CPU_ISA

#endif  // FLOE_BACKENDS_CPU_PACKED_PACKED_IMPL_H_
