// Depthwise convolution with a square filter of a size that the compiler knows, compiled once for each
// instruction set: tiles of one or two output rows in straight code.
#ifndef FLOE_BACKENDS_CPU_DEPTHWISE_SQUARE_IMPL_H_
#define FLOE_BACKENDS_CPU_DEPTHWISE_SQUARE_IMPL_H_

#include "backends/cpu/activation_impl.h"
#include "backends/cpu/depthwise/depthwise.h"

namespace floe::cpu::FLOE_CPU_ISA {

constexpr bool kManyRegisters = kLanes == 16;
// Generic code, which is for want of anything better, makes do with what takes any filter.
constexpr bool kHasSquareTiles = kLanes >= 8 || kRegisters == 32;

// What a tile's sums can pass through in its registers.
FLOE_INLINE bool InSquareTile(ActivationKind kind) {
  const bool short_enough = kind == ActivationKind::kSilu || kind == ActivationKind::kHardSwish;
  return InEpilogue(kind) || (kManyRegisters && short_enough);
}

template <bool kPart>
FLOE_INLINE Vec LoadLanes(const float* p, int64_t lanes) {
  return kPart ? LoadPart(p, lanes) : Load(p);
}

// For all its uses: left to itself the compiler reads it from memory for each.
FLOE_INLINE Vec InRegister(Vec v) {
#if defined(__AVX512F__)
  asm("" : "+v"(v));
#elif defined(__AVX2__)
  asm("" : "+x"(v));
#elif defined(FLOE_NEON)
  asm("" : "+w"(v));
#endif
  return v;
}

template <bool kPart>
FLOE_INLINE void StoreLanes(float* p, Vec x, int64_t lanes) {
  if (kPart) {
    StorePart(p, x, lanes);
  } else {
    Store(p, x);
  }
}

// Places so many pixels or taps from a first one. Four registers that address by themselves, or doubled, or
// times four or eight, reach them all; the compiler would keep a pointer to each, most of them in memory.
class Reach {
 public:
  explicit Reach(int64_t floats) : one_(Hidden(floats * 4)), three_(Hidden(floats * 12)) {
    five_ = Hidden(floats * 20);
    seven_ = Hidden(floats * 28);
  }

  // i < 16, a constant.
  FLOE_INLINE int64_t At(int i) const { return i > 8 ? one_ * 8 + Near(i - 8) : Near(i); }

 private:
  // i <= 8
  FLOE_INLINE int64_t Near(int i) const {
    if (i == 0) return 0;
    if (i == 8) return one_ * 8;
    if (i == 7) return seven_;
    if (i == 5) return five_;
    if (i % 3 == 0) return three_ * (i / 3);
    return one_ * i;
  }

  static FLOE_INLINE int64_t Hidden(int64_t x) {
    asm("" : "+r"(x));
    return x;
  }

  int64_t one_;
  int64_t three_;
  int64_t five_;
  int64_t seven_;
};

template <typename T>
FLOE_INLINE T* Hide(T* p) {
  asm("" : "+r"(p));
  return p;
}

// One output row, or two, and what they read. The first input row and pixel may lie outside the image.
struct SquareRows {
  const char* input;     // first input row, at x = 0
  int64_t input_pitch;   // bytes from input row to input row
  int64_t first, last;   // input rows, counted from the first, that lie in the image
  char* output;          // at x = 0
  int64_t output_pitch;  // bytes from the first output row to the second
};

// Columns of a tile, in input pixels from its first: all that lie in the image.
struct SquareColumns {
  int64_t left, right;
};

template <int kTall, int kPixels>
FLOE_INLINE void ActivateSums(ActivationKind kind, Vec low, Vec high, Vec (&acc)[kTall][kPixels]) {
  const auto for_each = [&](auto f) __attribute__((always_inline)) {
#pragma GCC unroll 16
    for (int i = 0; i < kTall * kPixels; ++i) {
      Vec& sum = acc[i / kPixels][i % kPixels];
      sum = f(sum);
    }
  };
  if (kind == ActivationKind::kClamp) {
    for_each([&](Vec x) __attribute__((always_inline)) { return AtMost(AtLeast(x, low), high); });
  } else if (kManyRegisters && kind == ActivationKind::kSilu) {
    for_each([](Vec x) __attribute__((always_inline)) { return Silu(x); });
  } else if (kManyRegisters && kind == ActivationKind::kHardSwish) {
    for_each([](Vec x) __attribute__((always_inline)) { return HardSwish(x); });
  }
}

// kTall by kPixels outputs of channels [begin, end). kEdge: some of the first or last input pixels may lie
// beyond the sides of the image. kPart: of the last vector, only some channels are real.
template <int kSize, int kStride, int kPixels, int kTall, bool kEdge, bool kPart>
FLOE_INLINE void SquareTile(const DepthwiseCall& call, const SquareRows& rows, int64_t x, int64_t begin,
                            int64_t end) {
  constexpr int kRows = (kTall - 1) * kStride + kSize;
  constexpr int kSpan = (kPixels - 1) * kStride + kSize;
  // All of a filter's weights stay in registers where there are enough.
  constexpr bool kKeep = kManyRegisters && kSize == 3;
  const Window& w = *call.window;
  const int64_t start = x * kStride - w.pad[2];
  const SquareColumns in_image = {-start, w.input[2] - start};
  const Reach pixels(w.output_channels);
  const Reach outputs(call.pixel_pitch);
  const int64_t tap_row = kSize * w.output_channels;
  const Activation activation = call.activation;  // a copy: what is stored might else be it
  const Vec low = Splat(activation.a);
  const Vec high = Splat(activation.b);
  const float* bias = call.bias;
  const float* weights = call.weights;
  const char* input = rows.input + start * w.output_channels * 4;
  char* output = rows.output + x * call.pixel_pitch * 4;
  const int64_t channel_pitch = call.channel_pitch * 4;
  const SquareRows r = rows;
  const auto at = [](const char* p) { return reinterpret_cast<const float*>(p); };
  for (int64_t c = begin; c < end; c += kLanes) {
    const int64_t lanes = kPart && end - c < kLanes ? end - c : kLanes;
    Vec weight[kSize][kSize];
    const auto load_weights = [&](int y) __attribute__((always_inline)) {
      const char* from = Hide(reinterpret_cast<const char*>(weights + c + y * tap_row));
#pragma GCC unroll 8
      for (int k = 0; k < kSize; ++k)
        weight[y][k] = InRegister(LoadLanes<kPart>(at(from + pixels.At(k)), lanes));
    };
    if (kKeep) {
#pragma GCC unroll 8
      for (int y = 0; y < kSize; ++y) load_weights(y);
    }
    Vec acc[kTall][kPixels];
    const Vec first = bias == nullptr ? Splat(0.0f) : LoadLanes<kPart>(bias + c, lanes);
#pragma GCC unroll 16
    for (int i = 0; i < kTall * kPixels; ++i) acc[i / kPixels][i % kPixels] = first;
    const char* row = input + c * 4;
#pragma GCC unroll 16
    for (int i = 0; i < kRows; ++i, row += r.input_pitch) {
      if (i < r.first || i >= r.last) continue;
      row = Hide(row);
      if (!kKeep) {
#pragma GCC unroll 2
        for (int o = 0; o < kTall; ++o) {
          if (i >= o * kStride && i < o * kStride + kSize) load_weights(i - o * kStride);
        }
      }
#pragma GCC unroll 32
      for (int j = 0; j < kSpan; ++j) {
        const bool outer = kEdge && (j < kSize - 1 || j > kSpan - kSize);
        if (outer && (j < in_image.left || j >= in_image.right)) continue;
        const Vec v = InRegister(LoadLanes<kPart>(at(row + pixels.At(j)), lanes));
#pragma GCC unroll 2
        for (int o = 0; o < kTall; ++o) {
          const int y = i - o * kStride;
          if (y < 0 || y >= kSize) continue;
#pragma GCC unroll 8
          for (int k = 0; k < kSize; ++k) {
            const int offset = j - k;
            if (offset < 0 || offset % kStride != 0 || offset / kStride >= kPixels) continue;
            acc[o][offset / kStride] = Fma(v, weight[y][k], acc[o][offset / kStride]);
          }
        }
      }
    }
    ActivateSums(activation.kind, low, high, acc);
    char* to = output + c * channel_pitch;
#pragma GCC unroll 2
    for (int o = 0; o < kTall; ++o, to += r.output_pitch) {
      to = Hide(to);
#pragma GCC unroll 8
      for (int t = 0; t < kPixels; ++t) {
        StoreLanes<kPart>(reinterpret_cast<float*>(to + outputs.At(t)), acc[o][t], lanes);
      }
    }
  }
}

template <int kSize, int kStride, int kPixels, int kTall>
void RunSquareRows(const DepthwiseCall& call, const SquareRows& rows) {
  constexpr int kSpan = (kPixels - 1) * kStride + kSize;
  const Window& w = *call.window;
  for (int64_t at = 0; at < w.output[2]; at += kPixels) {
    // The last tile covers some outputs of the one before again.
    const int64_t x = at + kPixels <= w.output[2] ? at : w.output[2] - kPixels;
    const int64_t start = x * kStride - w.pad[2];
    const int64_t begin = call.channel_begin;
    const int64_t whole = begin + (call.channel_end - begin) / kLanes * kLanes;
    const bool inside = start >= 0 && start + kSpan <= w.input[2];
    int64_t next = begin;
    if (inside) {
      SquareTile<kSize, kStride, kPixels, kTall, false, false>(call, rows, x, begin, whole);
      next = whole;
    } else if (!kMasksAreFree) {
      SquareTile<kSize, kStride, kPixels, kTall, true, false>(call, rows, x, begin, whole);
      next = whole;
    }
    // The channels left over, and with masks all of a tile at a side.
    SquareTile<kSize, kStride, kPixels, kTall, true, true>(call, rows, x, next, call.channel_end);
  }
}

using SquareFunction = void (*)(const DepthwiseCall&, const SquareRows&);

// For one output row and for two; null where the window is another.
struct SquareCode {
  SquareFunction run[2] = {nullptr, nullptr};
};

template <int kSize, int kStride>
SquareCode SquareCodeOf(int64_t width) {
  if constexpr (kHasSquareTiles) {
    constexpr int kWide = kManyRegisters ? 7 : 4;
    const int64_t wide = (width + kWide - 1) / kWide * kWide;
    if (width >= kWide && wide <= (width + 3) / 4 * 4) {
      return {{RunSquareRows<kSize, kStride, kWide, 1>, RunSquareRows<kSize, kStride, kWide, 2>}};
    }
    if (width >= 4) return {{RunSquareRows<kSize, kStride, 4, 1>, RunSquareRows<kSize, kStride, 4, 2>}};
  }
  return {};
}

inline SquareCode SquareCodeFor(const DepthwiseCall& call) {
  const Window& w = *call.window;
  if (call.residual != nullptr || w.kernel[0] != 1 || w.input[0] != 1 || w.pad[0] != 0) return {};
  if (w.kernel[1] != w.kernel[2] || w.stride[1] != w.stride[2]) return {};
  for (int d = 1; d <= 2; ++d) {
    const int64_t over = (w.output[d] - 1) * w.stride[d] + w.kernel[d] - w.pad[d] - w.input[d];
    if (w.dilation[d] != 1 || w.pad[d] >= w.kernel[d] || over >= w.kernel[d]) return {};
  }
  switch (w.kernel[2] * 10 + w.stride[2]) {
    case 31:
      return SquareCodeOf<3, 1>(w.output[2]);
    case 32:
      return SquareCodeOf<3, 2>(w.output[2]);
#if defined(__AVX512F__)
    case 51:
      return SquareCodeOf<5, 1>(w.output[2]);
    case 52:
      return SquareCodeOf<5, 2>(w.output[2]);
#endif
    default:
      return {};
  }
}

// Output row `index` of batch * y, or from there on two.
inline SquareRows PlaceSquareRows(const DepthwiseCall& call, int64_t index, bool two) {
  const Window& w = *call.window;
  const int64_t image = index / w.output[1];
  const int64_t y = index % w.output[1] * w.stride[1] - w.pad[1];
  const int64_t count = w.kernel[1] + (two ? w.stride[1] : 0);
  SquareRows rows{};
  rows.input_pitch = w.input[2] * w.output_channels * 4;
  rows.input = reinterpret_cast<const char*>(call.input) +
               (image * w.input[1] + y - call.first_input_row) * rows.input_pitch;
  rows.first = y < 0 ? -y : 0;
  rows.last = y + count > w.input[1] ? w.input[1] - y : count;
  rows.output_pitch = w.output[2] * call.pixel_pitch * 4;
  rows.output = reinterpret_cast<char*>(call.output) + (index - call.first_row) * rows.output_pitch;
  return rows;
}

}  // namespace floe::cpu::FLOE_CPU_ISA

#endif  // FLOE_BACKENDS_CPU_DEPTHWISE_SQUARE_IMPL_H_
