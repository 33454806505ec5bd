#include "verify/compare.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "floe/float16.h"

namespace floe {
namespace {

constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
constexpr float kInf = std::numeric_limits<float>::infinity();

Tensor Floats(std::vector<int64_t> dims, const std::vector<float>& values) {
  return Tensor::FromValues<float>(std::move(dims), values);
}

TensorDifference Compare(const std::vector<float>& a, const std::vector<float>& b) {
  return CompareTensors("t", Tensor::FromVector(a), Tensor::FromVector(b));
}

TEST(Compare, EqualTensorsDoNotDiffer) {
  const TensorDifference d = Compare({1, -2, 3}, {1, -2, 3});
  EXPECT_EQ(d.name, "t");
  EXPECT_EQ(d.elements, 3);
  EXPECT_EQ(d.different, 0);
  EXPECT_EQ(d.max_abs, 0);
  EXPECT_EQ(d.relative, 0);
  EXPECT_DOUBLE_EQ(d.cosine, 1);
  EXPECT_TRUE(Within(d, 0));
}

TEST(Compare, LargestAndMeanDifferenceAndTheirPlace) {
  const TensorDifference d = Compare({1, 2, 3.5, 4}, {1, 2.25, 3, 5});
  EXPECT_EQ(d.different, 3);
  EXPECT_DOUBLE_EQ(d.max_abs, 1);
  EXPECT_EQ(d.worst, 3);
  EXPECT_DOUBLE_EQ(d.mean_abs, 1.75 / 4);
}

TEST(Compare, RangeIsTheReferences) {
  const TensorDifference d = Compare({0, 100}, {0, 50});
  EXPECT_DOUBLE_EQ(d.range, 50);
  EXPECT_DOUBLE_EQ(d.relative, 1);
  EXPECT_TRUE(Within(d, 1));
  EXPECT_FALSE(Within(d, 0.99));
}

TEST(Compare, ConstantReferenceHasAHundredthOfItsSizeAsRange) {
  EXPECT_DOUBLE_EQ(Compare({10.5f}, {10}).range, 0.1);
}

TEST(Compare, AnythingAgainstZerosIsBeyondEveryTolerance) {
  const TensorDifference d = Compare({0, 1e-9f}, {0, 0});
  EXPECT_EQ(d.relative, kInf);
  EXPECT_FALSE(Within(d, 1e9));
}

TEST(Compare, NanEqualsNanAndInfinityEqualsItself) {
  EXPECT_TRUE(Within(Compare({kNan, kInf, 1}, {kNan, kInf, 1}), 0));
}

TEST(Compare, NanAgainstANumberIsBeyondEveryTolerance) {
  EXPECT_FALSE(Within(Compare({kNan, 1}, {0, 1}), 1e9));
  EXPECT_FALSE(Within(Compare({0, 1}, {kNan, 1}), 1e9));
  EXPECT_FALSE(Within(Compare({kInf, 1}, {-kInf, 1}), 1e9));
}

TEST(Compare, CosineIsThatOfTheAngle) {
  EXPECT_NEAR(Compare({1, 0}, {0, 1}).cosine, 0, 1e-12);
  EXPECT_NEAR(Compare({1, 1}, {1, 0}).cosine, std::sqrt(0.5), 1e-12);
  EXPECT_NEAR(Compare({-2, -4}, {1, 2}).cosine, -1, 1e-12);
  EXPECT_NEAR(Compare({1e30f, 2e30f}, {1e30f, 2e30f}).cosine, 1, 1e-12);
}

TEST(Compare, ShapesAndTypesThatDifferAreNotCompared) {
  const TensorDifference shapes = CompareTensors("t", Floats({2, 1}, {1, 2}), Floats({1, 2}, {1, 2}));
  EXPECT_EQ(shapes.incomparable, "shape [2, 1] against [1, 2]");
  EXPECT_FALSE(Within(shapes, 1e9));
  const TensorDifference types = CompareTensors("t", Tensor(DType::kInt32, {1}), Tensor(DType::kInt64, {1}));
  EXPECT_EQ(types.incomparable, "type int32 against int64");
}

TEST(Compare, TopIsCountedByRow) {
  const Tensor reference = Floats({2, 3}, {0.1f, 0.7f, 0.2f, 0.5f, 0.3f, 0.2f});
  const Tensor value = Floats({2, 3}, {0.1f, 0.6f, 0.3f, 0.3f, 0.5f, 0.2f});
  const TensorDifference d = CompareTensors("t", value, reference);
  EXPECT_DOUBLE_EQ(d.top1.value(), 0.5);
  EXPECT_FALSE(d.top5.has_value());
}

TEST(Compare, TopFiveIsTheShareOfTheReferencesFive) {
  const TensorDifference d = Compare({6, 5, 4, 3, 1, 2}, {6, 5, 4, 3, 2, 1});
  EXPECT_DOUBLE_EQ(d.top5.value(), 0.8);
  EXPECT_DOUBLE_EQ(d.top1.value(), 1);
}

TEST(Compare, TieInTheReferenceCountsAsTheSame) {
  EXPECT_DOUBLE_EQ(Compare({2, 3, 1}, {3, 3, 1}).top1.value(), 1);
  EXPECT_DOUBLE_EQ(Compare({3, 2, 1}, {3, 3, 1}).top1.value(), 1);
}

TEST(Compare, ScalarsAndEmptyTensorsHaveNoTop) {
  EXPECT_FALSE(CompareTensors("t", Tensor::Scalar<float>(1), Tensor::Scalar<float>(1)).top1.has_value());
  const TensorDifference empty =
      CompareTensors("t", Tensor(DType::kFloat32, {0, 3}), Tensor(DType::kFloat32, {0, 3}));
  EXPECT_TRUE(Within(empty, 0));
  EXPECT_FALSE(empty.top1.has_value());
}

TEST(Compare, WideIntegersAreComparedExactly) {
  const int64_t big = int64_t{1} << 60;
  const TensorDifference d =
      CompareTensors("t", Tensor::FromVector<int64_t>({big + 1, -1}), Tensor::FromVector<int64_t>({big, -1}));
  EXPECT_EQ(d.different, 1);
  EXPECT_EQ(d.max_abs, 1);
  EXPECT_FALSE(Within(d, 0));
  const int64_t least = std::numeric_limits<int64_t>::min();
  const TensorDifference ends =
      CompareTensors("t", Tensor::FromVector<int64_t>({least}), Tensor::FromVector<int64_t>({-(least + 1)}));
  EXPECT_DOUBLE_EQ(ends.max_abs, 0x1p64);
}

TEST(Compare, StringsAreEqualOrNot) {
  Tensor a(DType::kString, {2});
  Tensor b(DType::kString, {2});
  a.data<std::string>()[1] = b.data<std::string>()[1] = "same";
  EXPECT_TRUE(Within(CompareTensors("t", a, b), 0));
  b.data<std::string>()[1] = "other";
  const TensorDifference d = CompareTensors("t", a, b);
  EXPECT_EQ(d.different, 1);
  EXPECT_EQ(d.worst, 1);
  EXPECT_FALSE(Within(d, 1e9));
}

TEST(Compare, ComplexNumbersDifferByTheDistanceInThePlane) {
  Tensor a(DType::kComplex64, {1});
  Tensor b(DType::kComplex64, {1});
  static_cast<float*>(a.raw())[0] = 3;
  static_cast<float*>(a.raw())[1] = 4;
  EXPECT_DOUBLE_EQ(CompareTensors("t", a, b).max_abs, 5);
}

TEST(Compare, EveryNumericTypeIsRead) {
  EXPECT_EQ(AsDoubles(Tensor::FromVector<int8_t>({-3})), std::vector<double>{-3});
  EXPECT_EQ(AsDoubles(Tensor::FromVector<uint16_t>({65535})), std::vector<double>{65535});
  EXPECT_EQ(AsDoubles(Tensor::FromVector<double>({0.1})), std::vector<double>{0.1});
  EXPECT_EQ(AsDoubles(Tensor::FromVector<Float16>({Float16(1.5f)})), std::vector<double>{1.5});
  EXPECT_EQ(AsDoubles(Tensor::FromVector<BFloat16>({BFloat16(-2.0f)})), std::vector<double>{-2});
}

TEST(LargestIndices, AreInOrderTheLowerIndexFirstAmongEquals) {
  const std::vector<double> v = {1, 3, 3, 2};
  EXPECT_THAT(LargestIndices(v.data(), 4, 3), testing::ElementsAre(1, 2, 3));
  EXPECT_THAT(LargestIndices(v.data(), 4, 9), testing::ElementsAre(1, 2, 3, 0));
}

TEST(LargestIndices, NanIsLast) {
  const std::vector<double> v = {NAN, -5, 2};
  EXPECT_THAT(LargestIndices(v.data(), 3, 2), testing::ElementsAre(2, 1));
}

}  // namespace
}  // namespace floe
