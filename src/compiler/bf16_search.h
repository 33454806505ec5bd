// Which steps of a network may compute in bf16, and which values between them may lie in memory so, when its
// outputs may move by so much and no more.
#ifndef FLOE_COMPILER_BF16_SEARCH_H_
#define FLOE_COMPILER_BF16_SEARCH_H_

#include <functional>
#include <string>
#include <vector>

#include "engine/plan.h"
#include "graph/graph.h"
#include "planner/planner.h"

namespace floe {

struct Bf16SearchArgs {
  PlannerOptions planner;  // for a target that allows bf16
  std::vector<IoSpec> inputs;
  std::vector<IoSpec> outputs;
  double budget = 0;  // of an output's range
  int threads = 1;
};

struct Bf16Choice {
  std::function<Refusal(const std::string& step)> refusal;
  std::function<bool(const Graph& graph, ValueId value)> may_store;  // null: none is worth it
};

// Each step that is faster in bf16 is run alone so within a float32 network, on made-up inputs, then as many
// together as the budget allows, those first that gain the most time for their error. Steps within loops and
// branches cannot be tried alone and stay float32. What of the values may then be stored is measured with all
// of them at once. Settles the graph's groups.
Bf16Choice ChooseBf16(Graph& graph, const Bf16SearchArgs& args);

}  // namespace floe

#endif  // FLOE_COMPILER_BF16_SEARCH_H_
