#include "view/model_explorer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "support/run_floe.h"

namespace floe::view {
namespace {

using ::testing::HasSubstr;
using Json = nlohmann::json;

Side SmallSide() {
  Side side;
  side.title = "net";
  side.nodes.resize(3);
  side.nodes[0].name = "x";
  side.nodes[0].op = "Placeholder";
  side.nodes[0].outputs = {"float32[1, 4]"};
  side.nodes[1].name = "block/conv";
  side.nodes[1].op = "Conv2D";
  side.nodes[1].inputs = {{0, 0}};
  side.nodes[1].attributes = {{"padding", "SAME"}};
  side.nodes[1].ms = 0.25;
  side.nodes[2].name = "block/<b>";
  side.nodes[2].op = "NoOp";
  side.nodes[2].controls = {1};
  return side;
}

TEST(ModelExplorer, NodesHaveScopesEdgesAndAttributes) {
  const Json graphs = Json::parse(ToModelExplorer(SmallSide()));
  ASSERT_EQ(graphs.size(), 1u);
  EXPECT_EQ(graphs[0]["id"], "net");
  const Json& nodes = graphs[0]["nodes"];
  ASSERT_EQ(nodes.size(), 3u);
  EXPECT_EQ(nodes[0]["namespace"], "");
  EXPECT_EQ(nodes[0]["outputsMetadata"][0]["attrs"][0]["value"], "float32[1, 4]");
  EXPECT_EQ(nodes[1]["namespace"], "block");
  EXPECT_EQ(nodes[1]["label"], "Conv2D");
  const Json edge = {{"sourceNodeId", "x"}, {"sourceNodeOutputId", "0"}, {"targetNodeInputId", "0"}};
  EXPECT_EQ(nodes[1]["incomingEdges"], Json::array({edge}));
  EXPECT_EQ(nodes[1]["attrs"][1]["key"], "padding");
  EXPECT_EQ(nodes[2]["id"], "block/<b>");
  EXPECT_EQ(nodes[2]["incomingEdges"][0]["targetNodeInputId"], "control");
}

TEST(ModelExplorer, NodeDataHasWhatIsKnown) {
  const Json data = Json::parse(ToNodeData(SmallSide(), NodeValue::kMs));
  const Json expected = {{"block/conv", {{"value", 0.25}}}};
  EXPECT_EQ(data["net"]["results"], expected);
  EXPECT_EQ(ToNodeData(SmallSide(), NodeValue::kError), "");
}

TEST(ModelExplorer, TheCommandWritesModelAndEngine) {
  const ScratchFolder scratch;
  const std::string model = FormFile("variables/model.ckpt");
  EXPECT_TRUE(Succeeds(RunFloe({"export", model, "-o", scratch / "model.json"})));
  EXPECT_GT(Json::parse(ReadBytes(scratch / "model.json"))[0]["nodes"].size(), 0u);
  EXPECT_FALSE(std::filesystem::exists(scratch / "model.ms.json"));
}

TEST(ModelExplorer, OtherNamesAreRefused) {
  const ScratchFolder scratch;
  const std::string model = FormFile("variables/model.ckpt");
  const Ran ran = RunFloe({"export", model, "-o", scratch / "out.txt"});
  EXPECT_EQ(ran.exit_code, 2);
  EXPECT_THAT(ran.err, HasSubstr(".onnx, .dot or .json"));
  EXPECT_EQ(RunFloe({"export", model, "-o", scratch / "out.json", "--format", "onnx"}).exit_code, 2);
}

}  // namespace
}  // namespace floe::view
