#include "planner/weight_limit.h"

#include <optional>
#include <queue>
#include <vector>

#include "base/error.h"

namespace floe {
namespace {

double ConstantBytes(const Graph& problem) {
  double bytes = 0;
  for (const ValueId id : problem.Values()) {
    if (problem.value(id).is_constant())
      bytes += static_cast<double>(problem.value(id).constant.size_bytes());
  }
  return bytes;
}

double WeightBytes(const Kernel& kernel, const Graph& problem, const Target& target) {
  if (kernel.packed_bytes == nullptr) return ConstantBytes(problem);
  return static_cast<double>(kernel.packed_bytes(problem, target));
}

struct Option {
  size_t candidate;
  const Kernel* kernel;
  double ns;
  double bytes;
};

std::vector<Option> OptionsOf(const Contest& contest, const Target& target) {
  std::vector<Option> options;
  const std::vector<KernelCandidate>& candidates = contest.choice.candidates;
  for (size_t i = 0; i < candidates.size(); ++i) {
    const KernelCandidate& c = candidates[i];
    if (!c.refusal.empty()) continue;
    const Kernel* kernel = FindKernel(c.kernel);
    const double ns = c.time_ns >= 0 ? c.time_ns : c.estimate_ns;
    options.push_back({i, kernel, ns, WeightBytes(*kernel, *contest.problem, target)});
  }
  return options;
}

struct Exchange {
  double ns_per_byte;
  size_t contest;
  Option from;
  Option to;

  bool operator<(const Exchange& other) const { return ns_per_byte > other.ns_per_byte; }  // cheapest on top
};

// The exchange that loses the least for a byte; nullopt when nothing is smaller.
std::optional<Exchange> Cheapest(size_t contest, const Option& from, const std::vector<Option>& options) {
  std::optional<Exchange> best;
  for (const Option& to : options) {
    if (to.bytes >= from.bytes) continue;
    const double loss = (to.ns - from.ns) / (from.bytes - to.bytes);
    if (!best || loss < best->ns_per_byte) best = Exchange{loss, contest, from, to};
  }
  return best;
}

}  // namespace

void LimitWeights(std::span<Contest> contests, const Target& target, double growth) {
  double before = 0;
  double after = 0;
  std::vector<std::vector<Option>> options;
  std::priority_queue<Exchange> exchanges;
  for (size_t i = 0; i < contests.size(); ++i) {
    options.push_back(OptionsOf(contests[i], target));
    before += ConstantBytes(*contests[i].problem);
    for (const Option& option : options.back()) {
      if (option.kernel != contests[i].choice.kernel) continue;
      after += option.bytes;
      if (const auto exchange = Cheapest(i, option, options.back())) exchanges.push(*exchange);
    }
  }
  while (after > before * growth && !exchanges.empty()) {
    const Exchange exchange = exchanges.top();
    exchanges.pop();
    Choice& choice = contests[exchange.contest].choice;
    choice.kernel = exchange.to.kernel;
    choice.time_ns = exchange.to.ns;
    choice.candidates[exchange.from.candidate].refusal =
        fmt::format("its weights take {:.1f} MB, and all may grow to {:.3g} times the model's",
                    exchange.from.bytes * 1e-6, growth);
    after -= exchange.from.bytes - exchange.to.bytes;
    if (const auto next = Cheapest(exchange.contest, exchange.to, options[exchange.contest])) {
      exchanges.push(*next);
    }
  }
}

}  // namespace floe
