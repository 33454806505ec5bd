#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "floe/session.h"
#include "support/engines.h"

namespace floe {
namespace {

using ::testing::ElementsAre;

std::vector<float> Floats(const Tensor& t) {
  return {t.data<float>(), t.data<float>() + t.size()};
}

class ControlFlow : public ::testing::TestWithParam<std::string> {};

TEST_P(ControlFlow, IfTakesTheBranchOfItsCondition) {
  Session session(testing::EngineFor(R"(graph g(%c: bool[], %x: float32[2]) -> (%y) {
    %y = If(%c, %x)
    graph then(%a: float32[2]) -> (%t) { %t = Neg(%a) }
    graph else(%b: float32[2]) -> (%b) { }
  })",
                                     GetParam()),
                  {1, nullptr});
  const Tensor x = Tensor::FromVector<float>({1, 2});
  const std::vector<NamedTensor> yes = {{"c", Tensor::Scalar(true)}, {"x", x}};
  const std::vector<NamedTensor> no = {{"c", Tensor::Scalar(false)}, {"x", x}};
  EXPECT_THAT(Floats(session.Run(yes)[0].tensor), ElementsAre(-1, -2));
  EXPECT_THAT(Floats(session.Run(no)[0].tensor), ElementsAre(1, 2));
}

constexpr const char* kPowers = R"(graph g(%n: int64[], %x: float32[2], %k: float32[2]) -> (%last, %all) {
  %last, %all = Loop(%n, _, %x, %k) {carried=1}
  graph body(%i: int64[], %go: bool[], %v: float32[2], %f: float32[2]) -> (%go, %next, %v) {
    %next = Mul(%v, %f)
  }
})";

TEST_P(ControlFlow, LoopCarriesCapturesAndScans) {
  Session session(testing::EngineFor(kPowers, GetParam()), {1, nullptr});
  const auto run = [&](int64_t n) {
    const std::vector<NamedTensor> feeds = {{"n", Tensor::Scalar<int64_t>(n)},
                                            {"x", Tensor::FromVector<float>({1, 1})},
                                            {"k", Tensor::FromVector<float>({2, 3})}};
    return session.Run(feeds);
  };
  const auto three = run(3);
  EXPECT_THAT(Floats(three[0].tensor), ElementsAre(8, 27));
  EXPECT_THAT(three[1].tensor.dims(), ElementsAre(3, 2));
  EXPECT_THAT(Floats(three[1].tensor), ElementsAre(1, 1, 2, 3, 4, 9));
  const auto none = run(0);
  EXPECT_THAT(Floats(none[0].tensor), ElementsAre(1, 1));
  EXPECT_THAT(none[1].tensor.dims(), ElementsAre(0, 2));
}

TEST_P(ControlFlow, LoopEndsWhenItsConditionDoes) {
  Session session(testing::EngineFor(R"(graph g(%x: float32[]) -> (%y) {
    %yes: bool[] = const true
    %limit: float32[] = const 100
    %y = Loop(_, %yes, %x, %limit) {carried=1}
    graph body(%i: int64[], %go: bool[], %v: float32[], %l: float32[]) -> (%more, %next) {
      %next = Add(%v, %v)
      %more = Less(%next, %l)
    }
  })",
                                     GetParam()),
                  {1, nullptr});
  const std::vector<NamedTensor> feeds = {{"x", Tensor::Scalar(3.0f)}};
  EXPECT_THAT(Floats(session.Run(feeds)[0].tensor), ElementsAre(192));
}

// The given tensors stay as they were, whatever the body writes over its own.
TEST_P(ControlFlow, ALoopFillsAList) {
  Session session(
      testing::EngineFor(R"(graph g(%n: int64[], %x: float32[4, 2], %r: float32[1, 2]) -> (%y, %last) {
    %y, %last = Loop(%n, _, %x, %r) {carried=2}
    graph body(%i: int64[], %go: bool[], %list: float32[4, 2], %row: float32[1, 2]) -> (%go, %next, %twice) {
      %one: int64[2] = const [1, 1]
      %at = Reshape(%i, %one)
      %next = ScatterND(%list, %at, %row)
      %twice = Add(%row, %row)
    }
  })",
                         GetParam()),
      {1, nullptr});
  const Tensor x = Tensor::FromValues<float>({4, 2}, {9, 9, 9, 9, 9, 9, 9, 9});
  for (int repeat = 0; repeat < 2; ++repeat) {
    const std::vector<NamedTensor> feeds = {
        {"n", Tensor::Scalar<int64_t>(3)}, {"x", x}, {"r", Tensor::FromValues<float>({1, 2}, {1, 2})}};
    const auto results = session.Run(feeds);
    EXPECT_THAT(Floats(results[0].tensor), ElementsAre(1, 2, 2, 4, 4, 8, 9, 9));
    EXPECT_THAT(Floats(results[1].tensor), ElementsAre(8, 16));
    EXPECT_THAT(Floats(x), ElementsAre(9, 9, 9, 9, 9, 9, 9, 9));
  }
}

TEST_P(ControlFlow, AListThatIsReadAgainStaysForThat) {
  Session session(
      testing::EngineFor(R"(graph g(%n: int64[], %x: float32[3, 1], %z: float32[3, 1]) -> (%y, %sum) {
    %r: float32[1, 1] = const 5
    %y, %sum = Loop(%n, _, %x, %z, %r) {carried=2}
    graph body(%i: int64[], %go: bool[], %list: float32[3, 1], %sum: float32[3, 1], %row: float32[1, 1]) -> (%go, %next, %more) {
      %one: int64[2] = const [1, 1]
      %at = Reshape(%i, %one)
      %next = ScatterND(%list, %at, %row)
      %more = Add(%sum, %list)
    }
  })",
                         GetParam()),
      {1, nullptr});
  const std::vector<NamedTensor> feeds = {{"n", Tensor::Scalar<int64_t>(3)},
                                          {"x", Tensor::FromValues<float>({3, 1}, {1, 2, 3})},
                                          {"z", Tensor::FromValues<float>({3, 1}, {0, 0, 0})}};
  const auto results = session.Run(feeds);
  EXPECT_THAT(Floats(results[0].tensor), ElementsAre(5, 5, 5));
  EXPECT_THAT(Floats(results[1].tensor), ElementsAre(1 + 5 + 5, 2 + 2 + 5, 3 + 3 + 3));
}

TEST_P(ControlFlow, ListsThatChangePlacesKeepTheirContents) {
  Session session(
      testing::EngineFor(R"(graph g(%n: int64[], %x: float32[3, 1], %z: float32[3, 1]) -> (%a, %b) {
    %r: float32[1, 1] = const 5
    %a, %b = Loop(%n, _, %x, %z, %r) {carried=2}
    graph body(%i: int64[], %go: bool[], %p: float32[3, 1], %q: float32[3, 1], %row: float32[1, 1]) -> (%go, %q, %next) {
      %one: int64[2] = const [1, 1]
      %at = Reshape(%i, %one)
      %next = ScatterND(%p, %at, %row)
    }
  })",
                         GetParam()),
      {1, nullptr});
  const std::vector<NamedTensor> feeds = {{"n", Tensor::Scalar<int64_t>(3)},
                                          {"x", Tensor::FromValues<float>({3, 1}, {1, 2, 3})},
                                          {"z", Tensor::FromValues<float>({3, 1}, {7, 8, 9})}};
  const auto results = session.Run(feeds);
  EXPECT_THAT(Floats(results[0].tensor), ElementsAre(7, 5, 9));
  EXPECT_THAT(Floats(results[1].tensor), ElementsAre(5, 2, 5));
}

INSTANTIATE_TEST_SUITE_P(Backends, ControlFlow, ::testing::Values("cpu", "reference"),
                         [](const auto& info) { return info.param; });

}  // namespace
}  // namespace floe
