#include "engine/plan.h"

#include <algorithm>

namespace floe {
namespace {

KernelStep Clone(const KernelStep& step) {
  return {step.kernel,  step.version, step.problem->Clone(), step.inputs,
          step.outputs, step.packed,  step.dynamic,          step.candidates};
}

std::unique_ptr<Plan> Clone(const std::unique_ptr<Plan>& plan) {
  return std::make_unique<Plan>(ClonePlan(*plan));
}

IfStep Clone(const IfStep& step) {
  return {step.condition, step.inputs, step.outputs, Clone(step.then_plan), Clone(step.else_plan)};
}

LoopStep Clone(const LoopStep& step) {
  return {step.trip_count, step.condition, step.carried, step.captured, step.outputs, Clone(step.body)};
}

// The step's kernel reads or writes values that lie in memory as bf16 and computes in float32: of a backend
// of its own, since the reference can do that anywhere.
bool CastsBf16(const KernelStep& step) {
  if (step.kernel.starts_with("reference.")) return false;
  const Graph& problem = *step.problem;
  return std::ranges::any_of(problem.Order(), [&](NodeId id) {
    const Node& node = problem.node(id);
    if (!IsOp<Cast>(node.op)) return false;
    const auto is_bf16 = [&](ValueId v) { return problem.value(v).type.dtype == DType::kBFloat16; };
    return is_bf16(node.inputs[0]) || is_bf16(node.outputs[0]);
  });
}

}  // namespace

DType ArithmeticOf(const KernelStep& step) {
  const Kernel* kernel = FindKernel(step.kernel);
  return kernel == nullptr ? DType::kFloat32 : kernel->arithmetic;
}

bool UsesBf16(const Plan& plan) {
  return std::ranges::any_of(plan.steps, [](const Step& step) {
    if (const auto* kernel = std::get_if<KernelStep>(&step.action))
      return ArithmeticOf(*kernel) == DType::kBFloat16 || CastsBf16(*kernel);
    if (const auto* branch = std::get_if<IfStep>(&step.action))
      return UsesBf16(*branch->then_plan) || UsesBf16(*branch->else_plan);
    return UsesBf16(*std::get<LoopStep>(step.action).body);
  });
}

Step CloneStep(const Step& step) {
  Step copy{step.name, step.sources, {}};
  std::visit([&](const auto& action) { copy.action = Clone(action); }, step.action);
  return copy;
}

Plan ClonePlan(const Plan& plan) {
  Plan copy{plan.values, plan.inputs, plan.outputs, {}, plan.arena_bytes};
  for (const Step& step : plan.steps) copy.steps.push_back(CloneStep(step));
  return copy;
}

}  // namespace floe
