#include "backends/cpu/cpu.h"

#include <array>

#include "backends/cpu/isa.h"
#include "backends/cpu/kernels.h"

namespace floe {
namespace {

std::span<const Kernel> Kernels() {
  static const std::array kernels = {
      cpu::ConvPackedKernel(),
      cpu::ConvFewChannelsKernel(),
      cpu::ProductBf16Kernel(),
      cpu::ConvFewChannelsBf16Kernel(),
      cpu::ConvGemmKernel(),
      cpu::ConvTransposeKernel(),
      cpu::DepthwiseKernel(),
      cpu::DepthwiseBf16Kernel(),
      cpu::ElementwiseKernel(),
      cpu::MatMulKernel(),
      cpu::PoolKernel(),
      cpu::ReduceKernel(),
      cpu::ArgReduceKernel(),
      cpu::SoftmaxKernel(),
      cpu::LayerNormKernel(),
      cpu::LrnKernel(),
      cpu::ResizeKernel(),
      cpu::MoveKernel(),
      cpu::GatherKernel(),
      cpu::Winograd3x3F2Kernel(),
      cpu::Winograd3x3F2Bf16Kernel(),
      cpu::Winograd3x3F4Kernel(),
      cpu::Winograd3x3F6Kernel(),
      cpu::Winograd5x5Kernel(),
      cpu::Winograd1x3Kernel(),
      cpu::Winograd1x7Kernel(),
      cpu::DepthwisePointwiseKernel(),
      cpu::DepthwisePointwiseBf16Kernel(),
      cpu::ConvDepthwiseKernel(),
      cpu::ConvDepthwiseBf16Kernel(),
      cpu::CropAndResizeKernel(),
  };
  return kernels;
}

Target Detect(int threads) {
  Target target;
  target.backend = "cpu";
  target.isa = cpu::IsaName(cpu::DetectIsa());
  target.threads = threads;
  target.device = cpu::ProcessorName();
  return target;
}

Refusal RefusesTarget(const Target& built_for) {
  const cpu::Isa here = cpu::DetectIsa();
  const cpu::Isa wanted = cpu::IsaOf(built_for);
  if (cpu::HasBf16(built_for)) {
    if (cpu::DetectBf16()) return std::nullopt;
  } else if (cpu::IsaName(wanted) != built_for.isa) {
    return "instruction set '" + built_for.isa + "' is not known";
  } else if (wanted <= here) {
    return std::nullopt;
  }
  return "the engine uses " + built_for.isa + ", this processor (" + cpu::ProcessorName() + ") has " +
         std::string(cpu::IsaName(here));
}

Refusal AllowBf16(Target& target) {
  if (cpu::IsaOf(target) != cpu::Isa::kAvx512) return "instruction set " + target.isa + " has no AVX512_BF16";
  if (!cpu::DetectBf16()) return "this processor (" + cpu::ProcessorName() + ") has no AVX512_BF16";
  target.isa = cpu::kBf16Isa;
  return std::nullopt;
}

}  // namespace

const Backend& CpuBackend() {
  static const Backend backend = {.name = "cpu",
                                  .description = "x86-64 with AVX2 or AVX-512, others by portable code",
                                  .kernels = Kernels,
                                  .detect = Detect,
                                  .refuses_target = RefusesTarget,
                                  .widens_half = true,
                                  .allow_bf16 = AllowBf16};
  return backend;
}

}  // namespace floe
