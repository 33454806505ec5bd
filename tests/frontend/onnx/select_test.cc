// Which tensors a user's names mean, and what is fixed.
#include "frontend/onnx/onnx_text.h"
#include "support/graph_matchers.h"

namespace floe {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

const char* kTwoInputs =
    "g (float[N,3] a, float[N,3] b) => (float[N,3] y, float[N,3] z) { t = Add(a, b) y = Relu(t) z = Neg(a) }";

OnnxSelection Select(const char* graph, const Selection& selection) {
  return SelectOnnx(OnnxText(graph), selection, nullptr);
}

std::string SelectError(const char* graph, const Selection& selection) {
  try {
    Select(graph, selection);
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kUsage) << error.what();
    return error.what();
  }
  return "";
}

std::vector<std::string> NamesOf(const std::vector<OnnxChoice>& choices) {
  std::vector<std::string> names;
  for (const OnnxChoice& c : choices) names.push_back(c.name);
  return names;
}

TEST(OnnxSelect, DefaultsAreTheGraphsOwn) {
  const OnnxSelection selected = Select(kTwoInputs, {});
  EXPECT_THAT(NamesOf(selected.inputs), ElementsAre("a", "b"));
  EXPECT_THAT(NamesOf(selected.outputs), ElementsAre("y", "z"));
}

TEST(OnnxSelect, InputsThatNoOutputNeedsAreLeftOut) {
  Selection selection;
  selection.outputs = {"z"};
  EXPECT_THAT(NamesOf(Select(kTwoInputs, selection).inputs), ElementsAre("a"));
}

TEST(OnnxSelect, AGivenInputThatNoOutputNeedsIsAWarning) {
  Selection selection;
  selection.inputs = {{"b", std::vector<int64_t>{2, 3}}};
  selection.outputs = {"z"};
  const OnnxSelection selected = Select(kTwoInputs, selection);
  EXPECT_THAT(NamesOf(selected.inputs), ElementsAre("a"));
  EXPECT_THAT(NamesOf(selected.unneeded), ElementsAre("b"));
  EXPECT_THAT(selected.warnings, ElementsAre("input 'b': the outputs do not need it"));
}

TEST(OnnxSelect, AnInputOfTheWholeModelThatNothingNeedsIsKnown) {
  const OnnxSelection selected =
      Select("g (float[2] a, int64[N, 3] spare) => (float[2] y) { y = Relu(a) }", {});
  EXPECT_THAT(NamesOf(selected.inputs), ElementsAre("a"));
  EXPECT_THAT(NamesOf(selected.unneeded), ElementsAre("spare"));
  EXPECT_EQ(selected.unneeded[0].type.ToString(), "int64[N, 3]");
}

TEST(OnnxSelect, AFixedDimensionFixesItsSymbolElsewhere) {
  Selection selection;
  selection.inputs = {{"a", std::vector<int64_t>{4, 3}}};
  EXPECT_EQ(Select(kTwoInputs, selection).inputs[1].type.ToString(), "float32[4, 3]");
}

TEST(OnnxSelect, TwoSizesForOneSymbolAreRefused) {
  Selection selection;
  selection.inputs = {{"a", std::vector<int64_t>{4, 3}}, {"b", std::vector<int64_t>{5, 3}}};
  EXPECT_THAT(SelectError(kTwoInputs, selection), HasSubstr("dimension 0 is 'N', which is 4 elsewhere"));
}

TEST(OnnxSelect, AShapeThatContradictsIsRefused) {
  Selection selection;
  selection.inputs = {{"a", std::vector<int64_t>{4, 7}}};
  EXPECT_THAT(SelectError(kTwoInputs, selection), HasSubstr("expected shape [N, 3], found [4, 7]"));
}

TEST(OnnxSelect, AnInnerTensorCutsTheGraph) {
  Selection selection;
  selection.inputs = {{"t", std::vector<int64_t>{2, 3}}};
  selection.outputs = {"y"};
  const OnnxImportResult result = ImportText(kTwoInputs, selection);
  EXPECT_THAT(*result.graph, SameGraphAs("graph g(%t: float32[2, 3]) -> (%y) {\n %y = Relu(%t)\n}"));
}

TEST(OnnxSelect, ASetTensorBecomesAConstant) {
  Selection selection;
  selection.inputs = {{"a", std::vector<int64_t>{1, 3}}};
  selection.sets = {{"b", std::string("2")}};
  selection.outputs = {"y"};
  const OnnxSelection selected = Select(kTwoInputs, selection);
  EXPECT_THAT(NamesOf(selected.inputs), ElementsAre("a"));
  EXPECT_EQ(selected.sets[0].tensor.dtype(), DType::kFloat32);
}

TEST(OnnxSelect, AnUnknownNameIsAnsweredWithNearOnes) {
  Selection selection;
  selection.outputs = {"yy"};
  EXPECT_THAT(SelectError(kTwoInputs, selection),
              HasSubstr("output 'yy': the model has no such tensor or node"));
}

TEST(OnnxSelect, PortsAndNodesAreNamesToo) {
  OnnxFile model = OnnxText(kTwoInputs);
  model.proto.mutable_graph()->mutable_node(1)->set_name("activation");
  Selection selection;
  selection.outputs = {"activation:0", "z:0"};
  const OnnxSelection selected = SelectOnnx(model, selection, nullptr);
  EXPECT_EQ(selected.outputs[0].tensor, "y");
  EXPECT_EQ(selected.outputs[1].tensor, "z");
}

}  // namespace
}  // namespace floe
