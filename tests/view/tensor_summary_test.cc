#include "view/tensor_summary.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace floe::view {
namespace {

TEST(TensorSummary, CountsFiniteNumbersOnly) {
  const float inf = std::numeric_limits<float>::infinity();
  const TensorSummary s = Summarise(Tensor::FromVector<float>({-1, 0, 0, 3, NAN, inf}));
  EXPECT_EQ(s.type, "float32[6]");
  EXPECT_EQ(s.elements, 6);
  ASSERT_TRUE(s.numbers);
  EXPECT_EQ(s.numbers->min, -1);
  EXPECT_EQ(s.numbers->max, 3);
  EXPECT_DOUBLE_EQ(s.numbers->mean, 0.5);
  EXPECT_DOUBLE_EQ(s.numbers->deviation, 1.5);
  EXPECT_EQ(s.numbers->zeros, 2);
  EXPECT_EQ(s.numbers->not_finite, 2);
  EXPECT_EQ(s.numbers->histogram.front(), 1);
  EXPECT_EQ(s.numbers->histogram[kHistogramBins / 4], 2);
  EXPECT_EQ(s.numbers->histogram.back(), 1);
}

TEST(TensorSummary, OfExtremesOfTheTypeStaysFinite) {
  const double most = std::numeric_limits<double>::max();
  const TensorSummary s = Summarise(Tensor::FromVector<double>({-most, most}));
  ASSERT_TRUE(s.numbers);
  EXPECT_EQ(s.numbers->histogram.front(), 1);
  EXPECT_EQ(s.numbers->histogram.back(), 1);
}

TEST(TensorSummary, NothingFiniteHasNoNumbers) {
  EXPECT_FALSE(Summarise(Tensor::FromVector<float>({NAN, NAN})).numbers);
  EXPECT_FALSE(Summarise(Tensor(DType::kFloat32, {0, 4})).numbers);
}

TEST(TensorSummary, ContentsTellTensorsApart) {
  const auto contents = [](const Tensor& t) { return Summarise(t).contents; };
  const Tensor a = Tensor::FromVector<float>({1, 2});
  EXPECT_EQ(contents(a), contents(Tensor::FromVector<float>({1, 2})));
  EXPECT_NE(contents(a), contents(Tensor::FromVector<float>({1, 3})));
  EXPECT_NE(contents(a), contents(Tensor::FromValues<float>({1, 2}, {1, 2})));
  EXPECT_NE(contents(Tensor::FromVector<std::string>({"a", "bc"})),
            contents(Tensor::FromVector<std::string>({"ab", "c"})));
}

TEST(TensorSummary, PreviewIsShort) {
  EXPECT_EQ(Summarise(Tensor::FromVector<int32_t>({1, -2})).preview, "1, -2");
  EXPECT_THAT(Summarise(Tensor(DType::kInt64, {1000})).preview, testing::EndsWith("…"));
  EXPECT_EQ(Summarise(Tensor::FromVector<std::string>({"x"})).preview, "\"x\"");
}

TEST(TensorSummary, PackedAwayContentsAreNotRead) {
  const TensorSummary s = Summarise(Tensor::ConstView(DType::kFloat32, {8}, nullptr));
  EXPECT_EQ(s.type, "float32[8]");
  EXPECT_FALSE(s.numbers);
}

}  // namespace
}  // namespace floe::view
