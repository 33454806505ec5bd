// Activations on rows of floats, compiled once for each instruction set (see simd.h).
#ifndef FLOE_BACKENDS_CPU_ACTIVATION_IMPL_H_
#define FLOE_BACKENDS_CPU_ACTIVATION_IMPL_H_

#include "backends/cpu/activation.h"
#include "backends/cpu/simd_math.h"

namespace floe::cpu::FLOE_CPU_ISA {

// f on each element of a row; `f` takes the vector and its place in the row.
template <typename F>
FLOE_INLINE void MapRow(float* data, int64_t count, F f) {
  int64_t i = 0;
  for (; i + kLanes <= count; i += kLanes) Store(data + i, f(Load(data + i), i, kLanes));
  if (i < count) StorePart(data + i, f(LoadPart(data + i, count - i), i, count - i), count - i);
}

inline void ActivateRow(const Activation& activation, float* data, int64_t count) {
  const Vec a = Splat(activation.a);
  const Vec b = Splat(activation.b);
  const Vec zero = Splat(0.0f);
  switch (activation.kind) {
    case ActivationKind::kNone:
      return;
    case ActivationKind::kClamp:
      return MapRow(data, count, [&](Vec x, int64_t, int64_t) { return AtMost(AtLeast(x, a), b); });
    case ActivationKind::kLeakyRelu:
      return MapRow(data, count, [&](Vec x, int64_t, int64_t) { return SelectLess(x, zero, a * x, x); });
    case ActivationKind::kElu:
      return MapRow(data, count, [&](Vec x, int64_t, int64_t) { return Elu(x, a); });
    case ActivationKind::kSelu:
      return MapRow(data, count, [&](Vec x, int64_t, int64_t) { return b * Elu(x, a); });
    case ActivationKind::kHardSigmoid:
      return MapRow(data, count,
                    [&](Vec x, int64_t, int64_t) { return AtMost(AtLeast(a * x + b, zero), Splat(1.0f)); });
    case ActivationKind::kHardSwish:
      return MapRow(data, count, [](Vec x, int64_t, int64_t) { return HardSwish(x); });
    case ActivationKind::kSigmoid:
      return MapRow(data, count, [](Vec x, int64_t, int64_t) { return Sigmoid(x); });
    case ActivationKind::kTanh:
      return MapRow(data, count, [](Vec x, int64_t, int64_t) { return Tanh(x); });
    case ActivationKind::kSilu:
      return MapRow(data, count, [](Vec x, int64_t, int64_t) { return Silu(x); });
    case ActivationKind::kSoftplus:
      return MapRow(data, count, [](Vec x, int64_t, int64_t) { return Softplus(x); });
    case ActivationKind::kSoftsign:
      return MapRow(data, count, [](Vec x, int64_t, int64_t) { return x / (Splat(1.0f) + Abs(x)); });
    case ActivationKind::kMish:
      return MapRow(data, count, [](Vec x, int64_t, int64_t) { return x * Tanh(Softplus(x)); });
    case ActivationKind::kGelu:
      return MapRow(data, count, [](Vec x, int64_t, int64_t) { return Gelu(x); });
    case ActivationKind::kGeluTanh:
      return MapRow(data, count, [](Vec x, int64_t, int64_t) { return GeluTanh(x); });
    case ActivationKind::kPRelu:
      return MapRow(data, count, [&](Vec x, int64_t i, int64_t n) {
        const Vec slope = n < kLanes ? LoadPart(activation.slope + i, n) : Load(activation.slope + i);
        return SelectLess(x, zero, slope * x, x);
      });
  }
}

inline void Activate(const Activation& activation, float* data, int64_t rows, int64_t columns,
                     int64_t stride) {
  for (int64_t r = 0; r < rows; ++r) ActivateRow(activation, data + r * stride, columns);
}

}  // namespace floe::cpu::FLOE_CPU_ISA

#endif  // FLOE_BACKENDS_CPU_ACTIVATION_IMPL_H_
