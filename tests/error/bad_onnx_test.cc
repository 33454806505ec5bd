// ONNX models seen from outside: what each command says of a bad one.
#include <onnx/onnx_pb.h>

#include "support/run_floe.h"

namespace floe {
namespace {

void AddValue(onnx::ValueInfoProto* info, const std::string& name) {
  info->set_name(name);
  auto* tensor = info->mutable_type()->mutable_tensor_type();
  tensor->set_elem_type(onnx::TensorProto::FLOAT);
  tensor->mutable_shape()->add_dim()->set_dim_value(2);
}

// y = OP(x, w), w of two floats that lie in `location`, if one is given.
std::string Model(const std::string& op, int64_t opset = 17, const std::string& location = "") {
  onnx::ModelProto model;
  model.set_ir_version(8);
  model.add_opset_import()->set_version(opset);
  onnx::GraphProto* graph = model.mutable_graph();
  AddValue(graph->add_input(), "x");
  AddValue(graph->add_output(), "y");
  onnx::TensorProto* w = graph->add_initializer();
  w->set_name("w");
  w->set_data_type(onnx::TensorProto::FLOAT);
  w->add_dims(2);
  if (location.empty()) {
    w->add_float_data(1);
    w->add_float_data(2);
  } else {
    w->set_data_location(onnx::TensorProto::EXTERNAL);
    auto* entry = w->add_external_data();
    entry->set_key("location");
    entry->set_value(location);
  }
  onnx::NodeProto* node = graph->add_node();
  node->set_op_type(op);
  node->add_input("x");
  node->add_input("w");
  node->add_output("y");
  return model.SerializeAsString();
}

// Every command that converts refuses it alike, and build leaves nothing behind.
void ExpectRefused(const std::string& bytes, const std::vector<std::string>& texts) {
  const ScratchFolder folder, out;
  const std::string path = folder.Write("model.onnx", bytes);
  EXPECT_TRUE(Refuses(RunFloe({"run", path}), 3, texts));
  EXPECT_TRUE(Refuses(RunFloe({"build", path, "-o", out / "model.floe"}), 3, texts));
  EXPECT_THAT(out.Names(), testing::IsEmpty());
}

TEST(BadOnnxFile, UnknownOperation) {
  ExpectRefused(Model("Frobnicate"), {"node 'y' (Frobnicate): the operation is not supported"});
}

TEST(BadOnnxFile, OpsetFromTheFuture) {
  ExpectRefused(Model("Add", 1000), {"opset 1000 is newer than 22"});
}

TEST(BadOnnxFile, ExternalDataThatIsMissingOrElsewhere) {
  ExpectRefused(Model("Add", 17, "none.bin"), {"initializer 'w'", "none.bin is missing"});
  ExpectRefused(Model("Add", 17, "../none.bin"),
                {"initializer 'w'", "is not a path below the model's folder"});
}

TEST(BadOnnxFile, Truncated) {
  const std::string whole = Model("Add");
  ExpectRefused(whole.substr(0, whole.size() - 3), {"model.onnx"});
}

TEST(BadOnnxFile, CheckNamesTheNode) {
  const ScratchFolder folder;
  const Ran ran = RunFloe({"check", folder.Write("model.onnx", Model("Frobnicate"))});
  EXPECT_EQ(ran.exit_code, 3);
  EXPECT_THAT(ran.out, testing::HasSubstr("Frobnicate"));
  EXPECT_THAT(ran.out, testing::ContainsRegex("unsupported +1  Frobnicate 1"));
}

TEST(BadOnnxFile, FreezeSaysWhyNot) {
  const ScratchFolder folder;
  const std::string path = folder.Write("model.onnx", Model("Add"));
  EXPECT_TRUE(
      Refuses(RunFloe({"freeze", path, "-o", folder / "frozen.pb"}), 2, {"an ONNX model has no variables"}));
}

TEST(BadOnnxFile, OptionsOfTensorFlowAreRefused) {
  const ScratchFolder folder;
  const std::string path = folder.Write("model.onnx", Model("Add"));
  EXPECT_TRUE(Refuses(RunFloe({"run", path, "--checkpoint", "c"}), 2, {"--checkpoint", "is an ONNX model"}));
  EXPECT_TRUE(Refuses(RunFloe({"run", path, "--output", "z"}), 2, {"output 'z'", "no such tensor"}));
  EXPECT_TRUE(Refuses(RunFloe({"run", path, "--input", "x=3"}), 2, {"expected shape [2], found [3]"}));
}

}  // namespace
}  // namespace floe
