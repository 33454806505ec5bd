#include <gtest/gtest.h>

#include "backends/reference/evaluate.h"
#include "graph/text.h"

namespace floe {
namespace {

TEST(Group, MeansItsBody) {
  const auto graph = ParseGraph(R"(graph g(%x: float32[2]) -> (%y) {
    %y = Group(%x)
      graph b(%p: float32[2]) -> (%q) { %t = Neg(%p) %q = Relu(%t) } })");
  const Tensor inputs[] = {Tensor::FromVector<float>({-3, 3})};
  EXPECT_TRUE(SameContents(EvaluateGraph(*graph, inputs)[0], Tensor::FromVector<float>({3, 0})));
}

TEST(If, RunsTheBranchThatTheConditionNames) {
  const auto graph = ParseGraph(R"(graph g(%c: bool[], %x: float32[2]) -> (%y) {
    %y = If(%c, %x)
      graph then(%p: float32[2]) -> (%q) { %q = Neg(%p) }
      graph else(%p: float32[2]) -> (%p) { } })");
  const Tensor x = Tensor::FromVector<float>({1, 2});
  const Tensor yes[] = {Tensor::Scalar(true), x};
  const Tensor no[] = {Tensor::Scalar(false), x};
  EXPECT_TRUE(SameContents(EvaluateGraph(*graph, yes)[0], Tensor::FromVector<float>({-1, -2})));
  EXPECT_TRUE(SameContents(EvaluateGraph(*graph, no)[0], x));
}

// Doubles a number until it reaches the limit, and lists it on the way.
constexpr std::string_view kDoubling =
    R"(graph g(%m: int64[], %x: int32[], %limit: int32[]) -> (%last, %list) {
    %last, %list = Loop(%m, _, %x, %limit) {carried=1}
      graph body(%i: int64[], %c: bool[], %v: int32[], %l: int32[]) -> (%again, %w, %v) {
        %w = Add(%v, %v)
        %again = Less(%w, %l)
      } })";

std::vector<Tensor> Double(int64_t trips, int32_t from, int32_t limit) {
  const auto graph = ParseGraph(kDoubling);
  const Tensor inputs[] = {Tensor::Scalar(trips), Tensor::Scalar(from), Tensor::Scalar(limit)};
  return EvaluateGraph(*graph, inputs);
}

TEST(Loop, EndsByItsConditionAndStacksScannedValues) {
  const std::vector<Tensor> out = Double(100, 3, 20);
  EXPECT_TRUE(SameContents(out[0], Tensor::Scalar<int32_t>(24)));
  EXPECT_TRUE(SameContents(out[1], Tensor::FromVector<int32_t>({3, 6, 12})));
}

TEST(Loop, EndsByItsTripCount) {
  const std::vector<Tensor> out = Double(2, 1, 1000);
  EXPECT_TRUE(SameContents(out[0], Tensor::Scalar<int32_t>(4)));
  EXPECT_TRUE(SameContents(out[1], Tensor::FromVector<int32_t>({1, 2})));
}

TEST(Loop, WithoutIterationsGivesEmptyScansOfTheBodysShape) {
  const std::vector<Tensor> out = Double(0, 5, 1000);
  EXPECT_TRUE(SameContents(out[0], Tensor::Scalar<int32_t>(5)));
  EXPECT_TRUE(SameContents(out[1], Tensor(DType::kInt32, {0})));
}

}  // namespace
}  // namespace floe
