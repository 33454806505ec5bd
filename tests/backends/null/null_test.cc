#include "backends/null/null.h"

#include <gtest/gtest.h>

#include "graph/text.h"

namespace floe {
namespace {

std::unique_ptr<Executable> Prepare(const Graph& problem) {
  const Kernel& kernel = NullBackend().kernels().front();
  const Target target = NullBackend().detect(1);
  EXPECT_EQ(kernel.refuses(problem, target), std::nullopt);
  return kernel.prepare({problem, {}, target});
}

TEST(NullBackend, RecordsWhatRanInOrder) {
  const auto a = ParseGraph("graph first(%x: float32[1]) -> (%y) { %y = Neg(%x) }");
  const auto b = ParseGraph("graph second(%x: float32[1]) -> (%y) { %y = Exp(%x) }");
  NullRecorder recorder;
  const auto run_a = Prepare(*a);
  const auto run_b = Prepare(*b);
  const Tensor inputs[] = {Tensor::FromVector<float>({5})};
  Tensor outputs[] = {Tensor::FromVector<float>({7})};
  for (const auto* executable : {&run_b, &run_a, &run_b}) (*executable)->Run({inputs, outputs});
  EXPECT_EQ(recorder.Runs(), (std::vector<std::string>{"second", "first", "second"}));
}

TEST(NullBackend, GivesZerosOfTheProblemsTypes) {
  const auto problem = ParseGraph(
      "graph p(%x: float32[2], %s: string[1]) -> (%y, %u, %n) { %y = Neg(%x) %u = StringUpper(%s) %n = "
      "NonZero(%x) }");
  const auto executable = Prepare(*problem);
  const Tensor inputs[] = {Tensor::FromVector<float>({5, 6}), Tensor::FromVector<std::string>({"a"})};
  Tensor outputs[] = {Tensor::FromVector<float>({7, 7}), Tensor::FromVector<std::string>({"b"}), Tensor()};
  executable->Run({inputs, outputs});
  EXPECT_TRUE(SameContents(outputs[0], Tensor::FromVector<float>({0, 0})));
  EXPECT_TRUE(SameContents(outputs[1], Tensor::FromVector<std::string>({""})));
  EXPECT_TRUE(SameContents(outputs[2], Tensor(DType::kInt64, {0, 1})));
}

TEST(NullRecorder, TheInnermostOneOfTheThreadListens) {
  const auto problem = ParseGraph("graph p(%x: float32[1]) -> (%y) { %y = Neg(%x) }");
  NullRecorder outer;
  {
    NullRecorder inner;
    const auto executable = Prepare(*problem);
    const Tensor inputs[] = {Tensor::FromVector<float>({5})};
    Tensor outputs[] = {Tensor::FromVector<float>({7})};
    executable->Run({inputs, outputs});
    EXPECT_EQ(inner.Runs().size(), 1u);
  }
  EXPECT_TRUE(outer.Runs().empty());
}

}  // namespace
}  // namespace floe
