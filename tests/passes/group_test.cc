#include "passes/pass_test.h"

namespace floe {
namespace {

TEST(GroupOps, AConvolutionTakesItsResidualAndActivation) {
  const auto graph = After(R"(graph g(%x: float32[1, 4, 4, 3], %r: float32[1, 4, 4, 3]) -> (%y) {
    %w: float32[3, 1, 1, 3] = const seeded(1)
    %c = Conv(%x, %w) from "conv"
    %a = Add(%r, %c) from "add"
    %y = Relu(%a) from "relu"
  })",
                           GroupOps);
  EXPECT_THAT(*graph, SameGraphAs(R"(graph g(%x: float32[1, 4, 4, 3], %r: float32[1, 4, 4, 3]) -> (%y) {
    %w: float32[3, 1, 1, 3] = const seeded(1)
    %y = Group(%x, %w, %r)
      graph body(%x: float32[1, 4, 4, 3], %w: float32[3, 1, 1, 3], %r: float32[1, 4, 4, 3]) -> (%y) {
        %c = Conv(%x, %w)
        %a = Add(%r, %c)
        %y = Relu(%a)
      }
  })"));
  const Node& group = graph->node(graph->Order()[0]);
  EXPECT_EQ(group.name, "y");
  EXPECT_EQ(group.sources, (std::vector<std::string>{"conv", "add", "relu"}));
}

TEST(GroupOps, ChainsOfElementwiseOpsComeTogether) {
  const auto graph = After(R"(graph g(%x: float32[2, 3], %z: float32[3]) -> (%y) {
    %a = Exp(%x)
    %b = Mul(%a, %z)
    %y = Sqrt(%b)
  })",
                           GroupOps);
  EXPECT_EQ(graph->node_count(), 1u);
}

TEST(GroupOps, AValueUsedTwiceEndsAGroup) {
  ExpectUntouched(R"(graph g(%x: float32[1, 4, 4, 3]) -> (%y, %c) {
    %w: float32[3, 1, 1, 3] = const seeded(1)
    %c = Conv(%x, %w)
    %y = Relu(%c)
  })",
                  GroupOps);
}

TEST(GroupOps, ABroadcastThatWidensEndsAChain) {
  ExpectUntouched("graph g(%x: float32[3], %z: float32[2, 3]) -> (%y) { %a = Exp(%x) %y = Mul(%a, %z) }",
                  GroupOps);
}

}  // namespace
}  // namespace floe
