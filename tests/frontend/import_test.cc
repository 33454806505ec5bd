// GraphDefs in text form become graphs; results are asked for in words.
#include "frontend/tensorflow/import.h"

#include <gmock/gmock.h>
#include <google/protobuf/text_format.h>
#include <gtest/gtest.h>

#include "backends/reference/evaluate.h"
#include "floe/error.h"

namespace floe {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

tf::GraphDef Parse(const std::string& text) {
  tf::GraphDef graph;
  if (!google::protobuf::TextFormat::ParseFromString(text, &graph))
    ADD_FAILURE() << "text does not parse:\n" << text;
  return graph;
}

std::string Placeholder(const std::string& name, const std::string& type = "DT_FLOAT") {
  return "node { name: '" + name + "' op: 'Placeholder' attr { key: 'dtype' value { type: " + type +
         " } } }\n";
}

std::string Node(const std::string& name, const std::string& op, const std::vector<std::string>& inputs,
                 const std::string& attrs = "") {
  std::string text = "node { name: '" + name + "' op: '" + op + "'";
  for (const std::string& input : inputs) text += " input: '" + input + "'";
  return text + " " + attrs + " }\n";
}

std::string Type(const std::string& key, const std::string& type) {
  return "attr { key: '" + key + "' value { type: " + type + " } } ";
}

std::string Ints(const std::string& name, const std::vector<int>& values, bool scalar = false) {
  std::string text = "node { name: '" + name + "' op: 'Const' " + Type("dtype", "DT_INT32") +
                     "attr { key: 'value' value { tensor { dtype: DT_INT32 tensor_shape {";
  if (!scalar) text += " dim { size: " + std::to_string(values.size()) + " }";
  text += " }";
  for (const int v : values) text += " int_val: " + std::to_string(v);
  return text + " } } } }\n";
}

const ReferenceEvaluator& Reference() {
  static const ReferenceEvaluator evaluator;
  return evaluator;
}

ImportResult Import(const std::string& text, std::vector<ImportInput> inputs,
                    std::vector<std::string> outputs, bool strict = true) {
  ImportOptions options;
  options.inputs = std::move(inputs);
  options.outputs = std::move(outputs);
  options.evaluator = &Reference();
  options.strict = strict;
  return ImportGraphDef(Parse(text), options);
}

std::vector<float> Floats(const Tensor& tensor) {
  return std::vector<float>(tensor.data<float>(), tensor.data<float>() + tensor.size());
}

std::string RefusalOf(const std::string& text, std::vector<std::string> outputs) {
  try {
    Import(text, {}, std::move(outputs));
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kModel);
    return error.what();
  }
  return "not refused";
}

NodeReport ReportOf(const ImportResult& result, const std::string& name) {
  for (const NodeReport& node : result.nodes)
    if (node.name == name) return node;
  ADD_FAILURE() << "no report of " << name;
  return {};
}

const TensorType kVector2{DType::kFloat32, Shape{2}};

TEST(Import, KeepsTensorFlowNamesOnValuesAndNodes) {
  const std::string text = Placeholder("x") + Node("y", "Relu", {"x"}, Type("T", "DT_FLOAT")) +
                           Node("z", "Identity", {"y"}, Type("T", "DT_FLOAT"));
  const ImportResult result = Import(text, {{"x:0", kVector2}}, {"z"});
  const Value& output = result.graph->value(result.graph->outputs()[0]);
  EXPECT_EQ(output.name, "y");
  EXPECT_THAT(output.sources, ElementsAre("y:0", "z:0"));
  EXPECT_THAT(result.graph->node(output.producer).sources, ElementsAre("y"));
  EXPECT_EQ(result.inputs[0].tensor, "x:0");
}

TEST(Import, FoldsShapesThatAreKnown) {
  const std::string text = Placeholder("x") + Node("s", "Shape", {"x"}, Type("T", "DT_FLOAT")) +
                           Node("y", "Reshape", {"x", "s"}, Type("T", "DT_FLOAT"));
  const ImportResult result = Import(text, {{"x", kVector2}}, {"y"});
  EXPECT_EQ(ReportOf(result, "s").status, NodeStatus::kFolded);
  EXPECT_EQ(result.graph->value(result.graph->outputs()[0]).type, kVector2);
}

TEST(Import, CutsAtAnInnerTensor) {
  const std::string text = Node("a", "Unheard", {}) + Node("b", "Neg", {"a"}, Type("T", "DT_FLOAT")) +
                           Node("c", "Abs", {"b"}, Type("T", "DT_FLOAT"));
  const ImportResult result = Import(text, {{"b", kVector2}}, {"c"});
  const Tensor out = EvaluateGraph(*result.graph, std::vector<Tensor>{Tensor::FromVector<float>({-1, 2})})[0];
  EXPECT_THAT(Floats(out), ElementsAre(1, 2));
}

TEST(Import, NamesEveryUnsupportedNodeAtOnce) {
  const std::string text = Placeholder("x") + Node("a", "Unheard", {"x"}) + Node("b", "Unknown", {"x"}) +
                           Node("c", "Add", {"a", "b"}, Type("T", "DT_FLOAT")) + Node("d", "Strange", {"c"});
  EXPECT_EQ(RefusalOf(text, {"d"}),
            "node 'a' (Unheard): the operation is not supported; feed its result with --input a, or "
            "choose outputs "
            "before it with --output x (and 2 more unsupported nodes)");
  const ImportResult result = Import(text, {}, {"d"}, false);
  EXPECT_EQ(result.graph, nullptr);
  EXPECT_EQ(ReportOf(result, "c").reason, "not reached because of 'a'");
}

TEST(Import, IgnoresWhatNoOutputNeeds) {
  const std::string text =
      Placeholder("x") + Node("bad", "Unheard", {"x"}) + Node("y", "Abs", {"x"}, Type("T", "DT_FLOAT"));
  const ImportResult result = Import(text, {}, {"y"});
  EXPECT_EQ(ReportOf(result, "bad").reason, "no output needs it");
}

TEST(Import, RefusesGraphsThatAreNotWellFormed) {
  EXPECT_THAT(RefusalOf(Node("a", "Abs", {"ghost"}), {"a"}),
              HasSubstr("its input 'ghost' is not in the graph"));
  EXPECT_THAT(RefusalOf(Node("a", "Abs", {"b"}) + Node("b", "Abs", {"a"}), {"a"}),
              HasSubstr("the node depends on itself"));
  EXPECT_THAT(RefusalOf(Placeholder("x") + Placeholder("x"), {"x"}),
              HasSubstr("another node has the same name"));
  EXPECT_THAT(RefusalOf(Placeholder("image"), {"imgae"}), HasSubstr("did you mean 'image'"));
  EXPECT_THAT(RefusalOf(Placeholder("x") + Node("y", "Abs", {"x:3"}), {"y"}), HasSubstr("has no output 3"));
  EXPECT_THAT(RefusalOf(Placeholder("x") + Node("y", "Cast", {"x"}), {"y"}),
              HasSubstr("attribute 'DstT' is missing"));
}

TEST(Import, AsksForAnAxisThatIsNotConstant) {
  const std::string text = Placeholder("x") + Placeholder("axis", "DT_INT32") +
                           Node("y", "ArgMax", {"x", "axis"}, Type("T", "DT_FLOAT"));
  EXPECT_EQ(
      RefusalOf(text, {"y"}),
      "node 'y' (ArgMax): the axis (input 1, 'axis') is not constant; give it a value with --set axis=VALUE");
}

TEST(Import, DeepGraphsDoNotExhaustTheStack) {
  std::string text = Placeholder("n0");
  constexpr int kDepth = 20000;
  for (int i = 0; i < kDepth; ++i)
    text += Node("n" + std::to_string(i + 1), "Identity", {"n" + std::to_string(i)}, Type("T", "DT_FLOAT"));
  EXPECT_EQ(Import(text, {{"n0", kVector2}}, {"n" + std::to_string(kDepth)}).graph->node_count(), 0u);
}

TEST(Import, StridedSliceOfARowDropsTheDimension) {
  const std::string text = Placeholder("x") + Ints("b", {1}) + Ints("e", {2}) + Ints("s", {1}) +
                           Node("y", "StridedSlice", {"x", "b", "e", "s"},
                                Type("T", "DT_FLOAT") + "attr { key: 'shrink_axis_mask' value { i: 1 } }");
  const ImportResult result = Import(text, {{"x", {DType::kFloat32, Shape{2, 3}}}}, {"y"});
  const Tensor x = Tensor::FromValues<float>({2, 3}, {1, 2, 3, 4, 5, 6});
  const Tensor y = EvaluateGraph(*result.graph, std::vector<Tensor>{x})[0];
  EXPECT_THAT(y.dims(), ElementsAre(3));
  EXPECT_THAT(Floats(y), ElementsAre(4, 5, 6));
}

// x > 0 ? -x : x, as tf.cond of TensorFlow 1 writes it.
TEST(Import, SwitchAndMergeBecomeAnIf) {
  const std::string text = Placeholder("p", "DT_BOOL") + Placeholder("x") +
                           Node("s", "Switch", {"x", "p"}, Type("T", "DT_FLOAT")) +
                           Node("no", "Neg", {"s"}, Type("T", "DT_FLOAT")) +
                           Node("yes", "Abs", {"s:1"}, Type("T", "DT_FLOAT")) +
                           Node("m", "Merge", {"no", "yes"}, Type("T", "DT_FLOAT"));
  const TensorType flag{DType::kBool, Shape(std::vector<Dim>{})};
  const ImportResult result = Import(text, {{"p", flag}, {"x", kVector2}}, {"m"});
  const Tensor x = Tensor::FromVector<float>({-1, 2});
  const auto run = [&](bool p) {
    return Floats(EvaluateGraph(*result.graph, std::vector<Tensor>{Tensor::Scalar(p), x})[0]);
  };
  EXPECT_THAT(run(false), ElementsAre(1, -2));
  EXPECT_THAT(run(true), ElementsAre(1, 2));
}

// i = 0; while (i < n) { i += 1; x += x }, as frames.
TEST(Import, FramesBecomeALoop) {
  const std::string frame = "attr { key: 'frame_name' value { s: 'loop' } } ";
  const std::string text =
      Placeholder("x") + Placeholder("n", "DT_INT32") + Ints("zero", {0}, true) + Ints("one", {1}, true) +
      Node("ei", "Enter", {"zero"}, frame) + Node("ex", "Enter", {"x"}, frame) +
      Node("en", "Enter", {"n"}, frame + "attr { key: 'is_constant' value { b: true } }") +
      Node("eo", "Enter", {"one"}, frame + "attr { key: 'is_constant' value { b: true } }") +
      Node("mi", "Merge", {"ei", "ni"}) + Node("mx", "Merge", {"ex", "nx"}) +
      Node("less", "Less", {"mi", "en"}) + Node("cond", "LoopCond", {"less"}) +
      Node("si", "Switch", {"mi", "cond"}) + Node("sx", "Switch", {"mx", "cond"}) +
      Node("inc", "AddV2", {"si:1", "eo"}) + Node("twice", "AddV2", {"sx:1", "sx:1"}) +
      Node("ni", "NextIteration", {"inc"}) + Node("nx", "NextIteration", {"twice"}) +
      Node("out", "Exit", {"sx"});
  const TensorType scalar{DType::kInt32, Shape(std::vector<Dim>{})};
  const ImportResult result = Import(text, {{"x", kVector2}, {"n", scalar}}, {"out"});
  const std::vector<Tensor> inputs = {Tensor::FromVector<float>({1, 3}), Tensor::Scalar<int32_t>(4)};
  EXPECT_THAT(Floats(EvaluateGraph(*result.graph, inputs)[0]), ElementsAre(16, 48));
}

// While of TensorFlow 2 that fills a list with x, 2x and 4x; the list's elements have the shape that
// `declared`, a node, says.
std::string ListFilledInALoop(const std::string& declared) {
  const std::string types =
      "attr { key: 'T' value { list { type: DT_INT32 type: DT_VARIANT type: DT_FLOAT } } } "
      "attr { key: 'cond' value { func { name: 'c' } } } "
      "attr { key: 'body' value { func { name: 'b' } } }";
  const std::string arguments =
      "input_arg { name: 'i' type: DT_INT32 } input_arg { name: 'l' type: DT_VARIANT } "
      "input_arg { name: 'x' type: DT_FLOAT } ";
  return declared + Placeholder("x") + Ints("zero", {0}, true) + Ints("three", {3}, true) +
         Node("list", "TensorListReserve", {"declared", "three"}, Type("element_dtype", "DT_FLOAT")) +
         Node("w", "While", {"zero", "list", "x"}, types) +
         Node("y", "TensorListStack", {"w:1", "declared"}, Type("element_dtype", "DT_FLOAT")) +
         "library { function { signature { name: 'c' " + arguments +
         " output_arg { name: 'r' type: DT_BOOL } } " + "node_def { name: 'n' op: 'Const' " +
         Type("dtype", "DT_INT32") +
         "attr { key: 'value' value { tensor { dtype: DT_INT32 tensor_shape {} int_val: 3 } } } } "
         "node_def { name: 'less' op: 'Less' input: 'i' input: 'n:output:0' " +
         Type("T", "DT_INT32") + " } " +
         "ret { key: 'r' value: 'less:z:0' } } function { signature { name: 'b' " + arguments +
         "output_arg { name: 'i2' type: DT_INT32 } output_arg { name: 'l2' type: DT_VARIANT } "
         "output_arg { name: 'x2' type: DT_FLOAT } } "
         "node_def { name: 'one' op: 'Const' " +
         Type("dtype", "DT_INT32") +
         "attr { key: 'value' value { tensor { dtype: DT_INT32 tensor_shape {} int_val: 1 } } } } "
         "node_def { name: 'next' op: 'AddV2' input: 'i' input: 'one:output:0' " +
         Type("T", "DT_INT32") + " } " +
         "node_def { name: 'set' op: 'TensorListSetItem' input: 'l' input: 'i' input: 'x' " +
         Type("element_dtype", "DT_FLOAT") + " } " +
         "node_def { name: 'twice' op: 'AddV2' input: 'x' input: 'x' " + Type("T", "DT_FLOAT") + " } " +
         "ret { key: 'i2' value: 'next:z:0' } ret { key: 'l2' value: 'set:output_handle:0' } "
         "ret { key: 'x2' value: 'twice:z:0' } } }";
}

TEST(Import, AListGrowsInALoop) {
  const std::string any_rank = Ints("declared", {-1}, true);
  const ImportResult result = Import(ListFilledInALoop(any_rank), {{"x", kVector2}}, {"y"});
  const Tensor y = EvaluateGraph(*result.graph, std::vector<Tensor>{Tensor::FromVector<float>({1, 3})})[0];
  EXPECT_THAT(y.dims(), ElementsAre(3, 2));
  EXPECT_THAT(Floats(y), ElementsAre(1, 3, 2, 6, 4, 12));
}

// So Keras writes recurrent layers whose batch is open: [-1, units].
TEST(Import, AListOfRowsOfAnyLengthHasTheLengthOfWhatALoopWrites) {
  const std::string any_length = Ints("declared", {-1});
  const ImportResult result = Import(ListFilledInALoop(any_length), {{"x", kVector2}}, {"y"});
  EXPECT_EQ(result.graph->value(result.graph->outputs()[0]).type.shape, (Shape{3, 2}));
  const Tensor y = EvaluateGraph(*result.graph, std::vector<Tensor>{Tensor::FromVector<float>({1, 3})})[0];
  EXPECT_THAT(Floats(y), ElementsAre(1, 3, 2, 6, 4, 12));
}

TEST(Import, AListOfRowsKeepsALengthOpenThatTheRunDecides) {
  const std::string any_length = Ints("declared", {-1});
  const std::string text = ListFilledInALoop(any_length);
  const ImportResult result = Import(text, {{"x", {DType::kFloat32, Shape{Dim()}}}}, {"y"});
  EXPECT_FALSE(result.graph->value(result.graph->outputs()[0]).type.shape[1].known());
  const Tensor y = EvaluateGraph(*result.graph, std::vector<Tensor>{Tensor::FromVector<float>({1, 3, 5})})[0];
  EXPECT_THAT(y.dims(), ElementsAre(3, 3));
}

TEST(Import, ATableFilledFromConstantsBecomesALookup) {
  const std::string text = Placeholder("x", "DT_INT32") + Ints("keys", {7, 9}) + Ints("values", {70, 90}) +
                           Ints("none", {-1}, true) + Node("table", "HashTableV2", {}) +
                           Node("fill", "InitializeTableV2", {"table", "keys", "values"}) +
                           Node("y", "LookupTableFindV2", {"table", "x", "none"});
  const ImportResult result = Import(text, {{"x", {DType::kInt32, Shape{3}}}}, {"y"});
  const Tensor y =
      EvaluateGraph(*result.graph, std::vector<Tensor>{Tensor::FromVector<int32_t>({9, 8, 7})})[0];
  EXPECT_THAT(std::vector<int32_t>(y.data<int32_t>(), y.data<int32_t>() + 3), ElementsAre(90, -1, 70));
}

TEST(Import, AFunctionThatCallsItselfIsRefused) {
  const std::string text =
      Placeholder("x") + Node("y", "f", {"x"}) +
      "library { function { signature { name: 'f' input_arg { name: 'a' type: DT_FLOAT } output_arg { name: "
      "'r' type: "
      "DT_FLOAT } } node_def { name: 'again' op: 'f' input: 'a' } ret { key: 'r' value: 'again:r:0' } } }";
  EXPECT_THAT(RefusalOf(text, {"y"}), HasSubstr("calls itself"));
}

}  // namespace
}  // namespace floe
