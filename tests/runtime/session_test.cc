#include "floe/session.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "support/engines.h"

namespace floe {
namespace {

using ::testing::ElementsAre;

constexpr const char* kAdd = R"(graph g(%a: float32[3], %b: float32[3]) -> (%sum, %a, %neg) {
  %sum = Add(%a, %b)
  %neg = Neg(%sum)
})";

std::vector<float> Floats(const Tensor& t) {
  return {t.data<float>(), t.data<float>() + t.size()};
}

class SessionTest : public ::testing::TestWithParam<std::string> {};

TEST_P(SessionTest, FeedsByNameAndGivesAllOutputsEvenAnInput) {
  Session session(testing::EngineFor(kAdd, GetParam()), {1, nullptr});
  const std::vector<NamedTensor> feeds = {{"b", Tensor::FromVector<float>({10, 20, 30})},
                                          {"a", Tensor::FromVector<float>({1, 2, 3})}};
  const auto results = session.Run(feeds);
  ASSERT_EQ(results.size(), 3u);
  EXPECT_THAT(Floats(results[0].tensor), ElementsAre(11, 22, 33));
  EXPECT_THAT(Floats(results[1].tensor), ElementsAre(1, 2, 3));
  EXPECT_THAT(Floats(results[2].tensor), ElementsAre(-11, -22, -33));
}

TEST_P(SessionTest, RunIntoWritesTheCallersBuffersAndRunsAgainWithOthers) {
  Session session(testing::EngineFor(kAdd, GetParam()), {1, nullptr});
  for (int round = 0; round < 3; ++round) {
    const float r = static_cast<float>(round);
    const Tensor inputs[] = {Tensor::FromVector<float>({r, r, r}), Tensor::FromVector<float>({1, 2, 3})};
    Tensor outputs[] = {Tensor(DType::kFloat32, {3}), Tensor(DType::kFloat32, {3}),
                        Tensor(DType::kFloat32, {3})};
    const void* buffer = outputs[0].raw();
    session.RunInto(inputs, outputs);
    EXPECT_EQ(outputs[0].raw(), buffer);
    EXPECT_THAT(Floats(outputs[0]), ElementsAre(r + 1, r + 2, r + 3));
    EXPECT_THAT(Floats(outputs[2]), ElementsAre(-r - 1, -r - 2, -r - 3));
  }
}

TEST_P(SessionTest, ResultsDoNotChangeWithTheNextRun) {
  Session session(testing::EngineFor(kAdd, GetParam()), {1, nullptr});
  const std::vector<NamedTensor> one = {{"a", Tensor::FromVector<float>({1, 1, 1})},
                                        {"b", Tensor::FromVector<float>({1, 1, 1})}};
  const std::vector<NamedTensor> two = {{"a", Tensor::FromVector<float>({5, 5, 5})},
                                        {"b", Tensor::FromVector<float>({5, 5, 5})}};
  const auto first = session.Run(one);
  session.Run(two);
  EXPECT_THAT(Floats(first[0].tensor), ElementsAre(2, 2, 2));
}

INSTANTIATE_TEST_SUITE_P(Backends, SessionTest, ::testing::Values("cpu", "reference"),
                         [](const auto& info) { return info.param; });

std::string FailureOf(std::vector<NamedTensor> feeds) {
  Session session(testing::EngineFor(kAdd), {1, nullptr});
  try {
    session.Run(feeds);
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kUsage);
    return error.what();
  }
  return "";
}

TEST(Session, SaysWhichFeedIsWrongAndHow) {
  const Tensor good = Tensor::FromVector<float>({1, 2, 3});
  EXPECT_EQ(FailureOf({{"a", good}}), "input 'b' (float32[3]) is not fed");
  EXPECT_EQ(FailureOf({{"a", good}, {"c", good}}), "feed 'c': the engine has no such input; it has 'a', 'b'");
  EXPECT_EQ(FailureOf({{"a", good}, {"b", Tensor::FromVector<float>({1})}}),
            "input 'b': expected float32[3], got float32[1]");
  EXPECT_EQ(FailureOf({{"a", good}, {"b", Tensor::FromVector<double>({1, 2, 3})}}),
            "input 'b': expected float32[3], got float64[3]");
}

// The number of results is known only once the values are.
TEST(Session, SizesThatOnlyTheRunKnows) {
  for (const char* backend : {"cpu", "reference"}) {
    Session session(testing::EngineFor(R"(graph g(%x: float32[5]) -> (%places, %double) {
      %places = NonZero(%x)
      %two: int64[] = const 2
      %double = Mul(%places, %two)
    })",
                                       backend),
                    {1, nullptr});
    const std::vector<NamedTensor> feeds = {{"x", Tensor::FromVector<float>({0, 1, 0, 2, 3})}};
    const auto results = session.Run(feeds);
    EXPECT_THAT(results[1].tensor.dims(), ElementsAre(3, 1));
    EXPECT_EQ(results[1].tensor.data<int64_t>()[2], 8);
    const std::vector<NamedTensor> none = {{"x", Tensor(DType::kFloat32, {5})}};
    EXPECT_THAT(session.Run(none)[1].tensor.dims(), ElementsAre(0, 1));
  }
}

TEST(Session, AWrongIndexIsAnErrorAndTheSessionLivesOn) {
  for (const char* backend : {"cpu", "reference"}) {
    Session session(testing::EngineFor(R"(graph g(%x: float32[4], %i: int32[2]) -> (%y) {
      %y = Gather(%x, %i) {axis=0}
    })",
                                       backend),
                    {1, nullptr});
    const Tensor x = Tensor::FromVector<float>({1, 2, 3, 4});
    const std::vector<NamedTensor> bad = {{"x", x}, {"i", Tensor::FromVector<int32_t>({0, 4})}};
    EXPECT_THROW(session.Run(bad), Error) << backend;
    const std::vector<NamedTensor> good = {{"x", x}, {"i", Tensor::FromVector<int32_t>({0, 3})}};
    EXPECT_THAT(Floats(session.Run(good)[0].tensor), ElementsAre(1, 4));
  }
}

TEST(Session, ProfilesEachStepWithItsSources) {
  Session session(testing::EngineFor(R"(graph g(%x: float32[8]) -> (%y) {
    %y = Softmax(%x)
      from "scope/Softmax"
  })"),
                  {1, nullptr});
  session.EnableProfile(true);
  const std::vector<NamedTensor> feeds = {{"x", Tensor(DType::kFloat32, {8})}};
  session.Run(feeds);
  const auto profile = session.Profile();
  ASSERT_EQ(profile.size(), 1u);
  EXPECT_THAT(profile[0].sources, ElementsAre("scope/Softmax"));
  EXPECT_GT(profile[0].ms, 0);
}

TEST(Session, CountsTheMultiplicationsOfAStep) {
  Session session(testing::EngineFor(R"(graph g(%x: float32[3, 8]) -> (%y) {
    %w: float32[8, 5] = const seeded(1)
    %a = MatMul(%x, %w)
    %y = Softmax(%a)
  })"),
                  {1, nullptr});
  const auto profile = session.Profile();
  ASSERT_EQ(profile.size(), 2u);
  EXPECT_EQ(profile[0].macs, 3 * 8 * 5);
  EXPECT_EQ(profile[1].macs, 0);
}

TEST(Session, StopsBetweenStepsWhenCancelled) {
  Session session(testing::EngineFor(kAdd), {1, [] { return true; }});
  const std::vector<NamedTensor> feeds = {{"a", Tensor(DType::kFloat32, {3})},
                                          {"b", Tensor(DType::kFloat32, {3})}};
  try {
    session.Run(feeds);
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kInterrupted);
  }
}

}  // namespace
}  // namespace floe
