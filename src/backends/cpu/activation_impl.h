// Activations on rows of floats, compiled once for each instruction set (see simd.h).
#ifndef FLOE_BACKENDS_CPU_ACTIVATION_IMPL_H_
#define FLOE_BACKENDS_CPU_ACTIVATION_IMPL_H_

#include "backends/cpu/activation.h"
#include "backends/cpu/simd_math.h"

namespace floe::cpu::FLOE_CPU_ISA {

// Sums that a kernel left in a small buffer, and where the rows go; they may stay where they are.
struct ActivationTile {
  const float* from = nullptr;
  int64_t pitch = 0;  // of `from`
  float* const* to = nullptr;
  int64_t rows = 0;
  int64_t columns = 0;
};

// f on each element; `f` takes the vector, its column and how many of its lanes count.
template <typename F>
FLOE_INLINE void MapTile(const ActivationTile& tile, F f) {
  // Two at once: each waits for what it begins with.
  const auto map_two = [&](const float* from, float* to, int64_t i) __attribute__((always_inline)) {
    const Vec first = f(Load(from + i), i, kLanes);
    const Vec second = f(Load(from + i + kLanes), i + kLanes, kLanes);
    Store(to + i, first);
    Store(to + i + kLanes, second);
  };
  if (tile.columns == 2 * kLanes) {  // a register block
    for (int64_t r = 0; r < tile.rows; ++r) map_two(tile.from + r * tile.pitch, tile.to[r], 0);
    return;
  }
  for (int64_t r = 0; r < tile.rows; ++r) {
    const float* from = tile.from + r * tile.pitch;
    float* to = tile.to[r];
    int64_t i = 0;
    for (; i + 2 * kLanes <= tile.columns; i += 2 * kLanes) map_two(from, to, i);
    for (; i + kLanes <= tile.columns; i += kLanes) Store(to + i, f(Load(from + i), i, kLanes));
    const int64_t left = tile.columns - i;
    if (left > 0) StorePart(to + i, f(LoadPart(from + i, left), i, left), left);
  }
}

inline void ActivateTile(const Activation& activation, const ActivationTile& tile) {
  const Vec a = Splat(activation.a);
  const Vec b = Splat(activation.b);
  const Vec zero = Splat(0.0f);
  switch (activation.kind) {
    case ActivationKind::kNone:
      return MapTile(
          tile, [](Vec x, int64_t, int64_t) __attribute__((always_inline)) { return x; });
    case ActivationKind::kClamp:
      return MapTile(
          tile, [&](Vec x, int64_t, int64_t)
                    __attribute__((always_inline)) { return AtMost(AtLeast(x, a), b); });
    case ActivationKind::kLeakyRelu:
      return MapTile(
          tile, [&](Vec x, int64_t, int64_t)
                    __attribute__((always_inline)) { return SelectLess(x, zero, a * x, x); });
    case ActivationKind::kElu:
      return MapTile(
          tile, [&](Vec x, int64_t, int64_t) __attribute__((always_inline)) { return Elu(x, a); });
    case ActivationKind::kSelu:
      return MapTile(
          tile, [&](Vec x, int64_t, int64_t) __attribute__((always_inline)) { return b * Elu(x, a); });
    case ActivationKind::kHardSigmoid:
      return MapTile(
          tile, [&](Vec x, int64_t, int64_t)
                    __attribute__((always_inline)) { return AtMost(AtLeast(a * x + b, zero), Splat(1.0f)); });
    case ActivationKind::kHardSwish:
      return MapTile(
          tile, [](Vec x, int64_t, int64_t) __attribute__((always_inline)) { return HardSwish(x); });
    case ActivationKind::kSigmoid:
      return MapTile(
          tile, [](Vec x, int64_t, int64_t) __attribute__((always_inline)) { return Sigmoid(x); });
    case ActivationKind::kTanh:
      return MapTile(
          tile, [](Vec x, int64_t, int64_t) __attribute__((always_inline)) { return Tanh(x); });
    case ActivationKind::kSilu:
      return MapTile(
          tile, [](Vec x, int64_t, int64_t) __attribute__((always_inline)) { return Silu(x); });
    case ActivationKind::kSoftplus:
      return MapTile(
          tile, [](Vec x, int64_t, int64_t) __attribute__((always_inline)) { return Softplus(x); });
    case ActivationKind::kSoftsign:
      return MapTile(
          tile,
          [](Vec x, int64_t, int64_t) __attribute__((always_inline)) { return x / (Splat(1.0f) + Abs(x)); });
    case ActivationKind::kMish:
      return MapTile(
          tile, [](Vec x, int64_t, int64_t) __attribute__((always_inline)) { return Mish(x); });
    case ActivationKind::kGelu:
      return MapTile(
          tile, [](Vec x, int64_t, int64_t) __attribute__((always_inline)) { return Gelu(x); });
    case ActivationKind::kGeluTanh:
      return MapTile(
          tile, [](Vec x, int64_t, int64_t) __attribute__((always_inline)) { return GeluTanh(x); });
    case ActivationKind::kPRelu:
      return MapTile(
          tile, [&](Vec x, int64_t i, int64_t n) __attribute__((always_inline)) {
            const Vec slope = n < kLanes ? LoadPart(activation.slope + i, n) : Load(activation.slope + i);
            return SelectLess(x, zero, slope * x, x);
          });
  }
}

inline void ActivateRow(const Activation& activation, float* data, int64_t count) {
  ActivateTile(activation, {data, 0, &data, 1, count});
}

inline void Activate(const Activation& activation, float* data, int64_t rows, int64_t columns,
                     int64_t stride) {
  // Rows without a gap are one.
  if (stride == columns && activation.slope == nullptr) return ActivateRow(activation, data, rows * columns);
  for (int64_t r = 0; r < rows; ++r) ActivateRow(activation, data + r * stride, columns);
}

// What a register block does itself.
FLOE_INLINE bool InEpilogue(ActivationKind kind) {
  return kind == ActivationKind::kNone || kind == ActivationKind::kClamp;
}

}  // namespace floe::cpu::FLOE_CPU_ISA

#endif  // FLOE_BACKENDS_CPU_ACTIVATION_IMPL_H_
