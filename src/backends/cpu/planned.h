// Rows that read their problem into a plan, make of that what runs, and pack nothing.
#ifndef FLOE_BACKENDS_CPU_PLANNED_H_
#define FLOE_BACKENDS_CPU_PLANNED_H_

#include <memory>
#include <utility>

#include "backends/cpu/problem.h"
#include "base/check.h"

namespace floe::cpu {

// kMakePlan(problem, &plan) refuses or fills the plan; Rows is the Executable of (args, plan), kName the
// row's.
template <typename Plan, Refusal (*kMakePlan)(const Graph&, Plan*), typename Rows>
struct Planned {
  static Refusal Refuses(const Graph& problem, const Target&) {
    Plan plan;
    return kMakePlan(problem, &plan);
  }

  static std::unique_ptr<Executable> Prepare(const PrepareArgs& args) {
    Plan plan;
    CHECK(!kMakePlan(args.problem, &plan));
    CheckPackedCount(args.packed, 0, Rows::kName);
    return std::make_unique<Rows>(args, std::move(plan));
  }
};

}  // namespace floe::cpu

#endif  // FLOE_BACKENDS_CPU_PLANNED_H_
