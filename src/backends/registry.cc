#include <array>

#include "backends/backend.h"
#include "backends/cpu/cpu.h"
#include "backends/null/null.h"
#include "backends/reference/reference.h"
#include "base/check.h"

namespace floe {
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

double EstimateNs(const Kernel& kernel, const Graph& problem, const Target& target) {
  if (kernel.estimate_ns != nullptr) return kernel.estimate_ns(problem, target);
  double bytes = 0;
  for (const auto& ids : {problem.inputs(), problem.outputs()}) {
    for (const ValueId id : ids) bytes += static_cast<double>(problem.value(id).type.StaticBytes());
  }
  return bytes;
}

const Kernel* RankStatically(const Graph& problem, const Target& target) {
  const Backend* own = FindBackend(target.backend);
  CHECK(own != nullptr, target.backend);
  const Kernel* best = nullptr;
  double best_ns = 0;
  for (const Kernel& kernel : own->kernels()) {
    // Whether rounding does harm was not seen where nothing was checked.
    if (kernel.arithmetic != DType::kFloat32 || kernel.refuses(problem, target)) continue;
    const double ns = EstimateNs(kernel, problem, target);
    if (best == nullptr || ns < best_ns) {
      best = &kernel;
      best_ns = ns;
    }
  }
  return best != nullptr ? best : &ReferenceBackend().kernels().front();
}

}  // namespace floe
