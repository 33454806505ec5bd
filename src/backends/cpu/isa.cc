#include "backends/cpu/isa.h"

#include <cstring>

#if defined(__x86_64__)
#include <cpuid.h>
#if defined(__linux__)
#include <sys/syscall.h>
#include <unistd.h>
#endif
#elif defined(__aarch64__)
#include <fstream>
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

bool ProcessorHasTiles() {
  uint32_t a = 0;
  uint32_t b = 0;
  uint32_t c = 0;
  uint32_t d = 0;
  constexpr uint32_t kBf16 = 1u << 22;
  constexpr uint32_t kTiles = 1u << 24;
  constexpr uint64_t kTileState = 0x60000;
  return __get_cpuid_count(7, 0, &a, &b, &c, &d) != 0 && (d & kBf16) != 0 && (d & kTiles) != 0 &&
         (SavedState() & kTileState) == kTileState;
}

// Linux gives a process the memory for the tiles' state only when it has asked, since 5.16; elsewhere there
// are none.
bool SystemGrantsTiles() {
#if defined(__linux__)
  constexpr long kRequest = 0x1023;  // ARCH_REQ_XCOMP_PERM
  constexpr long kTileData = 18;
  return syscall(SYS_arch_prctl, kRequest, kTileData) == 0;
#else
  return false;
#endif
}
#endif

}  // namespace

std::string_view IsaName(Isa isa) {
  constexpr std::string_view kNames[] = {"generic", "avx2", "avx512", "neon"};
  return kNames[static_cast<size_t>(isa)];
}

bool HasIsa(Isa isa) {
  const Isa here = DetectIsa();
  return isa == Isa::kGeneric || isa == here || (isa == Isa::kAvx2 && here == Isa::kAvx512);
}

Isa IsaOf(const Target& target) {
  if (HasBf16(target)) return Isa::kAvx512;
  for (const Isa isa : {Isa::kAvx2, Isa::kAvx512, Isa::kNeon}) {
    if (target.isa == IsaName(isa)) return isa;
  }
  return Isa::kGeneric;
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

bool HasTiles() {
  static const bool has = DetectBf16() && ProcessorHasTiles() && SystemGrantsTiles();
  return has;
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

#elif defined(__aarch64__)

Isa DetectIsa() {
  return Isa::kNeon;
}

bool DetectBf16() {
  return false;
}

bool HasTiles() {
  return false;
}

// Cores of one machine may differ: the first one's number stands for all, whichever asks.
std::string ProcessorName() {
  std::ifstream file("/sys/devices/system/cpu/cpu0/regs/identification/midr_el1");
  std::string number;  // "0x00000000410fd0c1": who designed it, and what it is
  return file >> number ? "aarch64 " + number : "aarch64";
}

#else

Isa DetectIsa() {
  return Isa::kGeneric;
}

bool DetectBf16() {
  return false;
}

bool HasTiles() {
  return false;
}

std::string ProcessorName() {
  return "generic";
}

#endif

}  // namespace floe::cpu
