#include "planner/means.h"

#include <gmock/gmock.h>

#include "planner/groups.h"
#include "planner/planner_case.h"
#include "support/engines.h"

namespace floe {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

// A depthwise convolution and its activation; what follows is the test's.
std::unique_ptr<Graph> Depthwise(const std::string& rest, const std::string& outputs) {
  return ParseGraph("graph net(%x: float32[2, 14, 14, 32]) -> (" + outputs + R"() {
    %w: float32[32, 3, 3, 1] = const seeded(1)
    %p: float32[16, 1, 1, 32] = const seeded(2)
    %a = Conv(%x, %w) {pads=[1, 1, 1, 1], group=32}
      from "depthwise"
    %b = Silu(%a)
      from "silu"
)" + rest + "}");
}

// The sources of the group of two outputs.
std::vector<std::string> Merge(Graph& graph, const char* backend = "cpu") {
  ProposeGroups(graph);
  SettleGroups(graph, OptionsFor(backend));
  const int merged = MergeMeans(graph, OptionsFor(backend));
  std::vector<std::string> sources;
  for (const NodeId id : graph.Order()) {
    const Node& node = graph.node(id);
    if (node.outputs.size() == 2) sources.insert(sources.end(), node.sources.begin(), node.sources.end());
  }
  EXPECT_EQ(merged, sources.empty() ? 0 : 1);
  return sources;
}

// A block of squeeze and excite.
constexpr const char* kExcite = R"(
    %m = ReduceMean(%b) {axes=[1, 2], keep_dims=true}
      from "mean"
    %s = Sigmoid(%m)
    %e = Mul(%b, %s)
    %y = Conv(%e, %p)
)";

TEST(Means, ADepthwiseConvolutionGivesTheMeanOfItsResult) {
  const std::unique_ptr<Graph> graph = Depthwise(kExcite, "%y");
  ExpectSameMeaning(*graph, [&] {
    EXPECT_THAT(Merge(*graph), ElementsAre("depthwise", "silu", "mean"));
    EXPECT_EQ(graph->Order().size(), 3u);  // with the gate, and the product in the projection
  });
}

TEST(Means, BothMayBeOutputsOfTheGraph) {
  const std::unique_ptr<Graph> graph =
      Depthwise("%m = ReduceMean(%b) {axes=[-3, -2]}\n from \"mean\"\n", "%m, %b");
  ExpectSameMeaning(*graph, [&] { EXPECT_THAT(Merge(*graph), ElementsAre("depthwise", "silu", "mean")); });
}

TEST(Means, OthersStayApart) {
  // Of other dimensions; no mean; a result that nothing else reads.
  EXPECT_THAT(Merge(*Depthwise("%m = ReduceMean(%b) {axes=[1]}\n", "%m, %b")), IsEmpty());
  EXPECT_THAT(Merge(*Depthwise("%m = ReduceMax(%b) {axes=[1, 2]}\n", "%m, %b")), IsEmpty());
  EXPECT_THAT(Merge(*Depthwise("%m = ReduceMean(%b) {axes=[1, 2]}\n", "%m")), IsEmpty());
  // No kernel of the reference backend's own does both.
  EXPECT_THAT(Merge(*Depthwise(kExcite, "%y"), "null"), IsEmpty());
}

}  // namespace
}  // namespace floe
