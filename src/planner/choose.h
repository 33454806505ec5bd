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

// `tuner` may be null. When it is given, all kernels that can are measured. Those whose error bound is above
// `max_error` are passed over.
Choice ChooseKernel(const Graph& problem, const Target& target, Tuner* tuner, double max_error);

}  // namespace floe

#endif  // FLOE_PLANNER_CHOOSE_H_
