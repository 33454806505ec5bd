#include "formats/tensorflow/large_node.h"

#include "files.h"
#include "formats/tensorflow/model_file.h"

namespace floe {
namespace {

tf::NodeDef ConstantOf(size_t size) {
  tf::NodeDef node;
  node.set_name("c");
  node.set_op("Const");
  tf::TensorProto* tensor = (*node.mutable_attr())["value"].mutable_tensor();
  tensor->set_dtype(tf::DT_UINT8);
  tensor->mutable_tensor_shape()->add_dim()->set_size(static_cast<int64_t>(size));
  for (size_t i = 0; i < size; ++i) *tensor->mutable_tensor_content() += static_cast<char>(i * i / 7);
  (*node.mutable_attr())["dtype"].set_type(tf::DT_UINT8);
  return node;
}

TEST(LargeNode, TheContentAndTheRestMakeTheNode) {
  const tf::NodeDef node = ConstantOf(1000);
  const std::string bytes = node.SerializeAsString();
  const auto large = TakeApart(AsBytes(bytes), 1000);
  ASSERT_TRUE(large.has_value());
  EXPECT_EQ(large->attr, "value");
  tf::NodeDef rest;
  ASSERT_TRUE(rest.ParseFromArray(large->rest.data(), static_cast<int>(large->rest.size())));
  rest.mutable_attr()->at("value").mutable_tensor()->set_tensor_content(std::string(AsText(large->content)));
  tf::GraphDef a, b;
  *a.add_node() = node;
  *b.add_node() = rest;
  const TemporaryFolder folder;
  WriteGraphDef(folder / "a.pb", a);
  WriteGraphDef(folder / "b.pb", b);
  EXPECT_EQ(ReadAll(folder / "a.pb"), ReadAll(folder / "b.pb"));
}

TEST(LargeNode, LeavesSmallDamagedAndDoubleContentAlone) {
  const std::string bytes = ConstantOf(1000).SerializeAsString();
  EXPECT_FALSE(TakeApart(AsBytes(bytes), 1001).has_value());
  EXPECT_FALSE(TakeApart(AsBytes(bytes.substr(0, bytes.size() - 1)), 1000).has_value());
  EXPECT_FALSE(TakeApart(AsBytes(bytes + bytes), 1000).has_value());
}

TEST(LargeNode, AGraphWithOneIsReadWhole) {
  const TemporaryFolder folder;
  tf::GraphDef graph;
  *graph.add_node() = ConstantOf(40 << 20);
  *graph.add_node() = ConstantOf(10);
  WriteGraphDef(folder / "a.pb", graph);
  WriteGraphDef(folder / "b.pb", ReadTensorFlowModel(folder / "a.pb").graph);
  EXPECT_TRUE(ReadAll(folder / "a.pb") == ReadAll(folder / "b.pb"));
}

}  // namespace
}  // namespace floe
