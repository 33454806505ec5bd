// The activation at the end of a fused group, as kernels see it.
#ifndef FLOE_BACKENDS_CPU_ACTIVATION_H_
#define FLOE_BACKENDS_CPU_ACTIVATION_H_

namespace floe::cpu {

enum class ActivationKind {
  kNone,
  kClamp,        // min(max(x, a), b)
  kLeakyRelu,    // x < 0 ? a * x : x
  kElu,          // x < 0 ? a * (exp(x) - 1) : x
  kSelu,         // b * (x < 0 ? a * (exp(x) - 1) : x)
  kHardSigmoid,  // min(max(a * x + b, 0), 1)
  kHardSwish,
  kSigmoid,
  kTanh,
  kSilu,
  kSoftplus,
  kSoftsign,
  kMish,
  kGelu,
  kGeluTanh,
  kPRelu,  // x < 0 ? slope[channel] * x : x
};

struct Activation {
  ActivationKind kind = ActivationKind::kNone;
  float a = 0;
  float b = 0;
  const float* slope = nullptr;  // kPRelu: one a channel
};

}  // namespace floe::cpu

#endif  // FLOE_BACKENDS_CPU_ACTIVATION_H_
