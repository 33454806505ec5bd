#include "formats/tensorflow/op_defs.h"

#include "files.h"
#include "formats/tensorflow/model_file.h"
#include "formats/tensorflow/op_defs_text.h"

namespace floe {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

tf::NodeDef Node(const std::string& op) {
  tf::NodeDef node;
  node.set_name("n");
  node.set_op(op);
  return node;
}

TEST(OpDefs, EveryLineOfTheTableIsRead) {
  size_t lines = 0;
  std::string_view text = OpDefsText();
  for (size_t at = 0; at < text.size(); at = text.find('\n', at) + 1) {
    const std::string_view line = text.substr(at, text.find('\n', at) - at);
    if (line.starts_with('#')) continue;
    ++lines;
    const std::string_view op = line.substr(0, line.find(' '));
    ASSERT_NE(FindOpDef(op), nullptr) << op;
    EXPECT_EQ(FindOpDef(op)->name, op);
  }
  EXPECT_GT(lines, 1500u);
  EXPECT_EQ(FindOpDef("NoSuchOperation"), nullptr);
}

TEST(OpDefs, KnowsArgumentsAttributesAndState) {
  const TfOpDef* conv = FindOpDef("Conv2D");
  ASSERT_NE(conv, nullptr);
  ASSERT_EQ(conv->inputs.size(), 2u);
  EXPECT_EQ(conv->inputs[1].name, "filter");
  EXPECT_EQ(conv->inputs[1].type_attr, "T");
  EXPECT_FALSE(conv->is_stateful);
  EXPECT_EQ(conv->FindAttr("strides")->type, "list(int)");
  EXPECT_FALSE(conv->FindAttr("strides")->default_value.has_value());
  EXPECT_EQ(FindOpDef("Assign")->inputs[0].is_ref, true);
  EXPECT_EQ(FindOpDef("ConcatV2")->inputs[0].number_attr, "N");
  EXPECT_EQ(FindOpDef("Shape")->outputs[0].type_attr, "out_type");
  EXPECT_EQ(FindOpDef("RestoreV2")->inputs[0].type, tf::DT_STRING);
  EXPECT_TRUE(FindOpDef("RandomUniform")->is_stateful);
}

TEST(OpDefs, DefaultsComeInEveryKind) {
  tf::NodeDef conv = Node("Conv2D");
  AddDefaultAttrs(*FindOpDef("Conv2D"), &conv);
  EXPECT_EQ(conv.attr().at("data_format").s(), "NHWC");
  EXPECT_TRUE(conv.attr().at("use_cudnn_on_gpu").b());
  EXPECT_THAT(conv.attr().at("dilations").list().i(), ElementsAre(1, 1, 1, 1));
  EXPECT_EQ(conv.attr().at("explicit_paddings").value_case(), tf::AttrValue::kList);
  EXPECT_EQ(conv.attr().count("padding"), 0u);
  tf::NodeDef norm = Node("FusedBatchNormV3");
  (*norm.mutable_attr())["is_training"].set_b(false);
  AddDefaultAttrs(*FindOpDef("FusedBatchNormV3"), &norm);
  EXPECT_EQ(norm.attr().at("epsilon").f(), 0.0001f);
  EXPECT_FALSE(norm.attr().at("is_training").b());
  EXPECT_EQ(FindOpDef("ConcatV2")->FindAttr("Tidx")->default_value->type(), tf::DT_INT32);
  EXPECT_TRUE(FindOpDef("Placeholder")->FindAttr("shape")->default_value->shape().unknown_rank());
  EXPECT_EQ(FindOpDef("ImageSummary")->FindAttr("bad_color")->default_value->tensor().int_val_size(), 4);
}

TEST(OpDefs, OutputsFollowFromAttributes) {
  tf::NodeDef unpack = Node("Unpack");
  (*unpack.mutable_attr())["num"].set_i(3);
  (*unpack.mutable_attr())["T"].set_type(tf::DT_HALF);
  EXPECT_THAT(OutputTypes(*FindOpDef("Unpack"), unpack), ElementsAre(tf::DT_HALF, tf::DT_HALF, tf::DT_HALF));

  tf::NodeDef batch = Node("Batch");
  for (const tf::DataType type : {tf::DT_FLOAT, tf::DT_STRING})
    (*batch.mutable_attr())["T"].mutable_list()->add_type(type);
  EXPECT_THAT(OutputTypes(*FindOpDef("Batch"), batch),
              ElementsAre(tf::DT_FLOAT, tf::DT_STRING, tf::DT_INT64, tf::DT_INT64));
  EXPECT_EQ(OutputRange(*FindOpDef("Batch"), batch, "id")->first, 3);
  EXPECT_EQ(OutputRange(*FindOpDef("Batch"), batch, "batched_tensors")->count, 2);
  EXPECT_FALSE(OutputRange(*FindOpDef("Batch"), batch, "nothing").has_value());

  tf::NodeDef shape = Node("Shape");
  EXPECT_THAT(OutputTypes(*FindOpDef("Shape"), shape), ElementsAre(tf::DT_INT32));
  EXPECT_THAT(OutputTypes(*FindOpDef("NoOp"), Node("NoOp")), IsEmpty());
  tf::NodeDef assign = Node("Assign");
  (*assign.mutable_attr())["T"].set_type(tf::DT_FLOAT);
  EXPECT_THAT(OutputTypes(*FindOpDef("Assign"), assign), ElementsAre(tf::DT_FLOAT_REF));
  EXPECT_THAT(InputTypes(*FindOpDef("Assign"), assign), ElementsAre(tf::DT_FLOAT_REF, tf::DT_FLOAT));
}

TEST(OpDefs, RefusesImpossibleAttributes) {
  tf::NodeDef unpack = Node("Unpack");
  const auto error = [&] { return ErrorOf([&] { OutputTypes(*FindOpDef("Unpack"), unpack); }); };
  EXPECT_EQ(error(), "Unpack 'n': attribute 'T' is missing");
  (*unpack.mutable_attr())["T"].set_i(1);
  EXPECT_EQ(error(), "Unpack 'n': attribute 'T' has a value of the wrong kind");
  (*unpack.mutable_attr())["T"].set_type(tf::DT_FLOAT);
  (*unpack.mutable_attr())["num"].set_i(int64_t{1} << 60);
  EXPECT_EQ(error(), "Unpack 'n': argument 'output' claims 1152921504606846976 tensors");
  (*unpack.mutable_attr())["num"].set_i(-1);
  EXPECT_THAT(error(), HasSubstr("claims -1 tensors"));
}

TEST(OpDefs, AGraphsFunctionsAreOperationsToo) {
  const TensorFlowModel model = ReadTensorFlowModel(DataFile("saved_model_functions"));
  const OpTable table(model.graph.library());
  size_t functions = 0;
  for (const auto& function : model.graph.library().function()) {
    for (const auto& node : function.node_def()) {
      const TfOpDef& def = table.Require(node);
      EXPECT_EQ(InputTypes(def, node).size() + 0, InputTypes(def, node).size());
      OutputTypes(def, node);
    }
    EXPECT_NE(table.Find(function.signature().name()), nullptr);
    ++functions;
  }
  EXPECT_GT(functions, 0u);
  EXPECT_THAT(ErrorOf([&] { table.Require(Node("Conv2d")); }),
              HasSubstr("node 'n': TensorFlow has no operation 'Conv2d'"));
  EXPECT_THAT(ErrorOf([&] { table.Require(Node("Conv2d")); }), HasSubstr("'Conv2D'"));
}

}  // namespace
}  // namespace floe
