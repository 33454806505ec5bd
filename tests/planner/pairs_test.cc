#include "planner/pairs.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>

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

PlannerOptions OptionsFor(const char* backend) {
  PlannerOptions options;
  options.target = FindBackend(backend)->detect(1);
  return options;
}

// A separable convolution; what follows the depthwise one is the test's.
std::unique_ptr<Graph> Separable(const std::string& rest, const std::string& outputs = "%y") {
  return ParseGraph("graph net(%x: float32[1, 28, 28, 32]) -> (" + outputs + R"() {
    %w1: float32[32, 3, 3, 1] = const seeded(1)
    %w2: float32[64, 1, 1, 32] = const seeded(2)
    %w3: float32[64, 3, 3, 32] = const seeded(3)
    %a = Conv(%x, %w1) {pads=[1, 1, 1, 1], group=32}
      from "depthwise"
    %b = Relu(%a)
      from "relu"
)" + rest + "}");
}

void ProposeGroups(Graph& graph) {
  const ReferenceEvaluator evaluator;
  GroupOps(graph, {evaluator});
}

std::vector<std::string> Merge(Graph& graph, const char* backend = "cpu") {
  ProposeGroups(graph);
  SettleGroups(graph, OptionsFor(backend));
  const int merged = MergePairs(graph, OptionsFor(backend));
  std::vector<std::string> sources;
  for (const NodeId id : graph.Order()) {
    const Node& node = graph.node(id);
    if (!IsOp<Group>(node.op)) continue;
    if (node.bodies[0]->Order().size() > 3)
      sources.insert(sources.end(), node.sources.begin(), node.sources.end());
  }
  EXPECT_EQ(merged, sources.empty() ? 0 : 1);
  return sources;
}

constexpr const char* kPointwise = R"(
    %c = Conv(%b, %w2)
      from "pointwise"
    %y = Clip(%c) {min=0, max=6}
      from "relu6"
)";

TEST(Pairs, ADepthwiseAndAPointwiseConvolutionAreOneGroup) {
  const std::unique_ptr<Graph> graph = Separable(kPointwise);
  const std::vector<Tensor> feeds = {MadeUpTensor(DType::kFloat32, {1, 28, 28, 32}, 1)};
  const std::vector<Tensor> before = EvaluateGraph(*graph, feeds);
  EXPECT_THAT(Merge(*graph), ElementsAre("depthwise", "relu", "pointwise", "relu6"));
  const std::vector<Tensor> after = EvaluateGraph(*graph, feeds);
  EXPECT_EQ(std::memcmp(before[0].raw(), after[0].raw(), before[0].size_bytes()), 0);
}

TEST(Pairs, WhatIsReadTwiceStaysApart) {
  EXPECT_THAT(Merge(*Separable(kPointwise, "%y, %b")), IsEmpty());
}

TEST(Pairs, WhatNoKernelTakesStaysApart) {
  EXPECT_THAT(Merge(*Separable("%c = Conv(%b, %w3)\n%y = Relu(%c)\n")), IsEmpty());
  EXPECT_THAT(Merge(*Separable(kPointwise), "null"), IsEmpty());
}

int MergedWith(TimingCache& cache) {
  const std::unique_ptr<Graph> graph = Separable(kPointwise);
  Tuner tuner(std::make_shared<ThreadPool>(1), cache);
  PlannerOptions options = OptionsFor("cpu");
  options.tuner = &tuner;
  ProposeGroups(*graph);
  SettleGroups(*graph, options);
  return MergePairs(*graph, options);
}

TEST(Pairs, TheMeasuredTimesDecide) {
  TimingCache cache = TimingCache::Open("none");
  MergedWith(cache);
  std::vector<std::string> apart, together;
  for (const auto& [key, ns] : cache.entries()) {
    (key.starts_with("cpu.depthwise_pointwise@") ? together : apart).push_back(key);
  }
  ASSERT_EQ(together.size(), 1u);
  for (const std::string& key : apart) cache.Put(key, 100);
  cache.Put(together[0], 190);
  EXPECT_EQ(MergedWith(cache), 1);
  cache.Put(together[0], 199);
  EXPECT_EQ(MergedWith(cache), 0);
}

}  // namespace
}  // namespace floe
