#include "planner/storage.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "backends/reference/evaluate.h"
#include "base/made_up.h"
#include "passes/pass.h"
#include "passes/passes.h"
#include "planner/groups.h"
#include "support/engines.h"

namespace floe {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class Storage : public ::testing::Test {
 protected:
  void SetUp() override {
    options_.target = FindBackend("cpu")->detect(1);
    if (FindBackend("cpu")->allow_bf16(options_.target)) GTEST_SKIP() << "this processor has no AVX512_BF16";
    options_.tuner = &tuner_;
    options_.store_bf16 = true;
  }

  // Names of the values that are in bf16 then.
  std::vector<std::string> Store(Graph& graph) {
    const ReferenceEvaluator evaluator;
    GroupOps(graph, {evaluator});
    SettleGroups(graph, options_);
    const int count = StoreInBf16(graph, options_);
    std::vector<std::string> names;
    for (const NodeId id : graph.Order()) {
      for (const ValueId out : graph.node(id).outputs) {
        if (graph.value(out).type.dtype == DType::kBFloat16) names.push_back(graph.value(out).name);
      }
    }
    EXPECT_EQ(names.size(), count);
    return names;
  }

  // Kernels in bf16 take so long, the others so long.
  void PretendTimes(int64_t bf16_ns, int64_t float32_ns) {
    const std::map<std::string, int64_t> measured = cache_.entries();
    for (const auto& [key, ns] : measured) {
      cache_.Put(key, key.substr(0, key.find('@')).ends_with("bf16") ? bf16_ns : float32_ns);
    }
  }

  TimingCache cache_ = TimingCache::Open("none");
  Tuner tuner_{std::make_shared<ThreadPool>(1), cache_};
  PlannerOptions options_;
};

// Pointwise, depthwise, pointwise with what was read before added, and a mean, which no kernel takes from
// bf16.
std::unique_ptr<Graph> Block() {
  return ParseGraph(R"(graph net(%x: float32[1, 14, 14, 24]) -> (%y) {
    %w1: float32[64, 1, 1, 24] = const seeded(1)
    %w2: float32[64, 3, 3, 1] = const seeded(2)
    %w3: float32[64, 1, 1, 64] = const seeded(3)
    %a = Conv(%x, %w1)
    %b = Relu(%a)
    %c = Conv(%b, %w2) {pads=[1, 1, 1, 1], group=64}
    %d = Relu(%c)
    %e = Conv(%d, %w3)
    %f = Add(%b, %e)
    %y = ReduceMean(%f) {axes=[1, 2]}
  })");
}

TEST_F(Storage, ValuesAreStoredWhereAllThatTouchThemAreFasterSo) {
  Store(*Block());  // to know what is measured
  PretendTimes(10, 1000);
  const std::unique_ptr<Graph> graph = Block();
  const std::vector<Tensor> feeds = {MadeUpTensor(DType::kFloat32, {1, 14, 14, 24}, 1)};
  const std::vector<Tensor> before = EvaluateGraph(*graph, feeds);
  EXPECT_THAT(Store(*graph), ElementsAre("b", "d"));
  const std::vector<Tensor> after = EvaluateGraph(*graph, feeds);
  double range = 0;
  for (int64_t i = 0; i < 64; ++i) range = std::max(range, std::fabs(double{before[0].data<float>()[i]}));
  for (int64_t i = 0; i < 64; ++i) {
    EXPECT_NEAR(after[0].data<float>()[i], before[0].data<float>()[i], 1e-2 * range);
  }
}

TEST_F(Storage, NothingIsStoredThatGainsNothing) {
  Store(*Block());
  PretendTimes(1000, 10);
  EXPECT_THAT(Store(*Block()), IsEmpty());
}

TEST_F(Storage, NothingIsStoredUnasked) {
  options_.store_bf16 = false;
  EXPECT_FALSE(MayStoreBf16(options_));
  EXPECT_THAT(Store(*Block()), IsEmpty());
  options_.store_bf16 = true;
  EXPECT_TRUE(MayStoreBf16(options_));
  options_.target.isa = options_.target.PlainIsa();
  EXPECT_FALSE(MayStoreBf16(options_));
  EXPECT_THAT(Store(*Block()), IsEmpty());
}

TEST_F(Storage, InputsOutputsAndSmallValuesStay) {
  const std::unique_ptr<Graph> graph = ParseGraph(R"(graph net(%x: float32[1, 14, 14, 64]) -> (%b, %d) {
    %a = Relu(%x)
    %b = Abs(%a)
    %c = ReduceMean(%a) {axes=[1, 2]}
    %d = Relu(%c)
  })");
  EXPECT_TRUE(MayBeStored(*graph, graph->FindValue("a"), options_));
  for (const char* name : {"x", "b", "c", "d"})
    EXPECT_FALSE(MayBeStored(*graph, graph->FindValue(name), options_));
  options_.may_store = [](const Graph& g, ValueId id) { return g.value(id).name != "a"; };
  EXPECT_FALSE(MayBeStored(*graph, graph->FindValue("a"), options_));
}

}  // namespace
}  // namespace floe
