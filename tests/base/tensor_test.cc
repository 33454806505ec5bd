#include "floe/tensor.h"

#include <gtest/gtest.h>

#include "floe/error.h"

namespace floe {
namespace {

TEST(Tensor, IsZeroedAndAligned) {
  const Tensor t(DType::kFloat32, {3, 5});
  EXPECT_EQ(t.size(), 15);
  EXPECT_EQ(t.size_bytes(), 60u);
  EXPECT_EQ(reinterpret_cast<uintptr_t>(t.raw()) % 64, 0u);
  for (int64_t i = 0; i < t.size(); ++i) EXPECT_EQ(t.data<float>()[i], 0);
}

TEST(Tensor, ScalarsAndEmptyTensorsHaveOneAndNoElement) {
  EXPECT_EQ(Tensor(DType::kInt32, {}).size(), 1);
  EXPECT_EQ(Tensor(DType::kInt32, {2, 0, 3}).size(), 0);
  EXPECT_NE(Tensor(DType::kInt32, {0}).raw(), nullptr);
}

TEST(Tensor, CopiesShareAndClonesDoNot) {
  Tensor a = Tensor::FromVector<int32_t>({1, 2, 3});
  const Tensor shared = a;
  const Tensor clone = a.Clone();
  a.data<int32_t>()[0] = 9;
  EXPECT_EQ(shared.data<int32_t>()[0], 9);
  EXPECT_EQ(clone.data<int32_t>()[0], 1);
}

TEST(Tensor, TheWrongTypeIsCaught) {
  const Tensor t(DType::kFloat32, {1});
  EXPECT_THROW(t.data<double>(), InternalError);
}

TEST(Tensor, HoldsStrings) {
  const Tensor t = Tensor::FromValues<std::string>({2}, {"a", std::string(100, 'b')});
  EXPECT_TRUE(SameContents(t, t.Clone()));
  EXPECT_EQ(t.Clone().data<std::string>()[1].size(), 100u);
}

TEST(ElementCount, RefusesNegativeAndOverflowingShapes) {
  const int64_t huge[] = {int64_t{1} << 40, int64_t{1} << 40};
  EXPECT_THROW(ElementCount(huge), Error);
  const int64_t negative[] = {2, -1};
  EXPECT_THROW(ElementCount(negative), Error);
  const int64_t empty[] = {int64_t{1} << 40, 0};
  EXPECT_EQ(ElementCount(empty), 0);
}

TEST(DType, NamesGoBothWays) {
  for (int i = 1; i <= static_cast<int>(DType::kString); ++i) {
    const DType d = static_cast<DType>(i);
    EXPECT_EQ(DTypeFromName(DTypeName(d)), d);
    EXPECT_GT(DTypeSize(d), 0u);
  }
  EXPECT_FALSE(DTypeFromName("invalid"));
  EXPECT_FALSE(DTypeFromName("float31"));
}

}  // namespace
}  // namespace floe
