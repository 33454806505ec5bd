#include "passes/widen_half.h"

#include <gmock/gmock.h>

#include "graph/text.h"
#include "passes/pass_test.h"

namespace floe {
namespace {

std::unique_ptr<Graph> Widened(std::string_view text) {
  auto graph = ParseGraph(text);
  EXPECT_NE(HalfOfProducts(*graph), DType::kInvalid);
  WidenHalf(*graph);
  graph->RemoveDeadNodes();
  return graph;
}

TEST(WidenHalf, NetworksComputeInFloat32) {
  const auto before = ParseGraph(R"(graph g(%x: float16[2, 5, 5, 3]) -> (%z, %m) {
    %f: float32[4, 3, 3, 3] = const seeded(1)
    %b: float16[4] = const [0.5, -1, 0.25, 2]
    %w = Cast(%f) {to=float16}
    %c = Conv(%x, %w, %b)
    %y = Relu(%c)
    %z = Cast(%y) {to=float32}
    %m = Greater(%y, %c)
  })");
  const auto after = before->Clone();
  EXPECT_EQ(HalfOfProducts(*after), DType::kFloat16);
  EXPECT_GT(WidenHalf(*after), 0);
  after->RemoveDeadNodes();
  ExpectSameNumbers(*before, *after, 2e-3);
  EXPECT_THAT(PrintGraph(*after), testing::HasSubstr(": float32[2, 3, 3, 4] = Conv("));
  EXPECT_THAT(PrintGraph(*after), testing::Not(testing::HasSubstr("float16[2, 3, 3, 4]")));
}

TEST(WidenHalf, WhatLooksAtBitsIsLeftBetweenCasts) {
  const auto after = Widened(R"(graph g(%x: bfloat16[2, 3], %w: bfloat16[3, 4]) -> (%y) {
    %p = MatMul(%x, %w)
    %n = NextAfter(%p, %p)
    %y = Exp(%n)
  })");
  EXPECT_THAT(PrintGraph(*after), testing::HasSubstr(": bfloat16[2, 4] = NextAfter("));
}

TEST(WidenHalf, ConstantsAreConvertedWhereTheyAreUsed) {
  const auto after = Widened(R"(graph g(%x: float16[2, 3]) -> (%y) {
    %w: float16[3, 1] = const [1, 2, 3]
    %y = MatMul(%x, %w)
  })");
  EXPECT_THAT(*after, SameGraphAs(R"(graph g(%x: float16[2, 3]) -> (%y) {
    %w: float16[3, 1] = const [1, 2, 3]
    %a = Cast(%x) {to=float32}
    %b = Cast(%w) {to=float32}
    %p = MatMul(%a, %b)
    %y = Cast(%p) {to=float16}
  })"));
}

TEST(WidenHalf, GraphsWithoutProductsAreNoNetworks) {
  const auto graph = ParseGraph(R"(graph g(%x: float16[2], %a: float32[2, 2]) -> (%y, %b) {
    %y = Exp(%x)
    %b = MatMul(%a, %a)
  })");
  EXPECT_EQ(HalfOfProducts(*graph), DType::kInvalid);
}

}  // namespace
}  // namespace floe
