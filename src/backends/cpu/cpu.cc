#include "backends/cpu/cpu.h"

#include <vector>

#include "backends/cpu/isa.h"
#include "backends/cpu/kernels.h"

namespace floe {
namespace {

std::span<const Kernel> Kernels() {
  static const std::vector<Kernel> kernels = [] {
    std::vector<Kernel> made;
    for (const auto make : cpu::kRows) made.push_back(make());
    return made;
  }();
  return kernels;
}

Target Detect(int threads) {
  Target target;
  target.backend = "cpu";
  target.isa = cpu::IsaName(cpu::DetectIsa());
  target.threads = threads;
  target.device = cpu::ProcessorName() + (cpu::HasTiles() ? " with AMX" : "");
  return target;
}

Refusal RefusesTarget(const Target& built_for) {
  const cpu::Isa wanted = cpu::IsaOf(built_for);
  if (cpu::HasBf16(built_for)) {
    if (cpu::DetectBf16()) return std::nullopt;
  } else if (cpu::IsaName(wanted) != built_for.isa) {
    return "instruction set '" + built_for.isa + "' is not known";
  } else if (cpu::HasIsa(wanted)) {
    return std::nullopt;
  }
  return "the engine uses " + built_for.isa + ", this processor (" + cpu::ProcessorName() + ") has " +
         std::string(cpu::IsaName(cpu::DetectIsa()));
}

Refusal AllowBf16(Target& target) {
  if (cpu::IsaOf(target) != cpu::Isa::kAvx512) return "instruction set " + target.isa + " has no AVX512_BF16";
  if (!cpu::DetectBf16()) return "this processor (" + cpu::ProcessorName() + ") has no AVX512_BF16";
  target.isa = cpu::kBf16Isa;
  return std::nullopt;
}

}  // namespace

const Backend& CpuBackend() {
  static const Backend backend = {
      .name = "cpu",
      .description = "x86-64 with AVX2 or AVX-512, 64-bit ARM, others by portable code",
      .kernels = Kernels,
      .detect = Detect,
      .refuses_target = RefusesTarget,
      .widens_half = true,
      .allow_bf16 = AllowBf16};
  return backend;
}

}  // namespace floe
