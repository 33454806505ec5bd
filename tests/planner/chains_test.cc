#include "planner/chains.h"

#include <gmock/gmock.h>

#include "planner/groups.h"
#include "planner/planner_case.h"
#include "support/engines.h"

namespace floe {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

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

std::vector<std::string> Merge(Graph& graph, const char* backend = "cpu") {
  ProposeGroups(graph);
  SettleGroups(graph, OptionsFor(backend));
  const int merged = MergeChains(graph, OptionsFor(backend));
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

TEST(Chains, ADepthwiseAndAPointwiseConvolutionAreOneGroup) {
  const std::unique_ptr<Graph> graph = Separable(kPointwise);
  ExpectSameMeaning(
      *graph, [&] { EXPECT_THAT(Merge(*graph), ElementsAre("depthwise", "relu", "pointwise", "relu6")); });
}

// Pointwise and depthwise, and perhaps pointwise again: a bottleneck and the sum with what it read.
std::unique_ptr<Graph> Bottleneck(bool project = true) {
  const std::string rest = R"(
    %c = Conv(%b, %w3)
      from "project"
    %y = Add(%x, %c)
      from "add"
)";
  return ParseGraph(std::string("graph net(%x: float32[1, 28, 28, 16]) -> (") + (project ? "%y" : "%b") +
                    R"() {
    %w1: float32[64, 1, 1, 16] = const seeded(1)
    %w2: float32[64, 3, 3, 1] = const seeded(2)
    %w3: float32[16, 1, 1, 64] = const seeded(3)
    %a = Conv(%x, %w1)
      from "expand"
    %b = Conv(%a, %w2) {pads=[1, 1, 1, 1], group=64}
      from "depthwise"
)" + (project ? rest : "") +
                    "}");
}

// Layers and additions of each step.
std::vector<size_t> PlanWith(TimingCache& cache, Graph& graph) {
  Tuner tuner(std::make_shared<ThreadPool>(1), cache);
  const PlannerOptions options = OptionsFor("cpu", &tuner);
  ProposeGroups(graph);
  SettleGroups(graph, options);
  MergeChains(graph, options);
  std::vector<size_t> sources;
  for (const NodeId id : graph.Order()) sources.push_back(graph.node(id).sources.size());
  return sources;
}

// When every kernel takes these times, by the layers it does.
std::vector<size_t> StepsWhen(int64_t one, int64_t two, int64_t three) {
  TimingCache pair = TimingCache::Open("none");
  PlanWith(pair, *Bottleneck(false));
  TimingCache cache = TimingCache::Open("none");
  PlanWith(cache, *Bottleneck());
  const std::map<std::string, int64_t> measured = cache.entries();
  for (const auto& [key, ns] : measured) {
    const bool bands = key.starts_with("cpu.conv_depthwise@");
    const bool first_two = bands && pair.entries().contains(key);
    const bool last_two = key.starts_with("cpu.depthwise_pointwise@");
    cache.Put(key, first_two || last_two ? two : bands ? three : one);
  }
  return PlanWith(cache, *Bottleneck());
}

TEST(Chains, TheLeastSumOfTimesDividesThem) {
  EXPECT_THAT(StepsWhen(100, 250, 350), ElementsAre(1, 1, 2));
  EXPECT_THAT(StepsWhen(100, 250, 250), ElementsAre(4));
  EXPECT_THAT(StepsWhen(100, 150, 300), ElementsAre(2, 2));
  EXPECT_THAT(StepsWhen(100, 150, 240), ElementsAre(4));
  EXPECT_THAT(StepsWhen(100, 197, 297), ElementsAre(1, 1, 2)) << "too small a gain";
}

TEST(Chains, AChainKeepsItsMeaning) {
  const std::unique_ptr<Graph> graph = Bottleneck();
  ExpectSameMeaning(*graph, [&] {
    ProposeGroups(*graph);
    SettleGroups(*graph, OptionsFor("cpu"));
    EXPECT_EQ(MergeChains(*graph, OptionsFor("cpu")), 1);
  });
}

std::unique_ptr<Graph> WithMaxima(const std::string& kernel) {
  return ParseGraph(R"(graph net(%x: float32[1, 28, 28, 32]) -> (%y) {
    %w: float32[48, 3, 3, 32] = const seeded(1)
    %a = Conv(%x, %w) {pads=[1, 1, 1, 1]}
      from "convolution"
    %b = Relu(%a)
      from "relu"
    %y = MaxPool(%b) {kernel_shape=[)" +
                    kernel + R"(], strides=[2, 2]}
      from "maxima"
  })");
}

TEST(Chains, MaximaOfPixelsJoinTheConvolutionBeforeThem) {
  const auto merged = [](Graph& graph) {
    ProposeGroups(graph);
    SettleGroups(graph, OptionsFor("cpu"));
    MergeChains(graph, OptionsFor("cpu"));
    return graph.Order().size() == 1;
  };
  const std::unique_ptr<Graph> graph = WithMaxima("2, 2");
  ExpectSameMeaning(*graph, [&] { EXPECT_TRUE(merged(*graph)); });
  EXPECT_FALSE(merged(*WithMaxima("3, 3"))) << "no kernel does";
}

TEST(Chains, WhatIsReadTwiceStaysApart) {
  EXPECT_THAT(Merge(*Separable(kPointwise, "%y, %b")), IsEmpty());
}

TEST(Chains, WhatNoKernelTakesStaysApart) {
  EXPECT_THAT(Merge(*Separable("%c = Conv(%b, %w3)\n%y = Relu(%c)\n")), IsEmpty());
  EXPECT_THAT(Merge(*Separable(kPointwise), "null"), IsEmpty());
}

int MergedWith(TimingCache& cache) {
  const std::unique_ptr<Graph> graph = Separable(kPointwise);
  Tuner tuner(std::make_shared<ThreadPool>(1), cache);
  const PlannerOptions options = OptionsFor("cpu", &tuner);
  ProposeGroups(*graph);
  SettleGroups(*graph, options);
  return MergeChains(*graph, options);
}

TEST(Chains, TheMeasuredTimesDecide) {
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
