#include "view/diff.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "view/side_helpers.h"
#include "view/tensor_summary.h"

namespace floe::view {
namespace {

Node Make(const std::string& name, const std::string& op, std::vector<Source> inputs = {}) {
  Node node;
  node.name = name;
  node.op = op;
  node.inputs = std::move(inputs);
  return node;
}

TEST(Diff, NamesWhatChanged) {
  Side a, b;
  a.nodes = {Make("x", "Placeholder"), Make("w", "Const"), Make("conv", "Conv2D", {{0, 0}, {1, 0}}),
             Make("old", "Relu")};
  b.nodes = {Make("w", "Const"), Make("x", "Placeholder"), Make("conv", "Conv2D", {{1, 0}, {0, 0}}),
             Make("new", "Relu")};
  a.nodes[1].tensor = Summarise(Tensor::FromVector<float>({1, 2}));
  b.nodes[0].tensor = Summarise(Tensor::FromVector<float>({1, 3}));
  a.nodes[2].attributes = {{"padding", "SAME"}, {"gone", "1"}};
  b.nodes[2].attributes = {{"padding", "VALID"}};
  const Differences d = Diff(&a, &b);
  EXPECT_EQ(d.same, 1u);  // x: places in the file do not matter
  ASSERT_EQ(d.nodes.size(), 4u);
  EXPECT_EQ(d.nodes[0].name, "w");
  EXPECT_EQ(d.nodes[0].what, "contents");
  EXPECT_EQ(d.nodes[1].what, "gone 1 -> (none); padding SAME -> VALID");
  EXPECT_EQ(d.nodes[2].change, "removed");
  EXPECT_EQ(d.nodes[3].change, "added");
  EXPECT_EQ(NodeNamed(a, "conv").change, "changed");
  EXPECT_EQ(NodeNamed(b, "conv").change, "changed");
  EXPECT_EQ(NodeNamed(b, "new").change, "added");
  EXPECT_EQ(NodeNamed(a, "x").change, "same");
}

TEST(Diff, InputsThatMoveAreChanges) {
  Side a, b;
  a.nodes = {Make("x", "P"), Make("y", "P"), Make("z", "Sub", {{0, 0}, {1, 0}})};
  b.nodes = {Make("x", "P"), Make("y", "P"), Make("z", "Sub", {{1, 0}, {0, 0}})};
  EXPECT_EQ(Diff(&a, &b).nodes[0].what, "inputs x:0, y:0 -> y:0, x:0");
}

}  // namespace
}  // namespace floe::view
