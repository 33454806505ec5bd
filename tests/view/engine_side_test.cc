#include "view/engine_side.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/engines.h"
#include "view/graph_side.h"

#include "view/side_helpers.h"

namespace floe::view {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;

const char kFused[] = R"(graph main(%x: float32[1, 8, 8, 4]) -> (%g) {
  %w: float32[8, 3, 3, 4] = const seeded(1)
  %g = Group(%x, %w) name "scope/relu" from "scope/conv", "scope/relu"
    graph body(%a: float32[1, 8, 8, 4], %b: float32[8, 3, 3, 4]) -> (%r) {
      %c = Conv(%a, %b) {auto_pad=SAME_UPPER} from "scope/conv"
      %r = Relu(%c) from "scope/relu"
    }
})";

TEST(EngineSide, AFusedKernelOpensIntoItsOps) {
  const auto engine = floe::testing::EngineFor(kFused, "cpu");
  const Side side = EngineSide(*engine, "folder/m.floe");
  EXPECT_EQ(side.title, "m.floe");
  const Node& step = NodeNamed(side, "scope/relu");
  EXPECT_TRUE(step.opens);
  EXPECT_EQ(step.op, "Conv+Relu");
  EXPECT_FALSE(step.kernel.empty());
  EXPECT_THAT(step.sources, ElementsAre("scope/conv", "scope/relu"));
  EXPECT_EQ(step.macs, 8 * 8 * 8 * 3 * 3 * 4);
  EXPECT_FALSE(step.candidates.empty());
  EXPECT_TRUE(std::ranges::any_of(step.candidates, [](const Candidate& c) { return !c.refusal.empty(); }));
  EXPECT_THAT(step.outputs, ElementsAre("float32[1, 8, 8, 8]"));
  size_t inside = 0;
  for (const Node& node : side.nodes) {
    if (node.name.starts_with("scope/relu/") && node.role != NodeRole::kConstant) {
      ++inside;
      EXPECT_FALSE(node.inputs.empty()) << node.name;
    }
  }
  EXPECT_EQ(inside, 2u);
  EXPECT_EQ(NodeNamed(side, "x").role, NodeRole::kInput);
}

TEST(EngineSide, LoopsAndBranchesAreScopes) {
  const auto engine = floe::testing::EngineFor(R"(graph main(%c: bool[], %x: float32[4]) -> (%y) {
    %y: float32[4] = If(%c, %x) name "cond"
      graph then(%a: float32[4]) -> (%b) { %b = Relu(%a) }
      graph else(%a: float32[4]) -> (%b) { %b = Neg(%a) }
  })");
  const Side side = EngineSide(*engine, "m.floe");
  const Node& branch = NodeNamed(side, "cond");
  EXPECT_TRUE(branch.opens);
  EXPECT_THAT(InputsOf(side, branch), ElementsAre("c:0"));
  size_t then_nodes = 0, else_nodes = 0;
  for (const Node& node : side.nodes) {
    then_nodes += node.name.starts_with("cond/then/");
    else_nodes += node.name.starts_with("cond/else/");
    for (const Source& source : node.inputs) EXPECT_LT(static_cast<size_t>(source.node), side.nodes.size());
  }
  EXPECT_GE(then_nodes, 1u);
  EXPECT_GE(else_nodes, 1u);
}

TEST(EngineSide, ReportHasLifetimesWithinTheArena) {
  const auto engine = floe::testing::EngineFor(R"(graph main(%x: float32[8, 8]) -> (%d) {
    %a = Softmax(%x)
    %b = MatMul(%a, %x)
    %c = Softmax(%b)
    %d = MatMul(%c, %a)
  })");
  const Report report = EngineReport(*engine, "m.floe");
  EXPECT_EQ(report.digest.size(), 32u);
  ASSERT_FALSE(report.lifetimes.empty());
  for (const Lifetime& l : report.lifetimes) {
    EXPECT_LE(l.offset + l.bytes, report.arena_bytes);
    EXPECT_LE(l.first_step, l.last_step);
  }
}

TEST(GraphSide, GroupsOpenAndConstantsHaveContents) {
  const Side side = GraphSide(*ParseGraph(kFused), "g");
  const Node& group = NodeNamed(side, "scope/relu");
  EXPECT_TRUE(group.opens);
  EXPECT_EQ(group.op, "Conv+Relu");
  const Node& weights = NodeNamed(side, "w");
  EXPECT_EQ(weights.role, NodeRole::kConstant);
  ASSERT_TRUE(weights.tensor);
  EXPECT_EQ(weights.parameters, 8 * 3 * 3 * 4);
  const Node& conv = NodeNamed(side, "scope/relu/c");
  EXPECT_THAT(InputsOf(side, conv), ElementsAre("x:0", "w:0"));
  EXPECT_THAT(conv.attributes, Contains(std::pair<std::string, std::string>("auto_pad", "SAME_UPPER")));
  EXPECT_EQ(NodeNamed(side, "scope/relu/r").role, NodeRole::kOutput);
}

}  // namespace
}  // namespace floe::view
