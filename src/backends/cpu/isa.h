// Instruction sets that kernels are compiled for, and which of them a target may use.
#ifndef FLOE_BACKENDS_CPU_ISA_H_
#define FLOE_BACKENDS_CPU_ISA_H_

#include <string>
#include <string_view>

#include "backends/backend.h"

namespace floe::cpu {

enum class Isa { kGeneric = 0, kAvx2 = 1, kAvx512 = 2 };

// "generic", "avx2" (with FMA) or "avx512" (F, BW, DQ, VL).
std::string_view IsaName(Isa isa);
// The widest set that processor and operating system offer.
Isa DetectIsa();
// The set a target names; an unknown word means kGeneric, which every machine has.
Isa IsaOf(const Target& target);
// What a target may add to its set: "avx512+bf16" has VDPBF16PS, too, and kernels may compute in bf16.
constexpr std::string_view kBf16Isa = "avx512+bf16";
bool HasBf16(const Target& target);
constexpr const char* kNotForBf16 =
    "the engine is built for float32";  // what rows in bf16 refuse others with
// This processor has it.
bool DetectBf16();
// "AMD EPYC 9R14", or the architecture's name where the processor does not say.
std::string ProcessorName();

// What the function for the set gives, asked for only where the set may run: the function is compiled for it,
// too.
template <auto kGeneric, auto kAvx2, auto kAvx512>
const auto& CodeFor(Isa isa) {
#if defined(__x86_64__)
  if (isa == Isa::kAvx512) {
    static const auto code = kAvx512();
    return code;
  }
  if (isa == Isa::kAvx2) {
    static const auto code = kAvx2();
    return code;
  }
#endif
  static_cast<void>(isa);
  static const auto code = kGeneric();
  return code;
}

// Floats in a vector register of the set.
constexpr int VectorFloats(Isa isa) {
  return isa == Isa::kAvx512 ? 16 : isa == Isa::kAvx2 ? 8 : 4;
}

// For static ranking: multiply-adds a nanosecond that a well-shaped loop reaches on one core.
constexpr double MaddsPerNs(Isa isa) {
  return isa == Isa::kAvx512 ? 50 : isa == Isa::kAvx2 ? 45 : 8;
}

}  // namespace floe::cpu

#endif  // FLOE_BACKENDS_CPU_ISA_H_
