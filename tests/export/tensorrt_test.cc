// What TensorRT's parser refuses, and the command for what it takes.
#include "export/tensorrt/tensorrt.h"

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
  ASSERT_THAT(problems, SizeIs(3));
  EXPECT_EQ(problems[0].reason, "its networks have no input of UINT16");
  EXPECT_EQ(problems[1].reason, "its Transpose takes no UINT16");
  EXPECT_EQ(problems[2].reason, "its networks have no output of UINT16");
}

TEST(TensorRt, BytesComeInAndGoOutAndAreCast) {
  EXPECT_THAT(ProblemsOf("graph main(%x: uint8[4]) -> (%y) { %y = Cast(%x) {to=float32} }"), IsEmpty());
  const auto problems = ProblemsOf(R"(
    graph main(%x: uint8[4, 4]) -> (%y) { %y = Transpose(%x) })");
  ASSERT_THAT(problems, SizeIs(1));
  EXPECT_EQ(problems[0].reason, "its Transpose takes no UINT8");
}

TEST(TensorRt, SortsFewerThanItsLimit) {
  const auto top = [](const std::string& k) {
    return ProblemsOf("graph main(%x: float32[4000]) -> (%y, %i) { %k: int64[] = const [" + k +
                      "] %y, %i = TopK(%x, %k) }");
  };
  EXPECT_THAT(top("3839"), IsEmpty());
  const auto problems = top("3840");
  ASSERT_THAT(problems, SizeIs(1));
  EXPECT_EQ(problems[0].reason, "its TopK takes fewer than 3840, found 3840");
}

TEST(TensorRt, FindsNoPlacesOfBools) {
  const auto problems = ProblemsOf(R"(
    graph main(%x: bool[4]) -> (%y) { %y = NonZero(%x) })");
  ASSERT_FALSE(problems.empty());
  EXPECT_EQ(problems[0].reason, "its NonZero takes no BOOL");
}

// A model in ONNX's own words, for what the exporter never writes.
std::vector<ExportProblem> ProblemsOfNode(std::string_view op,
                                          const std::vector<onnx::AttributeProto>& attributes,
                                          int opset = 17) {
  OnnxModel model;
  onnx::OperatorSetIdProto* import = model.proto.add_opset_import();
  import->set_version(opset);
  onnx::NodeProto* node = model.proto.mutable_graph()->add_node();
  node->set_op_type(std::string(op));
  node->add_input("x");
  node->add_output("y");
  for (const onnx::AttributeProto& a : attributes) *node->add_attribute() = a;
  return TensorRtProblems(model);
}

onnx::AttributeProto Text(const std::string& name, const std::string& value) {
  onnx::AttributeProto a;
  a.set_name(name);
  a.set_type(onnx::AttributeProto::STRING);
  a.set_s(value);
  return a;
}

TEST(TensorRt, ResizesAsItsTableSays) {
  EXPECT_THAT(ProblemsOfNode("Resize", {Text("mode", "linear")}), IsEmpty());
  for (const auto& attribute :
       {Text("mode", "cubic"), Text("coordinate_transformation_mode", "tf_crop_and_resize"),
        Text("keep_aspect_ratio_policy", "not_larger")}) {
    EXPECT_THAT(ProblemsOfNode("Resize", {attribute}), SizeIs(1)) << attribute.s();
  }
}

TEST(TensorRt, ReadsSomeOpsets) {
  EXPECT_THAT(ProblemsOfNode("Relu", {}, 24), IsEmpty());
  EXPECT_THAT(ProblemsOfNode("Relu", {}, 25), SizeIs(1));
  EXPECT_THAT(ProblemsOfNode("Relu", {}, 8), SizeIs(1));
}

TEST(TensorRt, RefusesLoopsWhoseValuesGrow) {
  const auto problems = ProblemsOf(R"(
    graph main(%x: float32[1]) -> (%y) {
      %n: int64[] = const [4]
      %y = Loop(%n, _, %x) {carried=1}
      graph body(%i: int64[], %go: bool[], %v: float32[?]) -> (%go, %w) { %w = Concat(%v, %v) {axis=0} }
    })");
  ASSERT_FALSE(problems.empty());
  EXPECT_EQ(problems[0].reason, "the values that its Loop carries keep their shapes");
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
