// What TensorRT's parser refuses, and the command for what it takes.
#include "export/tensorrt.h"

#include <gmock/gmock.h>

#include "export/export_test.h"

namespace floe {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

std::vector<ExportProblem> ProblemsOf(std::string_view text) {
  const ExportResult result = Exported(text);
  EXPECT_THAT(result.problems, IsEmpty());
  return TensorRtProblems(result.model);
}

TEST(TensorRt, TakesAPlainNetwork) {
  EXPECT_THAT(ProblemsOf(R"(
    graph main(%x: float32[1, 6, 6, 3]) -> (%y) {
      %f: float32[4, 3, 3, 3] = const seeded(1)
      %a = Conv(%x, %f)
      %b = Relu(%a)
      %c = MaxPool(%b) {kernel_shape=[2, 2]}
      %d = ReduceMean(%c) {axes=[1, 2]}
      %y = Softmax(%d)
    })"),
              IsEmpty());
}

TEST(TensorRt, RefusesOperatorsItLacks) {
  const auto problems = ProblemsOf(R"(
    graph main(%m: float32[3, 3]) -> (%y) { %y = MatrixDeterminant(%m) from "det" })");
  ASSERT_THAT(problems, SizeIs(1));
  EXPECT_EQ(problems[0].reason, "its ONNX parser has no Det");
  EXPECT_THAT(problems[0].sources, ElementsAre("det"));
}

TEST(TensorRt, RefusesTypesItLacks) {
  const auto problems = ProblemsOf("graph main(%x: uint16[4, 4]) -> (%y) { %y = Transpose(%x) }");
  ASSERT_THAT(problems, SizeIs(1));
  EXPECT_EQ(problems[0].reason, "its Transpose takes no UINT16");
}

TEST(TensorRt, RefusesPlacesOfMaxima) {
  const auto problems = ProblemsOf(R"(
    graph main(%x: float32[1, 4, 4, 2]) -> (%y, %i) {
      %y, %i = MaxPool(%x) {kernel_shape=[2, 2], strides=[2, 2]} })");
  ASSERT_FALSE(problems.empty());
  EXPECT_THAT(problems[0].reason, HasSubstr("no indices"));
}

TEST(TensorRt, CommandFixesOpenDimensionsAndQuotes) {
  const ExportResult result = Exported(R"(
    graph main(%x: float32[batch, 4], %"in:0": float32[batch, 4]) -> (%y) { %y = Add(%x, %"in:0") })");
  const auto words = TrtexecCommand(result.model, {"my model.onnx", "my.engine"});
  EXPECT_THAT(words, ElementsAre("trtexec", "--onnx=my model.onnx", "--saveEngine=my.engine",
                                 "--shapes=x:1x4,'in:0':1x4"));
  EXPECT_EQ(ShellLine(words),
            "trtexec '--onnx=my model.onnx' --saveEngine=my.engine '--shapes=x:1x4,'\\''in:0'\\'':1x4'");
}

TEST(TensorRt, HalfPrecisionIsStronglyTyped) {
  ExportOptions options;
  options.precision = DType::kFloat16;
  const ExportResult result = Exported(R"(
    graph main(%x: float32[2, 8]) -> (%y) {
      %w: float32[8, 4] = const seeded(1)
      %y = MatMul(%x, %w)
    })",
                                       options);
  EXPECT_THAT(TrtexecCommand(result.model, {"a.onnx", "a.engine"}), testing::Contains("--stronglyTyped"));
}

}  // namespace
}  // namespace floe
