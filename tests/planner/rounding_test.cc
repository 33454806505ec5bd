#include "planner/rounding.h"

#include <gtest/gtest.h>

#include "planner/groups.h"
#include "support/engines.h"

namespace floe {
namespace {

TEST(MostRounding, FallsWithTheLayersOnTheLongestWay) {
  const std::unique_ptr<Graph> graph = ParseGraph(R"(graph g(%x: float32[1, 8, 8, 4]) -> (%y) {
    %w: float32[4, 1, 1, 4] = const seeded(1)
    %a = Conv(%x, %w)
    %b = Relu(%a)
    %c = Conv(%b, %w)
    %d = Conv(%c, %w)
    %y = Add(%b, %d)
  })");
  const std::vector<double> most = MostRounding(*graph);
  const std::vector<NodeId> order = graph->Order();
  const double alone = most[static_cast<size_t>(order.back())];
  EXPECT_DOUBLE_EQ(most[static_cast<size_t>(order[0])], alone / 2);  // two convolutions after it
  EXPECT_DOUBLE_EQ(most[static_cast<size_t>(order[1])], alone / 2);
  EXPECT_DOUBLE_EQ(most[static_cast<size_t>(order[2])], alone);
}

// What one step computes side by side is one layer deep.
TEST(MostRounding, CountsTheLongestWayThroughAGroup) {
  const std::unique_ptr<Graph> graph = ParseGraph(R"(graph g(%x: float32[1, 8, 8, 4]) -> (%y) {
    %w: float32[4, 1, 1, 4] = const seeded(1)
    %a = Conv(%x, %w)
    %b, %c, %d = Group(%a, %w)
      graph body(%u: float32[1, 8, 8, 4], %v: float32[4, 1, 1, 4]) -> (%p, %q, %s) {
        %p = Conv(%u, %v)
        %q = Conv(%u, %v)
        %r = Conv(%u, %v)
        %s = Conv(%r, %v)
      }
    %e = Add(%b, %c)
    %y = Add(%e, %d)
  })");
  const std::vector<double> most = MostRounding(*graph);
  const std::vector<NodeId> order = graph->Order();
  EXPECT_DOUBLE_EQ(most[static_cast<size_t>(order[0])], most[static_cast<size_t>(order.back())] / 2);
}

TEST(MostRounding, ADeepNetworkIsNotGivenTheRoughestKernelAtItsBeginning) {
  std::string text =
      "graph g(%v0: float32[1, 24, 24, 32]) -> (%v80) {\n  %w: float32[32, 3, 3, 32] = const seeded(1)\n";
  for (int i = 0; i < 80; ++i) {
    text += fmt::format("  %v{} = Conv(%v{}, %w) {{pads=[1, 1, 1, 1]}}\n", i + 1, i);
  }
  const std::unique_ptr<Graph> graph = ParseGraph(text + "}");
  const std::vector<double> most = MostRounding(*graph);
  const double roughest = FindKernel("cpu.winograd_3x3_f6")->error_bound;
  EXPECT_LT(most[static_cast<size_t>(graph->Order().front())], roughest);
  EXPECT_GT(most[static_cast<size_t>(graph->Order().back())], roughest);
}

// The roughest kernel in float32 is fine beside values that are rounded to bf16.
TEST(MostRounding, IsNoLimitWhereAllMayBeBf16) {
  const std::unique_ptr<Graph> graph = ParseGraph(R"(graph g(%x: float32[1, 8, 8, 4]) -> (%y) {
    %w: float32[4, 1, 1, 4] = const seeded(1)
    %y = Conv(%x, %w)
  })");
  const NodeId id = graph->Order()[0];
  const std::vector<double> strict(static_cast<size_t>(id) + 1, 1e-4);
  PlannerOptions options;
  options.target.isa = "avx512+bf16";
  EXPECT_EQ(LimitOf(*graph, id, strict, options).most, 1e-4);
  options.bf16_throughout = true;
  EXPECT_GE(LimitOf(*graph, id, strict, options).most, FindKernel("cpu.winograd_3x3_f6")->error_bound);
  options.target.isa = "avx512";
  EXPECT_EQ(LimitOf(*graph, id, strict, options).most, 1e-4);
}

TEST(MostRounding, LeavesTheDirectKernelsToTheDeepestNetwork) {
  std::string text =
      "graph g(%v0: float32[1, 4, 4, 4]) -> (%v2000) {\n  %w: float32[4, 1, 1, 4] = const seeded(1)\n";
  for (int i = 0; i < 2000; ++i) text += fmt::format("  %v{} = Conv(%v{}, %w)\n", i + 1, i);
  const std::unique_ptr<Graph> graph = ParseGraph(text + "}");
  const double most = MostRounding(*graph)[static_cast<size_t>(graph->Order().front())];
  for (const Kernel& kernel : FindBackend("cpu")->kernels()) {
    if (kernel.name.starts_with("cpu.winograd") || kernel.arithmetic != DType::kFloat32) continue;
    if (kernel.name == "cpu.elementwise_half") continue;  // its bound is that of the values it gives
    EXPECT_LE(kernel.error_bound, most) << kernel.name;
  }
}

}  // namespace
}  // namespace floe
