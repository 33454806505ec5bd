#include "planner/planner.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "planner/groups.h"
#include "support/engines.h"

namespace floe {
namespace {

using ::testing::SizeIs;

constexpr const char* kConvs = R"(
graph net(%x: float32[1, 14, 14, 32]) -> (%y) {
  %w1: float32[64, 3, 3, 32] = const seeded(1)
  %w2: float32[64, 1, 1, 64] = const seeded(2)
  %a = Conv(%x, %w1) {pads=[1, 1, 1, 1]}
  %b = Relu(%a)
  %y = Conv(%b, %w2)
})";

std::vector<uint8_t> BuildWith(TimingCache& cache) {
  const std::unique_ptr<Graph> graph = ParseGraph(kConvs);
  EngineData data;
  data.target = FindBackend("cpu")->detect(1);
  data.inputs.push_back({"x", "x:0", graph->value(graph->inputs()[0]).type});
  data.outputs.push_back({"y", "y:0", graph->value(graph->outputs()[0]).type});
  Tuner tuner(std::make_shared<ThreadPool>(1), cache);
  ConstantPool constants;
  PlannerOptions options;
  options.target = data.target;
  options.tuner = &tuner;
  data.profiles.push_back(MakePlan(*graph, constants, options));
  data.constants = constants.Take();
  return WriteEngine(data);
}

TEST(Planner, TheSameTimingCacheGivesTheSameBytes) {
  TimingCache cache = TimingCache::Open("none");
  const std::vector<uint8_t> first = BuildWith(cache);
  const size_t known = cache.size();
  EXPECT_EQ(BuildWith(cache), first);
  EXPECT_EQ(cache.size(), known);
}

TEST(Planner, PackedConstantsAreNotStoredTwice) {
  const auto engine = testing::EngineFor(R"(graph g(%x: float32[1, 14, 14, 576]) -> (%y) {
    %w1: float32[64, 1, 1, 576] = const seeded(1)
    %w2: float32[64, 1, 1, 64] = const seeded(2)
    %a = Conv(%x, %w1)
    %b = Relu(%a)
    %y = Conv(%b, %w2)
  })");
  size_t bytes = 0;
  for (const Tensor& t : engine->data().constants) bytes += t.size_bytes();
  const size_t weights = 4 * (64 * 576 + 64 * 64);
  EXPECT_GE(bytes, weights);
  EXPECT_LE(bytes, weights * 3 / 2);
}

TEST(Planner, EqualConstantsAreStoredOnce) {
  const auto engine = testing::EngineFor(R"(graph g(%x: float32[100, 100]) -> (%y) {
    %w: float32[100, 100] = const seeded(1)
    %v: float32[100, 100] = const seeded(1)
    %a = Add(%x, %w)
    %y = Mul(%a, %v)
  })",
                                         "reference");
  EXPECT_THAT(engine->data().constants, SizeIs(1));
}

constexpr const char* kGroup = R"(
graph net(%x: float32[4, 8]) -> (%y) {
  %y = Group(%x)
  graph body(%a: float32[4, 8]) -> (%c) {
    %b = Exp(%a)
      from "exp"
    %c = Softmax(%b)
      from "softmax"
  }
})";

TEST(SettleGroups, AGroupThatNoKernelTakesIsSplitAndKeepsItsSources) {
  const std::unique_ptr<Graph> graph = ParseGraph(kGroup);
  PlannerOptions options;
  options.target = FindBackend("cpu")->detect(1);
  EXPECT_EQ(SettleGroups(*graph, options), 1);
  ASSERT_EQ(graph->node_count(), 2u);
  const std::vector<NodeId> order = graph->Order();
  EXPECT_EQ(OpName(graph->node(order[0]).op), "Exp");
  EXPECT_EQ(graph->node(order[1]).sources, std::vector<std::string>{"softmax"});
  EXPECT_EQ(graph->outputs()[0], graph->node(order[1]).outputs[0]);
}

// A scale, a convolution with this window, and an activation as one group.
std::unique_ptr<Graph> ScaledConv(const std::string& taps) {
  return ParseGraph(R"(graph net(%x: float32[2, 8, 8, 32], %s: float32[2, 1, 1, 32]) -> (%y) {
    %w: float32[16, )" +
                    taps + R"(, 32] = const seeded(1)
    %y = Group(%x, %s, %w)
      graph body(%x: float32[2, 8, 8, 32], %s: float32[2, 1, 1, 32], %w: float32[16, )" +
                    taps + R"(, 32]) -> (%y) {
        %m = Mul(%x, %s)
        %c = Conv(%m, %w)
        %y = Relu(%c)
      }
  })");
}

TEST(SettleGroups, AScaleStaysWhereAKernelTakesItAndLeavesTheOthersTogether) {
  PlannerOptions options;
  options.target = FindBackend("cpu")->detect(1);
  const std::unique_ptr<Graph> taken = ScaledConv("1, 1");
  EXPECT_EQ(SettleGroups(*taken, options), 0);
  EXPECT_EQ(taken->node_count(), 1u);
  const std::unique_ptr<Graph> apart = ScaledConv("3, 3");
  EXPECT_EQ(SettleGroups(*apart, options), 1);
  const std::vector<NodeId> order = apart->Order();
  ASSERT_EQ(order.size(), 2u);
  EXPECT_EQ(OpName(apart->node(order[0]).op), "Mul");
  EXPECT_TRUE(IsOp<Group>(apart->node(order[1]).op));
}

TEST(SettleGroups, TheReferenceBackendTakesAnyGroupWhole) {
  const std::unique_ptr<Graph> graph = ParseGraph(kGroup);
  PlannerOptions options;
  options.target = FindBackend("reference")->detect(1);
  EXPECT_EQ(SettleGroups(*graph, options), 0);
  EXPECT_EQ(graph->node_count(), 1u);
}

}  // namespace
}  // namespace floe
