// floe check: every node with what becomes of it, and every reason in one run.
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "support/run_floe.h"

namespace floe {
namespace {

using Json = nlohmann::json;

// Five things that cannot be converted, some behind others, two for an attribute and a custom operation among
// them.
constexpr const char* kFive = R"(
node { name: "x" op: "Placeholder" attr { key: "dtype" value { type: DT_FLOAT } }
  attr { key: "shape" value { shape { dim { size: -1 } dim { size: 8 } dim { size: 8 } dim { size: 4 } } } } }
node { name: "s" op: "Placeholder" attr { key: "dtype" value { type: DT_STRING } } attr { key: "shape" value { shape { } } } }
node { name: "filter" op: "Const" attr { key: "dtype" value { type: DT_FLOAT } } attr { key: "value" value { tensor {
  dtype: DT_FLOAT tensor_shape { dim { size: 3 } dim { size: 3 } dim { size: 4 } dim { size: 4 } } float_val: 0.5 } } } }
node { name: "conv" op: "Conv2D" input: "x" input: "filter" attr { key: "T" value { type: DT_FLOAT } }
  attr { key: "strides" value { list { i: 1 i: 1 i: 1 i: 1 } } } attr { key: "padding" value { s: "SAME" } } }
node { name: "py" op: "PyFunc" input: "conv" attr { key: "Tin" value { list { type: DT_FLOAT } } }
  attr { key: "Tout" value { list { type: DT_FLOAT } } } attr { key: "token" value { s: "f" } } }
node { name: "pool" op: "MaxPool" input: "py" attr { key: "T" value { type: DT_FLOAT } }
  attr { key: "ksize" value { list { i: 1 i: 2 i: 2 i: 2 } } } attr { key: "strides" value { list { i: 1 i: 2 i: 2 i: 2 } } }
  attr { key: "padding" value { s: "VALID" } } }
node { name: "relu" op: "Relu" input: "pool" attr { key: "T" value { type: DT_FLOAT } } }
node { name: "custom" op: "OurOwnOp" input: "relu" }
node { name: "fraction" op: "FractionalMaxPool" input: "conv" attr { key: "T" value { type: DT_FLOAT } }
  attr { key: "pooling_ratio" value { list { f: 1 f: 1.5 f: 1.5 f: 1 } } } }
node { name: "parse" op: "ParseTensor" input: "s" attr { key: "out_type" value { type: DT_FLOAT } } }
node { name: "sum" op: "AddV2" input: "fraction" input: "parse" attr { key: "T" value { type: DT_FLOAT } } }
)";

class Check : public testing::Test {
 protected:
  Json CheckJson(std::vector<std::string> words, int exit_code) {
    words.insert(words.begin(), "check");
    words.push_back("--json");
    const Ran ran = RunFloe(words);
    EXPECT_EQ(ran.exit_code, exit_code) << ran.err;
    const Json json = Json::parse(ran.out, nullptr, false);
    EXPECT_EQ(json.value("schema", ""), "floe.check/1") << ran.out << ran.err;
    for (const Json& node : json["nodes"]) {
      static const std::set<std::string> kStatuses = {"ok", "folded", "removed", "unsupported"};
      EXPECT_TRUE(kStatuses.contains(node["status"])) << node;
    }
    return json;
  }

  static std::map<std::string, Json> ByName(const Json& json) {
    std::map<std::string, Json> out;
    for (const Json& node : json["nodes"]) out[node["name"]] = node;
    return out;
  }

  ScratchFolder folder_;
};

TEST_F(Check, ListsFiveUnsupportedNodesInOneRun) {
  const std::string model = folder_.Write("five.pbtxt", kFive);
  const Json json = CheckJson({model}, 3);
  const auto nodes = ByName(json);
  for (const char* name : {"py", "pool", "custom", "fraction", "parse"}) {
    EXPECT_EQ(nodes.at(name)["status"], "unsupported") << name;
    EXPECT_NE(nodes.at(name)["reason"], "") << name;
  }
  EXPECT_EQ(json["summary"]["unsupported"], 5);
  EXPECT_EQ(nodes.at("pool")["reason"], "pooling over channels and space at once is not supported");
  EXPECT_EQ(nodes.at("py")["remedy"], "replace the Python function, or feed its result: --input py");
  // Behind one of them, but nothing is wrong with it.
  EXPECT_EQ(nodes.at("relu")["status"], "ok");
  EXPECT_EQ(nodes.at("relu")["reason"], "not reached because of 'py'");
  EXPECT_EQ(nodes.at("conv")["macs"], 8 * 8 * 4 * 9 * 4);
  EXPECT_EQ(json["macs"]["converted"], 8 * 8 * 4 * 9 * 4);
}

TEST_F(Check, GroupsThemForPeople) {
  const Ran ran = RunFloe({"check", folder_.Write("five.pbtxt", kFive)});
  EXPECT_TRUE(Refuses(ran, 3, {"five.pbtxt", "5 of 11 nodes cannot be converted"}));
  for (const char* text : {"PyFunc: the operation is not supported", "MaxPool: pooling over channels",
                           "OurOwnOp: the operation is not supported",
                           "FractionalMaxPool: ", "ParseTensor: ", "  -> feed its result with --input parse",
                           "multiply-accumulates convert", "see it: floe view "}) {
    EXPECT_THAT(ran.out, testing::HasSubstr(text));
  }
}

TEST_F(Check, OffersThePartThatIsSupported) {
  const std::string model = folder_.Write("five.pbtxt", kFive);
  const Json json = CheckJson({model}, 3);
  ASSERT_TRUE(json["supported_part"].is_string());
  EXPECT_EQ(json["supported_part"], "--input x=1x8x8x4 --output conv");
  CheckJson({model, "--output", "conv"}, 0);
}

TEST_F(Check, SaysWhatBecomesOfEveryNodeOfATrainingGraph) {
  const Json json = CheckJson({FormFile("training_graph/model.ckpt"), "--output", "Tiny/Predictions"}, 0);
  const auto nodes = ByName(json);
  EXPECT_EQ(nodes.at("Tiny/Predictions")["status"], "ok");
  EXPECT_EQ(nodes.at("save/SaveV2")["status"], "removed");
  EXPECT_FALSE(json["summary"].contains("unsupported"));
  EXPECT_GT(json["summary"]["removed"], json["summary"]["ok"]);
}

TEST_F(Check, ReportsTheInsideOfBranchesThatAreNotReached) {
  std::string text = kFive;
  text += R"(
node { name: "yes" op: "Const" attr { key: "dtype" value { type: DT_BOOL } } attr { key: "value" value { tensor { dtype: DT_BOOL
  tensor_shape { } bool_val: true } } } }
node { name: "choice" op: "StatelessIf" input: "flag" input: "pool" attr { key: "Tcond" value { type: DT_BOOL } }
  attr { key: "Tin" value { list { type: DT_FLOAT } } } attr { key: "Tout" value { list { type: DT_FLOAT } } }
  attr { key: "then_branch" value { func { name: "then" } } } attr { key: "else_branch" value { func { name: "else" } } } }
node { name: "flag" op: "Placeholder" attr { key: "dtype" value { type: DT_BOOL } } attr { key: "shape" value { shape { } } } }
library {
  function { signature { name: "then" input_arg { name: "a" type: DT_FLOAT } output_arg { name: "r" type: DT_FLOAT } }
    node_def { name: "inner" op: "PyFunc" input: "a" attr { key: "Tin" value { list { type: DT_FLOAT } } }
      attr { key: "Tout" value { list { type: DT_FLOAT } } } attr { key: "token" value { s: "g" } } }
    ret { key: "r" value: "inner:output:0" } }
  function { signature { name: "else" input_arg { name: "a" type: DT_FLOAT } output_arg { name: "r" type: DT_FLOAT } }
    node_def { name: "same" op: "Identity" input: "a" attr { key: "T" value { type: DT_FLOAT } } }
    ret { key: "r" value: "same:output:0" } }
})";
  const auto nodes = ByName(CheckJson({folder_.Write("branch.pbtxt", text), "--output", "choice"}, 3));
  EXPECT_EQ(nodes.at("then/inner")["status"], "unsupported");
  EXPECT_EQ(nodes.at("choice")["reason"], "not reached because of 'py'");
}

TEST_F(Check, SaysWhichNodesATargetHasKernelsFor) {
  const std::string model = FormFile("variables/model.ckpt");
  const auto nodes = ByName(CheckJson({model, "--output", "Tiny/Predictions", "--target", "cpu"}, 0));
  bool own = false;
  for (const auto& [name, node] : nodes) own = own || node.value("kernel", "").starts_with("cpu.");
  EXPECT_TRUE(own);
  const Ran ran = RunFloe({"check", model, "--output", "Tiny/Predictions", "--target", "null"});
  EXPECT_TRUE(Succeeds(ran));
  EXPECT_THAT(ran.out, testing::HasSubstr("null: "));
  EXPECT_TRUE(Refuses(RunFloe({"check", model, "--target", "abacus"}), 2, {"abacus", "cpu", "reference"}));
}

TEST_F(Check, CutsBehindAFrontEndThatIsNotSupported) {
  const std::string model = folder_.Write("front.pbtxt", R"(
node { name: "sound" op: "Placeholder" attr { key: "dtype" value { type: DT_STRING } } attr { key: "shape" value { shape {} } } }
node { name: "features" op: "ParseTensor" input: "sound" attr { key: "out_type" value { type: DT_FLOAT } } }
node { name: "shape" op: "Const" attr { key: "dtype" value { type: DT_INT32 } } attr { key: "value" value { tensor {
  dtype: DT_INT32 tensor_shape { dim { size: 2 } } int_val: [1, 4] } } } }
node { name: "rows" op: "Reshape" input: "features" input: "shape" attr { key: "T" value { type: DT_FLOAT } } }
node { name: "w" op: "Const" attr { key: "dtype" value { type: DT_FLOAT } } attr { key: "value" value { tensor {
  dtype: DT_FLOAT tensor_shape { dim { size: 4 } dim { size: 3 } } float_val: 1 } } } }
node { name: "product" op: "MatMul" input: "rows" input: "w" attr { key: "T" value { type: DT_FLOAT } } }
node { name: "labels" op: "Softmax" input: "product" attr { key: "T" value { type: DT_FLOAT } } }
)");
  const Json json = CheckJson({model}, 3);
  EXPECT_EQ(json["summary"]["unsupported"], 1);
  EXPECT_EQ(json["supported_part"], "--input rows=1x4 --output labels");
}

}  // namespace
}  // namespace floe
