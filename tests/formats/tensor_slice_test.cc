#include "formats/tensorflow/tensor_slice.h"

#include "files.h"

namespace floe {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

TEST(SliceSpec, ReadsWhatRestoreOperationsCarry) {
  const SliceSpec spec = ParseSliceSpec("10 20 30 0,4:-:5,25", "Restore 'r'");
  EXPECT_EQ(spec.full_dims, (std::vector<int64_t>{10, 20, 30}));
  EXPECT_THAT(spec.slice, ElementsAre(SliceExtent{0, 4}, SliceExtent{}, SliceExtent{5, 25}));
  EXPECT_TRUE(ParseSliceSpec("", "r").slice.empty());
  for (const char* bad : {"10 20 0,4", "10 x -", "10 -1,4", "10 0", "10 0,0", "-"}) {
    EXPECT_THAT(ErrorOf([&] { ParseSliceSpec(bad, "Restore 'r'"); }),
                HasSubstr("Restore 'r': cannot read the slice"))
        << bad;
  }
}

TEST(TensorSlice, ResolvesAndRefusesWhatDoesNotFit) {
  EXPECT_THAT(ResolveSlice({}, {2, 3}, "x"), ElementsAre(SliceExtent{0, 2}, SliceExtent{0, 3}));
  EXPECT_THAT(ResolveSlice({{1, 1}, {}}, {2, 3}, "x"), ElementsAre(SliceExtent{1, 1}, SliceExtent{0, 3}));
  for (const TensorSlice& bad :
       {TensorSlice{{0, 3}, {}}, TensorSlice{{3, 0}, {}}, TensorSlice{{}}, TensorSlice{{-1, 1}, {}},
        TensorSlice{{INT64_MAX, INT64_MAX}, {}}, TensorSlice{{0, -2}, {}}}) {
    EXPECT_EQ(ErrorOf([&] { ResolveSlice(bad, {2, 3}, "x"); }), "x: a slice does not fit the shape [2, 3]");
  }
}

TEST(TensorSlice, CopiesTheOverlap) {
  const Tensor source = Tensor::FromValues<int32_t>({2, 2}, {1, 2, 3, 4});
  Tensor target(DType::kInt32, {3, 2});
  // The source covers rows 1-2 and columns 1-2 of a tensor; the target rows 0-2 and columns 2-3.
  EXPECT_EQ(CopyOverlap(source, {{1, 2}, {1, 2}}, {{0, 3}, {2, 2}}, &target), 2);
  EXPECT_THAT(std::span(target.data<int32_t>(), 6), ElementsAre(0, 0, 2, 0, 4, 0));
  EXPECT_EQ(CopyOverlap(source, {{1, 2}, {1, 2}}, {{0, 1}, {2, 2}}, &target), 0);
  Tensor scalar = Tensor::Scalar<int32_t>(0);
  EXPECT_EQ(CopyOverlap(Tensor::Scalar<int32_t>(7), {}, {}, &scalar), 1);
  EXPECT_EQ(scalar.data<int32_t>()[0], 7);
}

}  // namespace
}  // namespace floe
