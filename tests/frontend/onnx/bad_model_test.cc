// Models that are not well formed: what the message says.
#include "frontend/onnx/onnx_text.h"

namespace floe {
namespace {

using ::testing::HasSubstr;

std::string ImportError(const OnnxFile& model) {
  try {
    ImportSelected(model);
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kModel) << error.what();
    return error.what();
  }
  return "";
}

const char* kRelu = "g (float[2] x) => (float[2] y) { y = Relu(x) }";

TEST(BadOnnx, AnOpsetFromTheFuture) {
  EXPECT_THAT(Refusal(kRelu, 99), HasSubstr("opset 99 is newer than 22"));
}

TEST(BadOnnx, AnIrVersionFromTheFuture) {
  OnnxFile model = OnnxText(kRelu);
  model.proto.set_ir_version(1000);
  EXPECT_THAT(ImportError(model), HasSubstr("ir_version 1000 is newer than"));
}

TEST(BadOnnx, AnOperationOfAnOldOpset) {
  EXPECT_THAT(
      Refusal("g (float[2] x) => (float[2] y) { y = Add(x, x) }", 6),
      HasSubstr("node 'y' (Add): version 6 of the operator set is not supported for it, expected 7 to 22; "
                "convert the model with onnx.version_converter"));
}

TEST(BadOnnx, AnUnknownOperation) {
  EXPECT_THAT(Refusal("g (float[2] x) => (float[2] y) { y = Frobnicate(x) }"),
              HasSubstr("node 'y' (Frobnicate): the operation is not supported"));
}

TEST(BadOnnx, AnOperationOfAnUnknownDomain) {
  EXPECT_THAT(Refusal("g (float[2] x) => (float[2] y) { y = somewhere.Relu(x) }"),
              HasSubstr("the model names no version of the operator set 'somewhere'"));
}

TEST(BadOnnx, ACycle) {
  EXPECT_THAT(Refusal("g (float[2] x) => (float[2] y) { y = Add(x, z) z = Relu(y) }"),
              HasSubstr("is part of a cycle"));
}

TEST(BadOnnx, ATensorDefinedTwice) {
  EXPECT_THAT(Refusal("g (float[2] x) => (float[2] y) { y = Relu(x) y = Neg(x) }"),
              HasSubstr("tensor 'y' is defined by node"));
}

TEST(BadOnnx, AnInputDefinedAgain) {
  EXPECT_THAT(Refusal("g (float[2] x, float[2] z) => (float[2] y) { x = Abs(z) y = Relu(x) }"),
              HasSubstr("tensor 'x' is an input and again defined by node"));
}

TEST(BadOnnx, AMissingInput) {
  EXPECT_THAT(Refusal("g (float[2] x) => (float[2] y) { y = Add(x, nowhere) }"),
              HasSubstr("node 'y' (Add): nothing defines its input 'nowhere'"));
}

TEST(BadOnnx, AMissingOutput) {
  EXPECT_THAT(Refusal("g (float[2] x) => (float[2] nowhere) { y = Relu(x) }"),
              HasSubstr("nothing defines its output 'nowhere'"));
}

TEST(BadOnnx, TypesThatDoNotFit) {
  EXPECT_THAT(Refusal("g (float[2] x, int64[2] z) => (float[2] y) { y = Add(x, z) }"),
              HasSubstr("'y' (Add)"));
}

TEST(BadOnnx, ShapesThatDoNotFit) {
  EXPECT_THAT(Refusal("g (float[2,3] x, float[4,5] z) => (float[2,5] y) { y = MatMul(x, z) }"),
              HasSubstr("'y' (MatMul)"));
}

TEST(BadOnnx, AnAttributeOfAnotherKind) {
  EXPECT_THAT(Refusal("g (float[2] x) => (float[2] y) { y = Softmax<axis=\"one\">(x) }"),
              HasSubstr("attribute 'axis': expected an integer"));
}

TEST(BadOnnx, AnAttributeThatIsMissing) {
  EXPECT_THAT(Refusal("g (float[2] x) => (float[4] y) { y = Concat(x, x) }"),
              HasSubstr("attribute 'axis' is missing"));
}

TEST(BadOnnx, HugeDimensionsOfAnInitializer) {
  OnnxFile model = OnnxText(kRelu);
  onnx::TensorProto* huge = model.proto.mutable_graph()->add_initializer();
  huge->set_name("x2");
  huge->set_data_type(onnx::TensorProto::FLOAT);
  for (int i = 0; i < 4; ++i) huge->add_dims(int64_t{1} << 40);
  model.raw.resize(1);
  model.proto.mutable_graph()->mutable_node(0)->set_input(0, "x2");
  EXPECT_THAT(ImportError(model), HasSubstr("tensor 'x2'"));
}

TEST(BadOnnx, AnInitializerWithTooFewElements) {
  OnnxFile model = OnnxText(kRelu);
  onnx::TensorProto* small = model.proto.mutable_graph()->add_initializer();
  small->set_name("x2");
  small->set_data_type(onnx::TensorProto::FLOAT);
  small->add_dims(1000000000);
  small->add_float_data(1);
  model.raw.resize(1);
  model.proto.mutable_graph()->mutable_node(0)->set_input(0, "x2");
  EXPECT_THAT(ImportError(model), HasSubstr("tensor 'x2': expected 1000000000 elements, found 1"));
}

TEST(BadOnnx, ASequenceAsInput) {
  OnnxFile model = OnnxText(kRelu);
  onnx::TypeProto* type = model.proto.mutable_graph()->mutable_input(0)->mutable_type();
  type->mutable_sequence_type()->mutable_elem_type()->mutable_tensor_type()->set_elem_type(1);
  EXPECT_THAT(ImportError(model), HasSubstr("'x' is a sequence"));
}

TEST(BadOnnx, AFunctionThatCallsItself) {
  OnnxFile model = OnnxText("g (float[2] x) => (float[2] y) { y = local.f(x) }");
  auto* opset = model.proto.add_opset_import();
  opset->set_domain("local");
  opset->set_version(1);
  onnx::FunctionProto* f = model.proto.add_functions();
  f->set_name("f");
  f->set_domain("local");
  f->add_input("a");
  f->add_output("b");
  onnx::NodeProto* node = f->add_node();
  node->set_op_type("f");
  node->set_domain("local");
  node->add_input("a");
  node->add_output("b");
  *f->add_opset_import() = *opset;
  EXPECT_THAT(ImportError(model), HasSubstr("function 'f' calls itself"));
}

}  // namespace
}  // namespace floe
