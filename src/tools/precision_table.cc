#include "tools/precision_table.h"

#include <algorithm>

#include "base/error.h"
#include "tools/console.h"
#include "tools/engine_json.h"
#include "tools/table.h"

namespace floe::tools {
namespace {

double NsOf(const KernelCandidate& c) {
  return c.time_ns >= 0 ? c.time_ns : c.estimate_ns;
}

std::string Times(double bf16_ns, double float32_ns) {
  return fmt::format("{} against {}", HumanMs(bf16_ns * 1e-6), HumanMs(float32_ns * 1e-6));
}

const Kernel* KernelOf(const KernelCandidate& c) {
  return FindKernel(c.kernel);
}

// Of the best kernel in that arithmetic; null if none can.
const KernelCandidate* BestIn(const KernelStep& step, DType arithmetic) {
  const KernelCandidate* best = nullptr;
  for (const KernelCandidate& c : step.candidates) {
    const Kernel* kernel = KernelOf(c);
    if (kernel == nullptr || kernel->arithmetic != arithmetic || !c.refusal.empty() || NsOf(c) < 0) continue;
    if (best == nullptr || NsOf(c) < NsOf(*best)) best = &c;
  }
  return best;
}

bool HasBf16(const Graph& problem, const std::vector<ValueId>& values) {
  return std::ranges::any_of(values,
                             [&](ValueId id) { return problem.value(id).type.dtype == DType::kBFloat16; });
}

// How what it reads and what it writes lie in memory; "" where all is float32.
std::string MemoryOf(const KernelStep& step) {
  const Graph& problem = *step.problem;
  const bool reads = HasBf16(problem, problem.inputs());
  const bool writes = HasBf16(problem, problem.outputs());
  if (reads && writes) return "reads and writes bf16";
  return reads ? "reads bf16" : writes ? "writes bf16" : "";
}

std::string WhyOf(const KernelStep& step) {
  if (step.dynamic) return "shapes are known only at run time";
  const KernelCandidate* bf16 = BestIn(step, DType::kBFloat16);
  const KernelCandidate* float32 = BestIn(step, DType::kFloat32);
  if (ArithmeticOf(step) == DType::kBFloat16) {
    return bf16 == nullptr || float32 == nullptr
               ? MemoryOf(step).empty() ? "float32 was passed over"
                                        : "faster with its neighbours, all times added up"
               : fmt::format("faster: {}", Times(NsOf(*bf16), NsOf(*float32)));
  }
  if (bf16 != nullptr && float32 != nullptr)
    return fmt::format("bf16 is not faster: {}", Times(NsOf(*bf16), NsOf(*float32)));
  for (const KernelCandidate& c : step.candidates) {
    const Kernel* kernel = KernelOf(c);
    if (kernel != nullptr && kernel->arithmetic == DType::kBFloat16) return c.refusal;
  }
  return "no kernel in bf16";
}

void AddRows(const Plan& plan, Table* table) {
  for (const Step& step : plan.steps) {
    if (const auto* kernel = std::get_if<KernelStep>(&step.action)) {
      const bool bf16 = ArithmeticOf(*kernel) == DType::kBFloat16;
      table->Add({step.name, OpsOf(step), bf16 ? "bf16" : "fp32", MemoryOf(*kernel), WhyOf(*kernel)});
    } else if (const auto* branch = std::get_if<IfStep>(&step.action)) {
      AddRows(*branch->then_plan, table);
      AddRows(*branch->else_plan, table);
    } else {
      AddRows(*std::get<LoopStep>(step.action).body, table);
    }
  }
}

struct Count {
  size_t bf16 = 0;
  size_t all = 0;
};

void CountSteps(const Plan& plan, Count* count) {
  for (const Step& step : plan.steps) {
    if (const auto* kernel = std::get_if<KernelStep>(&step.action)) {
      ++count->all;
      count->bf16 += ArithmeticOf(*kernel) == DType::kBFloat16 ? 1 : 0;
    } else if (const auto* branch = std::get_if<IfStep>(&step.action)) {
      CountSteps(*branch->then_plan, count);
      CountSteps(*branch->else_plan, count);
    } else {
      CountSteps(*std::get<LoopStep>(step.action).body, count);
    }
  }
}

}  // namespace

std::string PrecisionTable(const Plan& plan) {
  Table table({"step", "ops", "in", "memory", "why"});
  AddRows(plan, &table);
  return table.ToString();
}

std::string PrecisionSummary(const EngineData& data) {
  Count count;
  for (const Plan& plan : data.profiles) CountSteps(plan, &count);
  return fmt::format("bf16 in {} of {} steps", count.bf16, count.all);
}

}  // namespace floe::tools
