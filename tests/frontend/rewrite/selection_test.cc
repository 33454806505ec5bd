#include "frontend/selection.h"

#include <gtest/gtest.h>

#include "frontend/rewrite/graph_text.h"

namespace floe {
namespace {

using Dims = std::vector<int64_t>;

TEST(ParseInputChoice, TakesEveryFormOfAShape) {
  for (const char* text :
       {"x:0=1x28x28x3", "x:0=1,28,28,3", "x:0=[1, 28, 28, 3]", "x:0[1,28,28,3]", "x:0:1x28x28x3"}) {
    const InputChoice choice = ParseInputChoice(text);
    EXPECT_EQ(choice.name, "x:0") << text;
    EXPECT_EQ(choice.dims, (Dims{1, 28, 28, 3})) << text;
  }
}

TEST(ParseInputChoice, ANameAloneHasNoShape) {
  EXPECT_EQ(ParseInputChoice("block/x:1").name, "block/x:1");
  EXPECT_FALSE(ParseInputChoice("block/x:1").dims.has_value());
}

TEST(ParseInputChoice, UnknownDimensionsAndScalars) {
  EXPECT_EQ(ParseInputChoice("x=-1x?x3").dims, (Dims{-1, -1, 3}));
  EXPECT_EQ(ParseInputChoice("x=[]").dims, Dims());
  EXPECT_EQ(ParseInputChoice("x=scalar").dims, Dims());
  EXPECT_EQ(ParseInputChoice("x=5").dims, Dims{5});
  EXPECT_EQ(ParseInputChoice("x=5,").dims, Dims{5});
}

TEST(ParseInputChoice, RefusesWhatIsNoShape) {
  EXPECT_EQ(MessageOf([] { ParseInputChoice("x=1xtwo"); }),
            "input 'x=1xtwo': expected a shape like 1x224x224x3 or 1,224,224,3, found '1xtwo'");
  EXPECT_EQ(MessageOf([] { ParseInputChoice("=3"); }),
            "input '=3': expected NAME or NAME=SHAPE, found no name");
}

TEST(ParseInputList, SplitsOutsideBracketsOnly) {
  const std::vector<InputChoice> choices = ParseInputList("X:0[1,28,28,3],Y:0");
  ASSERT_EQ(choices.size(), 2u);
  EXPECT_EQ(choices[0].dims, (Dims{1, 28, 28, 3}));
  EXPECT_EQ(choices[1].name, "Y:0");
}

TEST(ParseSetChoice, NeedsNameAndValue) {
  const SetChoice choice = ParseSetChoice("keep_prob=1.0");
  EXPECT_EQ(choice.name, "keep_prob");
  EXPECT_EQ(std::get<std::string>(choice.value), "1.0");
  EXPECT_EQ(MessageOf([] { ParseSetChoice("keep_prob"); }), "set 'keep_prob': expected NAME=VALUE");
}

TEST(ParseTensorText, ScalarsListsAndNestedLists) {
  EXPECT_TRUE(SameContents(ParseTensorText("true", DType::kBool, "t"), Tensor::Scalar<bool>(true)));
  EXPECT_TRUE(SameContents(ParseTensorText(" 0.5 ", DType::kFloat32, "t"), Tensor::Scalar<float>(0.5f)));
  EXPECT_TRUE(
      SameContents(ParseTensorText("1,2,3", DType::kInt32, "t"), Tensor::FromVector<int32_t>({1, 2, 3})));
  EXPECT_TRUE(SameContents(ParseTensorText("[[1, 2], [3, 4]]", DType::kInt64, "t"),
                           Tensor::FromValues<int64_t>({2, 2}, {1, 2, 3, 4})));
  EXPECT_TRUE(SameContents(ParseTensorText("[]", DType::kFloat32, "t"), Tensor(DType::kFloat32, {0})));
}

TEST(ParseTensorText, AStringIsWholeUnlessBracketed) {
  EXPECT_TRUE(
      SameContents(ParseTensorText("a, b", DType::kString, "t"), Tensor::Scalar<std::string>("a, b")));
  EXPECT_TRUE(SameContents(ParseTensorText(R"(["a", 'b"'])", DType::kString, "t"),
                           Tensor::FromVector<std::string>({"a", "b\""})));
}

TEST(ParseTensorText, RefusesWhatDoesNotFitTheType) {
  for (const char* text : {"300", "-1", "1.5", "true", "[[1], [2, 3]]", "[1", "[1] 2", "[[1], 2]", ""}) {
    EXPECT_EQ(MessageOf([&] { ParseTensorText(text, DType::kUInt8, "set 'x'"); }),
              std::string("set 'x': expected uint8 values like 1, 1,2,3 or [[1, 2], [3, 4]], found '") +
                  text + "'");
  }
}

}  // namespace
}  // namespace floe
