#include "passes/pass.h"

#include "backends/reference/evaluate.h"
#include "floe/error.h"
#include "passes/pass_test.h"

namespace floe {
namespace {

constexpr char kNet[] = R"(graph g(%x: float32[1, 9, 9, 3], %go: bool[]) -> (%y) {
  %w: float32[4, 3, 3, 3] = const seeded(1)
  %p: float32[4] = const [1, 0.5, 2, 1.5]
  %pads: int64[8] = const [0, 1, 1, 0, 0, 1, 1, 0]
  %a = Pad(%x, %pads)
  %b = Conv(%a, %w) {strides=[2, 2]}
  %c = BatchNormalization(%b, %p, %p, %p, %p)
  %six: float32[] = const 6
  %d = Relu(%c)
  %e = Min(%d, %six)
  %y = If(%go, %e)
    graph then(%q: float32[1, 5, 5, 4]) -> (%r) { %i = Identity(%q) %r = Exp(%i) }
    graph else(%q: float32[1, 5, 5, 4]) -> (%q) {}
})";

TEST(RunPasses, ANetworkComesOutAsOneGroupWithTheSameNumbers) {
  const ReferenceEvaluator evaluator;
  const auto before = ParseGraph(kNet);
  auto graph = before->Clone();
  const std::vector<PassTiming> timings = RunPasses(*graph, {evaluator});
  EXPECT_EQ(timings.size(), Pipeline().size());
  EXPECT_EQ(graph->node_count(), 2u) << PrintGraph(*graph);
  EXPECT_THAT(PrintGraph(*graph), testing::Not(testing::HasSubstr("Identity")));
  ExpectSameNumbers(*before, *graph, 1e-5);
}

TEST(RunPasses, SkipsStopsAndDumps) {
  const ReferenceEvaluator evaluator;
  auto graph = ParseGraph(kNet);
  std::vector<std::string> seen;
  PipelineOptions options;
  options.skip = {"fold_constants"};
  options.stop_after = "remove_identity";
  options.after = [&](std::string_view pass, const Graph&) { seen.emplace_back(pass); };
  RunPasses(*graph, {evaluator}, options);
  EXPECT_EQ(seen, (std::vector<std::string>{"remove_dead_code", "remove_identity"}));
}

TEST(RunPasses, AnUnknownPassIsAnErrorOfUsage) {
  const ReferenceEvaluator evaluator;
  auto graph = ParseGraph(kNet);
  PipelineOptions options;
  options.skip = {"fold_constant"};
  try {
    RunPasses(*graph, {evaluator}, options);
    FAIL();
  } catch (const Error& e) {
    EXPECT_EQ(e.code(), ErrorCode::kUsage);
    EXPECT_THAT(e.what(),
                testing::HasSubstr("there is no pass 'fold_constant'; did you mean 'fold_constants'"));
  }
}

}  // namespace
}  // namespace floe
