#include "tools/classify_scores.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "base/log.h"
#include "floe/error.h"

namespace floe::tools {
namespace {

std::vector<std::string> Labels(int64_t count, const std::string& first) {
  std::vector<std::string> labels;
  for (int64_t i = 0; i < count; ++i) labels.push_back("label " + std::to_string(i));
  labels[0] = first;
  return labels;
}

class FitLabelsTest : public testing::Test {
 protected:
  FitLabelsTest() {
    SetLogSink([this](LogLevel, std::string_view message) { said_ += message; });
  }
  ~FitLabelsTest() override { SetLogSink(nullptr); }

  std::string said_;
};

TEST_F(FitLabelsTest, AsManyAsClassesAreTakenSilently) {
  EXPECT_EQ(FitLabels(Labels(1001, "background"), 1001, "labels.txt")[1], "label 1");
  EXPECT_EQ(said_, "");
}

TEST_F(FitLabelsTest, NoneStayNone) {
  EXPECT_THAT(FitLabels({}, 1001, "labels.txt"), testing::IsEmpty());
}

TEST_F(FitLabelsTest, ThousandForThousandAndOneAreShiftedAndItIsSaid) {
  const std::vector<std::string> labels = FitLabels(Labels(1000, "tench"), 1001, "labels.txt");
  ASSERT_EQ(labels.size(), 1001u);
  EXPECT_EQ(labels[0], "background");
  EXPECT_EQ(labels[1], "tench");
  EXPECT_THAT(said_, testing::HasSubstr("1000 labels for 1001 classes"));
}

TEST_F(FitLabelsTest, ThousandAndOneForThousandLoseTheFirstAndItIsSaid) {
  const std::vector<std::string> labels = FitLabels(Labels(1001, "background"), 1000, "labels.txt");
  ASSERT_EQ(labels.size(), 1000u);
  EXPECT_EQ(labels[0], "label 1");
  EXPECT_THAT(said_, testing::HasSubstr("'background'"));
}

TEST_F(FitLabelsTest, AnyOtherNumberIsRefused) {
  EXPECT_THROW(FitLabels(Labels(10, "cat"), 1001, "labels.txt"), Error);
  EXPECT_THROW(FitLabels(Labels(11, "cat"), 10, "labels.txt"), Error);
  EXPECT_EQ(said_, "");
}

TEST(KindOfScores, RowsThatSumToOneAreProbabilities) {
  EXPECT_EQ(KindOfScores(std::vector<double>{0.25, 0.75, 1, 0}, 2), ScoreKind::kProbabilities);
}

TEST(KindOfScores, ScoresBetweenZeroAndOneAreIndependent) {
  EXPECT_EQ(KindOfScores(std::vector<double>{0.9, 0.8}, 2), ScoreKind::kIndependent);
}

TEST(KindOfScores, AnythingElseIsLogits) {
  EXPECT_EQ(KindOfScores(std::vector<double>{0.5, 0.5, 3, -2}, 2), ScoreKind::kLogits);
  EXPECT_EQ(KindOfScores(std::vector<double>{0.5, NAN}, 2), ScoreKind::kLogits);
}

TEST(TopClasses, BestFirstWithLabels) {
  const auto top =
      TopClasses(std::vector<double>{0.2, 0.5, 0.3}, ScoreKind::kProbabilities, 2, {"a", "b", "c"});
  ASSERT_EQ(top.size(), 2u);
  EXPECT_EQ(top[0].label, "b");
  EXPECT_EQ(top[0].index, 1);
  EXPECT_DOUBLE_EQ(top[0].probability, 0.5);
  EXPECT_EQ(top[1].label, "c");
}

TEST(TopClasses, LogitsBecomeProbabilitiesWithoutOverflow) {
  const auto top = TopClasses(std::vector<double>{1000, 1000 + std::log(3.0)}, ScoreKind::kLogits, 5, {});
  ASSERT_EQ(top.size(), 2u);
  EXPECT_EQ(top[0].index, 1);
  EXPECT_NEAR(top[0].probability, 0.75, 1e-9);
  EXPECT_EQ(top[0].label, "");
}

}  // namespace
}  // namespace floe::tools
