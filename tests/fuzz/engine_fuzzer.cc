// Any bytes as an engine file that is loaded, prepared and run. The mutator begins with engines built from
// the graphs of corpus/graph_text, changes what they hold and writes valid checksums, so that what lies
// behind those is reached.
#include <algorithm>

#include "base/made_up.h"
#include "engine/format.h"
#include "engine_mutation.h"
#include "floe/session.h"
#include "fuzz.h"
#include "small.h"

namespace floe::fuzz {
namespace {

bool IsSmallPlan(const Plan& plan);

bool IsSmallStep(const Step& step) {
  if (const auto* kernel = std::get_if<KernelStep>(&step.action)) return IsSmall(*kernel->problem);
  if (const auto* branch = std::get_if<IfStep>(&step.action)) {
    return IsSmallPlan(*branch->then_plan) && IsSmallPlan(*branch->else_plan);
  }
  return IsSmallPlan(*std::get<LoopStep>(step.action).body);
}

bool IsSmallPlan(const Plan& plan) {
  constexpr uint64_t kMostBytes = 1 << 22;
  const auto small = [](const PlanValue& v) {
    return !v.type.IsStatic() || v.type.StaticBytes() <= kMostBytes;
  };
  return plan.arena_bytes <= kMostBytes && std::ranges::all_of(plan.values, small) &&
         std::ranges::all_of(plan.steps, IsSmallStep);
}

std::vector<Tensor> Feeds(const Engine& engine) {
  std::vector<Tensor> feeds;
  for (const TensorSpec& spec : engine.inputs()) {
    std::vector<int64_t> dims = spec.dims;
    for (int64_t& d : dims) d = d < 0 ? 2 : d;
    feeds.push_back(MadeUpTensor(spec.dtype, std::move(dims), 1));
  }
  return feeds;
}

void Run(const std::shared_ptr<const Engine>& engine) {
  // A loop without end is ended; one that collects results takes no more memory than this many of them.
  int steps = 0;
  Session session(engine, {1, [&steps] { return ++steps > 500; }});
  const std::vector<Tensor> feeds = Feeds(*engine);
  std::vector<Tensor> outputs(engine->outputs().size());
  session.RunInto(feeds, outputs);
  session.RunInto(feeds, outputs);
}

}  // namespace
}  // namespace floe::fuzz

extern "C" size_t LLVMFuzzerCustomMutator(uint8_t* data, size_t size, size_t max_size, unsigned seed) {
  static const std::vector<std::vector<uint8_t>> seeds = floe::fuzz::SeedEngines();
  const std::vector<uint8_t> mutated = floe::fuzz::MutateEngine({data, size}, seeds, max_size, seed);
  std::ranges::copy(mutated, data);
  return mutated.size();
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  floe::fuzz::Accepts([&] {
    const auto engine = floe::Engine::FromBytes({data, size}, nullptr, {.verify = false});
    floe::ComputeDigest(engine->data());
    if (std::ranges::all_of(engine->data().profiles, floe::fuzz::IsSmallPlan)) floe::fuzz::Run(engine);
  });
  return 0;
}
