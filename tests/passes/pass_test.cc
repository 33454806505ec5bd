#include "passes/pass_test.h"

#include <cmath>

#include "backends/reference/evaluate.h"
#include "graph/verify.h"

namespace floe {
namespace {

std::vector<Tensor> RandomInputs(const Graph& graph) {
  std::vector<Tensor> inputs;
  for (const ValueId id : graph.inputs()) {
    const TensorType& type = graph.value(id).type;
    std::vector<int64_t> dims;
    for (const Dim& d : type.shape.dims()) dims.push_back(d.known() ? d.value() : 2);
    inputs.push_back(SeededTensor(type.dtype, dims, inputs.size() + 11));
  }
  return inputs;
}

double At(const Tensor& t, int64_t i) {
  switch (t.dtype()) {
    case DType::kFloat32:
      return t.data<float>()[i];
    case DType::kInt32:
      return t.data<int32_t>()[i];
    case DType::kInt64:
      return static_cast<double>(t.data<int64_t>()[i]);
    case DType::kBool:
      return t.data<bool>()[i] ? 1 : 0;
    default:
      ADD_FAILURE() << "no comparison of " << DTypeName(t.dtype());
      return 0;
  }
}

}  // namespace

void ExpectSameNumbers(const Graph& before, const Graph& after, double tolerance) {
  const std::vector<Tensor> inputs = RandomInputs(before);
  const std::vector<Tensor> expected = EvaluateGraph(before, inputs);
  const std::vector<Tensor> found = EvaluateGraph(after, inputs);
  ASSERT_EQ(expected.size(), found.size());
  for (size_t i = 0; i < expected.size(); ++i) {
    ASSERT_EQ(expected[i].dims(), found[i].dims());
    ASSERT_EQ(expected[i].dtype(), found[i].dtype());
    double largest = 1e-30;
    double worst = 0;
    for (int64_t k = 0; k < expected[i].size(); ++k) {
      const double a = At(expected[i], k);
      const double b = At(found[i], k);
      if (a == b || (std::isnan(a) && std::isnan(b))) continue;
      largest = std::max(largest, std::abs(a));
      worst = std::max(worst, std::abs(a - b));
    }
    EXPECT_LE(worst, tolerance * std::max(largest, 1.0)) << PrintGraph(after);
  }
}

std::unique_ptr<Graph> After(std::string_view text, PassFunction pass) {
  const ReferenceEvaluator evaluator;
  const auto before = ParseGraph(text);
  auto graph = before->Clone();
  EXPECT_GT(pass(*graph, {evaluator}), 0) << PrintGraph(*graph);
  graph->RemoveDeadNodes();
  VerifyGraph(*graph);
  for (size_t i = 0; i < before->outputs().size(); ++i) {
    const Value& was = before->value(before->outputs()[i]);
    const Value& is = graph->value(graph->outputs()[i]);
    EXPECT_EQ(was.name, is.name);
    EXPECT_EQ(was.type.dtype, is.type.dtype);
    EXPECT_TRUE(MergeShapes(was.type.shape, is.type.shape).has_value());
  }
  ExpectSameNumbers(*before, *graph, 1e-5);
  return graph;
}

void ExpectUntouched(std::string_view text, PassFunction pass) {
  const ReferenceEvaluator evaluator;
  auto graph = ParseGraph(text);
  const uint64_t before = HashGraph(*graph);
  EXPECT_EQ(pass(*graph, {evaluator}), 0);
  EXPECT_EQ(HashGraph(*graph), before) << PrintGraph(*graph);
}

}  // namespace floe
