#include "formats/tensorflow/events_file.h"

#include <random>

#include "files.h"
#include "formats/crc32c.h"
#include "formats/tensorflow/model_file.h"
#include "formats/tf_record.h"

namespace floe {
namespace {

using testing::HasSubstr;

std::string Record(const std::string& data) {
  ByteWriter writer;
  writer.U64(data.size());
  writer.U32(MaskCrc32c(Crc32c(writer.bytes())));
  writer.Raw(AsBytes(data));
  writer.U32(MaskCrc32c(Crc32c(AsBytes(data))));
  return std::string(AsText(writer.bytes()));
}

// A field of bytes of the message Event.
std::string Field(uint32_t number, const std::string& payload) {
  ByteWriter writer;
  writer.Varint(number << 3 | 2);
  writer.Varint(payload.size());
  return std::string(AsText(writer.bytes())) + payload;
}

std::string GraphCalled(const std::string& name) {
  tf::GraphDef graph;
  graph.add_node()->set_name(name);
  graph.mutable_node(0)->set_op("NoOp");
  return graph.SerializeAsString();
}

std::string MetaGraphCalled(const std::string& name) {
  tf::MetaGraphDef meta;
  meta.mutable_meta_info_def()->add_tags("train");
  meta.mutable_graph_def()->ParseFromString(GraphCalled(name));
  return meta.SerializeAsString();
}

const std::string& Version() {
  static const std::string* record = new std::string(Record(Field(3, "brain.Event:2")));
  return *record;
}

class EventsFile : public testing::Test {
 protected:
  TensorFlowModel Read(const std::string& bytes, const std::string& name = "events.out.tfevents.1.host") {
    return ReadTensorFlowModel(folder_.Write(name, bytes));
  }
  TemporaryFolder folder_;
};

TEST_F(EventsFile, WrittenByTensorFlowGivesItsGraph) {
  for (const char* path : {"events", "events/events.out.tfevents.1700000000.host"}) {
    const TensorFlowModel model = ReadTensorFlowModel(DataFile(path));
    EXPECT_EQ(model.kind, ModelKind::kGraphDef);
    EXPECT_GT(model.graph.node_size(), 3);
    EXPECT_EQ(model.graph.node(0).name(), "x");
    EXPECT_TRUE(LooksLikeTensorFlowModel(DataFile(path)));
  }
}

TEST_F(EventsFile, TheLastGraphWins) {
  const std::string two = Version() + Record(Field(4, GraphCalled("first"))) + Record(Field(5, "a summary")) +
                          Record(Field(4, GraphCalled("second"))) + Record(Field(5, "another"));
  EXPECT_EQ(Read(two).graph.node(0).name(), "second");
  const TensorFlowModel meta = Read(two + Record(Field(9, MetaGraphCalled("third"))));
  EXPECT_EQ(meta.kind, ModelKind::kMetaGraph);
  EXPECT_EQ(meta.graph.node(0).name(), "third");
  EXPECT_EQ(meta.meta->meta_info_def().tags(0), "train");
}

TEST_F(EventsFile, OfAFolderTheNewestWithAGraphWins) {
  folder_.Write("events.out.tfevents.100.host", Version() + Record(Field(4, GraphCalled("old"))));
  folder_.Write("events.out.tfevents.200.host", Version() + Record(Field(4, GraphCalled("new"))));
  folder_.Write("events.out.tfevents.300.host", Version() + Record(Field(5, "summaries alone")));
  EXPECT_EQ(ReadTensorFlowModel(folder_.path()).graph.node(0).name(), "new");
}

TEST_F(EventsFile, MayEndInTheMiddleOfARecord) {
  const std::string whole = Version() + Record(Field(4, GraphCalled("g")));
  const std::string next = Record(Field(5, "half written"));
  for (size_t size = 1; size < next.size(); ++size)
    EXPECT_EQ(Read(whole + next.substr(0, size)).graph.node(0).name(), "g") << size;
}

TEST_F(EventsFile, WithoutAGraphIsRefused) {
  EXPECT_THAT(ErrorOf([&] { Read(Version()); }),
              HasSubstr("found records (an events file or a data set) without a graph in them"));
  EXPECT_THAT(ErrorOf([&] { ReadTensorFlowModel(folder_.path()); }), HasSubstr("found none in 1 of them"));
}

TEST_F(EventsFile, WrongChecksumsAreRefused) {
  const std::string graph = Record(Field(4, GraphCalled("g")));
  std::string bytes = Version() + graph;
  bytes[bytes.size() - 6] = static_cast<char>(bytes[bytes.size() - 6] ^ 1);  // in the data
  EXPECT_THAT(ErrorOf([&] { Read(bytes); }),
              HasSubstr("wrong checksum of the record at byte " + std::to_string(Version().size())));
  bytes = Version() + graph;
  bytes[Version().size() + 2] = 1;  // in the length
  EXPECT_THAT(ErrorOf([&] { Read(bytes); }), HasSubstr("wrong checksum of a record's length"));
}

TEST_F(EventsFile, LengthsBeyondTheFileEndIt) {
  ByteWriter writer;
  writer.U64(UINT64_MAX - 3);
  writer.U32(MaskCrc32c(Crc32c(writer.bytes())));
  const std::string hostile(AsText(writer.bytes()));
  RecordReader reader(AsBytes(hostile));
  Bytes data;
  EXPECT_FALSE(reader.Next(&data));
  EXPECT_TRUE(reader.cut_off());
  EXPECT_THAT(ErrorOf([&] { Read(hostile + "................"); }), HasSubstr("without a graph"));
}

TEST_F(EventsFile, FlippedBytesAreRefusedOrRead) {
  const std::string whole = Version() + Record(Field(4, GraphCalled("g"))) + Record(Field(5, "summary"));
  for (size_t i = 0; i < whole.size(); ++i) {
    std::string bytes = whole;
    bytes[i] = static_cast<char>(bytes[i] ^ 0x5a);
    ErrorOf([&] { Read(bytes); });
  }
}

}  // namespace
}  // namespace floe
