// Instruction sets that kernels are compiled for, and which of them a target may use.
#ifndef FLOE_BACKENDS_CPU_ISA_H_
#define FLOE_BACKENDS_CPU_ISA_H_

#include <string>
#include <string_view>

#include "backends/backend.h"

namespace floe::cpu {

enum class Isa { kGeneric, kAvx2, kAvx512, kNeon };

// "generic", which is the same code on every machine, "avx2" (with FMA), "avx512" (F, BW, DQ, VL) or "neon"
// (64-bit ARM's, with FMA; each of those machines has it).
std::string_view IsaName(Isa isa);
// The widest set that processor and operating system offer.
Isa DetectIsa();
// This machine can run code for the set.
bool HasIsa(Isa isa);
// The set a target names; an unknown word means kGeneric, which every machine has.
Isa IsaOf(const Target& target);
// What a target may add to its set: "avx512+bf16" has VDPBF16PS, too, and kernels may compute in bf16.
constexpr std::string_view kBf16Isa = "avx512+bf16";
bool HasBf16(const Target& target);
constexpr const char* kNotForBf16 =
    "the engine is built for float32";  // what rows in bf16 refuse others with
// This processor has it.
bool DetectBf16();
// It also has AMX's tiles of bf16, and the system lets this process use them. Targets do not name it: an
// engine for "avx512+bf16" runs with and without. Asks once.
bool HasTiles();
// "AMD EPYC 9R14", or the architecture's name where the processor does not say.
std::string ProcessorName();

// The set's code. It is a constant that no code has to make: whoever plans for a set needs not have it. Where
// there is none, since it is another architecture's, generic.
template <const auto& kGeneric, const auto& kAvx2, const auto& kAvx512, const auto& kNeon>
const auto& CodeFor(Isa isa) {
#if defined(__x86_64__)
  if (isa == Isa::kAvx512) return kAvx512;
  if (isa == Isa::kAvx2) return kAvx2;
#elif defined(__aarch64__)
  if (isa == Isa::kNeon) return kNeon;
#endif
  static_cast<void>(isa);
  return kGeneric;
}

// Floats in a vector register of the set.
constexpr int VectorFloats(Isa isa) {
  return isa == Isa::kAvx512 ? 16 : isa == Isa::kAvx2 ? 8 : 4;
}

// For static ranking: multiply-adds a nanosecond that a well-shaped loop reaches on one core. NEON's is not
// measured: two units of four lanes at 2.5 GHz.
constexpr double MaddsPerNs(Isa isa) {
  switch (isa) {
    case Isa::kAvx512:
      return 50;
    case Isa::kAvx2:
      return 45;
    case Isa::kNeon:
      return 20;
    default:
      return 8;
  }
}

}  // namespace floe::cpu

#endif  // FLOE_BACKENDS_CPU_ISA_H_
