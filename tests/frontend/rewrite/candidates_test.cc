#include "frontend/tensorflow/rewrite/candidates.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "frontend/rewrite/graph_text.h"

namespace floe {
namespace {

using testing::ElementsAre;

std::vector<std::string> NamesOf(const std::vector<Candidate>& candidates) {
  std::vector<std::string> names;
  for (const Candidate& candidate : candidates) names.push_back(candidate.name);
  return names;
}

const std::vector<std::string> kTraining = {"x: Placeholder dtype=float shape=[?,4]",
                                            "labels: Placeholder dtype=float shape=[?,2]",
                                            "w: VariableV2 dtype=float shape=[4,2]",
                                            "logits: MatMul(x, w) T=float",
                                            "loss: SoftmaxCrossEntropyWithLogits(logits, labels) T=float",
                                            "gradients/mul: Mul(logits, labels) T=float",
                                            "save/Const: Const dtype=string value=model",
                                            "softmax: Softmax(logits) T=float"};

TEST(FindCandidates, TrainingLeftoversAreNoOutputs) {
  const Candidates candidates = FindCandidates(ModelOf(GraphOf(kTraining)));
  EXPECT_THAT(NamesOf(candidates.outputs), ElementsAre("logits", "softmax"));
  EXPECT_THAT(NamesOf(candidates.inputs), ElementsAre("x"));
  EXPECT_EQ(candidates.outputs[1].why, "sink behind 1 layer with weights, with a telling name");
}

TEST(FindCandidates, MoreArithmeticRanksHigher) {
  std::vector<std::string> lines = kTraining;
  lines.push_back("shape: Shape(x) T=float");
  lines.push_back("deep: MatMul(logits, w) T=float");
  EXPECT_THAT(NamesOf(FindCandidates(ModelOf(GraphOf(lines))).outputs),
              ElementsAre("deep", "logits", "softmax", "shape"));
}

TEST(FindCandidates, WhatALossComparesRanksBeforeMetrics) {
  std::vector<std::string> lines = kTraining;
  lines.back() = "accuracy_of: ArgMax(logits, dimension) T=float Tidx=int32";
  lines.push_back("dimension: Const dtype=int32 value=1");
  EXPECT_THAT(NamesOf(FindCandidates(ModelOf(GraphOf(lines))).outputs), ElementsAre("logits", "accuracy_of"));
}

TEST(FindCandidates, ALayerInALoopCountsBehindIt) {
  const Candidates candidates = FindCandidates(ModelOf(GraphOf(
      {"x: Placeholder dtype=float shape=[?,4]", "w: VariableV2 dtype=float shape=[4,4]",
       "enter: Enter(x) T=float frame_name=\"loop\"", "merge: Merge(enter, next) T=float N=2",
       "count: Shape(merge) T=float", "zero: Const dtype=int32 value=0", "goes: Less(count, zero) T=int32",
       "more: LoopCond(goes)", "switch: Switch(merge, more) T=float", "product: MatMul(switch:1, w) T=float",
       "next: NextIteration(product) T=float", "exit: Exit(switch) T=float", "rows: Shape(x) T=float",
       "y: Relu(exit) T=float"})));
  EXPECT_THAT(NamesOf(candidates.outputs), ElementsAre("y", "rows"));
  EXPECT_EQ(candidates.outputs[0].why, "sink behind 1 layer with weights");
}

TEST(FindCandidates, WhatOnlySaysThatABranchIsTakenIsNoOutput) {
  const std::vector<std::string> lines = {"x: Placeholder dtype=float shape=[?,4]",
                                          "condition: Placeholder dtype=bool shape=[]",
                                          "which: Switch(condition, condition) T=bool",
                                          "yes: Identity(which:1) T=bool",
                                          "no: Identity(which) T=bool",
                                          "branch_executed: Merge(no, yes) T=bool N=2",
                                          "parts: Switch(x, condition) T=float",
                                          "relu: Relu(parts:1) T=float",
                                          "neg: Neg(parts) T=float",
                                          "out: Merge(neg, relu) T=float N=2"};
  EXPECT_THAT(NamesOf(FindCandidates(ModelOf(GraphOf(lines))).outputs), ElementsAre("out"));
}

std::vector<std::string> BestOf(const std::vector<std::string>& lines) {
  std::vector<std::string> names;
  for (const Candidate& candidate : FindCandidates(ModelOf(GraphOf(lines))).outputs) {
    if (candidate.best) names.push_back(candidate.name);
  }
  return names;
}

TEST(FindCandidates, AllHeadsOfAFrozenGraphAreTheBestGuess) {
  std::vector<std::string> lines = {"x: Placeholder dtype=float shape=[?,4]",
                                    "w: Const dtype=float value=((1;2);(3;4))",
                                    "body: MatMul(x, w) T=float",
                                    "boxes: MatMul(body, w) T=float",
                                    "scores: Softmax(body) T=float",
                                    "size: Shape(x) T=float"};
  EXPECT_THAT(BestOf(lines), testing::UnorderedElementsAre("boxes", "scores"));
  lines.push_back("gradients/mul: ReluGrad(boxes, scores) T=float");
  EXPECT_THAT(BestOf(lines), ElementsAre("boxes"));  // of a training graph the first alone
}

TEST(FindCandidates, ASoftmaxCalledLossIsAResult) {
  EXPECT_THAT(BestOf({"x: Placeholder dtype=float shape=[?,4]", "w: Const dtype=float value=((1;2);(3;4))",
                      "fc: MatMul(x, w) T=float", "loss: Softmax(fc) T=float"}),
              ElementsAre("loss"));
}

TEST(FindCandidates, TensorFlowHubsSignatureIsCalledDefault) {
  TensorFlowModel model = ModelOf(GraphOf(kTraining));
  model.meta.emplace();
  (*(*model.meta->mutable_signature_def())["image_feature_vector"].mutable_outputs())["a"].set_name(
      "softmax:0");
  (*(*model.meta->mutable_signature_def())["default"].mutable_outputs())["b"].set_name("logits:0");
  EXPECT_THAT(NamesOf(FindCandidates(model).outputs), ElementsAre("b"));
}

TEST(FindCandidates, ASignatureComesFirst) {
  TensorFlowModel model = ModelOf(GraphOf(kTraining));
  model.meta.emplace();
  (*(*model.meta->mutable_signature_def())["only"].mutable_outputs())["scores"].set_name("logits:0");
  (*(*model.meta->mutable_signature_def())["only"].mutable_inputs())["image"].set_name("x:0");
  const Candidates candidates = FindCandidates(model);
  EXPECT_TRUE(candidates.from_signature);
  EXPECT_THAT(NamesOf(candidates.outputs), ElementsAre("scores"));
  EXPECT_THAT(NamesOf(candidates.inputs), ElementsAre("image"));
}

}  // namespace
}  // namespace floe
