// Times kernels on the machine at hand, and remembers.
#ifndef FLOE_PLANNER_TUNER_H_
#define FLOE_PLANNER_TUNER_H_

#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "backends/backend.h"
#include "planner/timing_cache.h"

namespace floe {

class Tuner {
 public:
  // `pool` runs the measurements; the cache must outlive the tuner.
  Tuner(std::shared_ptr<ThreadPool> pool, TimingCache& cache) : pool_(std::move(pool)), cache_(cache) {}

  // Nanoseconds of each kernel on the problem, from the cache or measured now on made-up inputs: all that
  // must be measured are run in turn, several rounds, and the least time of each counts. nullopt: not
  // measurable (it refuses made-up values).
  std::vector<std::optional<int64_t>> Measure(const Graph& problem, const Target& target,
                                              std::span<const Kernel* const> kernels);

  int measured() const { return measured_; }

 private:
  std::shared_ptr<ThreadPool> pool_;
  TimingCache& cache_;
  int measured_ = 0;
};

}  // namespace floe

#endif  // FLOE_PLANNER_TUNER_H_
