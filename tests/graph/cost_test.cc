#include "graph/cost.h"

#include <gtest/gtest.h>

#include "graph/text.h"

namespace floe {
namespace {

TEST(Cost, CountsConvolutionsAndMatrixProducts) {
  const auto graph = ParseGraph(R"(graph g(%x: float32[1, 8, 8, 4]) -> (%z) {
    %w: float32[16, 3, 3, 4] = const 1
    %d: float32[16, 3, 3, 1] = const 1
    %m: float32[16, 10] = const 1
    %a = Conv(%x, %w) {auto_pad=SAME_UPPER}
    %b = Conv(%a, %d) {auto_pad=SAME_UPPER, group=16}
    %c = ReduceMean(%b) {axes=[1, 2]}
    %z = MatMul(%c, %m)
  })");
  EXPECT_EQ(MultiplyAccumulates(*graph, 0), 64 * 16 * 9 * 4);
  EXPECT_EQ(MultiplyAccumulates(*graph, 1), 64 * 16 * 9);
  EXPECT_EQ(MultiplyAccumulates(*graph, 3), 160);
  EXPECT_EQ(MultiplyAccumulates(*graph), 64 * 16 * 45 + 160);
  EXPECT_EQ(ParameterCount(*graph), 16 * 36 + 16 * 9 + 160);
  EXPECT_EQ(BytesRead(*graph, 3), 4 * (16 + 160));
}

TEST(Cost, ALoopWithConstantTripsCountsThemAll) {
  const auto graph = ParseGraph(R"(graph g(%x: float32[4, 4]) -> (%y) {
    %n: int64[] = const 5
    %y = Loop(%n, _, %x) {carried=1}
      graph body(%i: int64[], %c: bool[], %p: float32[4, 4]) -> (%c, %q) { %q = MatMul(%p, %p) }
  })");
  EXPECT_EQ(MultiplyAccumulates(*graph), 5 * 64);
}

}  // namespace
}  // namespace floe
