#include "backends/cpu/isa.h"

#include <cstring>

#if defined(__x86_64__)
#include <cpuid.h>
#endif

namespace floe::cpu {
namespace {

#if defined(__x86_64__)
// Register state that the operating system saves: without it the instructions fault or lose their upper
// halves.
uint64_t SavedState() {
  uint32_t low = 0;
  uint32_t high = 0;
  asm volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  return (static_cast<uint64_t>(high) << 32) | low;
}
#endif

}  // namespace

std::string_view IsaName(Isa isa) {
  return isa == Isa::kAvx512 ? "avx512" : isa == Isa::kAvx2 ? "avx2" : "generic";
}

Isa IsaOf(const Target& target) {
  if (target.isa == "avx512" || HasBf16(target)) return Isa::kAvx512;
  return target.isa == "avx2" ? Isa::kAvx2 : Isa::kGeneric;
}

bool HasBf16(const Target& target) {
  return target.isa == kBf16Isa;
}

#if defined(__x86_64__)

Isa DetectIsa() {
  uint32_t a = 0;
  uint32_t b = 0;
  uint32_t c = 0;
  uint32_t d = 0;
  if (__get_cpuid(1, &a, &b, &c, &d) == 0) return Isa::kGeneric;
  const bool fma = (c & bit_FMA) != 0;
  if ((c & bit_OSXSAVE) == 0 || (c & bit_AVX) == 0) return Isa::kGeneric;
  const uint64_t state = SavedState();
  if ((state & 0x6) != 0x6 || __get_cpuid_count(7, 0, &a, &b, &c, &d) == 0) return Isa::kGeneric;
  if (!fma || (b & bit_AVX2) == 0) return Isa::kGeneric;
  constexpr uint32_t kWide = bit_AVX512F | bit_AVX512BW | bit_AVX512DQ | bit_AVX512VL;
  return (b & kWide) == kWide && (state & 0xe6) == 0xe6 ? Isa::kAvx512 : Isa::kAvx2;
}

bool DetectBf16() {
  uint32_t a = 0;
  uint32_t b = 0;
  uint32_t c = 0;
  uint32_t d = 0;
  return DetectIsa() == Isa::kAvx512 && __get_cpuid_count(7, 1, &a, &b, &c, &d) != 0 &&
         (a & bit_AVX512BF16) != 0;
}

std::string ProcessorName() {
  uint32_t words[12] = {};
  for (uint32_t i = 0; i < 3; ++i) {
    uint32_t* w = words + 4 * i;
    if (__get_cpuid(0x80000002u + i, w, w + 1, w + 2, w + 3) == 0) return "x86-64";
  }
  char text[sizeof(words) + 1] = {};
  std::memcpy(text, words, sizeof(words));
  std::string name = text;
  while (!name.empty() && name.back() == ' ') name.pop_back();
  return name.empty() ? "x86-64" : name;
}

#else

Isa DetectIsa() {
  return Isa::kGeneric;
}

bool DetectBf16() {
  return false;
}

std::string ProcessorName() {
#if defined(__aarch64__)
  return "aarch64";
#else
  return "generic";
#endif
}

#endif

}  // namespace floe::cpu
