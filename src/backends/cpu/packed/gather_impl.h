// How the pixels under a product's windows become its packed rows, compiled once for each instruction set
// (see simd.h).
#ifndef FLOE_BACKENDS_CPU_PACKED_GATHER_IMPL_H_
#define FLOE_BACKENDS_CPU_PACKED_GATHER_IMPL_H_

#include "backends/cpu/packed/packed.h"
#include "backends/cpu/packed/tile.h"
#include "backends/cpu/simd_bf16.h"

namespace floe::cpu::FLOE_CPU_ISA {

// Depths of a row as they lie.
struct PlainRow {
  const float* from;

  FLOE_INLINE Vec At(int64_t i) const { return Load(from + i); }
  FLOE_INLINE Vec Part(int64_t i, int64_t count) const { return LoadPart(from + i, count); }
};

// A block of depths, each times a number of its own, plus another, clamped; `Row` is what it is before.
struct DepthMap {
  Vec scale[kDepths];
  Vec offset[kDepths];
  Vec low, high;

  // Of depths [0, count) of those that begin there.
  DepthMap(const float* scales, const float* offsets, int64_t count, Vec least, Vec most)
      : low(least), high(most) {
    for (int d = 0; d < kDepths; ++d) {
      const int64_t left = count - d * kLanes;
      const int64_t lanes = left < 0 ? 0 : left < kLanes ? left : kLanes;
      scale[d] = LoadPart(scales + d * kLanes, lanes);
      offset[d] = LoadPart(offsets + d * kLanes, lanes);
    }
  }
};

template <typename Row>
struct MappedRow {
  Row from;
  const DepthMap& map;

  FLOE_INLINE Vec Map(Vec x, int64_t i) const {
    return AtMost(AtLeast(Fma(x, map.scale[i / kLanes], map.offset[i / kLanes]), map.low), map.high);
  }
  FLOE_INLINE Vec At(int64_t i) const { return Map(from.At(i), i); }
  FLOE_INLINE Vec Part(int64_t i, int64_t count) const { return Map(from.Part(i, count), i); }
};

// One row of depths to its place among `count` rows.
#if defined(__AVX512BF16__)
// What is rounded already is copied.
FLOE_INLINE void SpreadRow(Bf16Row row, int64_t depth, int64_t count, float* to) {
  constexpr int64_t kStep = 2 * kLanes;
  for (int64_t i = 0; i < depth; i += kStep, to += count * kLanes) {
    _mm512_storeu_si512(to, _mm512_maskz_loadu_epi16(FirstShorts(depth - i), row.from + i));
  }
}

template <typename Row>
FLOE_INLINE void SpreadRow(Row row, int64_t depth, int64_t count, float* to) {
  constexpr int64_t kStep = 2 * kLanes;
  int64_t i = 0;
  for (; i + kStep <= depth; i += kStep, to += count * kLanes) {
    Store(to, reinterpret_cast<Vec>(_mm512_cvtne2ps_pbh(row.At(i + kLanes), row.At(i))));
  }
  const int64_t left = depth - i;
  if (left <= 0) return;
  const Vec low = left >= kLanes ? row.At(i) : row.Part(i, left);
  const Vec high = left > kLanes ? row.Part(i + kLanes, left - kLanes) : Splat(0.0f);
  Store(to, reinterpret_cast<Vec>(_mm512_cvtne2ps_pbh(high, low)));
}
#else
template <typename Row>
FLOE_INLINE void SpreadRow(Row row, int64_t depth, int64_t count, float* to) {
  int64_t i = 0;
  for (; i + kLanes <= depth; i += kLanes, to += count * kLanes) Store(to, row.At(i));
  if (i < depth) Store(to, row.Part(i, depth - i));
}
#endif

FLOE_INLINE void CopyRun(const float* from, int64_t count, float* to) {
  for (; count >= kLanes; count -= kLanes, from += kLanes, to += kLanes) Store(to, Load(from));
  if (count > 0) StorePart(to, LoadPart(from, count), count);
}

FLOE_INLINE void ZeroRun(int64_t count, float* to) {
  for (; count >= kLanes; count -= kLanes, to += kLanes) Store(to, Splat(0.0f));
  if (count > 0) StorePart(to, Splat(0.0f), count);
}

// The pixels under the window whose first one is (y, x), one after the other.
template <typename T>
inline void CopyWindow(const Window& w, const T* image, int64_t y, int64_t x, T* to) {
  const int64_t pixel = w.channels;
  const int64_t step = w.dilation[2];
  int64_t first = 0;
  int64_t last = w.kernel[2];
  while (first < last && x + first * step < 0) ++first;
  while (first < last && x + (last - 1) * step >= w.input[2]) --last;
  for (int64_t k = 0; k < w.kernel[1]; ++k, to += w.kernel[2] * pixel) {
    const int64_t row = y + k * w.dilation[1];
    if (row < 0 || row >= w.input[1]) {
      ZeroRun(w.kernel[2] * pixel, to);
      continue;
    }
    const T* from = image + (row * w.input[2] + x) * pixel;
    ZeroRun(first * pixel, to);
    if (step == 1) {
      CopyRun(from + first * pixel, (last - first) * pixel, to + first * pixel);
    } else {
      for (int64_t t = first; t < last; ++t) CopyRun(from + t * step * pixel, pixel, to + t * pixel);
    }
    ZeroRun((w.kernel[2] - last) * pixel, to + last * pixel);
  }
}

// The same to its place among `count` rows, pixel by pixel, where each fills whole vectors.
template <typename Row, typename T>
inline void SpreadWindow(const Window& w, const T* image, int64_t y, int64_t x, int64_t count, float* to) {
  const int64_t floats = w.channels / kDepths * count;
  for (int64_t k = 0; k < w.kernel[1]; ++k) {
    const int64_t row = y + k * w.dilation[1];
    const bool row_is_real = row >= 0 && row < w.input[1];
    for (int64_t t = 0; t < w.kernel[2]; ++t, to += floats) {
      const int64_t column = x + t * w.dilation[2];
      if (row_is_real && column >= 0 && column < w.input[2]) {
        SpreadRow(Row{image + (row * w.input[2] + column) * w.channels}, w.channels, count, to);
      } else {
        for (int64_t i = 0; i < floats; i += count * kLanes) Store(to + i, Splat(0.0f));
      }
    }
  }
}

// put(row, image, y, x) for output pixels [begin, end) of the block: its row, and where its window begins.
template <typename F>
FLOE_INLINE void ForEachPixel(const Window& w, const RowBlock& block, int64_t begin, int64_t end, F put) {
  const int64_t place = block.first + begin;
  int64_t x = place % w.output[2];
  int64_t y = place / w.output[2] % w.output[1];
  int64_t n = place / w.output[2] / w.output[1];
  for (int64_t i = begin; i < end; ++i) {
    put(block.rows + i * kLanes, n, y * w.stride[1] - w.pad[1], x * w.stride[2] - w.pad[2]);
    if (++x < w.output[2]) continue;
    x = 0;
    if (++y < w.output[1]) continue;
    y = 0;
    ++n;
  }
}

// Pixels [begin, end) of the block, block of depths by block of depths for some of them. at(c, count) gives
// what of a pixel gives its depths [c, c + count), `to` is where the first block's go.
template <typename F>
FLOE_INLINE void SpreadPixels(const RowBlock& block, int64_t begin, int64_t end, int64_t depth, F at,
                              float* to) {
  constexpr int64_t kStep = kDepths * kLanes;
  // So many stay in the first-level cache from one block of depths to the next.
  constexpr int64_t kPixels = 32;
  for (int64_t first = begin; first < end; first += kPixels) {
    const int64_t last = end - first < kPixels ? end : first + kPixels;
    float* out = to;
    int64_t c = 0;
    for (; c + kStep <= depth; c += kStep, out += block.count * kLanes) {
      const auto row_of = at(c, kStep);
      for (int64_t i = first; i < last; ++i) SpreadRow(row_of(i), kStep, 0, out + i * kLanes);
    }
    if (c == depth) continue;
    const auto row_of = at(c, depth - c);
    for (int64_t i = first; i < last; ++i) SpreadRow(row_of(i), depth - c, 0, out + i * kLanes);
  }
}

// Row is what reads a T.
template <typename Row, typename T>
inline void GatherRows(const Window& w, const T* input, const RowBlock& block, int64_t begin, int64_t end,
                       T* row) {
  const int64_t depth = w.taps() * w.channels;
  const int64_t image = w.input[1] * w.input[2] * w.channels;
  if (PixelsAreRows(w)) {
    const T* first = input + block.first * depth;
    const auto at = [&](int64_t c, int64_t) __attribute__((always_inline)) {
      return [=](int64_t i) __attribute__((always_inline)) {
        return Row{first + i * depth + c};
      };
    };
    return SpreadPixels(block, begin, end, depth, at, block.rows);
  }
  const bool single = w.taps() == 1 && w.pad[1] == 0 && w.pad[2] == 0;
  const bool whole = w.channels % (kDepths * kLanes) == 0;
  ForEachPixel(
      w, block, begin, end, [&](float* to, int64_t n, int64_t y, int64_t x) __attribute__((always_inline)) {
        if (single) {
          SpreadRow(Row{input + n * image + (y * w.input[2] + x) * w.channels}, depth, block.count, to);
        } else if (whole) {
          SpreadWindow<Row>(w, input + n * image, y, x, block.count, to);
        } else {
          CopyWindow(w, input + n * image, y, x, row);
          SpreadRow(Row{row}, depth, block.count, to);
        }
      });
}

inline void Gather(const Window& w, const float* input, const RowBlock& block, int64_t begin, int64_t end,
                   float* row) {
  GatherRows<PlainRow>(w, input, block, begin, end, row);
}

#if defined(__AVX512BF16__)
inline void GatherBf16(const Window& w, const uint16_t* input, const RowBlock& block, int64_t begin,
                       int64_t end, uint16_t* row) {
  GatherRows<Bf16Row>(w, input, block, begin, end, row);
}
#else
constexpr decltype(PackedCode::gather_bf16) GatherBf16 = nullptr;
#endif

inline void GatherMapped(const Window& w, const PixelMap& map, const RowBlock& block, int64_t begin,
                         int64_t end) {
  const Vec low = Splat(map.low);
  const Vec high = Splat(map.high);
  // Rows [first, last) of the block, pixels of image n: of row i the one at `pixel` + i * step.
  const auto gather = [&](int64_t n, int64_t first, int64_t last, int64_t pixel, int64_t step) {
    const float* scale = map.scale + n * map.scale_pitch;
    const float* offset = map.offset;
    float* to = block.rows;
    for (int64_t p = 0; p < map.part_count; ++p) {
      const int64_t channels = map.parts[p].channels;
      const auto spread = [&](auto row_at) __attribute__((always_inline)) {
        using Row = decltype(row_at(int64_t{0}));
        const auto at = [&](int64_t c, int64_t count) __attribute__((always_inline)) {
          const DepthMap depths(scale + c, offset + c, count, low, high);
          return [=](int64_t i) __attribute__((always_inline)) {
            return MappedRow<Row>{row_at((pixel + i * step) * channels + c), depths};
          };
        };
        SpreadPixels(block, first, last, channels, at, to);
      };
#if defined(__AVX512BF16__)
      if (map.parts[p].bf16) {
        const auto* elements = static_cast<const uint16_t*>(map.parts[p].first);
        spread([=](int64_t i) { return Bf16Row{elements + i}; });
      } else {
        const auto* elements = static_cast<const float*>(map.parts[p].first);
        spread([=](int64_t i) { return PlainRow{elements + i}; });
      }
#else
      const auto* elements = static_cast<const float*>(map.parts[p].first);
      spread([=](int64_t i) { return PlainRow{elements + i}; });
#endif
      scale += channels;
      offset += channels;
      to += channels / kDepths * block.count;
    }
  };
  // Runs of neighbouring pixels: images, or rows of them.
  const bool whole = PixelsAreRows(w);
  const int64_t run = whole ? w.output[1] * w.output[2] : w.output[2];
  for (int64_t i = begin; i < end;) {
    const int64_t place = block.first + i;
    const int64_t left = run - place % run;
    const int64_t last = end - i < left ? end : i + left;
    const int64_t n = place / (w.output[1] * w.output[2]);
    const int64_t x = whole ? 0 : place % w.output[2] * w.stride[2];
    const int64_t y = whole ? 0 : place / w.output[2] % w.output[1] * w.stride[1];
    const int64_t pixel = whole ? place : (n * w.input[1] + y) * w.input[2] + x;
    const int64_t step = whole ? 1 : w.stride[2];
    gather(n, i, last, pixel - i * step, step);
    i = last;
  }
}

}  // namespace floe::cpu::FLOE_CPU_ISA

#endif  // FLOE_BACKENDS_CPU_PACKED_GATHER_IMPL_H_
