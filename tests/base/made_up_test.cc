#include "base/made_up.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace floe {
namespace {

TEST(MadeUp, SameSeedGivesTheSameNumbers) {
  EXPECT_TRUE(
      SameContents(MadeUpTensor(DType::kFloat32, {3, 4}, 1), MadeUpTensor(DType::kFloat32, {3, 4}, 1)));
  EXPECT_FALSE(
      SameContents(MadeUpTensor(DType::kFloat32, {3, 4}, 1), MadeUpTensor(DType::kFloat32, {3, 4}, 2)));
}

TEST(MadeUp, FloatsAreAboutStandardNormal) {
  const Tensor t = MadeUpTensor(DType::kFloat32, {10000}, 7);
  double sum = 0;
  double squares = 0;
  for (int64_t i = 0; i < t.size(); ++i) {
    sum += t.data<float>()[i];
    squares += t.data<float>()[i] * t.data<float>()[i];
  }
  EXPECT_NEAR(sum / 10000, 0, 0.05);
  EXPECT_NEAR(squares / 10000, 1, 0.05);
}

TEST(MadeUp, BoolsAreEither) {
  const Tensor t = MadeUpTensor(DType::kBool, {1000}, 5);
  EXPECT_NEAR(std::count(t.data<bool>(), t.data<bool>() + t.size(), true), 500, 60);
}

TEST(MadeUp, IndicesAreZeros) {
  const Tensor t = MadeUpTensor(DType::kInt32, {5}, 3);
  for (int64_t i = 0; i < 5; ++i) EXPECT_EQ(t.data<int32_t>()[i], 0);
}

}  // namespace
}  // namespace floe
