#include "runtime/prepared_plan.h"

#include "base/check.h"
#include "base/error.h"

namespace floe {
namespace {

// What is computed from the problem's own constants needs all of them.
void RequireConstants(const Graph& problem, std::string_view kernel) {
  for (const ValueId id : problem.Values()) {
    const Value& v = problem.value(id);
    if (v.is_constant() && v.constant.raw() == nullptr && v.constant.size() > 0) {
      Throw(ErrorCode::kModel, "step '{}': damaged: constant '{}' of kernel {} is missing", problem.name(),
            v.name, kernel);
    }
  }
  for (const NodeId id : problem.Order()) {
    for (const auto& body : problem.node(id).bodies) RequireConstants(*body, kernel);
  }
}

std::unique_ptr<Executable> PrepareKernel(const EngineData& data, const KernelStep& step) {
  const Kernel* kernel = FindKernel(step.kernel);
  CHECK(kernel != nullptr, step.kernel);  // the engine was validated
  if (const Refusal why = kernel->refuses(*step.problem, data.target)) {
    Throw(ErrorCode::kEngine, "step '{}': kernel {} refuses it: {}", step.problem->name(), kernel->name,
          *why);
  }
  if (kernel->pack == nullptr) RequireConstants(*step.problem, kernel->name);
  std::vector<Tensor> packed;
  for (const uint32_t id : step.packed) packed.push_back(data.constants[id]);
  return kernel->prepare({*step.problem, packed, data.target});
}

}  // namespace

std::unique_ptr<PreparedPlan> PreparePlan(const EngineData& data, const Plan& plan) {
  auto prepared = std::make_unique<PreparedPlan>();
  prepared->plan = &plan;
  prepared->kernels.resize(plan.steps.size());
  prepared->bodies.resize(plan.steps.size());
  for (size_t i = 0; i < plan.steps.size(); ++i) {
    if (const auto* kernel = std::get_if<KernelStep>(&plan.steps[i].action)) {
      if (kernel->dynamic) {
        RequireConstants(*kernel->problem, kernel->kernel);  // packed during the run
      } else {
        prepared->kernels[i] = PrepareKernel(data, *kernel);
      }
    } else if (const auto* branch = std::get_if<IfStep>(&plan.steps[i].action)) {
      prepared->bodies[i].push_back(PreparePlan(data, *branch->then_plan));
      prepared->bodies[i].push_back(PreparePlan(data, *branch->else_plan));
    } else {
      prepared->bodies[i].push_back(PreparePlan(data, *std::get<LoopStep>(plan.steps[i].action).body));
    }
  }
  return prepared;
}

}  // namespace floe
