// float32 runs, compiled once for each instruction set (see simd.h).
#ifndef FLOE_BACKENDS_CPU_ELEMENTWISE_FLOAT_IMPL_H_
#define FLOE_BACKENDS_CPU_ELEMENTWISE_FLOAT_IMPL_H_

#include <bit>

#include "backends/cpu/activation_impl.h"
#include "backends/cpu/elementwise/block.h"

namespace floe::cpu::FLOE_CPU_ISA {

template <auto kFunction>
void Map1(const BlockArgs& args) {
  const float* a = static_cast<const float*>(args.in[0]);
  float* out = static_cast<float*>(args.out);
  const int64_t n = args.count;
  int64_t i = 0;
  for (; i + kLanes <= n; i += kLanes) Store(out + i, kFunction(Load(a + i)));
  if (i < n) StorePart(out + i, kFunction(LoadPart(a + i, n - i)), n - i);
}

template <auto kFunction>
void Map2(const BlockArgs& args) {
  const float* a = static_cast<const float*>(args.in[0]);
  const float* b = static_cast<const float*>(args.in[1]);
  float* out = static_cast<float*>(args.out);
  const int64_t n = args.count;
  int64_t i = 0;
  for (; i + kLanes <= n; i += kLanes) Store(out + i, kFunction(Load(a + i), Load(b + i)));
  if (i < n) StorePart(out + i, kFunction(LoadPart(a + i, n - i), LoadPart(b + i, n - i)), n - i);
}

inline void MultiplyAdd(const BlockArgs& args) {
  const float* a = static_cast<const float*>(args.in[0]);
  const float* b = static_cast<const float*>(args.in[1]);
  const float* c = static_cast<const float*>(args.in[2]);
  float* out = static_cast<float*>(args.out);
  const int64_t n = args.count;
  int64_t i = 0;
  for (; i + kLanes <= n; i += kLanes) Store(out + i, Fma(Load(a + i), Load(b + i), Load(c + i)));
  if (i == n) return;
  const int64_t left = n - i;
  StorePart(out + i, Fma(LoadPart(a + i, left), LoadPart(b + i, left), LoadPart(c + i, left)), left);
}

inline void ActivateBlock(const BlockArgs& args) {
  float* out = static_cast<float*>(args.out);
  if (out != args.in[0]) {
    __builtin_memcpy(out, args.in[0], static_cast<size_t>(args.count) * sizeof(float));
  }
  ActivateRow(*args.activation, out, args.count);
}

// Chosen by a mask: what is only computed where it is wanted would be computed one at a time.
inline uint32_t Choose(bool condition, uint32_t then, uint32_t otherwise) {
  const uint32_t mask = 0u - static_cast<uint32_t>(condition);
  return (then & mask) | (otherwise & ~mask);
}

// As floe/float16.h does it.
inline void WidenHalf(const BlockArgs& args) {
  const uint16_t* from = static_cast<const uint16_t*>(args.in[0]);
  float* to = static_cast<float*>(args.out);
  for (int64_t i = 0; i < args.count; ++i) {
    const uint32_t half = from[i];
    const uint32_t exponent = half & 0x7c00u, mantissa = half & 0x3ffu;
    const float small = static_cast<float>(static_cast<int32_t>(mantissa)) * 0x1p-24f;
    const uint32_t bits =
        Choose(exponent == 0, std::bit_cast<uint32_t>(small), ((half & 0x7fffu) + (112u << 10)) << 13);
    // Infinities and nan.
    const uint32_t top = Choose(exponent == 0x7c00u, 0x7f800000u, 0);
    to[i] = std::bit_cast<float>(bits | top | (half & 0x8000u) << 16);
  }
}

inline void NarrowHalf(const BlockArgs& args) {
  const float* from = static_cast<const float*>(args.in[0]);
  uint16_t* to = static_cast<uint16_t*>(args.out);
  for (int64_t i = 0; i < args.count; ++i) {
    const uint32_t x = std::bit_cast<uint32_t>(from[i]), magnitude = x & 0x7fffffffu;
    const uint32_t normal = (magnitude + 0xfffu + ((magnitude >> 13) & 1u) - 0x38000000u) >> 13;
    const uint32_t small = std::bit_cast<uint32_t>(std::bit_cast<float>(magnitude) + 0.5f) - 0x3f000000u;
    uint32_t bits = Choose(magnitude < 0x38800000u, small, normal);
    bits = Choose(magnitude >= 0x477ff000u, 0x7c00u, bits);
    bits = Choose(magnitude > 0x7f800000u, 0x7e00u, bits);
    to[i] = static_cast<uint16_t>(bits | ((x >> 16) & 0x8000u));
  }
}

// clang-format off
inline BlockFunction UnaryBlock(UnaryKind kind) {
  switch (kind) {
    case UnaryKind::kIdentity: return Map1<[](Vec x) { return x; }>;
    case UnaryKind::kAbs: return Map1<[](Vec x) { return Abs(x); }>;
    case UnaryKind::kNeg: return Map1<[](Vec x) { return -x; }>;
    case UnaryKind::kSign:
      return Map1<[](Vec x) {
        return SelectLess(x, Splat(0.0f), Splat(-1.0f), SelectLess(Splat(0.0f), x, Splat(1.0f), x));
      }>;
    case UnaryKind::kCeil: return Map1<[](Vec x) { return Ceil(x); }>;
    case UnaryKind::kFloor: return Map1<[](Vec x) { return Floor(x); }>;
    case UnaryKind::kRound: return Map1<[](Vec x) { return RoundEven(x); }>;
    case UnaryKind::kTrunc: return Map1<[](Vec x) { return Trunc(x); }>;
    case UnaryKind::kSqrt: return Map1<[](Vec x) { return Sqrt(x); }>;
    case UnaryKind::kRsqrt: return Map1<[](Vec x) { return Splat(1.0f) / Sqrt(x); }>;
    case UnaryKind::kReciprocal: return Map1<[](Vec x) { return Splat(1.0f) / x; }>;
    case UnaryKind::kSquare: return Map1<[](Vec x) { return x * x; }>;
    case UnaryKind::kExp: return Map1<[](Vec x) { return Exp(x); }>;
    case UnaryKind::kExpm1: return Map1<[](Vec x) { return Expm1(x); }>;
    case UnaryKind::kLog: return Map1<[](Vec x) { return Log(x); }>;
    case UnaryKind::kLog1p: return Map1<[](Vec x) { return Log1p(x); }>;
    case UnaryKind::kTanh: return Map1<[](Vec x) { return Tanh(x); }>;
    case UnaryKind::kErf: return Map1<[](Vec x) { return Erf(x); }>;
    case UnaryKind::kSigmoid: return Map1<[](Vec x) { return Sigmoid(x); }>;
    case UnaryKind::kSoftplus: return Map1<[](Vec x) { return Softplus(x); }>;
    case UnaryKind::kSoftsign: return Map1<[](Vec x) { return x / (Splat(1.0f) + Abs(x)); }>;
    case UnaryKind::kRelu: return Map1<[](Vec x) { return AtLeast(x, Splat(0.0f)); }>;
    case UnaryKind::kHardSwish: return Map1<[](Vec x) { return HardSwish(x); }>;
    case UnaryKind::kSilu: return Map1<[](Vec x) { return Silu(x); }>;
    case UnaryKind::kMish: return Map1<[](Vec x) { return Mish(x); }>;
    default: return nullptr;
  }
}

inline BlockFunction BinaryBlock(BinaryKind kind) {
  switch (kind) {
    case BinaryKind::kAdd: return Map2<[](Vec a, Vec b) { return a + b; }>;
    case BinaryKind::kSub: return Map2<[](Vec a, Vec b) { return a - b; }>;
    case BinaryKind::kMul: return Map2<[](Vec a, Vec b) { return a * b; }>;
    case BinaryKind::kDiv: return Map2<[](Vec a, Vec b) { return a / b; }>;
    case BinaryKind::kMin: return Map2<[](Vec a, Vec b) { return Smaller(a, b); }>;
    case BinaryKind::kMax: return Map2<[](Vec a, Vec b) { return Larger(a, b); }>;
    case BinaryKind::kDivNoNan:
      return Map2<[](Vec a, Vec b) { return SelectEqual(b, Splat(0.0f), Splat(0.0f), a / b); }>;
    case BinaryKind::kMulNoNan:
      return Map2<[](Vec a, Vec b) { return SelectEqual(b, Splat(0.0f), Splat(0.0f), a * b); }>;
    case BinaryKind::kSquaredDifference: return Map2<[](Vec a, Vec b) { return (a - b) * (a - b); }>;
    default: return nullptr;
  }
}
// clang-format on

// One file an instruction set includes this, each in its own namespace.
// NOLINTNEXTLINE(misc-definitions-in-headers)
constinit const FloatBlocks kFloatBlocks = {
    UnaryBlock,    BinaryBlock,
    ActivateBlock, Map2<[](Vec x, Vec slope) { return SelectLess(x, Splat(0.0f), slope * x, x); }>,
    MultiplyAdd,   WidenHalf,
    NarrowHalf};

}  // namespace floe::cpu::FLOE_CPU_ISA

#endif  // FLOE_BACKENDS_CPU_ELEMENTWISE_FLOAT_IMPL_H_
