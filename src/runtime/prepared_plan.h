// A plan made ready to run: every kernel found, checked and bound to its problem. Immutable and shared by the
// sessions of one engine.
#ifndef FLOE_RUNTIME_PREPARED_PLAN_H_
#define FLOE_RUNTIME_PREPARED_PLAN_H_

#include <memory>
#include <vector>

#include "engine/plan.h"

namespace floe {

struct PreparedPlan {
  const Plan* plan = nullptr;
  // One entry a step; null for control flow and for dynamic steps, which are prepared when their shapes are
  // known.
  std::vector<std::unique_ptr<Executable>> kernels;
  // Sub-plans of step i: then and else of an If, the body of a Loop; empty for kernels.
  std::vector<std::vector<std::unique_ptr<PreparedPlan>>> bodies;
};

// `data` must outlive the result. Throws Error(kEngine) where a kernel refuses what the file asks of it.
std::unique_ptr<PreparedPlan> PreparePlan(const EngineData& data, const Plan& plan);

}  // namespace floe

#endif  // FLOE_RUNTIME_PREPARED_PLAN_H_
