#include "view/tensorflow_side.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "floe/error.h"
#include "support/run_floe.h"
#include "view/side_helpers.h"

namespace floe::view {
namespace {

using testing::Contains;
using testing::HasSubstr;

Side SideOf(const std::string& path) {
  ModelSelection selection;
  selection.path = path;
  return TensorFlowSide(selection);
}

Side SideOfText(const std::string& text) {
  const ScratchFolder scratch;
  return SideOf(scratch.Write("m.pbtxt", text));
}

TEST(TensorFlowSide, CheckpointHasShapesWeightsAndStatus) {
  const Side side = SideOf(FormFile("variables/model.ckpt"));
  size_t weights = 0, typed = 0, ok = 0, auxiliary = 0;
  for (const Node& node : side.nodes) {
    weights += node.role == NodeRole::kVariable && node.tensor && node.tensor->numbers;
    typed += !node.outputs.empty() && node.outputs[0].find('[') != std::string::npos;
    ok += node.status == "ok";
    auxiliary += node.auxiliary;
  }
  EXPECT_GE(weights, 2u);
  EXPECT_GE(typed, 5u);
  EXPECT_GE(ok, 3u);
  EXPECT_GE(auxiliary, 5u);  // the saver
  EXPECT_THAT(side.build_command, testing::StartsWith("floe build "));
}

TEST(TensorFlowSide, LoopsInFunctionsOpen) {
  const Side side = SideOf(FormFile("saved_model_v2_loop/saved_model"));
  EXPECT_TRUE(std::ranges::any_of(side.nodes,
                                  [](const Node& n) { return n.name.find("/body/") != std::string::npos; }));
  // What the loop computes is needed, so is the loop.
  for (const Node& node : side.nodes) {
    if (node.op == "While" || node.op == "StatelessWhile") {
      EXPECT_FALSE(node.auxiliary) << node.name;
    }
  }
}

TEST(TensorFlowSide, WhatCannotBeConvertedIsShownWithTheReason) {
  const Side side = SideOfText(R"(
    node { name: "x" op: "Placeholder" attr { key: "dtype" value { type: DT_FLOAT } }
      attr { key: "shape" value { shape { dim { size: 4 } } } } }
    node { name: "y" op: "NoSuchOperation" input: "x" } node { name: "z" op: "Neg" input: "y" attr { key: "T" value { type: DT_FLOAT } } })");
  EXPECT_EQ(side.nodes.size(), 3u);
  EXPECT_THAT(InputsOf(side, NodeNamed(side, "z")), Contains("y:0"));
  const Node& unknown = NodeNamed(side, "y");
  EXPECT_TRUE(unknown.status == "unsupported" || !side.warnings.empty());
}

TEST(TensorFlowSide, BrokenModelsAreShownWithAWarning) {
  const Side side = SideOfText(
      R"(node { name: "a" op: "Neg" input: "nowhere" } node { name: "<b>" op: "Neg" input: "a" })");
  EXPECT_EQ(side.nodes.size(), 2u);
  EXPECT_FALSE(side.warnings.empty());
  EXPECT_THAT(NodeNamed(side, "a").note, HasSubstr("nowhere"));
}

TEST(TensorFlowSide, WhatIsNoModelIsRefused) {
  EXPECT_THROW(SideOf("/nowhere/model.pb"), Error);
}

}  // namespace
}  // namespace floe::view
