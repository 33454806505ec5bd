// What the standard's node tests do not say: constants, functions, names, versions.
#include <onnx/defs/parser.h>

#include "backends/reference/evaluate.h"
#include "floe/error.h"
#include "frontend/onnx/onnx_text.h"
#include "support/graph_matchers.h"

namespace floe {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

Tensor Floats(std::vector<int64_t> dims, std::vector<float> values) {
  return Tensor::FromValues<float>(std::move(dims), values);
}

TEST(OnnxImport, ConvolutionsStayAsTheyAre) {
  const OnnxImportResult result =
      ImportText("g (float[1,1,3,3] x, float[2,1,3,3] w) => (float y) { y = Conv<pads=[1,1,1,1]>(x, w) }");
  EXPECT_EQ(TypeOf(*result.graph, "y"), "float32[1, 2, 3, 3]");
  const Op& op = result.graph->node(result.graph->Order()[0]).op;
  ASSERT_TRUE(IsOp<Conv>(op));
  EXPECT_EQ(OpAs<Conv>(op).layout, Layout::kNchw);
}

TEST(OnnxImport, ValuesKeepTheNamesOfTheirTensors) {
  const OnnxImportResult result =
      ImportText("g (float[2] x) => (float[2] y) { t = Relu(x) y = Identity(t) }");
  const Value& output = result.graph->value(result.graph->outputs()[0]);
  EXPECT_THAT(output.sources, ElementsAre("t", "y"));
}

TEST(OnnxImport, AGemmWithARowOfBiasesIsOneProduct) {
  const OnnxImportResult result = ImportText(
      "g (float[2,3] x, float[4,3] w, float[4] b) => (float[2,4] y) { y = Gemm<transB=1>(x, w, b) }");
  EXPECT_EQ(result.graph->node_count(), 1u);
}

TEST(OnnxImport, GemmScalesAndBroadcasts) {
  EXPECT_THAT(Compute("g (float[1,2] a, float[2,1] b, float[1,1] c) => (float[1,1] y)"
                      "{ y = Gemm<alpha=2.0, beta=0.5>(a, b, c) }",
                      {Floats({1, 2}, {1, 2}), Floats({2, 1}, {3, 4}), Floats({1, 1}, {10})}),
              ElementsAre(27));
}

TEST(OnnxImport, NodesInAnyOrderAreSorted) {
  EXPECT_THAT(Compute("g (float[1] x) => (float[1] y) { y = Neg(t) t = Abs(x) }", {Floats({1}, {-3})}),
              ElementsAre(-3));
}

TEST(OnnxImport, AFunctionOfTheModelIsInlinedWithItsAttributes) {
  OnnxFile model;
  const char* text = R"(<ir_version: 8, opset_import: ["" : 17, "local" : 1]>
    g (float[2] x) => (float[2] y) { y = local.twice<factor = 3.0>(x) }
    <domain: "local", opset_import: ["" : 17]>
    twice <factor> (a) => (b) { c = Constant<value_float : float = @factor>() d = Mul(a, c) b = Add(d, d) })";
  const auto status = onnx::OnnxParser::Parse(model.proto, text);
  ASSERT_TRUE(status.IsOK()) << status.ErrorMessage();
  const OnnxImportResult result = ImportSelected(model);
  std::vector<std::string> names;
  for (const NodeReport& node : result.nodes) names.push_back(node.name);
  EXPECT_THAT(names, Contains("y/d"));
  EXPECT_THAT(*result.graph, SameGraphAs("graph g(%x: float32[2]) -> (%b) {\n %c: float32[] = const 3\n"
                                         " %d = Mul(%x, %c)\n %b = Add(%d, %d)\n}"));
}

TEST(OnnxImport, IntegersAreCastToTextAndOtherNumbersAreNot) {
  const OnnxImportResult result = ImportText("g (int32[2] x) => (string[2] y) { y = Cast<to=8>(x) }");
  const Tensor x = Tensor::FromVector<int32_t>({-3, 12});
  const Tensor y = ReferenceEvaluator().Evaluate(*result.graph, {&x, 1})[0];
  EXPECT_EQ(y.data<std::string>()[0], "-3");
  EXPECT_EQ(y.data<std::string>()[1], "12");
  EXPECT_THROW(ImportText("g (float[2] x) => (string[2] y) { y = Cast<to=8>(x) }"), Error);
}

TEST(OnnxImport, OlderVersionsOfAnOperationAreRead) {
  EXPECT_THAT(Compute("g (float[3] x) => (float[2] y) { y = Slice<starts=[1], ends=[3]>(x) }",
                      {Floats({3}, {1, 2, 3})}, 9),
              ElementsAre(2, 3));
  EXPECT_THAT(
      Compute("g (float[2] x) => (float[2] y) { y = Clip<min=0.0, max=1.0>(x) }", {Floats({2}, {-1, 2})}, 7),
      ElementsAre(0, 1));
}

TEST(OnnxImport, SoftmaxBeforeVersion13CoversAllLaterDimensions) {
  const std::string graph = "g (float[1,2,2] x) => (float[1,2,2] y) { y = Softmax<axis=1>(x) }";
  const Tensor x = Floats({1, 2, 2}, {0, 0, 0, 0});
  EXPECT_THAT(Compute(graph, {x}, 12), ElementsAre(0.25, 0.25, 0.25, 0.25));
  EXPECT_THAT(Compute(graph, {x}, 13), ElementsAre(0.5, 0.5, 0.5, 0.5));
}

TEST(OnnxImport, ReportsWhatBecameOfEachNode) {
  const OnnxImportResult result = ImportText(
      "g (float[2] x) => (float[2] y) { y = Relu(x) z = Neg(x) c = Constant<value_ints=[1,2]>() s = Shape(c) "
      "}");
  std::map<std::string, NodeStatus> status;
  for (const NodeReport& node : result.nodes) status[node.name] = node.status;
  EXPECT_EQ(status["y"], NodeStatus::kOk);
  EXPECT_EQ(status["z"], NodeStatus::kRemoved);
}

TEST(OnnxImport, NamesEveryUnsupportedNodeAtOnce) {
  const OnnxImportResult result =
      ImportText("g (float[2] x) => (float[2] y) { a = Frobnicate(x) b = Relu(a) y = Twiddle(b) }", {}, 17,
                 /*strict=*/false);
  EXPECT_EQ(result.graph, nullptr);
  std::map<std::string, NodeStatus> status;
  for (const NodeReport& node : result.nodes) status[node.name] = node.status;
  EXPECT_EQ(status["a"], NodeStatus::kUnsupported);
  EXPECT_EQ(status["b"], NodeStatus::kNotReached);
  EXPECT_EQ(status["y"], NodeStatus::kUnsupported);
}

TEST(OnnxImport, ALabelEncoderIsATable) {
  const std::string to_float =
      "g (int64[4] x) => (float[4] y) { y = ai.onnx.ml.LabelEncoder<keys_int64s=[3, -1], values_floats=[0.5, "
      "2.0]";
  const Tensor x = Tensor::FromVector<int64_t>({-1, 3, 7, -1});
  EXPECT_THAT(Compute(to_float + ", default_float=9.0>(x) }", {x}), ElementsAre(2, 0.5, 9, 2));
  EXPECT_THAT(Compute(to_float + ">(x) }", {x}), ElementsAre(2, 0.5, 0, 2));
  Tensor words(DType::kString, {2});
  words.data<std::string>()[0] = "b";
  EXPECT_THAT(
      Compute("g (string[2] x) => (int64[2] y) { y = ai.onnx.ml.LabelEncoder<keys_strings=[\"a\", \"b\"], "
              "values_int64s=[1, 2]>(x) }",
              {words}),
      ElementsAre(2, -1));
}

TEST(OnnxImport, ALabelEncoderThatDoesNotFitIsRefused) {
  EXPECT_THAT(Refusal("g (int64[4] x) => (float[4] y) "
                      "{ y = ai.onnx.ml.LabelEncoder<keys_int64s=[3], values_floats=[0.5, 2.0]>(x) }"),
              HasSubstr("1 keys for 2 values"));
  EXPECT_THAT(Refusal("g (float[4] x) => (float[4] y) "
                      "{ y = ai.onnx.ml.LabelEncoder<keys_int64s=[3], values_floats=[0.5]>(x) }"),
              HasSubstr("keys of type int64 for an input of type float32"));
}

}  // namespace
}  // namespace floe
