// Depthwise convolution, compiled once for each instruction set (see simd.h).
#ifndef FLOE_BACKENDS_CPU_DEPTHWISE_DEPTHWISE_IMPL_H_
#define FLOE_BACKENDS_CPU_DEPTHWISE_DEPTHWISE_IMPL_H_

#include "backends/cpu/activation_impl.h"
#include "backends/cpu/depthwise/depthwise.h"

namespace floe::cpu::FLOE_CPU_ISA {

// The filter rows that meet the image, for one output row.
struct FilterRows {
  int64_t count = 0;
  const float* pixels[kMostFilterRows];   // input row, at x = 0
  const float* weights[kMostFilterRows];  // of the row's first tap
};

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
  return lanes < kLanes ? LoadPart(p, lanes) : Load(p);
}

FLOE_INLINE void FinishPixel(const OutputRow& row, int64_t at, int64_t lanes, Vec x, bool clamp, Vec low,
                             Vec high) {
  if (row.residual != nullptr) x += LoadUpTo(row.residual + at, lanes);
  if (clamp) x = AtMost(AtLeast(x, low), high);
  if (lanes < kLanes) {
    StorePart(row.output + at, x, lanes);
  } else {
    Store(row.output + at, x);
  }
}

// kPixels neighbouring outputs whose first tap is input pixel `start`; kEdge: some taps, or outputs, lie
// beyond the sides of the image. kWidth taps a filter row and kStride are known to the compiler: an input
// pixel is loaded once for all outputs it meets.
template <int kWidth, int kStride, int kPixels, bool kEdge>
FLOE_INLINE void SumTile(const FilterRows& rows, int64_t start, const Window& w, int64_t c, int64_t lanes,
                         Vec (&acc)[kPixels]) {
  constexpr int kSpan = (kPixels - 1) * kStride + kWidth;
  const int64_t channels = w.output_channels;
  for (int64_t r = 0; r < rows.count; ++r) {
    const float* in = rows.pixels[r] + c;
    const float* from = rows.weights[r] + c;
    Vec weight[kWidth];
#pragma GCC unroll 8
    for (int k = 0; k < kWidth; ++k) weight[k] = LoadUpTo(from + k * channels, lanes);
#pragma GCC unroll 32
    for (int j = 0; j < kSpan; ++j) {
      if (kEdge && (start + j < 0 || start + j >= w.input[2])) continue;
      const Vec v = LoadUpTo(in + (start + j) * channels, lanes);
#pragma GCC unroll 8
      for (int k = 0; k < kWidth; ++k) {
        const int offset = j - k;
        if (offset >= 0 && offset % kStride == 0 && offset / kStride < kPixels) {
          acc[offset / kStride] = Fma(v, weight[k], acc[offset / kStride]);
        }
      }
    }
  }
}

template <int kWidth, int kStride, int kPixels, bool kEdge>
FLOE_INLINE void Tile(const DepthwiseCall& call, const FilterRows& rows, const OutputRow& row, int64_t x) {
  const bool clamp = call.activation.kind == ActivationKind::kClamp;
  const Vec low = Splat(call.activation.a);
  const Vec high = Splat(call.activation.b);
  const auto block = [&](int64_t c, int64_t lanes) __attribute__((always_inline)) {
    Vec acc[kPixels];
    const Vec start = call.bias == nullptr ? Splat(0.0f) : LoadUpTo(call.bias + c, lanes);
#pragma GCC unroll 8
    for (int t = 0; t < kPixels; ++t) acc[t] = start;
    SumTile<kWidth, kStride, kPixels, kEdge>(rows, x * kStride - call.window->pad[2], *call.window, c, lanes,
                                             acc);
#pragma GCC unroll 8
    for (int t = 0; t < kPixels; ++t) {
      if (kEdge && x + t >= call.window->output[2]) break;
      FinishPixel(row, row.At(x + t, c), lanes, acc[t], clamp, low, high);
    }
  };
  int64_t c = call.channel_begin;
  for (; c + kLanes <= call.channel_end; c += kLanes) block(c, kLanes);
  if (c < call.channel_end) block(c, call.channel_end - c);
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
        acc = Fma(v, LoadUpTo(rows.weights[r] + k * channels + c, lanes), acc);
      }
    }
    FinishPixel(row, row.At(x, c), lanes, acc, clamp, low, high);
  };
  int64_t c = call.channel_begin;
  for (; c + kLanes <= call.channel_end; c += kLanes) block(c, kLanes);
  if (c < call.channel_end) block(c, call.channel_end - c);
}

template <int kWidth, int kStride>
void RunRow(const DepthwiseCall& call, const FilterRows& rows, const OutputRow& row) {
  constexpr int kPixels = 4;
  const Window& w = *call.window;
  for (int64_t x = 0; x < w.output[2]; x += kPixels) {
    const int64_t start = x * kStride - w.pad[2];
    const bool inside = start >= 0 && start + (kPixels - 1) * kStride + kWidth <= w.input[2];
    if (inside && x + kPixels <= w.output[2]) {
      Tile<kWidth, kStride, kPixels, false>(call, rows, row, x);
    } else {
      Tile<kWidth, kStride, kPixels, true>(call, rows, row, x);
    }
  }
}

inline void RunAnyRow(const DepthwiseCall& call, const FilterRows& rows, const OutputRow& row) {
  for (int64_t x = 0; x < call.window->output[2]; ++x) AnyPixel(call, rows, row, x);
}

using RowFunction = void (*)(const DepthwiseCall&, const FilterRows&, const OutputRow&);

inline RowFunction RowFunctionFor(const Window& w) {
  if (w.dilation[2] != 1) return RunAnyRow;
  const int64_t key = w.kernel[2] * 10 + w.stride[2];
  switch (key) {
    case 31:
      return RunRow<3, 1>;
    case 32:
      return RunRow<3, 2>;
    case 51:
      return RunRow<5, 1>;
    case 52:
      return RunRow<5, 2>;
    case 71:
      return RunRow<7, 1>;
    default:
      return RunAnyRow;
  }
}

// Output row `index` of batch * z * y.
FLOE_INLINE OutputRow PlaceRow(const DepthwiseCall& call, int64_t index, FilterRows* rows) {
  const Window& w = *call.window;
  const int64_t y = index % w.output[1];
  const int64_t z = index / w.output[1] % w.output[0];
  const int64_t n = index / w.output[1] / w.output[0];
  const int64_t pitch = w.input[2] * w.output_channels;
  rows->count = 0;
  for (int64_t kz = 0; kz < w.kernel[0]; ++kz) {
    const int64_t iz = z * w.stride[0] - w.pad[0] + kz * w.dilation[0];
    if (iz < 0 || iz >= w.input[0]) continue;
    for (int64_t ky = 0; ky < w.kernel[1]; ++ky) {
      const int64_t iy = y * w.stride[1] - w.pad[1] + ky * w.dilation[1];
      if (iy < 0 || iy >= w.input[1]) continue;
      rows->pixels[rows->count] = call.input + ((n * w.input[0] + iz) * w.input[1] + iy) * pitch;
      rows->weights[rows->count] = call.weights + (kz * w.kernel[1] + ky) * w.kernel[2] * w.output_channels;
      ++rows->count;
    }
  }
  const int64_t at = (index - call.first_row) * w.output[2] * call.pixel_pitch;
  return {call.output + at, call.residual == nullptr ? nullptr : call.residual + at, call.pixel_pitch,
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

inline void RunDepthwise(const DepthwiseCall& call) {
  const RowFunction run = RowFunctionFor(*call.window);
  const bool activate =
      call.activation.kind != ActivationKind::kNone && call.activation.kind != ActivationKind::kClamp;
  // Of a large window's weights only so many channels' stay in the first-level cache along a row.
  const int64_t chunk = call.window->taps() <= 9 ? call.channel_end : kChunkVectors * kLanes;
  FilterRows rows;
  for (int64_t r = call.row_begin; r < call.row_end; ++r) {
    const OutputRow row = PlaceRow(call, r, &rows);
    DepthwiseCall part = call;
    for (part.channel_begin = call.channel_begin; part.channel_begin < call.channel_end;) {
      const int64_t left = call.channel_end - part.channel_begin;
      part.channel_end = part.channel_begin + (left < chunk ? left : chunk);
      run(part, rows, row);
      part.channel_begin = part.channel_end;
    }
    if (activate) ActivatePixels(call, row);
  }
}

// One file an instruction set includes this, each in its own namespace.
// NOLINTNEXTLINE(misc-definitions-in-headers)
DepthwiseCode GetDepthwiseCode() {
  return RunDepthwise;
}

}  // namespace floe::cpu::FLOE_CPU_ISA

#endif  // FLOE_BACKENDS_CPU_DEPTHWISE_DEPTHWISE_IMPL_H_
