// Assert and CheckNumerics: what of them a run sees.
#include <google/protobuf/text_format.h>
#include <gtest/gtest.h>

#include "backends/reference/evaluate.h"
#include "floe/error.h"
#include "frontend/tensorflow/import.h"

namespace floe {
namespace {

std::string Node(const std::string& name, const std::string& op, const std::vector<std::string>& inputs,
                 const std::string& attrs = "") {
  std::string text = "node { name: '" + name + "' op: '" + op + "'";
  for (const std::string& input : inputs) text += " input: '" + input + "'";
  return text + " " + attrs + " }\n";
}

std::string Type(const std::string& key, const std::string& type) {
  return "attr { key: '" + key + "' value { type: " + type + " } } ";
}

// x, and whether all of it is below 5.
std::string Below() {
  return Node("x", "Placeholder", {}, Type("dtype", "DT_FLOAT")) +
         Node("five", "Const", {},
              Type("dtype", "DT_FLOAT") +
                  "attr { key: 'value' value { tensor { dtype: DT_FLOAT tensor_shape {} float_val: 5 } } }") +
         Node("axes", "Const", {},
              Type("dtype", "DT_INT32") +
                  "attr { key: 'value' value { tensor { dtype: DT_INT32 tensor_shape { dim { size: 1 } } "
                  "int_val: "
                  "0 } } }") +
         Node("less", "Less", {"x", "five"}, Type("T", "DT_FLOAT")) + Node("ok", "All", {"less", "axes"});
}

const std::string kTypes = "attr { key: 'T' value { list { type: DT_FLOAT } } }";
const TensorType kVector2{DType::kFloat32, Shape{2}};

ImportResult Import(const std::string& text, std::vector<ImportInput> inputs = {{"x", kVector2}}) {
  static const ReferenceEvaluator evaluator;
  tf::GraphDef graph;
  if (!google::protobuf::TextFormat::ParseFromString(text, &graph)) ADD_FAILURE() << text;
  ImportOptions options;
  options.inputs = std::move(inputs);
  options.outputs = {"y"};
  options.evaluator = &evaluator;
  return ImportGraphDef(graph, options);
}

std::string MessageOf(const ImportResult& result, std::vector<float> x) {
  try {
    EvaluateGraph(*result.graph, std::vector<Tensor>{Tensor::FromVector<float>(std::move(x))});
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kUsage);
    return error.what();
  }
  return "ran";
}

std::string ReasonOf(const ImportResult& result, const std::string& name) {
  for (const NodeReport& node : result.nodes)
    if (node.name == name) return node.reason;
  return "no report";
}

TEST(Checks, AnAssertStopsTheRunsOfWhatWaitsForIt) {
  const ImportResult result = Import(Below() + Node("check", "Assert", {"ok", "x"}, kTypes) +
                                     Node("group", "NoOp", {"^check"}) + Node("y", "Abs", {"x", "^group"}));
  EXPECT_EQ(MessageOf(result, {1, 2}), "ran");
  EXPECT_EQ(MessageOf(result, {1, 7}), "Assert 'check': assertion failed: [1 7]");
}

TEST(Checks, AnAssertThatNothingWaitsForIsNotMade) {
  const ImportResult result =
      Import(Below() + Node("check", "Assert", {"ok", "x"}, kTypes) + Node("y", "Abs", {"x"}));
  EXPECT_EQ(result.graph->Order().size(), 1U);
  EXPECT_EQ(ReasonOf(result, "check"), "no output needs it");
}

TEST(Checks, AConditionThatHoldsLeavesNothing) {
  const std::string yes = Node("yes", "Const", {},
                               Type("dtype", "DT_BOOL") +
                                   "attr { key: 'value' value { tensor { dtype: DT_BOOL tensor_shape {} "
                                   "bool_val: true } } }");
  const ImportResult result = Import(Below() + yes + Node("check", "Assert", {"yes", "x"}, kTypes) +
                                     Node("y", "Abs", {"x", "^check"}));
  EXPECT_EQ(result.graph->Order().size(), 1U);
}

TEST(Checks, ACheckOfWhatNobodyFeedsIsLeftOut) {
  const ImportResult result =
      Import(Below() + Node("label", "Placeholder", {}, Type("dtype", "DT_BOOL")) +
             Node("check", "Assert", {"label", "x"}, kTypes) + Node("y", "Abs", {"x", "^check"}));
  EXPECT_EQ(result.graph->inputs().size(), 1U);
}

TEST(Checks, ACheckThatCannotBeMadeDoesNotStandInTheWay) {
  const ImportResult result =
      Import(Below() + Node("odd", "Unheard", {"x"}) + Node("check", "Assert", {"odd", "x"}, kTypes) +
             Node("y", "Abs", {"x", "^check"}));
  EXPECT_EQ(MessageOf(result, {1, 7}), "ran");
  EXPECT_EQ(result.graph->inputs().size(), 1U);
  EXPECT_EQ(ReasonOf(result, "check"), "not checked because of 'odd': the operation is not supported");
}

TEST(Checks, NumbersAreChecked) {
  const ImportResult result =
      Import(Below() + Node("root", "Sqrt", {"x"}) +
             Node("y", "CheckNumerics", {"root"},
                  Type("T", "DT_FLOAT") + "attr { key: 'message' value { s: 'root' } }"));
  EXPECT_EQ(MessageOf(result, {1, 7}), "ran");
  EXPECT_EQ(MessageOf(result, {1, -7}), "Assert 'y': root : Tensor had NaN values");
}

}  // namespace
}  // namespace floe
