#include "planner/choose.h"

#include <algorithm>

#include "base/check.h"
#include "base/error.h"

namespace floe {
namespace {

double Bytes(const Graph& problem) {
  double bytes = 0;
  for (const auto& ids : {problem.inputs(), problem.outputs()}) {
    for (const ValueId id : ids) bytes += static_cast<double>(problem.value(id).type.StaticBytes());
  }
  return bytes;
}

// Values of this type are rounded by as much wherever they are computed.
bool GivesHalves(const Graph& problem) {
  return std::ranges::all_of(problem.outputs(),
                             [&](ValueId id) { return problem.value(id).type.dtype == DType::kFloat16; });
}

Refusal RoundsTooMuch(const Kernel& kernel, const Graph& problem, const RoundingLimit& rounding) {
  if (kernel.arithmetic != DType::kFloat32) return rounding.bf16;
  if (kernel.error_bound <= rounding.most || GivesHalves(problem)) return std::nullopt;
  return fmt::format("its rounding, up to {:.0e}, is too much with so many layers after it",
                     kernel.error_bound);
}

}  // namespace

Choice ChooseKernel(const Graph& problem, const Target& target, Tuner* tuner, const RoundingLimit& rounding,
                    const Yardstick* beside) {
  const Backend* own = FindBackend(target.backend);
  CHECK(own != nullptr, target.backend);
  Choice choice;
  std::vector<const Kernel*> able;
  std::vector<size_t> rows;  // of candidates
  for (const Kernel& kernel : own->kernels()) {
    KernelCandidate& candidate = choice.candidates.emplace_back();
    candidate.kernel = kernel.name;
    if (const Refusal why = kernel.refuses(problem, target)) {
      candidate.refusal = *why;
      continue;
    }
    if (const Refusal why = RoundsTooMuch(kernel, problem, rounding)) {
      candidate.refusal = *why;
      continue;
    }
    candidate.estimate_ns = EstimateNs(kernel, problem, target);
    able.push_back(&kernel);
    rows.push_back(choice.candidates.size() - 1);
  }
  if (able.empty()) {
    const Kernel* reference = FindKernel("reference.graph");
    CHECK(reference != nullptr);
    choice.kernel = reference;
    choice.last_resort = true;
    choice.time_ns = 100 * Bytes(problem);
    choice.candidates.push_back({std::string(reference->name), "", -1, choice.time_ns});
    return choice;
  }
  if (tuner != nullptr) {
    const auto times = tuner->Measure(problem, target, able, beside);
    for (size_t i = 0; i < able.size(); ++i) {
      if (times[i]) choice.candidates[rows[i]].time_ns = static_cast<double>(*times[i]);
    }
  }
  for (size_t i = 0; i < able.size(); ++i) {
    const KernelCandidate& c = choice.candidates[rows[i]];
    const double ns = c.time_ns >= 0 ? c.time_ns : c.estimate_ns;
    if (choice.kernel == nullptr || ns < choice.time_ns) {
      choice.kernel = able[i];
      choice.time_ns = ns;
    }
  }
  return choice;
}

}  // namespace floe
