// Times kernels on the machine at hand, and remembers.
#ifndef FLOE_PLANNER_TUNER_H_
#define FLOE_PLANNER_TUNER_H_

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "backends/backend.h"
#include "planner/timing_cache.h"

namespace floe {

// What a kernel finds in the processor's caches when its turn comes.
enum class CacheState {
  kWarm,    // all of the network's weights fit into the cores' own
  kShared,  // they fit into the one that the cores share
  kCold,    // other layers' weights have pushed its own out of that, too
};

// A kernel on a problem whose time is known: what is to be compared with it is measured beside it.
struct Yardstick {
  const Graph* problem = nullptr;
  const Kernel* kernel = nullptr;
  double time_ns = 0;
};

class Tuner {
 public:
  // `pool` runs the measurements; the cache must outlive the tuner.
  Tuner(std::shared_ptr<ThreadPool> pool, TimingCache& cache, CacheState weights = CacheState::kWarm)
      : pool_(std::move(pool)), cache_(cache), weights_(weights) {}

  // Nanoseconds of each kernel on the problem, from the cache or measured now on made-up inputs: all that
  // must be measured are run in turn, several rounds, and the least time of each counts; where some are known
  // from the cache, the fastest of those runs along and sets the pace. Where none is, `beside` does, if there
  // is one: something whose time these are to be compared with. nullopt: not measurable (it refuses made-up
  // values).
  std::vector<std::optional<int64_t>> Measure(const Graph& problem, const Target& target,
                                              std::span<const Kernel* const> kernels,
                                              const Yardstick* beside = nullptr);

  int measured() const { return measured_; }

 private:
  std::string KeyOf(const Kernel& kernel, uint64_t problem_hash, const Target& target) const;

  std::shared_ptr<ThreadPool> pool_;
  TimingCache& cache_;
  CacheState weights_;
  int measured_ = 0;
};

// For a network of so many bytes of weights, on so many cores.
CacheState CacheStateFor(size_t bytes, int threads);

}  // namespace floe

#endif  // FLOE_PLANNER_TUNER_H_
