#include "graph/graph.h"

#include <gtest/gtest.h>

#include "floe/error.h"
#include "graph/verify.h"
#include "support/graph_matchers.h"

namespace floe {
namespace {

TEST(Graph, ANodeThatDoesNotFitLeavesTheGraphAsItWas) {
  auto graph = ParseGraph("graph g(%x: float32[2], %y: float32[3]) -> (%x) {}");
  EXPECT_THROW(graph->Add(Binary{}, {0, 1}), Error);
  EXPECT_EQ(graph->node_count(), 0u);
  VerifyGraph(*graph);
}

TEST(Graph, AConstantTakesThePlaceOfANode) {
  auto graph = ParseGraph("graph g(%x: float32[2]) -> (%z) { %y = Relu(%x) %z = Exp(%y) }");
  graph->MakeConstant(graph->FindValue("y"), Tensor::FromVector<float>({1, 2}));
  graph->Compact();
  VerifyGraph(*graph);
  EXPECT_THAT(*graph, SameGraphAs("graph g(%x: float32[2]) -> (%z) {"
                                  " %y: float32[2] = const [1, 2] %z = Exp(%y) }"));
}

TEST(Graph, OneOutputOfSeveralBecomesAConstant) {
  auto graph = ParseGraph("graph g(%x: float32[4]) -> (%a, %b) { %a, %b = Split(%x) }");
  graph->MakeConstant(graph->FindValue("a"), Tensor::FromVector<float>({1, 2}));
  VerifyGraph(*graph);
  EXPECT_TRUE(graph->value(graph->outputs()[0]).is_constant());
  EXPECT_EQ(graph->node_count(), 1u);
}

TEST(Graph, ACycleIsNamed) {
  auto graph = ParseGraph("graph g(%x: float32[2]) -> (%z) { %y = Relu(%x) %z = Exp(%y) }");
  graph->SetInput(0, 0, graph->FindValue("z"));
  EXPECT_THROW(graph->Order(), Error);
}

TEST(Graph, AGroupIsExtractedAsItsBodyWithConstantsInside) {
  auto graph = ParseGraph(R"(graph g(%x: float32[2]) -> (%y) {
    %c: float32[2] = const [3, 4]
    %y = Group(%x, %c)
      graph body(%p: float32[2], %q: float32[2]) -> (%r) { %r = Add(%p, %q) }
  })");
  std::vector<ValueId> inputs;
  const auto problem = ExtractProblem(*graph, 0, &inputs);
  EXPECT_EQ(inputs, std::vector<ValueId>{graph->FindValue("x")});
  EXPECT_THAT(*problem, SameGraphAs("graph g(%p: float32[2]) -> (%r) {"
                                    " %q: float32[2] = const [3, 4] %r = Add(%p, %q) }"));
}

}  // namespace
}  // namespace floe
