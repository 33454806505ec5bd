// Which steps of a network may compute in bf16 when its outputs may move by so much and no more.
#ifndef FLOE_COMPILER_BF16_SEARCH_H_
#define FLOE_COMPILER_BF16_SEARCH_H_

#include <map>
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

// By the step's name, nullopt where it may.
using Bf16Refusals = std::map<std::string, Refusal>;

// Each step that is faster in bf16 is run alone so within a float32 network, on made-up inputs, then as many
// together as the budget allows, those first that gain the most time for their error. Steps within loops and
// branches cannot be tried alone and stay float32. Settles the graph's groups.
Bf16Refusals ChooseBf16Steps(Graph& graph, const Bf16SearchArgs& args);

}  // namespace floe

#endif  // FLOE_COMPILER_BF16_SEARCH_H_
