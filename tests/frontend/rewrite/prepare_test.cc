// The whole road: what comes out of a graph for a selection.
#include "frontend/tensorflow/rewrite/prepare.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "formats/tensorflow/tensor_proto.h"
#include "frontend/rewrite/graph_text.h"

namespace floe {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

const std::vector<std::string> kPerceptron = {"x: Placeholder dtype=float shape=[?,4]",
                                              "w: Const dtype=float value=((1;2);(3;4);(5;6);(7;8))",
                                              "w/read: Identity(w) T=float",
                                              "product: MatMul(x, w/read) T=float",
                                              "relu: Relu(product) T=float",
                                              "output: Identity(relu) T=float"};

Selection Outputs(std::vector<std::string> names) {
  Selection selection;
  selection.outputs = std::move(names);
  return selection;
}

TEST(PrepareGraph, TakesTheSingleSinkAndKeepsItsName) {
  const FreezeResult result = PrepareGraph(ModelOf(GraphOf(kPerceptron)), {});
  EXPECT_THAT(NamesOf(result.graph), ElementsAre("output", "product", "relu", "w", "x"));
  EXPECT_EQ(LineOf(result.graph, "output"), "output: Identity(relu)");
  EXPECT_EQ(LineOf(result.graph, "product"), "product: MatMul(x, w)");
  ASSERT_EQ(result.inputs.size(), 1u);
  EXPECT_EQ(result.inputs[0].name, "x");
  EXPECT_EQ(result.inputs[0].dims, (std::vector<int64_t>{-1, 4}));
  ASSERT_EQ(result.outputs.size(), 1u);
  EXPECT_EQ(result.outputs[0].tensor.Tensor(), "output:0");
  EXPECT_EQ(result.outputs[0].type, tf::DT_FLOAT);
}

TEST(PrepareGraph, SeveralSinksAreListed) {
  std::vector<std::string> lines = kPerceptron;
  lines.push_back("softmax: Softmax(product) T=float");
  const std::string message = MessageOf([&] { PrepareGraph(ModelOf(GraphOf(lines)), {}); });
  EXPECT_THAT(message, HasSubstr("choose by --output NAME among 'output'"));
  EXPECT_THAT(message, HasSubstr("'softmax' (sink behind 1 layer with weights, with a telling name)"));
}

TEST(PrepareGraph, WhatALossReadsDoesNotMakeTheSinkAmbiguous) {
  std::vector<std::string> lines = kPerceptron;
  lines.push_back("loss/mean: L2Loss(product) T=float");
  EXPECT_EQ(PrepareGraph(ModelOf(GraphOf(lines)), {}).outputs[0].name, "output");
}

TEST(PrepareGraph, AnUnknownNameSuggestsNearOnes) {
  EXPECT_EQ(MessageOf([] { PrepareGraph(ModelOf(GraphOf(kPerceptron)), Outputs({"relo"})); }),
            "output 'relo': expected a node of the graph, found none of that name; did you mean 'relu'?");
}

TEST(PrepareGraph, APortThatDoesNotExistIsRefused) {
  EXPECT_EQ(MessageOf([] { PrepareGraph(ModelOf(GraphOf(kPerceptron)), Outputs({"relu:1"})); }),
            "output 'relu:1': expected a tensor, but node 'relu' (Relu) has 1 outputs");
}

TEST(PrepareGraph, ANodeWithAnotherNumberOfInputsIsRefused) {
  const auto message = [](const std::string& relu) {
    return MessageOf([&] {
      PrepareGraph(ModelOf(GraphOf({"x: Placeholder dtype=float", relu})), Outputs({"y"}));
    });
  };
  EXPECT_EQ(message("y: Relu() T=float"), "node 'y' (Relu): expected 1 input, found 0");
  EXPECT_EQ(message("y: AddV2(x, ^x) T=float"), "node 'y' (AddV2): expected 2 inputs, found 1");
  EXPECT_EQ(message("y: ConcatV2(x, x) N=2 T=float Tidx=int32"),
            "node 'y' (ConcatV2): expected 3 inputs, found 2");
  EXPECT_EQ(message("y: Relu(^x, x) T=float"),
            "node 'y' (Relu): expected control inputs behind the others, found '^x' before them");
}

TEST(PrepareGraph, ANodeOfAFunctionWithAnotherNumberOfInputsIsRefused) {
  tf::GraphDef graph =
      GraphOf({"x: Placeholder dtype=float", "y: PartitionedCall(x) f=@f Tin={float} Tout={float}"});
  *graph.mutable_library()->add_function() =
      FunctionOf("f(a: float) -> (b: float = n:y:0)", {"n: Relu() T=float"});
  EXPECT_EQ(MessageOf([&] { PrepareGraph(ModelOf(graph), {}); }),
            "node 'n' (Relu): expected 1 input, found 0");
  *graph.mutable_library()->mutable_function(0) =
      FunctionOf("f(a: float) -> (b: float = a)", {"n: _Retval(a) T=float index=7"});
  EXPECT_THAT(MessageOf([&] { PrepareGraph(ModelOf(graph), {}); }),
              HasSubstr("'n' is an argument or result"));
}

TEST(PrepareGraph, AnInputInsideCutsTheGraphThere) {
  Selection selection = Outputs({"output"});
  selection.inputs.push_back({"product", std::vector<int64_t>{3, 2}});
  const FreezeResult result = PrepareGraph(ModelOf(GraphOf(kPerceptron)), selection);
  EXPECT_THAT(NamesOf(result.graph), ElementsAre("output", "product", "relu"));
  EXPECT_EQ(LineOf(result.graph, "product"), "product: Placeholder()");
  EXPECT_EQ(result.inputs[0].dims, (std::vector<int64_t>{3, 2}));
}

TEST(PrepareGraph, APortOfASplitBecomesAnInputUnderItsName) {
  Selection selection = Outputs({"sum"});
  selection.inputs.push_back({"parts:1", std::nullopt});
  const FreezeResult result = PrepareGraph(
      ModelOf(GraphOf({"x: Placeholder dtype=float shape=[2,4]", "axis: Const dtype=int32 value=1",
                       "parts: Split(axis, x) T=float num_split=2", "sum: AddV2(parts, parts:1) T=float"})),
      selection);
  EXPECT_EQ(LineOf(result.graph, "parts"), "parts: IdentityN(parts/unused_0, parts/port_1)");
  EXPECT_EQ(LineOf(result.graph, "sum"), "sum: AddV2(parts/original, parts:1)");
  ASSERT_EQ(result.inputs.size(), 2u);
  EXPECT_EQ(result.inputs[0].name, "parts:1");
  EXPECT_EQ(result.inputs[0].tensor.Tensor(), "parts/port_1:0");
  EXPECT_EQ(result.inputs[1].name, "x");
}

TEST(PrepareGraph, AShapeThatContradictsTheModelIsRefused) {
  Selection selection;
  selection.inputs.push_back(ParseInputChoice("x=2x5"));
  EXPECT_EQ(MessageOf([&] { PrepareGraph(ModelOf(GraphOf(kPerceptron)), selection); }),
            "input 'x': the shape [2, 5] contradicts [?, 4], the shape in the model");
}

TEST(PrepareGraph, AShapeFixesWhatIsUnknown) {
  Selection selection;
  selection.inputs.push_back(ParseInputChoice("x=2x?"));
  const FreezeResult result = PrepareGraph(ModelOf(GraphOf(kPerceptron)), selection);
  EXPECT_EQ(result.inputs[0].dims, (std::vector<int64_t>{2, 4}));
  EXPECT_EQ(result.inputs[0].why, "given");
}

TEST(PrepareGraph, AGivenInputThatNothingNeedsIsAWarning) {
  std::vector<std::string> lines = kPerceptron;
  lines.push_back("y: Placeholder dtype=float shape=[1]");
  Selection selection = Outputs({"relu"});
  selection.inputs = {{"y", std::nullopt}};
  const FreezeResult result = PrepareGraph(ModelOf(GraphOf(lines)), selection);
  EXPECT_THAT(result.warnings, ElementsAre("input 'y': the outputs do not need it"));
  ASSERT_EQ(result.unneeded.size(), 1u);
  EXPECT_EQ(result.unneeded[0].type, tf::DT_FLOAT);
  EXPECT_EQ(result.unneeded[0].dims, (std::vector<int64_t>{1}));
}

TEST(PrepareGraph, TheOpenShapeOfASparsePlaceholderIsAnInput) {
  for (const bool open : {true, false}) {
    const TensorFlowModel model = ModelOf(GraphOf({
        "sp/indices: Placeholder dtype=int64 shape=[?,2]",
        "sp/values: Placeholder dtype=float shape=[?]",
        std::string("sizes: Const dtype=int64 value=") + (open ? "(-1;5)" : "(3;5)"),
        "sp/shape: PlaceholderWithDefault(sizes) dtype=int64 shape=[2]",
        "zero: Const dtype=float value=0",
        "y: SparseToDense(sp/indices, sp/shape, sp/values, zero) T=float Tindices=int64",
    }));
    const FreezeResult result = PrepareGraph(model, {.inputs = {}, .outputs = {"y"}});
    EXPECT_EQ(LineOf(result.graph, "sp/shape"), open ? "sp/shape: Placeholder()" : "");
    EXPECT_EQ(result.inputs.size(), open ? 3u : 2u);
  }
}

TEST(PrepareGraph, APlaceholderWithDefaultIsItsDefaultUnlessItIsFed) {
  const std::vector<std::string> lines = {"one: Const dtype=float value=1",
                                          "keep: PlaceholderWithDefault(one) dtype=float shape=[]",
                                          "x: Placeholder dtype=float shape=[2]", "y: Mul(x, keep) T=float"};
  EXPECT_EQ(LineOf(PrepareGraph(ModelOf(GraphOf(lines)), {}).graph, "y"), "y: Mul(x, one)");
  Selection fed;
  fed.inputs = {{"keep", std::nullopt}};
  const FreezeResult result = PrepareGraph(ModelOf(GraphOf(lines)), fed);
  EXPECT_EQ(LineOf(result.graph, "keep"), "keep: Placeholder()");
  EXPECT_EQ(result.inputs.size(), 2u);
}

TEST(PrepareGraph, ASetPlaceholderIsAConstantOfItsTypeAndShape) {
  Selection selection;
  selection.sets.push_back(ParseSetChoice("x=0.5"));
  std::vector<std::string> lines = kPerceptron;
  lines[0] = "x: Placeholder dtype=float shape=[1,4]";
  const FreezeResult result = PrepareGraph(ModelOf(GraphOf(lines)), selection);
  EXPECT_TRUE(result.inputs.empty());
  const Tensor value = TensorFromProto(NodeIn(result.graph, "x").attr().at("value").tensor(), "x");
  EXPECT_TRUE(SameContents(value, Tensor::FromValues<float>({1, 4}, {0.5, 0.5, 0.5, 0.5})));
}

TEST(PrepareGraph, AnySetTensorIsAConstant) {
  Selection selection = Outputs({"output"});
  selection.sets.push_back(ParseSetChoice("relu:0=[[1, 2]]"));
  EXPECT_THAT(NamesOf(PrepareGraph(ModelOf(GraphOf(kPerceptron)), selection).graph),
              ElementsAre("output", "relu"));
}

TEST(PrepareGraph, AValueOfTheWrongTypeIsRefused) {
  Selection selection;
  selection.sets.push_back(ParseSetChoice("x=true"));
  EXPECT_EQ(MessageOf([&] { PrepareGraph(ModelOf(GraphOf(kPerceptron)), selection); }),
            "set 'x': expected float32 values like 1, 1,2,3 or [[1, 2], [3, 4]], found 'true'");
}

TEST(PrepareGraph, ATensorIsNotBothInputAndSet) {
  Selection selection;
  selection.inputs = {{"x", std::nullopt}};
  selection.sets.push_back(ParseSetChoice("x:0=1"));
  EXPECT_EQ(MessageOf([&] { PrepareGraph(ModelOf(GraphOf(kPerceptron)), selection); }),
            "set 'x:0': the tensor 'x:0' is an input or set already");
}

TEST(PrepareGraph, TheSignatureNamesInputsAndOutputs) {
  TensorFlowModel model = ModelOf(GraphOf(kPerceptron));
  model.meta.emplace();
  tf::SignatureDef& signature = (*model.meta->mutable_signature_def())["serving_default"];
  (*signature.mutable_inputs())["image"].set_name("x:0");
  (*signature.mutable_outputs())["scores"].set_name("relu:0");
  const FreezeResult result = PrepareGraph(std::move(model), {});
  EXPECT_EQ(result.inputs[0].name, "image");
  EXPECT_EQ(result.outputs[0].name, "scores");
  EXPECT_THAT(NamesOf(result.graph), ElementsAre("product", "relu", "w", "x"));
}

TEST(PrepareGraph, SeveralSignaturesAreListed) {
  TensorFlowModel model = ModelOf(GraphOf(kPerceptron));
  model.meta.emplace();
  (*(*model.meta->mutable_signature_def())["classify"].mutable_outputs())["y"].set_name("relu:0");
  (*(*model.meta->mutable_signature_def())["regress"].mutable_outputs())["y"].set_name("relu:0");
  TensorFlowModel copy = model;
  EXPECT_EQ(MessageOf([&] { PrepareGraph(std::move(copy), {}); }),
            "model.pb: expected one signature to be chosen by --signature, found 'classify', 'regress'");
  Selection unknown;
  unknown.signature = "predict";
  EXPECT_EQ(MessageOf([&] { PrepareGraph(std::move(model), unknown); }),
            "signature 'predict': expected one of 'classify', 'regress'");
}

TEST(PrepareGraph, SetConditionsTakeTheDeadBranchOut) {
  const std::vector<std::string> lines = {
      "x: Placeholder dtype=float shape=[2]",    "training: Placeholder dtype=bool shape=[]",
      "pred: Identity(training) T=bool",         "switch: Switch(x, pred) T=float",
      "dropped: Neg(switch:1) T=float",          "kept: Abs(switch) T=float",
      "merge: Merge(kept, dropped) T=float N=2", "y: Relu(merge) T=float"};
  Selection selection;
  selection.sets.push_back(ParseSetChoice("training=false"));
  const FreezeResult result = PrepareGraph(ModelOf(GraphOf(lines)), selection);
  EXPECT_THAT(NamesOf(result.graph), ElementsAre("kept", "x", "y"));
  EXPECT_EQ(LineOf(result.graph, "y"), "y: Relu(kept)");
  EXPECT_EQ(LineOf(PrepareGraph(ModelOf(GraphOf(lines)), {}).graph, "merge"), "merge: Merge(kept, dropped)");
}

TEST(PrepareGraph, ConstantsInABranchStayInIt) {
  const FreezeResult result = PrepareGraph(
      ModelOf(GraphOf({"x: Placeholder dtype=float shape=[2]", "pred: Placeholder dtype=bool shape=[]",
                       "switch: Switch(pred, pred) T=bool", "on: Identity(switch:1) T=bool",
                       "off: Identity(switch) T=bool", "one: Const(^on) dtype=float value=1",
                       "two: Const(^off) dtype=float value=2", "merge: Merge(two, one) T=float N=2",
                       "y: Mul(x, merge) T=float"})),
      {});
  EXPECT_EQ(LineOf(result.graph, "one"), "one: Const(^on)");
  EXPECT_EQ(LineOf(result.graph, "on"), "on: Identity(switch:1)");
}

TEST(PrepareGraph, ControlInputsWithoutEffectGo) {
  const FreezeResult result =
      PrepareGraph(ModelOf(GraphOf({"x: Placeholder dtype=float shape=[2]", "other: Neg(x) T=float",
                                    "group: NoOp(^other)", "y: Relu(x, ^group) T=float"})),
                   Outputs({"y"}));
  EXPECT_THAT(NamesOf(result.graph), ElementsAre("x", "y"));
}

TEST(PrepareGraph, AnAssertStaysWithWhatDependsOnIt) {
  const std::vector<std::string> lines = {
      "x: Placeholder dtype=float shape=[2]", "ok: Placeholder dtype=bool shape=[]",
      "check: Assert(ok, x) T={float}",       "group: NoOp(^check)",
      "y: Relu(x, ^group) T=float",           "z: Select(ok, x, y) T=float"};
  const FreezeResult result = PrepareGraph(ModelOf(GraphOf(lines)), Outputs({"z"}));
  EXPECT_EQ(LineOf(result.graph, "y"), "y: Relu(x, ^check)");
  // Alone, it would ask for a feed that nothing else needs.
  EXPECT_EQ(LineOf(PrepareGraph(ModelOf(GraphOf(lines)), Outputs({"y"})).graph, "y"), "y: Relu(x)");
}

TEST(PrepareGraph, CyclesAreNamedAndLoopsAreNot) {
  EXPECT_EQ(MessageOf([] {
              PrepareGraph(ModelOf(GraphOf({"a: Relu(b) T=float", "b: Relu(a) T=float"})), Outputs({"a"}));
            }),
            "graph: expected loops only through NextIteration, found the cycle 'a' -> 'b' -> 'a'");
}

// A loop of TensorFlow 1 around y = relu(x * w).
const std::vector<std::string> kLoop = {"start: Placeholder dtype=float shape=[2,2]",
                                        "w: Const dtype=float value=((1;2);(3;4))",
                                        "enter: Enter(start) T=float frame_name=\"loop\"",
                                        "enter_w: Enter(w) T=float frame_name=\"loop\" is_constant=true",
                                        "merge: Merge(enter, next) T=float N=2",
                                        "limit: Const(^merge) dtype=float value=9",
                                        "sum: Sum(merge, axes) T=float Tidx=int32",
                                        "axes: Const(^merge) dtype=int32 value=(0;1)",
                                        "less: Less(sum, limit) T=float",
                                        "condition: LoopCond(less)",
                                        "switch: Switch(merge, condition) T=float",
                                        "body: Identity(switch:1) T=float",
                                        "product: MatMul(body, enter_w) T=float",
                                        "half: Const(^body) dtype=float value=0.5",
                                        "y: Mul(product, half) T=float",
                                        "next: NextIteration(y) T=float",
                                        "exit: Exit(switch) T=float"};

TEST(PrepareGraph, ACutInsideALoopRunsTheBodyOnce) {
  Selection selection = Outputs({"y"});
  selection.inputs = {{"body", {{2, 2}}}};
  const FreezeResult result = PrepareGraph(ModelOf(GraphOf(kLoop)), selection);
  EXPECT_THAT(NamesOf(result.graph), ElementsAre("body", "half", "product", "w", "y"));
  EXPECT_EQ(LineOf(result.graph, "product"), "product: MatMul(body, w)");
  EXPECT_EQ(LineOf(result.graph, "half"), "half: Const()");
}

TEST(PrepareGraph, ALoopThatGoesRoundStaysOne) {
  const FreezeResult result = PrepareGraph(ModelOf(GraphOf(kLoop)), Outputs({"exit"}));
  EXPECT_EQ(LineOf(result.graph, "enter_w"), "enter_w: Enter(w)");
  EXPECT_THAT(NamesOf(result.graph), testing::Contains("next"));
}

}  // namespace
}  // namespace floe
