// Graph to Plan: which kernels, in which order, with which memory.
#ifndef FLOE_PLANNER_PLANNER_H_
#define FLOE_PLANNER_PLANNER_H_

#include <functional>
#include <string_view>
#include <vector>

#include "engine/plan.h"
#include "graph/graph.h"
#include "planner/constant_pool.h"
#include "planner/tuner.h"

namespace floe {

struct PlannerOptions {
  Target target;
  Tuner* tuner = nullptr;  // null: rank by estimate
  bool settle = true;  // groups are kept, split and merged by what they cost; false: they stay as they are
  // How many times the weights in the graph the packed ones may take in all; 0: no limit.
  double max_weight_growth = 0;
  // Why the step of that name may not compute in bf16 on a target that allows it; empty: all may.
  std::function<Refusal(const std::string& step)> bf16_refusal;
  // All that is computed may be rounded to bf16 on such a target, so a kernel in float32 may round more, too.
  bool bf16_throughout = false;
  bool store_bf16 = false;  // on such a target values between steps may lie in memory as bf16
  // Which of them; empty: all.
  std::function<bool(const Graph& graph, ValueId value)> may_store;
  std::function<void(std::string_view what, double fraction)> progress;
  std::function<bool()> cancelled;
};

// Plans the graph for the target; large constants go to the pool. The graph's groups are kept or split on the
// way, so it is changed; its meaning is not. Throws Error(kInterrupted) when cancelled.
Plan MakePlan(Graph& graph, ConstantPool& constants, const PlannerOptions& options);

}  // namespace floe

#endif  // FLOE_PLANNER_PLANNER_H_
