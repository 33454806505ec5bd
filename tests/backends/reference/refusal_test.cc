// What only the values of a run show: one clear line each.
#include <gtest/gtest.h>

#include "backends/reference/evaluate.h"
#include "backends/reference/regex.h"
#include "graph/text.h"

namespace floe {
namespace {

std::string MessageOf(std::string_view text, std::vector<Tensor> inputs, ErrorCode code = ErrorCode::kUsage) {
  const auto graph = ParseGraph(text);
  try {
    EvaluateGraph(*graph, inputs);
  } catch (const Error& e) {
    EXPECT_EQ(e.code(), code);
    return e.what();
  }
  return "no error";
}

Tensor Ints(std::vector<int32_t> values) {
  return Tensor::FromVector<int32_t>(values);
}

TEST(RunErrors, NameTheNodeAndWhatWasFound) {
  EXPECT_EQ(MessageOf("graph g(%a: int32[2], %b: int32[2]) -> (%y) { %y = FloorDiv(%a, %b) }",
                      {Ints({1, 2}), Ints({1, 0})}),
            "FloorDiv 'y': integer division by zero");
  EXPECT_EQ(
      MessageOf("graph g(%a: int32[1], %b: int32[1]) -> (%y) { %y = Pow(%a, %b) }", {Ints({2}), Ints({-1})}),
      "Pow 'y': an integer to the negative power -1");
  EXPECT_EQ(MessageOf("graph g(%x: int32[3], %i: int32[1]) -> (%y) { %y = Gather(%x, %i) }",
                      {Ints({1, 2, 3}), Ints({3})}),
            "Gather 'y': index 3 is not in [0, 3)");
  EXPECT_EQ(
      MessageOf("graph g(%x: int32[3], %i: int32[1]) -> (%y) { %y = Gather(%x, %i) {allow_negative=true} }",
                {Ints({1, 2, 3}), Ints({-4})}),
      "Gather 'y': index -4 is not in [-3, 3)");
  EXPECT_EQ(MessageOf("graph g(%x: int32[n], %s: int64[1]) -> (%y) { %y = Reshape(%x, %s) }",
                      {Ints({1, 2, 3}), Tensor::FromVector<int64_t>({4})}),
            "Reshape 'y': cannot reshape [3] to [4]");
  EXPECT_EQ(MessageOf("graph g(%x: string[1]) -> (%y) { %y = StringToNumber(%x) }",
                      {Tensor::FromVector<std::string>({"1x"})}),
            "StringToNumber 'y': '1x' is no number");
}

TEST(RunErrors, MatricesTextsAndFilesThatMakeNoSense) {
  const Tensor ones = Tensor::FromValues<float>({2, 2}, {1, 1, 1, 1});
  EXPECT_EQ(MessageOf("graph g(%a: float32[2, 2], %b: float32[2, 2]) -> (%y) { %y = MatrixSolve(%a, %b) }",
                      {ones, ones}),
            "MatrixSolve 'y': matrix 0 is not invertible");
  EXPECT_EQ(MessageOf("graph g(%a: float32[2, 2]) -> (%y) { %y = Cholesky(%a) }", {ones}),
            "Cholesky 'y': matrix 0 is not positive definite");
  EXPECT_EQ(
      MessageOf("graph g(%x: string[1], %p: int32[1], %n: int32[1]) -> (%y) { %y = Substr(%x, %p, %n) }",
                {Tensor::FromVector<std::string>({"abc"}), Ints({4}), Ints({1})}),
      "Substr 'y': position 4 is outside 'abc'");
  EXPECT_EQ(MessageOf("graph g(%x: string[]) -> (%y, %r) { %y, %r = DecodeWav(%x) }",
                      {Tensor::FromValues<std::string>({}, {"no sound"})}),
            "DecodeWav 'y': expected a WAV file, found no 'RIFF'");
  EXPECT_EQ(MessageOf("graph g(%x: string[2]) -> (%y) { %y = DecodeRaw(%x) {to=int16} }",
                      {Tensor::FromVector<std::string>({"ab", "abc"})}),
            "DecodeRaw 'y': strings of 2 and of 3 bytes");
}

TEST(RunErrors, AFailedAssertTellsItsMessageAndData) {
  EXPECT_EQ(
      MessageOf("graph g(%c: bool[1], %x: int32[4]) -> (%y) { %y = Assert(%c, %x) {message=\"too long:\"} }",
                {Tensor::FromVector<bool>({false}), Ints({1, 2, 3, 4})}),
      "Assert 'y': too long: [1 2 3...]");
}

TEST(RunErrors, ATensorLargerThanTheMachineIsRefusedBeforeItIsAllocated) {
  EXPECT_EQ(MessageOf("graph g(%x: float32[1], %s: int64[1]) -> (%y) { %y = Expand(%x, %s) }",
                      {Tensor::FromVector<float>({1}), Tensor::FromVector<int64_t>({int64_t{1} << 50})},
                      ErrorCode::kResource),
            "Expand 'y': an output of float32[1125899906842624] is too large for this machine's memory");
}

std::string MessageOfExample(const std::string& fields, const std::string& example) {
  return MessageOf("graph g(%x: string[2]) -> (%y) { %y = ExampleFeature(%x) {" + fields + "} }",
                   {Tensor::FromVector<std::string>({example, example})});
}

TEST(RunErrors, ExamplesWithoutTheirFeatures) {
  // {a: [1.5, 2.5]}, packed.
  std::string two(
      "\x0A\x13\x0A\x11\x0A\x01"
      "a\x12\x0C\x12\x0A\x0A\x08",
      13);
  two += std::string("\x00\x00\xC0\x3F\x00\x00\x20\x40", 8);
  EXPECT_EQ(MessageOfExample("key=\"a\", count=2", two), "no error");
  EXPECT_EQ(MessageOfExample("key=\"a\", count=3", two),
            "ExampleFeature 'y': feature 'a' of example 0: expected 3 values, got 2");
  EXPECT_EQ(MessageOfExample("key=\"b\", count=2", two),
            "ExampleFeature 'y': feature 'b' is missing in example 0");
  EXPECT_EQ(MessageOfExample("key=\"a\", to=int64, count=2", two),
            "ExampleFeature 'y': feature 'a' of example 0: expected int64, got float32");
  for (size_t size = 1; size < two.size(); ++size) {
    EXPECT_EQ(MessageOfExample("key=\"a\", count=2", two.substr(0, size)),
              "ExampleFeature 'y': example 0 is no serialized tf.Example");
  }
}

TEST(RunErrors, APatternThatIsNoRegularExpressionIsRefused) {
  EXPECT_EQ(
      MessageOf(
          "graph g(%x: string[1]) -> (%y) { %y = StringRegexReplace(%x) {pattern=\"(a\", rewrite=\"\"} }",
          {Tensor::FromVector<std::string>({"a"})}, ErrorCode::kModel),
      "StringRegexReplace 'y': pattern '(a': an unmatched '('");
}

TEST(Regex, AClassWithAnEscapedByteBeyondAsciiIsRefused) {
  std::string problem;
  EXPECT_FALSE(reference::Regex::Compile("[\\\xfe]", &problem).has_value());
  EXPECT_EQ(problem, "a class with characters beyond ASCII");
}

TEST(Regex, TakesTimeProportionalToTheText) {
  // A backtracking matcher would not come back.
  const auto graph = ParseGraph(
      "graph g(%x: string[1]) -> (%y) { %y = StringRegexFullMatch(%x) {pattern=\"(a*)*(a|aa)+$b\"} }");
  const Tensor inputs[] = {Tensor::FromVector<std::string>({std::string(20000, 'a')})};
  EXPECT_FALSE(*EvaluateGraph(*graph, inputs)[0].data<bool>());
}

}  // namespace
}  // namespace floe
