// Depthwise convolution in bf16, compiled for AVX512_BF16 alone (see simd.h).
#ifndef FLOE_BACKENDS_CPU_DEPTHWISE_DEPTHWISE_BF16_IMPL_H_
#define FLOE_BACKENDS_CPU_DEPTHWISE_DEPTHWISE_BF16_IMPL_H_

#include "backends/cpu/depthwise/depthwise_bf16.h"
#include "backends/cpu/simd_bf16.h"

namespace floe::cpu::FLOE_CPU_ISA {

// Neighbouring outputs of a tile; two rows of them and the weights of a pair of rows fill the registers.
constexpr int kTilePixels = 7;
// Channels pass down the image together, if possible so many that the rows under a tile, which the next tile
// below reads, too, stay in the first-level cache; fewer than 128 would leave it too few neighbouring lines.
constexpr int64_t kRowBytes = 24 * 1024;
inline int64_t ChunkOf(const Window& w) {
  const int64_t bytes = w.input[2] * (w.kernel[1] + 1) * static_cast<int64_t>(sizeof(uint16_t));
  const int64_t lines = kRowBytes / bytes / (2 * kLanes);
  return (lines < 4 ? 4 : lines > 8 ? 8 : lines) * 2 * kLanes;
}

// An input row, or one of zeros beyond the image: pixel x and channel c at x * pixel_pitch + c *
// channel_pitch.
struct InputRow {
  const uint16_t* first = nullptr;
  int64_t pixel_pitch = 0;
  int64_t channel_pitch = 0;
};

struct PairedRows {
  InputRow rows[kMostBf16FilterRows + 3];
  int pairs = 0;
};

struct OutputPlace {
  uint16_t* output;  // at x = 0
  float* sums;       // or null
};

struct Bf16RowsCall {
  const DepthwiseBf16Call& call;
  const PairedRows& input;
  OutputPlace rows[2];
  int64_t weights_pitch;  // words from one row's packed filter to the other's
  int64_t filled;         // channels in them
};

// Zeros behind the first `lanes`.
FLOE_INLINE Vec FirstOf(Vec x, int64_t lanes) {
  return _mm512_maskz_mov_ps(FirstLanes(lanes), x);
}

// Two rows of 16 channels, as pairs.
FLOE_INLINE __m512bh Interleave(__m256i above, __m256i below) {
  alignas(64) static constexpr uint16_t kOrder[32] = {0,  32, 1,  33, 2,  34, 3,  35, 4,  36, 5,
                                                      37, 6,  38, 7,  39, 8,  40, 9,  41, 10, 42,
                                                      11, 43, 12, 44, 13, 45, 14, 46, 15, 47};
  const __m512i order = _mm512_load_si512(kOrder);
  return reinterpret_cast<__m512bh>(
      _mm512_permutex2var_epi16(_mm512_castsi256_si512(above), order, _mm512_castsi256_si512(below)));
}

// The tile's sums through the activation to their places, and on to the sums over the row's pixels. A call:
// in place of each tile's end it would be a twentieth of the library. kFull: all 16 channels are real.
template <bool kFull>
__attribute__((noinline)) void FinishThrough(const Activation& activation, const Bf16Tile& at, int64_t stored,
                                             float* row_sums, bool first) {
  const Bf16Tile tile = at;  // a copy: what is stored might else be it
  const int64_t lanes = kFull ? kLanes : tile.columns;
  const auto map = [&](auto f) __attribute__((always_inline)) {
    Vec sum = row_sums == nullptr || first ? Splat(0.0f) : LoadPart(row_sums, lanes);
    const float* from = tile.from;
    uint16_t* to = tile.to;
    for (int64_t t = 0; t < tile.rows; ++t, from += kLanes, to += tile.to_pitch) {
      const Vec y = f(Load(from));
      sum += y;
      StoreBf16(to, kFull ? y : FirstOf(y, lanes), kFull ? kLanes : stored);
    }
    if (row_sums != nullptr) StorePart(row_sums, sum, lanes);
  };
  MapActivation(activation, map, [&] { ActivateInPlace(activation, tile); });
}

// The same of whole vectors in registers.
template <bool kEdge, typename F>
FLOE_INLINE void FinishInRegisters(uint16_t* to, int64_t pitch, int64_t pixels, float* row_sums, bool first,
                                   const Vec (&acc)[kTilePixels], F f) {
  Vec sum = Splat(0.0f);
#pragma GCC unroll 8
  for (int t = 0; t < kTilePixels; ++t, to += pitch) {
    if (kEdge && t >= pixels) break;
    const Vec y = f(acc[t]);
    sum += y;
    StoreBf16(to, y, kLanes);
  }
  if (row_sums != nullptr) Store(row_sums, first ? sum : sum + Load(row_sums));
}

// Registers to memory: the sums of `pixels` outputs and `lanes` channels from (x, c) on.
template <bool kEdge, bool kFull>
FLOE_INLINE void FinishTile(const DepthwiseBf16Call& call, const OutputPlace& place, int64_t x, int64_t c,
                            int64_t pixels, int64_t lanes, Vec (&acc)[kTilePixels]) {
  uint16_t* to =
      place.output + x * call.pixel_pitch + c / kBf16BlockDepths * call.block_pitch + c % kBf16BlockDepths;
  const int64_t stored = kFull || call.fills_up ? kLanes : lanes;
  const ActivationKind kind = call.activation.kind;
  const int64_t pitch = call.pixel_pitch;  // a copy: what is stored might else be it
  const bool clamp = kind == ActivationKind::kClamp;
  const Vec low = Splat(call.activation.a);
  const Vec high = Splat(call.activation.b);
  const auto clamped = [&](Vec v) __attribute__((always_inline)) {
    return clamp ? AtMost(AtLeast(v, low), high) : v;
  };
  if (InEpilogue(kind) && place.sums == nullptr) {
#pragma GCC unroll 8
    for (int t = 0; t < kTilePixels; ++t, to += pitch) {
      if (kEdge && t >= pixels) break;
      const Vec y = clamped(acc[t]);
      StoreBf16(to, kFull ? y : FirstOf(y, lanes), stored);
    }
    return;
  }
  float* row_sums = place.sums == nullptr ? nullptr : place.sums + c;
  const auto finish = [&](auto f) __attribute__((always_inline)) {
    FinishInRegisters<kEdge>(to, pitch, pixels, row_sums, x == 0, acc, f);
  };
  if (kFull && InEpilogue(kind)) return finish(clamped);
  if (kFull && kind == ActivationKind::kSilu) return finish(SiluForBf16());
  if (kFull && kind == ActivationKind::kHardSwish) {
    return finish([](Vec v) __attribute__((always_inline)) { return HardSwish(v); });
  }
  alignas(64) float sums[kTilePixels * kLanes];
#pragma GCC unroll 8
  for (int t = 0; t < kTilePixels; ++t) Store(sums + t * kLanes, acc[t]);
  Activation activation = call.activation;
  if (activation.slope != nullptr) activation.slope += c;
  FinishThrough<kFull>(activation, {sums, kLanes, pixels, lanes, to, pitch}, stored, row_sums, x == 0);
}

// kPixels neighbouring outputs from x on of the 16 channels from c on, `lanes` of which are real. kEdge: some
// taps lie beyond the sides of the image, or some outputs; `inside` has a bit for each pixel that does not.
// kFull: all 16 are real.
template <int kWidth, int kStride, bool kTwo, bool kEdge, bool kFull>
FLOE_INLINE void Bf16Vector(const Bf16RowsCall& r, int64_t x, uint32_t inside, int64_t c, int64_t lanes) {
  constexpr int kSpan = (kTilePixels - 1) * kStride + kWidth;
  const DepthwiseBf16Call& call = r.call;
  const Window& w = *call.window;
  const int64_t start = x * kStride - w.pad[2];
  const Vec bias = call.bias == nullptr ? Splat(0.0f)
                   : kFull              ? Load(call.bias + c)
                                        : LoadPart(call.bias + c, lanes);
  Vec acc[kTilePixels];
  Vec below[kTilePixels];
#pragma GCC unroll 8
  for (int t = 0; t < kTilePixels; ++t) acc[t] = below[t] = bias;
  const auto load = [&](const uint16_t* p) __attribute__((always_inline)) {
    if (kFull) return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(p));
    return _mm256_maskz_loadu_epi16(FirstLanes(lanes), p);
  };
  const auto* weights = reinterpret_cast<const float*>(call.weights) + c;
  for (int p = 0; p < r.input.pairs; ++p, weights += kWidth * r.filled) {
    const InputRow upper = r.input.rows[2 * p];
    const InputRow lower = r.input.rows[2 * p + 1];
    const uint16_t* a = upper.first + start * upper.pixel_pitch + c * upper.channel_pitch;
    const uint16_t* b = lower.first + start * lower.pixel_pitch + c * lower.channel_pitch;
    // All pixels first: taken tap by tap, no sum waits for the one before.
    __m512bh v[kSpan];
#pragma GCC unroll 32
    for (int j = 0; j < kSpan; ++j, a += upper.pixel_pitch, b += lower.pixel_pitch) {
      if (kEdge && (inside >> j & 1) == 0) {
        v[j] = reinterpret_cast<__m512bh>(Splat(0.0f));
      } else {
        v[j] = Interleave(load(a), load(b));
      }
      asm volatile("" : "+v"(v[j]));
    }
#pragma GCC unroll 8
    for (int k = 0; k < kWidth; ++k) {
      const float* tap = weights + k * r.filled;
      const auto weight = reinterpret_cast<__m512bh>(Load(tap));
#pragma GCC unroll 8
      for (int t = 0; t < kTilePixels; ++t) acc[t] = _mm512_dpbf16_ps(acc[t], v[t * kStride + k], weight);
      if (!kTwo) continue;
      const auto weight_below = reinterpret_cast<__m512bh>(Load(tap + r.weights_pitch));
#pragma GCC unroll 8
      for (int t = 0; t < kTilePixels; ++t) {
        below[t] = _mm512_dpbf16_ps(below[t], v[t * kStride + k], weight_below);
      }
    }
  }
  const int64_t pixels = w.output[2] - x < kTilePixels ? w.output[2] - x : kTilePixels;
  FinishTile<kEdge, kFull>(call, r.rows[0], x, c, pixels, lanes, acc);
  if (kTwo) FinishTile<kEdge, kFull>(call, r.rows[1], x, c, pixels, lanes, below);
}

template <int kWidth, int kStride, bool kTwo, bool kEdge>
FLOE_INLINE void Bf16Tile(const Bf16RowsCall& r, int64_t x) {
  const int64_t start = x * kStride - r.call.window->pad[2];
  uint32_t inside = 0;
  for (int j = 0; j < (kTilePixels - 1) * kStride + kWidth; ++j) {
    if (start + j >= 0 && start + j < r.call.window->input[2]) inside |= 1u << j;
  }
  int64_t c = r.call.channel_begin;
  for (; c + kLanes <= r.call.channel_end; c += kLanes) {
    Bf16Vector<kWidth, kStride, kTwo, kEdge, true>(r, x, inside, c, kLanes);
  }
  if (c == r.call.channel_end) return;
  // The few channels left take the code of the sides.
  Bf16Vector<kWidth, kStride, kTwo, true, false>(r, x, inside, c, r.call.channel_end - c);
}

template <int kWidth, int kStride, bool kTwo>
void RunBf16Tiles(const Bf16RowsCall& r) {
  const Window& w = *r.call.window;
  for (int64_t x = 0; x < w.output[2]; x += kTilePixels) {
    const int64_t start = x * kStride - w.pad[2];
    const bool inside = start >= 0 && start + (kTilePixels - 1) * kStride + kWidth <= w.input[2];
    if (inside && x + kTilePixels <= w.output[2]) {
      Bf16Tile<kWidth, kStride, kTwo, false>(r, x);
    } else {
      Bf16Tile<kWidth, kStride, kTwo, true>(r, x);
    }
  }
}

using Bf16RowsFunction = void (*)(const Bf16RowsCall&);

// Of one output row, and of two.
struct Bf16Functions {
  Bf16RowsFunction one = nullptr;
  Bf16RowsFunction two = nullptr;
};

inline Bf16Functions Bf16FunctionsFor(const Window& w) {
  switch (w.kernel[2] * 10 + w.stride[2]) {
    case 31:
      return {RunBf16Tiles<3, 1, false>, RunBf16Tiles<3, 1, true>};
    case 32:
      return {RunBf16Tiles<3, 2, false>, nullptr};
    case 51:
      return {RunBf16Tiles<5, 1, false>, RunBf16Tiles<5, 1, true>};
    case 52:
      return {RunBf16Tiles<5, 2, false>, nullptr};
    case 71:
      return {RunBf16Tiles<7, 1, false>, RunBf16Tiles<7, 1, true>};
    default:
      return {};
  }
}

// The rows under the filter of output row `index`, or of it and the next one.
inline void PairRows(const DepthwiseBf16Call& call, int64_t index, bool two, PairedRows* out) {
  alignas(64) static constexpr uint16_t kZeros[kLanes] = {};
  const Window& w = *call.window;
  const int64_t y = index % w.output[1] * w.stride[1] - w.pad[1];
  const int64_t image = index / w.output[1] * w.input[1] - call.first_input_row;
  const int64_t count = w.kernel[1] + (two ? 1 : 0);
  out->pairs = static_cast<int>((count + 1) / 2);
  for (int64_t i = 0; i < 2 * out->pairs; ++i) {
    const int64_t row = y + i;
    if (i >= count || row < 0 || row >= w.input[1]) {
      out->rows[i] = {kZeros, 0, 0};
    } else {
      out->rows[i] = {call.input + (image + row) * w.input[2] * w.channels, w.channels, 1};
    }
  }
}

inline void RunDepthwiseBf16(const DepthwiseBf16Call& call) {
  const Window& w = *call.window;
  const Bf16Functions functions = Bf16FunctionsFor(w);
  const int64_t filled = (w.output_channels + kLanes - 1) / kLanes * kLanes;
  const int64_t pitch = (w.kernel[1] / 2 + 1) * w.kernel[2] * filled;
  const bool pairs_rows = functions.two != nullptr && w.stride[1] == 1;
  PairedRows input;
  DepthwiseBf16Call part = call;
  const int64_t chunk = ChunkOf(w);
  for (; part.channel_begin < call.channel_end; part.channel_begin = part.channel_end) {
    const int64_t left = call.channel_end - part.channel_begin;
    part.channel_end = part.channel_begin + (left < chunk ? left : chunk);
    for (int64_t r = call.row_begin; r < call.row_end;) {
      const bool two = pairs_rows && r + 1 < call.row_end && (r + 1) % w.output[1] != 0;
      PairRows(call, r, two, &input);
      const auto place = [&](int64_t row) {
        return OutputPlace{call.output + (row - call.first_row) * w.output[2] * call.pixel_pitch,
                           call.row_sums == nullptr ? nullptr : call.row_sums + row * w.output_channels};
      };
      const Bf16RowsCall rows{part, input, {place(r), place(two ? r + 1 : r)}, pitch, filled};
      (two ? functions.two : functions.one)(rows);
      r += two ? 2 : 1;
    }
  }
}

// NOLINTNEXTLINE(misc-definitions-in-headers)
constinit const DepthwiseBf16Code kDepthwiseBf16Code = RunDepthwiseBf16;

}  // namespace floe::cpu::FLOE_CPU_ISA

#endif  // FLOE_BACKENDS_CPU_DEPTHWISE_DEPTHWISE_BF16_IMPL_H_
