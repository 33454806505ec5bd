// What the self-check refuses, and what it leaves because no implementation could do better.
#include "compiler/self_check.h"

#include <gmock/gmock.h>

#include <string>

#include "base/log.h"
#include "floe/error.h"
#include "support/engines.h"

namespace floe {
namespace {

using testing::EngineFor;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr double kTolerance = 1e-3;

constexpr const char* kNetwork = R"(
graph net(%x: float32[4, 64]) -> (%y) {
  %w: float32[64, 16] = const seeded(1)
  %y = MatMul(%x, %w)
})";

// As kNetwork, but of other weights.
constexpr const char* kOther = R"(
graph net(%x: float32[4, 64]) -> (%y) {
  %w: float32[64, 16] = const seeded(2)
  %y = MatMul(%x, %w)
})";

// As kNetwork, of weights that the model itself checks: the sum of what they differ from a copy by, with
// zero.
std::string Asserting(const std::string& comparison) {
  return R"(
graph net(%x: float32[4, 64]) -> (%y, %checked) {
  %w: float32[64, 16] = const seeded(1)
  %same: float32[64, 16] = const seeded(1)
  %y = MatMul(%x, %w)
  %d = Sub(%same, %w)
  %sum = ReduceSum(%d) {axes=[0, 1]}
  %zero: float32[] = const 0
  %exact = )" +
         comparison + R"((%sum, %zero)
  %checked = Assert(%exact) {message="w"}
})";
}

// As Asserting, but of other weights.
constexpr const char* kOtherAsserting = R"(
graph net(%x: float32[4, 64]) -> (%y, %checked) {
  %w: float32[64, 16] = const seeded(2)
  %y = MatMul(%x, %w)
  %checked: bool[] = const true
})";

// Which of the sums of the same numbers in two orders is larger, if either, is a matter of rounding.
constexpr const char* kTies = R"(
graph net(%x: float32[16, 512]) -> (%y) {
  %ones: float32[512, 1] = const 1
  %a = MatMul(%x, %ones)
  %b = ReduceSum(%x) {axes=[1], keep_dims=true}
  %d = Sub(%a, %b)
  %y = Sign(%d)
})";

class SelfCheckTest : public ::testing::Test {
 protected:
  void SetUp() override {
    SetLogSink([this](LogLevel, std::string_view message) { said_ += message; });
  }
  ~SelfCheckTest() override { SetLogSink(nullptr); }

  // Of the engine of one graph against another.
  void Check(const char* built, const char* imported) {
    SelfCheck(EngineFor(built), 0, *ParseGraph(imported), 1, kTolerance);
  }

  std::string said_;
};

TEST_F(SelfCheckTest, NothingIsSaidOfAnEngineThatIsRight) {
  Check(kNetwork, kNetwork);
  EXPECT_THAT(said_, IsEmpty());
}

TEST_F(SelfCheckTest, OtherNumbersAreRefused) {
  try {
    Check(kNetwork, kOther);
    FAIL() << "not refused";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kAccuracy);
    EXPECT_THAT(error.what(), HasSubstr("output 'y' differs from the reference by"));
    EXPECT_THAT(error.what(), HasSubstr("Please report this model; --no-self-check builds it all the same"));
  }
}

TEST_F(SelfCheckTest, WhatRoundingDecidesIsNotJudged) {
  Check(kTies, kTies);
  EXPECT_THAT(said_, HasSubstr("output 'y' cannot be judged: it differs from the reference by"));
}

TEST_F(SelfCheckTest, AModelThatStopsOnceNumbersMoveIsNotJudged) {
  Check(kOtherAsserting, Asserting("Equal").c_str());
  EXPECT_THAT(said_, HasSubstr("but the reference itself stops when"));
  EXPECT_THAT(said_, HasSubstr("(it asserts exact numbers)"));
}

// Every try stops one of the two, so each runs at some tries unless all three fell to one side.
TEST_F(SelfCheckTest, ATryThatStopsSaysNothingWhereAnotherRuns) {
  for (const char* comparison : {"GreaterOrEqual", "LessOrEqual"}) {
    try {
      Check(kOtherAsserting, Asserting(comparison).c_str());
      ADD_FAILURE() << "not refused: " << said_;
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::kAccuracy) << error.what();
    }
  }
}

}  // namespace
}  // namespace floe
