// Which kernel computes a problem, and what was weighed.
#ifndef FLOE_PLANNER_CHOOSE_H_
#define FLOE_PLANNER_CHOOSE_H_

#include <vector>

#include "backends/backend.h"
#include "engine/plan.h"
#include "planner/tuner.h"

namespace floe {

struct Choice {
  const Kernel* kernel = nullptr;
  double time_ns = 0;        // measured, or the estimate
  bool last_resort = false;  // nothing but the reference kernel takes it, and the target is another backend
  std::vector<KernelCandidate> candidates;
};

// What may be lost by rounding.
struct RoundingLimit {
  double most = 0;  // kernels in float32 whose error bound is above it are passed over
  Refusal bf16;     // why those in bf16 are; nullopt: they are not
};

// `tuner` may be null. When it is given, all kernels that can are measured, beside `yardstick` if that is
// given.
Choice ChooseKernel(const Graph& problem, const Target& target, Tuner* tuner, const RoundingLimit& rounding,
                    const Yardstick* yardstick = nullptr);

}  // namespace floe

#endif  // FLOE_PLANNER_CHOOSE_H_
