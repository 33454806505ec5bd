#include "frontend/tensorflow/rewrite/lower_switch_n.h"

#include <gtest/gtest.h>

#include "frontend/rewrite/graph_text.h"

namespace floe {
namespace {

Scope Lowered(const std::vector<std::string>& nodes) {
  Scope scope;
  scope.graph = GraphOf(nodes);
  LowerSwitchN(scope);
  return scope;
}

TEST(LowerSwitchN, EachBranchGetsASwitchOfWhatTheOnesBeforeLeft) {
  const Scope scope = Lowered({
      "x: Placeholder dtype=float",
      "i: Placeholder dtype=int32",
      "s: _SwitchN(x, i) T=float num_outs=3",
      "a: Neg(s) T=float",
      "b: Relu(s:1) T=float",
      "c: Abs(s:2) T=float",
      "y: Merge(a, b, c) T=float N=3",
  });
  EXPECT_EQ(LineOf(scope.graph, "s"), "");
  EXPECT_EQ(LineOf(scope.graph, "s/switch"), "s/switch: Switch(x, i/is_branch)");
  EXPECT_EQ(LineOf(scope.graph, "s/switch_1"), "s/switch_1: Switch(s/switch, i/is_branch_1)");
  EXPECT_EQ(LineOf(scope.graph, "i/is_branch"), "i/is_branch: Equal(i, i/branch)");
  EXPECT_EQ(LineOf(scope.graph, "a"), "a: Neg(s/switch:1)");
  EXPECT_EQ(LineOf(scope.graph, "b"), "b: Relu(s/switch_1:1)");
  EXPECT_EQ(LineOf(scope.graph, "c"), "c: Abs(s/switch_1)");
  EXPECT_EQ(LineOf(scope.graph, "y"), "y: Merge(a, y/merge)");
  EXPECT_EQ(LineOf(scope.graph, "y/merge"), "y/merge: Merge(b, c)");
}

TEST(LowerSwitchN, TwoSwitchesOfOneIndexShareTheQuestion) {
  const Scope scope = Lowered({
      "x: Placeholder dtype=float",
      "i: Placeholder dtype=int32",
      "s: _SwitchN(x, i) T=float num_outs=2",
      "t: _SwitchN(i, i) T=int32 num_outs=2",
  });
  EXPECT_EQ(LineOf(scope.graph, "s/switch"), "s/switch: Switch(x, i/is_branch)");
  EXPECT_EQ(LineOf(scope.graph, "t/switch"), "t/switch: Switch(i, i/is_branch)");
}

TEST(LowerSwitchN, AGraphWithoutOneStays) {
  const std::vector<std::string> nodes = {
      "x: Placeholder dtype=float",
      "p: Placeholder dtype=bool",
      "s: Switch(x, p) T=float",
      "y: Merge(s, s:1) T=float N=2",
  };
  const Scope scope = Lowered(nodes);
  EXPECT_EQ(scope.graph.DebugString(), GraphOf(nodes).DebugString());
}

TEST(LowerSwitchN, OneWithoutAnIndexIsRefused) {
  EXPECT_EQ(MessageOf([] {
              Lowered({"x: Placeholder dtype=float", "s: _SwitchN(x) T=float num_outs=2"});
            }),
            "node 's' (_SwitchN): expected 2 inputs and 1 to 4096 outputs, found 1 and 2");
}

}  // namespace
}  // namespace floe
