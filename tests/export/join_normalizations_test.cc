// Products and sums by channel, written as one operator: where they are, where they only look like it.
#include "export/rewrite/join_normalizations.h"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include "export/export_test.h"
#include "graph/text.h"
#include "graph/verify.h"
#include "passes/pass_test.h"

namespace floe {
namespace {

std::vector<std::string> Joined(const std::string& text) {
  const auto before = ParseGraph(text);
  auto graph = before->Clone();
  JoinNormalizations(*graph);
  VerifyGraph(*graph);
  std::vector<std::string> ops;
  for (const NodeId id : graph->Order()) ops.emplace_back(OpName(graph->node(id).op));
  // The reference normalises in double precision: the last place may differ.
  if (graph->node_count() < before->node_count()) ExpectSameNumbers(*before, *graph, 1e-7);
  return ops;
}

using testing::ElementsAre;

TEST(JoinNormalizations, OneOperatorWithTheSourcesOfBoth) {
  auto graph = ParseGraph(R"(
    graph main(%x: float32[2, 3, 4, 5]) -> (%y) {
      %s: float32[3, 1, 1] = const seeded(1)
      %b: float32[1, 3, 1, 1] = const seeded(2)
      %m = Mul(%x, %s) from "m"
      %y = Add(%b, %m) from "y"
    })");
  JoinNormalizations(*graph);
  const std::vector<NodeId> order = graph->Order();
  ASSERT_EQ(order.size(), 1u);
  const Node& node = graph->node(order[0]);
  EXPECT_TRUE(IsOp<BatchNormalization>(node.op));
  EXPECT_THAT(node.sources, ElementsAre("m", "y"));
  EXPECT_EQ(graph->value(node.inputs[1]).name, "y/scale");
  EXPECT_EQ(graph->value(node.inputs[1]).type.shape, Shape({3}));
  EXPECT_EQ(node.inputs[3], node.inputs[4]);
}

std::string ScaledAndShifted(std::string_view type, std::string_view constants,
                             std::string_view outputs = "%y") {
  return fmt::format(R"(
    graph main(%x: {}) -> ({}) {{
      %s: {} = const seeded(1)
      %b: {} = const seeded(2)
      %m = Mul(%x, %s)
      %y = Add(%m, %b)
    }})",
                     type, outputs, constants, constants);
}

TEST(JoinNormalizations, TheSameNumbersInThreeToFiveDimensions) {
  for (const auto& [type, constants] : {std::pair{"float32[2, 3, 4]", "float32[3, 1]"},
                                        {"float32[2, 3, 4, 5]", "float32[3, 1, 1]"},
                                        {"float32[2, 3, 2, 2, 2]", "float32[1, 3, 1, 1, 1]"}}) {
    EXPECT_THAT(Joined(ScaledAndShifted(type, constants)), ElementsAre("BatchNormalization")) << type;
  }
}

TEST(JoinNormalizations, OnlyFloat32AlongDimensionOne) {
  const auto plain = ElementsAre("Mul", "Add");
  EXPECT_THAT(Joined(ScaledAndShifted("float64[2, 3, 4, 5]", "float64[3, 1, 1]")), plain);
  EXPECT_THAT(Joined(ScaledAndShifted("float32[2, 4, 5, 3]", "float32[3]")), plain);
  EXPECT_THAT(Joined(ScaledAndShifted("float32[3, 4, 5, 2]", "float32[3, 1, 1, 1]")), plain);
  EXPECT_THAT(Joined(ScaledAndShifted("float32[2, 3]", "float32[3]")), plain);
  EXPECT_THAT(Joined(ScaledAndShifted("float32[2, 3, 4, 5]", "float32[3, 4, 1]")), plain);
  EXPECT_THAT(Joined(ScaledAndShifted("float32[2, 3, 4, 5]", "float32[]")), plain);
  EXPECT_THAT(Joined(ScaledAndShifted("float32[2, 1, 4, 5]", "float32[3, 1, 1]")), plain);  // widens
}

TEST(JoinNormalizations, AProductThatIsReadElsewhereStays) {
  EXPECT_THAT(Joined(ScaledAndShifted("float32[2, 3, 4, 5]", "float32[3, 1, 1]", "%y, %m")),
              ElementsAre("Mul", "Add"));
}

TEST(JoinNormalizations, ABiasOfMinusZeroOrInfinityStays) {
  for (const auto* bias : {"[-0.0, 1, 2]", "[inf, 1, 2]"}) {
    const std::string text = fmt::format(R"(
    graph main(%x: float32[2, 3, 4]) -> (%y) {{
      %s: float32[3, 1] = const [1, 2, 3]
      %b: float32[3, 1] = const {}
      %m = Mul(%x, %s)
      %y = Add(%m, %b)
    }})",
                                         bias);
    EXPECT_THAT(Joined(text), ElementsAre("Mul", "Add")) << bias;
  }
}

TEST(JoinNormalizations, ManyZerosAreMadeByOneNodeForAll) {
  EXPECT_THAT(Joined(R"(
    graph main(%x: float32[1, 300, 2]) -> (%y) {
      %s: float32[300, 1] = const seeded(1)
      %b: float32[300, 1] = const seeded(2)
      %t: float32[300, 1] = const seeded(3)
      %m = Mul(%x, %s)
      %a = Add(%m, %b)
      %n = Mul(%a, %t)
      %y = Add(%n, %s)
    })"),
              ElementsAre("Expand", "BatchNormalization", "BatchNormalization"));
}

}  // namespace
}  // namespace floe
