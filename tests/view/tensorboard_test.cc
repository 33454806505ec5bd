#include "view/tensorboard.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/bytes.h"
#include "formats/crc32c.h"
#include "support/run_floe.h"

namespace floe::view {
namespace {

using testing::ElementsAre;

Node Make(const std::string& name, const std::string& op, std::vector<Source> inputs = {}) {
  Node node;
  node.name = name;
  node.op = op;
  node.inputs = std::move(inputs);
  return node;
}

// input -> kernel (two ops, one weight) -> output that reads port 1
Side FusedSide() {
  Side side;
  side.nodes = {Make("x", "Input"),
                Make("s/fused", "Conv+Relu"),
                Make("s/fused/conv", "Conv", {{0, 0}, {4, 0}}),
                Make("s/fused/relu", "Relu", {{2, 0}, {0, 0}}),
                Make("s/fused/w", "Constant"),
                Make("y", "Softmax", {{3, 0}, {0, 1}})};
  side.nodes[1].opens = true;
  side.nodes[1].kernel = "cpu.conv";
  side.nodes[1].ms = 0.25;
  side.nodes[1].bytes = 100;
  side.nodes[1].outputs = {"float32[1, ?, 8]"};
  return side;
}

TEST(TensorBoard, AKernelIsOneNode) {
  const tf::GraphDef graph = ToGraphDef(FusedSide());
  ASSERT_EQ(graph.node_size(), 3);
  EXPECT_EQ(graph.node(1).name(), "s/fused");
  EXPECT_EQ(graph.node(1).op(), "Conv+Relu");
  EXPECT_THAT(graph.node(1).input(), ElementsAre("x"));
  EXPECT_THAT(graph.node(2).input(), ElementsAre("s/fused", "x:1"));
  const tf::TensorShapeProto& shape = graph.node(1).attr().at("_output_shapes").list().shape(0);
  ASSERT_EQ(shape.dim_size(), 3);
  EXPECT_EQ(shape.dim(1).size(), -1);
  EXPECT_EQ(shape.dim(2).size(), 8);
  EXPECT_EQ(graph.node(1).attr().at("dtype").type(), tf::DT_FLOAT);
}

TEST(TensorBoard, TimesAndBytesAreThere) {
  const tf::RunMetadata metadata = ToRunMetadata(FusedSide());
  ASSERT_EQ(metadata.step_stats().dev_stats(0).node_stats_size(), 1);
  const tf::NodeExecStats& stats = metadata.step_stats().dev_stats(0).node_stats(0);
  EXPECT_EQ(stats.node_name(), "s/fused");
  EXPECT_EQ(stats.all_end_rel_micros(), 250);
  EXPECT_EQ(stats.memory(0).total_bytes(), 100);
  EXPECT_EQ(stats.output(0).tensor_description().shape().dim(2).size(), 8);
}

// record = length, its masked checksum, data, its masked checksum
std::vector<tf::Event> ReadEvents(const std::string& path) {
  const std::string bytes = ReadBytes(path);
  ByteReader in(AsBytes(bytes), path);
  std::vector<tf::Event> events;
  while (in.remaining() > 0) {
    const Bytes head = AsBytes(std::string_view(bytes).substr(in.position(), 8));
    const uint64_t length = in.U64();
    EXPECT_EQ(in.U32(), MaskCrc32c(Crc32c(head)));
    const Bytes data = in.Raw(length);
    EXPECT_EQ(in.U32(), MaskCrc32c(Crc32c(data)));
    EXPECT_TRUE(events.emplace_back().ParseFromArray(data.data(), static_cast<int>(data.size())));
  }
  return events;
}

TEST(TensorBoard, TheFileHoldsGraphAndRun) {
  const ScratchFolder scratch;
  WriteEvents(FusedSide(), scratch / "new/folder");
  const std::vector<tf::Event> events = ReadEvents(scratch / "new/folder/events.out.tfevents.0.floe");
  ASSERT_EQ(events.size(), 3u);
  EXPECT_EQ(events[0].file_version(), "brain.Event:2");
  tf::GraphDef graph;
  ASSERT_TRUE(graph.ParseFromString(events[1].graph_def()));
  EXPECT_EQ(graph.node_size(), 3);
  tf::RunMetadata metadata;
  ASSERT_TRUE(metadata.ParseFromString(events[2].tagged_run_metadata().run_metadata()));
  EXPECT_EQ(metadata.step_stats().dev_stats(0).node_stats_size(), 1);
}

TEST(TensorBoard, TheCommandWritesIt) {
  const ScratchFolder scratch;
  EXPECT_TRUE(Succeeds(
      RunFloe({"export", FormFile("variables/model.ckpt"), "--format", "tfevents", "-o", scratch / "log"})));
  EXPECT_EQ(ReadEvents(scratch / "log/events.out.tfevents.0.floe").size(), 2u);  // a model has no times
}

}  // namespace
}  // namespace floe::view
