// Depthwise convolution, compiled once for each instruction set (see simd.h).
#ifndef FLOE_BACKENDS_CPU_DEPTHWISE_DEPTHWISE_IMPL_H_
#define FLOE_BACKENDS_CPU_DEPTHWISE_DEPTHWISE_IMPL_H_

#include "backends/cpu/activation_impl.h"
#include "backends/cpu/depthwise/depthwise.h"
#include "backends/cpu/depthwise/square_impl.h"

namespace floe::cpu::FLOE_CPU_ISA {

// Input rows that meet the filter, for one output row or for two neighbouring ones.
struct FilterRows {
  int64_t count = 0;
  const float* pixels[2 * kMostFilterRows];      // input row, at x = 0
  const float* weights[2][2 * kMostFilterRows];  // of each output row: the filter row's first tap; or null
};

// Outputs of a tile: seven, into which the sizes of most networks divide, where there are registers for two
// rows of them.
constexpr int kWidePixels = kRegisters == 32 ? 7 : 4;
// Rows of a tile where the stride is 1, so that they read most input rows together; sixteen registers are
// just enough with FMA, which generic code lacks.
constexpr int kTallRows = kLanes >= 8 || kRegisters == 32 ? 2 : 1;

// Channels of a large window that pass along a row together.
constexpr int64_t kChunkVectors = 4;

struct OutputRow {
  float* output;          // at x = 0
  const float* residual;  // or null
  int64_t pixel_pitch;
  int64_t channel_pitch;

  int64_t At(int64_t x, int64_t c) const { return x * pixel_pitch + c * channel_pitch; }
};

FLOE_INLINE Vec LoadUpTo(const float* p, int64_t lanes) {
  return kMasksAreFree || lanes < kLanes ? LoadPart(p, lanes) : Load(p);
}

FLOE_INLINE Vec LoadOnce(const float* p, int64_t lanes) {
  return InRegister(LoadUpTo(p, lanes));
}

FLOE_INLINE void StoreUpTo(float* p, Vec x, int64_t lanes) {
  if (kMasksAreFree || lanes < kLanes) {
    StorePart(p, x, lanes);
  } else {
    Store(p, x);
  }
}

// block(first channel, lanes) for each vector of channels.
template <typename F>
FLOE_INLINE void ForEachVector(int64_t begin, int64_t end, F block) {
  int64_t c = begin;
  if (kMasksAreFree) {
    for (; c < end; c += kLanes) block(c, end - c < kLanes ? end - c : kLanes);
    return;
  }
  for (; c + kLanes <= end; c += kLanes) block(c, kLanes);
  if (c < end) block(c, end - c);
}

FLOE_INLINE void FinishPixel(const OutputRow& row, int64_t at, int64_t lanes, Vec x, bool clamp, Vec low,
                             Vec high) {
  if (row.residual != nullptr) x += LoadUpTo(row.residual + at, lanes);
  if (clamp) x = AtMost(AtLeast(x, low), high);
  StoreUpTo(row.output + at, x, lanes);
}

// Where a tile reads: its first tap's input pixel, and the input's size.
struct TilePlace {
  int64_t start;
  int64_t width;
  int64_t channels;
};

// What one input row, at `in`, gives to one output row, or with kSecond to two, of kPixels neighbouring
// outputs. kEdge: some taps lie beyond the sides of the image. kWidth taps a filter row and kStride are known
// to the compiler: an input pixel is loaded once for all outputs it meets.
template <int kWidth, int kStride, int kPixels, bool kEdge, bool kSecond>
FLOE_INLINE void AddInputRow(const TilePlace& place, const float* in, const float* first_weights,
                             const float* second_weights, int64_t lanes, Vec (&acc)[kPixels],
                             Vec (&second)[kPixels]) {
  constexpr int kSpan = (kPixels - 1) * kStride + kWidth;
  Vec weight[kWidth];
  Vec second_weight[kWidth];
#pragma GCC unroll 8
  for (int k = 0; k < kWidth; ++k) {
    weight[k] = LoadOnce(first_weights + k * place.channels, lanes);
    if (kSecond) second_weight[k] = LoadOnce(second_weights + k * place.channels, lanes);
  }
#pragma GCC unroll 32
  for (int j = 0; j < kSpan; ++j, in += place.channels) {
    if (kEdge && (place.start + j < 0 || place.start + j >= place.width)) continue;
    const Vec v = LoadOnce(in, lanes);
#pragma GCC unroll 8
    for (int k = 0; k < kWidth; ++k) {
      const int offset = j - k;
      if (offset < 0 || offset % kStride != 0 || offset / kStride >= kPixels) continue;
      const int t = offset / kStride;
      acc[t] = Fma(v, weight[k], acc[t]);
      if (kSecond) second[t] = Fma(v, second_weight[k], second[t]);
    }
  }
}

template <int kPixels, bool kEdge>
FLOE_INLINE void FinishTile(const OutputRow& row, int64_t at, int64_t pixels, int64_t lanes, bool clamp,
                            Vec low, Vec high, Vec (&acc)[kPixels]) {
#pragma GCC unroll 8
  for (int t = 0; t < kPixels; ++t, at += row.pixel_pitch) {
    if (kEdge && t >= pixels) break;
    FinishPixel(row, at, lanes, acc[t], clamp, low, high);
  }
}

// One or, with kTall = 2, perhaps two output rows.
struct RowsCall {
  const DepthwiseCall& call;
  const FilterRows& rows;
  OutputRow first;
  OutputRow second;
  bool two;
};

// kPixels neighbouring outputs of each row.
template <int kWidth, int kStride, int kPixels, int kTall, bool kEdge>
FLOE_INLINE void Tile(const RowsCall& rows_call, int64_t x) {
  const DepthwiseCall& call = rows_call.call;
  const FilterRows& rows = rows_call.rows;
  // Copies: what is stored through the rows might else be the rows themselves.
  const OutputRow row = rows_call.first;
  const OutputRow below = rows_call.second;
  const bool two = kTall == 2 && rows_call.two;
  const bool clamp = call.activation.kind == ActivationKind::kClamp;
  const Vec low = Splat(call.activation.a);
  const Vec high = Splat(call.activation.b);
  const float* bias = call.bias;
  const TilePlace place = {x * kStride - call.window->pad[2], call.window->input[2],
                           call.window->output_channels};
  const int64_t pixels = call.window->output[2] - x;
  ForEachVector(
      call.channel_begin, call.channel_end, [&](int64_t c, int64_t lanes) __attribute__((always_inline)) {
        Vec acc[kPixels];
        Vec second[kPixels];
        const Vec first = bias == nullptr ? Splat(0.0f) : LoadUpTo(bias + c, lanes);
#pragma GCC unroll 8
        for (int t = 0; t < kPixels; ++t) acc[t] = second[t] = first;
        for (int64_t r = 0; r < rows.count; ++r) {
          const float* in = rows.pixels[r] + place.start * place.channels + c;
          const float* w0 = rows.weights[0][r];
          const float* w1 = rows.weights[1][r];
          if (kTall == 1 || w1 == nullptr) {
            AddInputRow<kWidth, kStride, kPixels, kEdge, false>(place, in, w0 + c, nullptr, lanes, acc,
                                                                second);
          } else if (w0 == nullptr) {
            AddInputRow<kWidth, kStride, kPixels, kEdge, false>(place, in, w1 + c, nullptr, lanes, second,
                                                                acc);
          } else {
            AddInputRow<kWidth, kStride, kPixels, kEdge, true>(place, in, w0 + c, w1 + c, lanes, acc, second);
          }
        }
        FinishTile<kPixels, kEdge>(row, row.At(x, c), pixels, lanes, clamp, low, high, acc);
        if (!two) return;
        FinishTile<kPixels, kEdge>(below, below.At(x, c), pixels, lanes, clamp, low, high, second);
      });
}

// One output of any window.
inline void AnyPixel(const DepthwiseCall& call, const FilterRows& rows, const OutputRow& row, int64_t x) {
  const Window& w = *call.window;
  const int64_t channels = w.output_channels;
  const bool clamp = call.activation.kind == ActivationKind::kClamp;
  const Vec low = Splat(call.activation.a);
  const Vec high = Splat(call.activation.b);
  const int64_t start = x * w.stride[2] - w.pad[2];
  int64_t first = 0;
  int64_t last = w.kernel[2];
  while (first < last && start + first * w.dilation[2] < 0) ++first;
  while (first < last && start + (last - 1) * w.dilation[2] >= w.input[2]) --last;
  const auto block = [&](int64_t c, int64_t lanes) __attribute__((always_inline)) {
    Vec acc = call.bias == nullptr ? Splat(0.0f) : LoadUpTo(call.bias + c, lanes);
    for (int64_t r = 0; r < rows.count; ++r) {
      for (int64_t k = first; k < last; ++k) {
        const Vec v = LoadUpTo(rows.pixels[r] + (start + k * w.dilation[2]) * channels + c, lanes);
        acc = Fma(v, LoadUpTo(rows.weights[0][r] + k * channels + c, lanes), acc);
      }
    }
    FinishPixel(row, row.At(x, c), lanes, acc, clamp, low, high);
  };
  ForEachVector(call.channel_begin, call.channel_end, block);
}

template <int kWidth, int kStride, int kPixels, int kTall>
void RunTiles(const RowsCall& r) {
  const Window& w = *r.call.window;
  for (int64_t x = 0; x < w.output[2]; x += kPixels) {
    const int64_t start = x * kStride - w.pad[2];
    const bool inside = start >= 0 && start + (kPixels - 1) * kStride + kWidth <= w.input[2];
    if (inside && x + kPixels <= w.output[2]) {
      Tile<kWidth, kStride, kPixels, kTall, false>(r, x);
    } else {
      Tile<kWidth, kStride, kPixels, kTall, true>(r, x);
    }
  }
}

// Wide tiles, or such of four where fewer outputs are wasted. Of smaller filters only what SquareCodeFor()
// doesn't know comes here.
template <int kWidth, int kStride, int kTall>
void RunRows(const RowsCall& r) {
  if constexpr (kWidePixels != 4 && kWidth == 7) {
    const int64_t width = r.call.window->output[2];
    const int64_t wide = (width + kWidePixels - 1) / kWidePixels * kWidePixels;
    if (wide <= (width + 3) / 4 * 4) return RunTiles<kWidth, kStride, kWidePixels, kTall>(r);
  }
  RunTiles<kWidth, kStride, 4, kTall>(r);
}

inline void RunAnyRow(const RowsCall& r) {
  for (int64_t x = 0; x < r.call.window->output[2]; ++x) AnyPixel(r.call, r.rows, r.first, x);
}

struct RowsFunction {
  void (*run)(const RowsCall&);
  int64_t rows;  // that it takes at most
};

inline RowsFunction RowsFunctionFor(const Window& w) {
  if (w.dilation[2] != 1) return {RunAnyRow, 1};
  switch (w.kernel[2] * 10 + w.stride[2]) {
    case 31:
      return {RunRows<3, 1, kTallRows>, kTallRows};
    case 32:
      return {RunRows<3, 2, 1>, 1};
    case 51:
      return {RunRows<5, 1, kTallRows>, kTallRows};
    case 52:
      return {RunRows<5, 2, 1>, 1};
    case 71:
      return {RunRows<7, 1, kTallRows>, kTallRows};
    default:
      return {RunAnyRow, 1};
  }
}

// Adds the input rows of output row `index` of batch * z * y, as the `which`-th of the tile's.
FLOE_INLINE OutputRow PlaceRow(const DepthwiseCall& call, int64_t index, int which, FilterRows* rows) {
  const Window& w = *call.window;
  const int64_t y = index % w.output[1];
  const int64_t z = index / w.output[1] % w.output[0];
  const int64_t n = index / w.output[1] / w.output[0];
  const int64_t pitch = w.input[2] * w.output_channels;
  int64_t at = 0;  // rows come in the order of memory
  for (int64_t kz = 0; kz < w.kernel[0]; ++kz) {
    const int64_t iz = z * w.stride[0] - w.pad[0] + kz * w.dilation[0];
    if (iz < 0 || iz >= w.input[0]) continue;
    for (int64_t ky = 0; ky < w.kernel[1]; ++ky) {
      const int64_t iy = y * w.stride[1] - w.pad[1] + ky * w.dilation[1];
      if (iy < 0 || iy >= w.input[1]) continue;
      const int64_t input_row = (n * w.input[0] + iz) * w.input[1] + iy;
      const float* pixels = call.input + (input_row - call.first_input_row) * pitch;
      while (at < rows->count && rows->pixels[at] != pixels) ++at;
      if (at == rows->count) {
        rows->pixels[rows->count] = pixels;
        rows->weights[0][rows->count] = rows->weights[1][rows->count] = nullptr;
        ++rows->count;
      }
      rows->weights[which][at] = call.weights + (kz * w.kernel[1] + ky) * w.kernel[2] * w.output_channels;
    }
  }
  const int64_t place = (index - call.first_row) * w.output[2] * call.pixel_pitch;
  return {call.output + place, call.residual == nullptr ? nullptr : call.residual + place, call.pixel_pitch,
          call.channel_pitch};
}

inline void ActivatePixels(const DepthwiseCall& call, const OutputRow& row) {
  const Window& w = *call.window;
  const int64_t step = row.channel_pitch == 1 ? call.channel_end - call.channel_begin : kLanes;
  for (int64_t c = call.channel_begin; c < call.channel_end; c += step) {
    Activation activation = call.activation;
    if (activation.slope != nullptr) activation.slope += c;
    const int64_t left = call.channel_end - c;
    Activate(activation, row.output + row.At(0, c), w.output[2], left < step ? left : step, row.pixel_pitch);
  }
}

// The sums over the pixels of an output row that has just been written.
inline void SumPixels(const DepthwiseCall& call, const OutputRow& row, int64_t index) {
  float* sums = call.row_sums + index * call.window->output_channels;
  const int64_t pixels = call.window->output[2];
  ForEachVector(call.channel_begin, call.channel_end, [&](int64_t c, int64_t lanes) {
    // One sum alone would wait for each addition.
    Vec acc[4] = {Splat(0.0f), Splat(0.0f), Splat(0.0f), Splat(0.0f)};
    const float* from = row.output + c;
    int64_t x = 0;
    for (; x + 4 <= pixels; x += 4, from += 4 * row.pixel_pitch) {
      for (int i = 0; i < 4; ++i) acc[i] += LoadUpTo(from + i * row.pixel_pitch, lanes);
    }
    for (; x < pixels; ++x, from += row.pixel_pitch) acc[0] += LoadUpTo(from, lanes);
    const Vec sum = (acc[0] + acc[1]) + (acc[2] + acc[3]);
    StoreUpTo(sums + c, sum, lanes);
  });
}

inline void RunDepthwise(const DepthwiseCall& call) {
  const RowsFunction function = RowsFunctionFor(*call.window);
  const SquareCode square = SquareCodeFor(call);
  const ActivationKind kind = call.activation.kind;
  const bool activate = !(square.run[0] != nullptr ? InSquareTile(kind) : InEpilogue(kind));
  const int64_t tall = square.run[1] != nullptr ? 2 : function.rows;
  // Of a large window's weights only so many channels' stay in the first-level cache along a row.
  const int64_t chunk = call.window->taps() <= 9 ? call.channel_end : kChunkVectors * kLanes;
  FilterRows rows;
  for (int64_t r = call.row_begin; r < call.row_end;) {
    // Two rows of the same image.
    const bool two = tall == 2 && r + 1 < call.row_end && (r + 1) % call.window->output[1] != 0;
    rows.count = 0;
    const OutputRow first = PlaceRow(call, r, 0, &rows);
    const OutputRow second = two ? PlaceRow(call, r + 1, 1, &rows) : first;
    DepthwiseCall part = call;
    for (part.channel_begin = call.channel_begin; part.channel_begin < call.channel_end;) {
      const int64_t left = call.channel_end - part.channel_begin;
      part.channel_end = part.channel_begin + (left < chunk ? left : chunk);
      if (square.run[two] != nullptr) {
        square.run[two](part, PlaceSquareRows(call, r, two));
      } else {
        function.run({part, rows, first, second, two});
      }
      part.channel_begin = part.channel_end;
    }
    if (activate) ActivatePixels(call, first);
    if (activate && two) ActivatePixels(call, second);
    if (call.row_sums != nullptr) SumPixels(call, first, r);
    if (call.row_sums != nullptr && two) SumPixels(call, second, r + 1);
    r += two ? 2 : 1;
  }
}

// One file an instruction set includes this, each in its own namespace.
// NOLINTNEXTLINE(misc-definitions-in-headers)
constinit const DepthwiseCode kDepthwiseCode = RunDepthwise;

}  // namespace floe::cpu::FLOE_CPU_ISA

#endif  // FLOE_BACKENDS_CPU_DEPTHWISE_DEPTHWISE_IMPL_H_
