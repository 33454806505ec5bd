#include "planner/tuner.h"

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cmath>

#if defined(__x86_64__)
#include <emmintrin.h>
#endif

#include "base/log.h"
#include "base/made_up.h"
#include "graph/serialize.h"

namespace floe {
namespace {

constexpr int kMinRounds = 5;
constexpr int kMaxRounds = 300;
constexpr int64_t kBudgetNs = 30'000'000;  // per kernel and problem

int64_t NowNs() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(
             std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

// Where a program may not empty a cache, kernels are measured with warm weights.
void EvictFromCache(const Tensor& t) {
#if defined(__x86_64__)
  const auto* bytes = static_cast<const uint8_t*>(t.raw());
  for (size_t i = 0; i < t.size_bytes(); i += 64) _mm_clflush(bytes + i);
  _mm_mfence();
#else
  static_cast<void>(t);
#endif
}

struct Contestant {
  std::vector<Tensor> packed;
  std::unique_ptr<Executable> executable;
  Tensor workspace;
  std::vector<Tensor> outputs;
  int64_t best_ns = INT64_MAX;
};

class Match {
 public:
  Match(const Graph& problem, const Target& target, ThreadPool& pool, CacheState weights)
      : problem_(problem), target_(target), pool_(pool), weights_(weights) {
    for (const ValueId id : problem.inputs()) {
      const TensorType& type = problem.value(id).type;
      inputs_.push_back(MadeUpTensor(type.dtype, type.shape.Static(), 1));
    }
  }

  // nullopt when the kernel throws on made-up values.
  std::optional<Contestant> Enter(const Kernel& kernel) {
    Contestant c;
    try {
      if (kernel.pack != nullptr) c.packed = kernel.pack(problem_, target_).tensors;
      c.executable = kernel.prepare({problem_, c.packed, target_});
      const size_t bytes = c.executable->WorkspaceBytes(pool_.threads());
      c.workspace = Tensor(DType::kUInt8, {static_cast<int64_t>(bytes)});
      for (const ValueId id : problem_.outputs()) {
        const TensorType& type = problem_.value(id).type;
        c.outputs.emplace_back(type.dtype, type.shape.Static());
      }
      RunOnce(c);
    } catch (const Error& error) {
      LogDebug("{}: {} is not measured: {}", problem_.name(), kernel.name, error.what());
      return std::nullopt;
    }
    return c;
  }

  int64_t RunOnce(Contestant& c) {
    if (weights_ == CacheState::kCold) {
      for (const Tensor& t : c.packed) EvictFromCache(t);
    }
    const int64_t start = NowNs();
    c.executable->Run({inputs_, c.outputs, c.workspace.raw(), &pool_});
    return NowNs() - start;
  }

 private:
  const Graph& problem_;
  const Target& target_;
  ThreadPool& pool_;
  CacheState weights_;
  std::vector<Tensor> inputs_;
};

// The index of the least time; the size if there is none.
size_t FastestOf(std::span<const std::optional<int64_t>> times) {
  size_t best = times.size();
  for (size_t i = 0; i < times.size(); ++i) {
    if (times[i] && (best == times.size() || *times[i] < *times[best])) best = i;
  }
  return best;
}

bool Measurable(const Graph& problem) {
  return std::ranges::all_of(problem.Values(), [&](ValueId id) {
    const TensorType& type = problem.value(id).type;
    return type.IsStatic() && type.dtype != DType::kString;
  });
}

// Equal for layers that differ in the values of their weights alone, which take the same time.
uint64_t HashWithoutWeights(const Graph& problem) {
  constexpr int64_t kFewest = 16;  // smaller constants may say what to compute
  const std::unique_ptr<Graph> bare = problem.Clone();
  for (const ValueId id : bare->Values()) {
    Value& v = bare->value(id);
    if (!v.is_constant() || !IsFloat(v.constant.dtype()) || v.constant.size() < kFewest) continue;
    v.constant = Tensor::ConstView(v.constant.dtype(), v.constant.dims(), nullptr);
  }
  return HashGraph(*bare);
}

}  // namespace

CacheState CacheStateFor(size_t bytes) {
  long cache = 0;
#if defined(_SC_LEVEL3_CACHE_SIZE)
  cache = sysconf(_SC_LEVEL3_CACHE_SIZE);
#endif
  constexpr size_t kUsual = 16 << 20;  // where the system does not say
  const size_t size = cache > 0 ? static_cast<size_t>(cache) : kUsual;
  return bytes > size * 3 / 4 ? CacheState::kCold : CacheState::kWarm;
}

std::string Tuner::KeyOf(const Kernel& kernel, uint64_t problem_hash, const Target& target) const {
  return TimingCache::Key(kernel, problem_hash, target) + (weights_ == CacheState::kCold ? " cold" : "");
}

std::vector<std::optional<int64_t>> Tuner::Measure(const Graph& problem, const Target& target,
                                                   std::span<const Kernel* const> kernels,
                                                   const Yardstick* beside) {
  std::vector<std::optional<int64_t>> times(kernels.size());
  if (!Measurable(problem)) return times;
  const uint64_t hash = HashWithoutWeights(problem);
  std::vector<std::optional<Contestant>> contestants(kernels.size());
  std::unique_ptr<Match> match;
  int entered = 0;
  for (size_t i = 0; i < kernels.size(); ++i) {
    times[i] = cache_.Find(KeyOf(*kernels[i], hash, target));
    if (times[i]) continue;
    if (!match) match = std::make_unique<Match>(problem, target, *pool_, weights_);
    contestants[i] = match->Enter(*kernels[i]);
    entered += contestants[i].has_value();
  }
  if (entered == 0) return times;
  // The machine may run at another pace now than when the cache was filled: the fastest of the known kernels
  // runs along, and what it takes now against then corrects the others.
  const size_t known = FastestOf(times);
  const bool own = known < kernels.size();
  std::unique_ptr<Match> other;
  if (!own && beside != nullptr) other = std::make_unique<Match>(*beside->problem, target, *pool_, weights_);
  std::optional<Contestant> yardstick;
  if (own) yardstick = match->Enter(*kernels[known]);
  if (other) yardstick = other->Enter(*beside->kernel);
  const int64_t end = NowNs() + kBudgetNs * entered;
  for (int round = 0; round < kMaxRounds && (round < kMinRounds || NowNs() < end); ++round) {
    for (auto& c : contestants) {
      if (c) c->best_ns = std::min(c->best_ns, match->RunOnce(*c));
    }
    if (!yardstick) continue;
    yardstick->best_ns = std::min(yardstick->best_ns, (own ? match : other)->RunOnce(*yardstick));
  }
  double pace = 1;
  if (yardstick) {
    pace = static_cast<double>(own ? *times[known] : beside->time_ns) /
           static_cast<double>(std::max<int64_t>(yardstick->best_ns, 1));
  }
  for (size_t i = 0; i < kernels.size(); ++i) {
    if (!contestants[i]) continue;
    times[i] = std::max<int64_t>(std::llround(static_cast<double>(contestants[i]->best_ns) * pace), 1);
    cache_.Put(KeyOf(*kernels[i], hash, target), *times[i]);
    ++measured_;
  }
  return times;
}

}  // namespace floe
