#include "backends/reference/evaluate.h"

#include <gtest/gtest.h>

#include "backends/reference/reference.h"
#include "graph/text.h"

namespace floe {
namespace {

Tensor Floats(std::vector<float> values) {
  return Tensor::FromVector<float>(values);
}

TEST(EvaluateGraph, RunsNodesInOrderAndKeepsOutputsThatAreInputsOrConstants) {
  const auto graph = ParseGraph(
      "graph g(%x: float32[2]) -> (%y, %x, %c, %y) { %c: float32[2] = const [1, 2] %t = Add(%x, %c) %y = "
      "Mul(%t, %t) }");
  const Tensor inputs[] = {Floats({1, 2})};
  const std::vector<Tensor> outputs = EvaluateGraph(*graph, inputs);
  ASSERT_EQ(outputs.size(), 4u);
  EXPECT_TRUE(SameContents(outputs[0], Floats({4, 16})));
  EXPECT_TRUE(SameContents(outputs[1], Floats({1, 2})));
  EXPECT_TRUE(SameContents(outputs[2], Floats({1, 2})));
  EXPECT_TRUE(SameContents(outputs[3], Floats({4, 16})));
}

TEST(EvaluateGraph, WritesEveryOutputIntoTheCallersMemory) {
  const auto graph = ParseGraph("graph g(%x: float32[2]) -> (%y, %x, %y) { %y = Neg(%x) }");
  const Tensor inputs[] = {Floats({1, 2})};
  Tensor outputs[] = {Floats({0, 0}), Floats({0, 0}), Floats({0, 0})};
  const Tensor before[] = {outputs[0], outputs[1], outputs[2]};
  EvaluateGraphInto(*graph, inputs, outputs);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(outputs[i].raw(), before[i].raw());
  EXPECT_TRUE(SameContents(before[0], Floats({-1, -2})));
  EXPECT_TRUE(SameContents(before[1], Floats({1, 2})));
  EXPECT_TRUE(SameContents(before[2], Floats({-1, -2})));
}

TEST(EvaluateGraph, ShowsEveryValueAsItComes) {
  const auto graph = ParseGraph("graph g(%x: float32[1]) -> (%z) { %y = Neg(%x) %z = Exp(%y) }");
  std::vector<std::string> seen;
  const Tensor inputs[] = {Floats({0})};
  EvaluateGraph(*graph, inputs, {.pool = nullptr, .on_value = [&](ValueId id, const Tensor& t) {
                                   seen.push_back(graph->value(id).name + DimsToString(t.dims()));
                                 }});
  EXPECT_EQ(seen, (std::vector<std::string>{"y[1]", "z[1]"}));
}

TEST(EvaluateGraph, RefusesInputsThatAreNotOfTheGraph) {
  const auto graph = ParseGraph("graph g(%x: float32[2, n]) -> (%y) { %y = Neg(%x) }");
  const auto message = [&](std::span<const Tensor> inputs) -> std::string {
    try {
      EvaluateGraph(*graph, inputs);
    } catch (const Error& e) {
      EXPECT_EQ(e.code(), ErrorCode::kUsage);
      return e.what();
    }
    return "none";
  };
  const Tensor wrong[] = {Floats({1, 2})};
  EXPECT_EQ(message(wrong), "input 'x': expected float32[2, n], found float32[2]");
  EXPECT_EQ(message({}), "graph 'g': expected 1 inputs, found 0");
}

TEST(ReferenceEvaluator, IsAnEvaluator) {
  const auto graph = ParseGraph("graph g(%x: int32[2]) -> (%y) { %y = ReduceSum(%x) {axes=[0]} }");
  const ReferenceEvaluator reference;
  const Evaluator& evaluator = reference;
  const Tensor inputs[] = {Tensor::FromVector<int32_t>({3, 4})};
  EXPECT_TRUE(SameContents(evaluator.Evaluate(*graph, inputs).front(), Tensor::Scalar<int32_t>(7)));
}

TEST(ReferenceBackend, ItsKernelRunsAProblem) {
  const auto problem = ParseGraph("graph p(%x: float32[3]) -> (%y, %n) { %y = Relu(%x) %n = NonZero(%x) }");
  const Kernel& kernel = ReferenceBackend().kernels().front();
  const Target target = ReferenceBackend().detect(2);
  EXPECT_EQ(kernel.name, "reference.graph");
  EXPECT_EQ(kernel.refuses(*problem, target), std::nullopt);
  EXPECT_EQ(ReferenceBackend().refuses_target(target), std::nullopt);
  EXPECT_GT(kernel.estimate_ns(*problem, target), 0);
  const auto executable = kernel.prepare({*problem, {}, target});
  ThreadPool pool(1);
  const Tensor inputs[] = {Floats({-1, 0, 2})};
  Tensor outputs[] = {Floats({9, 9, 9}), Tensor()};
  executable->Run({.inputs = inputs, .outputs = outputs, .workspace = nullptr, .pool = &pool});
  EXPECT_TRUE(SameContents(outputs[0], Floats({0, 0, 2})));
  EXPECT_TRUE(SameContents(outputs[1], Tensor::FromValues<int64_t>({2, 1}, {0, 2})));
}

}  // namespace
}  // namespace floe
