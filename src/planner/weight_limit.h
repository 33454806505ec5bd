// Kernels that are fast by storing transformed weights several times as large are worth it where they gain
// most.
#ifndef FLOE_PLANNER_WEIGHT_LIMIT_H_
#define FLOE_PLANNER_WEIGHT_LIMIT_H_

#include <memory>
#include <span>

#include "planner/choose.h"

namespace floe {

struct Contest {
  std::unique_ptr<Graph> problem;
  Choice choice;
};

// Where the packed weights of the chosen kernels together exceed `growth` times the problems' constants,
// choices are exchanged for kernels with smaller weights, those first that lose the least time for a byte,
// until they fit or nothing smaller is left. A candidate passed over says so as its refusal.
void LimitWeights(std::span<Contest> contests, const Target& target, double growth);

}  // namespace floe

#endif  // FLOE_PLANNER_WEIGHT_LIMIT_H_
