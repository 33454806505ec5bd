#include "export/export_test.h"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <map>

#include "backends/reference/evaluate.h"
#include "export/rewrite/narrow.h"
#include "graph/text.h"
#include "passes/passes.h"

namespace floe {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::SizeIs;

std::vector<IoSpec> SpecsOf(const Graph& graph, const std::vector<ValueId>& values) {
  std::vector<IoSpec> specs;
  for (const ValueId id : values)
    specs.push_back({graph.value(id).name, graph.value(id).name, graph.value(id).type});
  return specs;
}

}  // namespace

ExportResult Exported(std::string_view text, ExportOptions options) {
  const ReferenceEvaluator evaluator(/*keep_quantised=*/options.precision == DType::kInt8);
  std::unique_ptr<Graph> graph = ParseGraph(text);
  std::vector<IoSpec> inputs = SpecsOf(*graph, graph->inputs()), outputs = SpecsOf(*graph, graph->outputs());
  options.evaluator = &evaluator;
  options.clean = [&](Graph& g) {
    RemoveIdentity(g, {evaluator});
    MergeTransposes(g, {evaluator});
    FoldConstants(g, {evaluator});
    RemoveDeadCode(g, {evaluator});
  };
  ExportResult result = ExportOnnx(std::move(graph), &inputs, &outputs, options);
  if (result.problems.empty()) {
    EXPECT_EQ(CheckOnnx(result.model), "") << text;
  }
  return result;
}

std::vector<std::string> NodeLines(const onnx::GraphProto& graph) {
  std::vector<std::string> lines;
  for (const auto& node : graph.node()) {
    lines.push_back(fmt::format("{}({}) -> {}", node.op_type(), fmt::join(node.input(), ", "),
                                fmt::join(node.output(), ", ")));
  }
  return lines;
}

std::vector<std::string> Operators(const ExportResult& result) {
  std::vector<std::string> names;
  for (const auto& node : result.model.proto.graph().node()) names.push_back(node.op_type());
  return names;
}

TEST(Export, KeepsNamesTypesAndSources) {
  const ExportResult result = Exported(R"(
    graph main(%x: float32[batch, 4]) -> (%y) {
      %w: float32[4, 2] = const seeded(1)
      %scope/product = MatMul(%x, %w) from "scope/MatMul"
      %y = Relu(%scope/product) from "scope/Relu"
    })");
  const onnx::GraphProto& graph = result.model.proto.graph();
  EXPECT_THAT(NodeLines(graph), ElementsAre("MatMul(x, weights) -> product", "Relu(product) -> y"));
  EXPECT_EQ(graph.node(0).doc_string(), "from ./MatMul");
  ASSERT_EQ(graph.value_info_size(), 1);
  EXPECT_EQ(graph.node(0).name(), "scope/product");
  EXPECT_EQ(graph.value_info(0).name(), "product");
  EXPECT_EQ(graph.value_info(0).type().tensor_type().shape().dim(0).dim_param(), "batch");
  EXPECT_EQ(graph.value_info(0).type().tensor_type().shape().dim(1).dim_value(), 2);
  EXPECT_EQ(result.model.proto.opset_import(0).version(), 17);
}

TEST(Export, SumHasItsAxesAsAnInputAndMeanAsAnAttribute) {
  const ExportResult result = Exported(R"(
    graph main(%x: float32[2, 3]) -> (%a, %b) {
      %a = ReduceSum(%x) {axes=[1]}
      %b = ReduceMean(%x) {axes=[1]}
    })");
  EXPECT_THAT(NodeLines(result.model.proto.graph()),
              ElementsAre("ReduceSum(x, const/1) -> a", "ReduceMean(x) -> b"));
}

TEST(Export, CastsWhereAnOperatorDoesNotTakeTheType) {
  const ExportResult result = Exported("graph main(%x: int8[3], %y: int8[3]) -> (%z) { %z = Add(%x, %y) }");
  EXPECT_THAT(Operators(result), ElementsAre("Cast", "Cast", "Add", "Cast"));
}

TEST(Export, AnInputThatIsAnOutputPassesThroughAnIdentity) {
  const ExportResult result = Exported("graph main(%x: float32[3]) -> (%x) {}");
  EXPECT_THAT(Operators(result), ElementsAre("Identity"));
}

TEST(Export, LayerNormalizationIsWrittenOutBeforeOpset17) {
  const std::string_view text = R"(
    graph main(%x: float32[2, 8], %s: float32[8]) -> (%y) { %y = LayerNormalization(%x, %s) })";
  EXPECT_THAT(Operators(Exported(text)), ElementsAre("LayerNormalization"));
  ExportOptions old;
  old.opset = 16;
  EXPECT_THAT(Operators(Exported(text, old)),
              ElementsAre("ReduceMean", "Sub", "Mul", "ReduceMean", "Add", "Sqrt", "Div", "Mul"));
}

TEST(Export, HalfPrecisionIsWrittenOut) {
  ExportOptions options;
  options.precision = DType::kFloat16;
  const ExportResult result = Exported(R"(
    graph main(%x: float32[2, 8]) -> (%y) {
      %w: float32[8, 4] = const seeded(1)
      %v: float32[4, 3] = const seeded(2)
      %a = MatMul(%x, %w)
      %b = Relu(%a)
      %c = MatMul(%b, %v)
      %y = Softmax(%c)
    })",
                                       options);
  EXPECT_THAT(Operators(result), ElementsAre("Cast", "MatMul", "Relu", "MatMul", "Cast", "Softmax"));
  const onnx::GraphProto& graph = result.model.proto.graph();
  EXPECT_EQ(graph.initializer(0).data_type(), onnx::TensorProto::FLOAT16);
  EXPECT_EQ(graph.input(0).type().tensor_type().elem_type(), onnx::TensorProto::FLOAT);
}

TEST(Export, WeightsOfWhatHasNoBFloat16AreStoredInIt) {
  ExportOptions options;
  options.precision = DType::kBFloat16;
  const ExportResult result = Exported(R"(
    graph main(%x: float32[1, 6, 6, 3]) -> (%y) {
      %f: float32[16, 3, 3, 3] = const seeded(1)
      %b: float32[16] = const seeded(2)
      %w: float32[16, 5] = const seeded(3)
      %a = Conv(%x, %f, %b)
      %r = Relu(%a)
      %m = ReduceMean(%r) {axes=[1, 2], keep_dims=false}
      %y = MatMul(%m, %w)
    })",
                                       options);
  EXPECT_THAT(Operators(result),
              ElementsAre("Transpose", "Cast", "Conv", "Relu", "ReduceMean", "Cast", "MatMul", "Cast"));
  std::map<std::string, int> types;
  for (const auto& t : result.model.proto.graph().initializer()) types[t.name()] = t.data_type();
  EXPECT_THAT(types,
              testing::UnorderedElementsAre(testing::Pair(HasSubstr("f"), onnx::TensorProto::BFLOAT16),
                                            testing::Pair("a/bias", onnx::TensorProto::FLOAT),
                                            testing::Pair(HasSubstr("w"), onnx::TensorProto::BFLOAT16)));
}

TEST(NarrowFloats, DoneAgainAfterFoldingItChangesNothing) {
  auto graph = ParseGraph(R"(
    graph main(%x: float32[1, 6, 6, 16]) -> (%y) {
      %f: float32[16, 3, 3, 16] = const seeded(1)
      %w: float32[16, 5] = const seeded(2)
      %a = Conv(%x, %f)
      %y = MatMul(%a, %w)
    })");
  NarrowFloats(*graph, DType::kBFloat16, 17);
  const std::string once = PrintGraph(*graph);
  EXPECT_THAT(once, HasSubstr("%f/bfloat16: bfloat16[16, 3, 3, 16]"));
  const ReferenceEvaluator evaluator;
  EXPECT_GT(FoldConstants(*graph, {evaluator}), 0);
  EXPECT_NE(PrintGraph(*graph), once);
  NarrowFloats(*graph, DType::kBFloat16, 17);
  EXPECT_EQ(PrintGraph(*graph), once);
}

TEST(Export, EqualPartsOfAnUnknownSizeAreListed) {
  const auto inputs = [](std::string_view size) {
    const ExportResult result = Exported(fmt::format(
        "graph main(%x: float32[{}, 3]) -> (%a, %b) {{ %a, %b = Split(%x) {{axis=0, sizes=[1, 1]}} }}",
        size));
    return result.model.proto.graph().node(0).input_size();
  };
  EXPECT_EQ(inputs("2"), 1);
  EXPECT_EQ(inputs("?"), 2);
}

TEST(Export, LimitsAreCalledAfterTheOperatorThatTakesThem) {
  const ExportResult result = Exported("graph main(%x: uint8[4]) -> (%y) { %y = Clip(%x) {min=0, max=6} }");
  EXPECT_THAT(NodeLines(result.model.proto.graph()),
              ElementsAre("Cast(x) -> x/int32", "Clip(x/int32, y/int32/min, y/int32/max) -> y/int32",
                          "Cast(y/int32) -> y"));
}

TEST(Export, AWeightTooLargeForHalfPrecisionStaysWide) {
  ExportOptions options;
  options.precision = DType::kFloat16;
  const ExportResult result = Exported(R"(
    graph main(%x: float32[2, 2]) -> (%y) {
      %w: float32[2, 2] = const [1, 2, 3, 70000]
      %y = MatMul(%x, %w)
    })",
                                       options);
  EXPECT_THAT(Operators(result), ElementsAre("MatMul"));
}

TEST(Export, BodiesCaptureByName) {
  const ExportResult result = Exported(R"(
    graph main(%c: bool[], %x: float32[3]) -> (%y) {
      %y = If(%c, %x)
      graph then(%a: float32[3]) -> (%r) { %r = Relu(%a) }
      graph else(%b: float32[3]) -> (%b) {}
    })");
  const onnx::NodeProto& node = result.model.proto.graph().node(0);
  ASSERT_EQ(node.attribute_size(), 2);
  EXPECT_EQ(node.attribute(0).g().input_size(), 0);
  EXPECT_THAT(NodeLines(node.attribute(0).g()), ElementsAre(HasSubstr("Relu(x)")));
  EXPECT_THAT(NodeLines(node.attribute(1).g()), ElementsAre(HasSubstr("Identity(x)")));
}

TEST(Export, LoopsCarryValuesAndCaptureTheRest) {
  const ExportResult result = Exported(R"(
    graph main(%n: int64[], %x: float32[3], %d: float32[3]) -> (%y, %all) {
      %y, %all = Loop(%n, _, %x, %d) {carried=1}
      graph body(%i: int64[], %go: bool[], %v: float32[3], %step: float32[3]) -> (%go, %w, %w) {
        %w = Add(%v, %step)
      }
    })");
  ASSERT_EQ(result.problems.size(), 0U);
  const onnx::NodeProto& node = result.model.proto.graph().node(0);
  EXPECT_THAT(node.input(), ElementsAre("n", "", "x"));
  const onnx::GraphProto& body = node.attribute(0).g();
  EXPECT_EQ(body.input_size(), 3);
  EXPECT_EQ(body.output_size(), 3);
  EXPECT_THAT(NodeLines(body)[0], HasSubstr(", d) ->"));
}

// As the importer writes ONNX's indices below 0 out.
constexpr std::string_view kCounted = R"(
    graph main(%x: float32[4, 3], %i: int64[2, 1], %u: float32[2, 3]) -> (%y) {
      %zero: int64[] = const [0]
      %size: int64[1] = const [SIZE]
      %below = Less(%i, %zero)
      %moved = Add(%i, %size)
      %from_front = Where(%below, %moved, %i)
      %y = ScatterND(%x, %from_front, %u)
    })";

std::vector<std::string> OperatorsWithSize(const std::string& size) {
  std::string text(kCounted);
  return Operators(Exported(text.replace(text.find("SIZE"), 4, size)));
}

TEST(Export, IndicesThatCountFromTheEndAreTheOperators) {
  EXPECT_THAT(OperatorsWithSize("4"), ElementsAre("ScatterND"));
}

TEST(Export, IndicesThatCountFromElsewhereStay) {
  EXPECT_THAT(OperatorsWithSize("3"), ElementsAre("Less", "Add", "Where", "ScatterND"));
}

TEST(Export, AConcatenationWithinAnotherIsPartOfIt) {
  const ExportResult result = Exported(R"(
    graph main(%x: float32[2, 3], %y: float32[2, 4]) -> (%z, %w) {
      %a = Concat(%x, %y) {axis=1} from "a"
      %b = Concat(%y, %y) {axis=-1}
      %z = Concat(%x, %a, %b) {axis=-1} from "z"
      %c = Concat(%x, %x) {axis=0}
      %w = Concat(%c, %c) {axis=1}
    })");
  EXPECT_THAT(
      NodeLines(result.model.proto.graph()),
      testing::UnorderedElementsAre("Concat(x, x, y, y, y) -> z", "Concat(x, x) -> c", "Concat(c, c) -> w"));
  EXPECT_THAT(result.model.proto.graph().node(0).doc_string(), "from z, a");
}

TEST(Export, CastsOfConstantsAreComputed) {
  const ExportResult result = Exported(R"(
    graph main(%x: float32[4, 3]) -> (%y) {
      %i: int32[2, 1] = const [3, 1]
      %y = GatherND(%x, %i)
    })");
  EXPECT_THAT(Operators(result), ElementsAre("GatherND"));
  ASSERT_EQ(result.model.proto.graph().initializer_size(), 1);
  EXPECT_EQ(result.model.proto.graph().initializer(0).data_type(), onnx::TensorProto::INT64);
}

TEST(Export, WhatABodyDoesNotReadIsDropped) {
  const ExportResult result = Exported(R"(
    graph main(%c: bool[], %x: float32[3]) -> (%y) {
      %unread = Exp(%x)
      %y = If(%c, %x, %unread)
      graph then(%a: float32[3], %e: float32[3]) -> (%r) { %r = Relu(%a) }
      graph else(%b: float32[3], %e: float32[3]) -> (%b) {}
    })");
  EXPECT_THAT(NodeLines(result.model.proto.graph()), ElementsAre(HasSubstr("If(c)")));
}

TEST(Export, NamesAllThatItCannotExpress) {
  const ExportResult result = Exported(R"(
    graph main(%x: string[3], %m: float32[9, 9]) -> (%a, %b) {
      %a = StringLength(%x) from "length"
      %b = MatrixInverse(%m) from "inverse"
    })");
  ASSERT_THAT(result.problems, SizeIs(2));
  EXPECT_EQ(result.problems[0].op, "MatrixInverse");
  EXPECT_EQ(result.problems[1].op, "StringLength");
  EXPECT_THAT(result.problems[1].sources, ElementsAre("length"));
  EXPECT_THAT(result.problems[1].reason, HasSubstr("opset 17"));
}

TEST(Export, TheCaseOfTextIsChangedInListsThatAreNotEmpty) {
  const auto operators = [](std::string_view type) {
    return Operators(
        Exported(fmt::format("graph main(%x: string{}) -> (%y) {{ %y = StringLower(%x) }}", type)));
  };
  EXPECT_THAT(operators("[3]"), ElementsAre("StringNormalizer"));
  EXPECT_THAT(operators("[2, 3]"), ElementsAre("Reshape", "StringNormalizer", "Reshape"));
  EXPECT_THAT(operators("[?]"), ElementsAre("Concat", "StringNormalizer", "Slice"));
}

TEST(Export, EqualTextHasOnePlaceAmongTheDistinct) {
  EXPECT_THAT(
      Operators(Exported("graph main(%x: string[3], %y: string[2, 1]) -> (%z) { %z = Equal(%x, %y) }")),
      testing::IsSupersetOf({"Concat", "Unique", "Equal"}));
}

TEST(Export, AnOutputOfUnknownRankIsRefused) {
  const ExportResult result =
      Exported("graph main(%x: float32[2, 3], %s: int64[?]) -> (%y) { %y = Reshape(%x, %s) }");
  ASSERT_THAT(result.problems, SizeIs(1));
  EXPECT_THAT(result.problems[0].remedy, HasSubstr("--input"));
}

TEST(Export, TheCheckerFindsWhatIsWrong) {
  ExportResult result = Exported("graph main(%x: float32[3]) -> (%y) { %y = Relu(%x) }");
  result.model.proto.mutable_graph()
      ->mutable_output(0)
      ->mutable_type()
      ->mutable_tensor_type()
      ->mutable_shape()
      ->mutable_dim(0)
      ->set_dim_value(4);
  EXPECT_THAT(CheckOnnx(result.model), HasSubstr("4"));
  result.model.proto.mutable_graph()->mutable_node(0)->set_op_type("NoSuchOperator");
  EXPECT_THAT(CheckOnnx(result.model), HasSubstr("NoSuchOperator"));
}

}  // namespace floe
