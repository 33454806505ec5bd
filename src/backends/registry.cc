#include <array>

#include "backends/backend.h"
#include "backends/cpu/cpu.h"
#include "backends/null/null.h"
#include "backends/reference/reference.h"
#include "base/check.h"

namespace floe {
namespace {

double EstimateOf(const Kernel& kernel, const Graph& problem, const Target& target) {
  if (kernel.estimate_ns != nullptr) return kernel.estimate_ns(problem, target);
  double bytes = 0;
  for (const ValueId id : problem.inputs())
    bytes += static_cast<double>(problem.value(id).type.StaticBytes());
  for (const ValueId id : problem.outputs())
    bytes += static_cast<double>(problem.value(id).type.StaticBytes());
  return bytes;
}

}  // namespace

std::span<const Backend* const> AllBackends() {
  static const std::array<const Backend*, 3> backends = {&CpuBackend(), &ReferenceBackend(), &NullBackend()};
  return backends;
}

const Backend* FindBackend(std::string_view name) {
  for (const Backend* backend : AllBackends()) {
    if (backend->name == name) return backend;
  }
  return nullptr;
}

const Kernel* FindKernel(std::string_view name) {
  for (const Backend* backend : AllBackends()) {
    for (const Kernel& kernel : backend->kernels()) {
      if (kernel.name == name) return &kernel;
    }
  }
  return nullptr;
}

std::vector<const Kernel*> CandidateKernels(const Target& target) {
  std::vector<const Kernel*> out;
  const Backend* own = FindBackend(target.backend);
  CHECK(own != nullptr, target.backend);
  for (const Kernel& kernel : own->kernels()) out.push_back(&kernel);
  if (own != &ReferenceBackend() && own != &NullBackend()) {
    for (const Kernel& kernel : ReferenceBackend().kernels()) out.push_back(&kernel);
  }
  return out;
}

const Kernel* RankStatically(const Graph& problem, const Target& target) {
  const Backend* own = FindBackend(target.backend);
  CHECK(own != nullptr, target.backend);
  const Kernel* best = nullptr;
  double best_ns = 0;
  for (const Kernel& kernel : own->kernels()) {
    if (kernel.refuses(problem, target)) continue;
    const double ns = EstimateOf(kernel, problem, target);
    if (best == nullptr || ns < best_ns) {
      best = &kernel;
      best_ns = ns;
    }
  }
  return best != nullptr ? best : &ReferenceBackend().kernels().front();
}

}  // namespace floe
