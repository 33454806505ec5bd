// What a register block's sums pass through on their way to the output, compiled once for each instruction
// set (see simd.h).
#ifndef FLOE_BACKENDS_CPU_PACKED_TILE_END_H_
#define FLOE_BACKENDS_CPU_PACKED_TILE_END_H_

#include "backends/cpu/activation_impl.h"
#include "backends/cpu/packed/packed.h"
#include "backends/cpu/packed/tile.h"
#include "backends/cpu/simd_bf16.h"

namespace floe::cpu::FLOE_CPU_ISA {

// What one register block writes.
struct TileOut {
  void* output;          // first row and column
  const void* residual;  // or null
  const float* bias;     // or null
  int64_t pitch;         // floats from row to row of the output
  int64_t residual_pitch;
  int64_t columns;  // real ones
  bool clamp;
  float low, high;
  bool bf16_output = false;
  bool bf16_residual = false;
  bool hard_swish = false;
};

// What a tile's sums can pass through in its registers.
FLOE_INLINE bool InTile(ActivationKind kind) {
  return InEpilogue(kind) || kind == ActivationKind::kHardSwish;
}

// kPart: of the last vectors only some columns are real.
template <bool kPart, int kRows, int kVectors>
FLOE_INLINE void FinishAs(const TileOut& out, Vec (&acc)[kRows][kVectors]) {
  int64_t lanes[kVectors];
#pragma GCC unroll 2
  for (int v = 0; v < kVectors; ++v) {
    const int64_t left = out.columns - v * kLanes;
    lanes[v] = left < 0 ? 0 : left < kLanes ? left : kLanes;
  }
  const auto load = [&](const float* p, int v) __attribute__((always_inline)) {
    return kPart ? LoadPart(p + v * kLanes, lanes[v]) : Load(p + v * kLanes);
  };
  // Element `at` of a tensor laid out as the output.
  const auto load_residual = [&](int64_t at, int v) __attribute__((always_inline)) {
#if defined(__AVX512BF16__)
    if (out.bf16_residual)
      return LoadBf16(static_cast<const uint16_t*>(out.residual) + at + v * kLanes, lanes[v]);
#endif
    return load(static_cast<const float*>(out.residual) + at, v);
  };
  const auto for_each = [&](auto f) __attribute__((always_inline)) {
#pragma GCC unroll 16
    for (int i = 0; i < kRows; ++i) {
#pragma GCC unroll 2
      for (int v = 0; v < kVectors; ++v) f(i, v);
    }
  };
  if (out.residual != nullptr) {
    for_each([&](int i, int v)
                 __attribute__((always_inline)) { acc[i][v] += load_residual(i * out.residual_pitch, v); });
  }
  if (out.clamp) {
    const Vec low = Splat(out.low);
    const Vec high = Splat(out.high);
    for_each([&](int i, int v)
                 __attribute__((always_inline)) { acc[i][v] = AtMost(AtLeast(acc[i][v], low), high); });
  }
  if (out.hard_swish) {
    for_each([&](int i, int v) __attribute__((always_inline)) { acc[i][v] = HardSwish(acc[i][v]); });
  }
#if defined(__AVX512BF16__)
  if (out.bf16_output) {
    // A masked store of words takes longer.
    const bool whole = kVectors == 2 && out.columns == 2 * kLanes;
    const auto store = [&](auto put) __attribute__((always_inline)) {
#pragma GCC unroll 16
      for (int i = 0; i < kRows; ++i) {
        uint16_t* to = static_cast<uint16_t*>(out.output) + i * out.pitch;
        const Vec high = kVectors == 2 ? acc[i][kVectors - 1] : Splat(0.0f);
        put(to, reinterpret_cast<__m512i>(_mm512_cvtne2ps_pbh(high, acc[i][0])));
      }
    };
    if (whole) {
      store([](uint16_t * to, __m512i words)
                __attribute__((always_inline)) { _mm512_storeu_si512(to, words); });
    } else {
      const __mmask32 real = FirstShorts(out.columns);
      store([&](uint16_t * to, __m512i words)
                __attribute__((always_inline)) { _mm512_mask_storeu_epi16(to, real, words); });
    }
    return;
  }
#endif
  for_each([&](int i, int v) __attribute__((always_inline)) {
    float* to = static_cast<float*>(out.output) + i * out.pitch + v * kLanes;
    if (kPart) {
      StorePart(to, acc[i][v], lanes[v]);
    } else {
      Store(to, acc[i][v]);
    }
  });
}

// The tile's place comes as a copy: what is stored there might else be it.
template <int kRows, int kVectors>
FLOE_INLINE void FinishRows(const TileOut out, Vec (&acc)[kRows][kVectors]) {
  if (!kMasksAreFree && out.columns == kVectors * kLanes) {
    FinishAs<false>(out, acc);
  } else {
    FinishAs<true>(out, acc);
  }
}

// Sums begin with the bias, which costs nothing there.
template <int kRows, int kVectors>
FLOE_INLINE void BeginSums(const TileOut& out, Vec (&acc)[kRows][kVectors]) {
#pragma GCC unroll 2
  for (int v = 0; v < kVectors; ++v) {
    const int64_t left = out.columns - v * kLanes;
    const Vec bias = out.bias == nullptr || left <= 0 ? Splat(0.0f)
                     : left < kLanes                  ? LoadPart(out.bias + v * kLanes, left)
                                                      : Load(out.bias + v * kLanes);
#pragma GCC unroll 16
    for (int i = 0; i < kRows; ++i) acc[i][v] = bias;
  }
}

// Where a register block leaves its sums. An activation that it cannot do itself takes them from a buffer and
// not from the output, since a line of that which is not in the cache yet would be waited for.
class TileEnd {
 public:
  explicit TileEnd(const PackedCall& call) : call_(call), apart_(!InTile(call.activation.kind)) {}

  // `at`: of the tile's first row and column.
  FLOE_INLINE TileOut Out(int64_t at, int64_t column, int64_t columns) {
    const auto bytes = [&](bool bf16) {
      return at * static_cast<int64_t>(bf16 ? sizeof(uint16_t) : sizeof(float));
    };
    void* output = sums_;
    if (!apart_) output = static_cast<char*>(call_.output) + bytes(call_.bf16_output);
    const auto* residual = static_cast<const char*>(call_.residual);
    return {output,
            residual == nullptr ? nullptr : residual + bytes(call_.bf16_residual),
            call_.bias == nullptr ? nullptr : call_.bias + column,
            apart_ ? kPanelVectors * kLanes : call_.columns,
            call_.columns,
            columns,
            call_.activation.kind == ActivationKind::kClamp,
            call_.activation.a,
            call_.activation.b,
            call_.bf16_output && !apart_,
            call_.bf16_residual,
            call_.activation.kind == ActivationKind::kHardSwish};
  }
  FLOE_INLINE void Finish(int64_t at, int64_t column, int64_t rows, int64_t columns) {
    if (!apart_) return;
    Activation activation = call_.activation;
    if (activation.slope != nullptr) activation.slope += column;
#if defined(__AVX512BF16__)
    if (call_.bf16_output) {
      uint16_t* to = static_cast<uint16_t*>(call_.output) + at;
      return ActivateToBf16(activation, {sums_, kPanelVectors * kLanes, rows, columns, to, call_.columns});
    }
#endif
    float* to[kRegisterRows];
    for (int64_t i = 0; i < rows; ++i) to[i] = static_cast<float*>(call_.output) + at + i * call_.columns;
    ActivateTile(activation, {sums_, kPanelVectors * kLanes, to, rows, columns});
  }

 private:
  const PackedCall& call_;
  bool apart_;
  alignas(64) float sums_[kRegisterRows * kPanelVectors * kLanes];
};

}  // namespace floe::cpu::FLOE_CPU_ISA

#endif  // FLOE_BACKENDS_CPU_PACKED_TILE_END_H_
