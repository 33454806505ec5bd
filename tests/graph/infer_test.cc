#include "graph/infer.h"

#include <gtest/gtest.h>

#include "floe/error.h"
#include "support/graph_matchers.h"

namespace floe {
namespace {

// The type that the last line of the body, which defines %y, gets.
std::string Inferred(const std::string& inputs, const std::string& body) {
  const auto graph = ParseGraph("graph g(" + inputs + ") -> (%y) {\n" + body + "\n}");
  return TypeOf(*graph, "y");
}

std::string Refused(const std::string& inputs, const std::string& body) {
  try {
    return Inferred(inputs, body);
  } catch (const Error& e) {
    return e.what();
  }
}

TEST(Infer, ConvolutionsFollowTensorFlowsPadding) {
  const std::string w = "%w: float32[4, 3, 3, 3] = const 1 ";
  EXPECT_EQ(
      Inferred("%x: float32[1, 9, 9, 3]", w + "%y = Conv(%x, %w) {strides=[2, 2], auto_pad=SAME_UPPER}"),
      "float32[1, 5, 5, 4]");
  EXPECT_EQ(Inferred("%x: float32[1, 9, 9, 3]", w + "%y = Conv(%x, %w) {strides=[2, 2]}"),
            "float32[1, 4, 4, 4]");
  EXPECT_EQ(Inferred("%x: float32[n, h, w, 3]", w + "%y = Conv(%x, %w) {auto_pad=SAME_UPPER}"),
            "float32[n, h, w, 4]");
  EXPECT_EQ(Inferred("%x: float32[...]", w + "%y = Conv(%x, %w)"), "float32[?, ?, ?, 4]");
}

TEST(Infer, ContradictionsAreNamed) {
  const std::string w = "%w: float32[4, 3, 3, 3] = const 1 ";
  EXPECT_THAT(Refused("%x: float32[8, 16]", w + "%y = Conv(%x, %w)"),
              testing::HasSubstr("Conv 'y': expected 4-D input, got [8, 16]"));
  EXPECT_THAT(Refused("%x: float32[1, 8, 8, 5]", w + "%y = Conv(%x, %w)"),
              testing::HasSubstr("has 5 channels, filter [4, 3, 3, 3] in 1 groups expects 3"));
  EXPECT_THAT(Refused("%x: float32[2], %z: float32[3]", "%y = Add(%x, %z)"),
              testing::HasSubstr("shapes [2] and [3] do not broadcast"));
  EXPECT_THAT(Refused("%x: float32[2], %z: int32[2]", "%y = Add(%x, %z)"),
              testing::HasSubstr("should have one type, got float32 and int32"));
  EXPECT_THAT(Refused("%x: float32[4611686018427387904, 4]", "%y = Relu(%x)"),
              testing::HasSubstr("too many elements"));
}

TEST(Infer, ShapesAreFollowedThroughArithmeticOnThem) {
  EXPECT_EQ(Inferred("%x: float32[batch, 7, 7, 64]", R"(
    %s = ShapeOf(%x) {to=int32}
    %zero: int64[1] = const [0]
    %one: int64[1] = const [1]
    %b = Slice(%s, %zero, %one)
    %rest: int32[1] = const [-1]
    %t = Concat(%b, %rest)
    %y = Reshape(%x, %t))"),
            "float32[batch, 3136]");
  EXPECT_EQ(Inferred("%x: float32[batch, h, 5, 8]", R"(
    %s = ShapeOf(%x)
    %i: int64[] = const 2
    %w = Gather(%s, %i)
    %two: int64[] = const 2
    %d = Mul(%w, %two)
    %axis = Unsqueeze(%d) {axes=[0]}
    %c: int64[1] = const [3]
    %sizes = Concat(%axis, %c)
    %y = Resize(%x, %sizes))"),
            "float32[batch, 10, 3, 8]");
}

TEST(Infer, ReshapeCancelsSymbolsAndFillsTheGap) {
  EXPECT_EQ(Inferred("%x: float32[n, 4, 6]", "%s: int64[2] = const [-1, 8] %y = Reshape(%x, %s)"),
            "float32[?, 8]");
  EXPECT_EQ(Inferred("%x: float32[n, 4, 6]", "%s: int64[2] = const [-1, 24] %y = Reshape(%x, %s)"),
            "float32[n, 24]");
  EXPECT_EQ(Inferred("%x: float32[2, 0, 6]", "%s: int64[2] = const [3, -1] %y = Reshape(%x, %s)"),
            "float32[3, 0]");
  EXPECT_THAT(Refused("%x: float32[5]", "%s: int64[2] = const [2, -1] %y = Reshape(%x, %s)"),
              testing::HasSubstr("5 elements of [5] do not divide by 2"));
}

TEST(Infer, SlicesClampAsOnnxSays) {
  const auto sliced = [](const std::string& from, const std::string& to, const std::string& step) {
    return Inferred("%x: float32[10]", "%a: int64[1] = const [" + from + "] %b: int64[1] = const [" + to +
                                           "] %c: int64[1] = const [0] %d: int64[1] = const [" + step +
                                           "] %y = Slice(%x, %a, %b, %c, %d)");
  };
  EXPECT_EQ(sliced("2", "9223372036854775807", "1"), "float32[8]");
  EXPECT_EQ(sliced("-3", "-1", "1"), "float32[2]");
  EXPECT_EQ(sliced("9", "-9223372036854775807", "-3"), "float32[4]");
  EXPECT_EQ(sliced("5", "2", "1"), "float32[0]");
  EXPECT_EQ(sliced("0", "10", "9223372036854775807"), "float32[1]");
}

TEST(Infer, ALoopForgetsWhatChangesFromTurnToTurn) {
  EXPECT_EQ(Inferred("%x: float32[1, 3]", R"(
    %n: int64[] = const 4
    %y = Loop(%n, _, %x) {carried=1}
      graph body(%i: int64[], %c: bool[], %p: float32[...]) -> (%c, %q) { %q = Concat(%p, %p) })"),
            "float32[?, 3]");
}

TEST(Infer, AnIfGivesWhatBothBranchesAgreeOn) {
  EXPECT_EQ(Inferred("%c: bool[], %x: float32[4, 6]", R"(
    %y = If(%c, %x)
      graph then(%p: float32[...]) -> (%q) { %q = Transpose(%p) }
      graph else(%p: float32[...]) -> (%q) { %s: int64[2] = const [6, -1] %q = Reshape(%p, %s) })"),
            "float32[6, 4]");
  EXPECT_EQ(Inferred("%c: bool[], %x: float32[4, 6]", R"(
    %y = If(%c, %x)
      graph then(%p: float32[...]) -> (%q) { %q = Transpose(%p) }
      graph else(%p: float32[...]) -> (%p) {})"),
            "float32[?, ?]");
}

TEST(Infer, EinsumReadsItsEquation) {
  EXPECT_EQ(Inferred("%a: float32[b, 2, 3], %c: float32[3, 5]",
                     "%y = Einsum(%a, %c) {equation=\"...ij,jk->...ik\"}"),
            "float32[b, 2, 5]");
  EXPECT_THAT(Refused("%a: float32[2, 3], %c: float32[4, 5]", "%y = Einsum(%a, %c) {equation=\"ij,jk->ik\"}"),
              testing::HasSubstr("label 'j' stands for 3 and 4"));
}

TEST(Infer, TypesFollowTheOp) {
  EXPECT_EQ(Inferred("%x: complex64[2]", "%y = Abs(%x)"), "float32[2]");
  EXPECT_EQ(Inferred("%x: int32[2, 1], %z: int32[3]", "%y = Less(%x, %z)"), "bool[2, 3]");
  EXPECT_EQ(Inferred("%x: int32[2]", "%y = Cast(%x) {to=float16}"), "float16[2]");
  EXPECT_EQ(Inferred("%x: float32[2, 9]", "%y = ArgMax(%x) {axis=1, to=int32}"), "int32[2]");
}

TEST(ConvolveDim, GivesThePadsOfSame) {
  const WindowDim dim = ConvolveDim(224, 3, 2, 1, AutoPad::kSameUpper, 0, 0, false);
  EXPECT_EQ(dim.output, Dim(112));
  EXPECT_EQ(dim.pad_begin, 0);
  EXPECT_EQ(dim.pad_end, 1);
  EXPECT_EQ(ConvolveDim(5, 2, 2, 1, AutoPad::kExplicit, 0, 0, true).output, Dim(3));
  EXPECT_EQ(ConvolveDim(2, 3, 2, 1, AutoPad::kExplicit, 0, 0, false).output, Dim(0));
  EXPECT_THROW(ConvolveDim(1, 5, 2, 1, AutoPad::kExplicit, 0, 0, false), Error);
}

}  // namespace
}  // namespace floe
