#include "formats/tensorflow/checkpoint.h"

#include <leveldb/env.h>
#include <leveldb/table_builder.h>

#include <map>

#include "files.h"
#include "formats/crc32c.h"
#include "formats/npy.h"
#include "formats/tensorflow/checkpoint_prefix.h"
#include "formats/tensorflow/data_type.h"

namespace floe {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::SizeIs;

TEST(Checkpoint, ReadsEveryTypeAsTensorFlowWroteIt) {
  const auto checkpoint = Checkpoint::Open(DataFile("variables.ckpt"));
  const auto expected = ReadNpz(DataFile("variables.npz"));
  EXPECT_EQ(checkpoint->entries().size(), expected.size());
  for (const NamedTensor& golden : expected) {
    EXPECT_TRUE(SameContents(checkpoint->Read(golden.name), golden.tensor)) << golden.name;
  }
}

TEST(Checkpoint, JoinsThePartsOfPartitionedVariables) {
  const auto checkpoint = Checkpoint::Open(DataFile("variables.ckpt"));
  EXPECT_THAT(checkpoint->Find("rows")->parts, SizeIs(3));
  EXPECT_THAT(checkpoint->Find("columns")->parts, SizeIs(4));
  EXPECT_EQ(checkpoint->Find("columns")->dims, (std::vector<int64_t>{7, 10}));
  for (const char* name : {"rows", "columns"}) {
    const Tensor middle = checkpoint->ReadSlice(name, {{2, 3}, {4, 2}});
    EXPECT_EQ(middle.dims(), (std::vector<int64_t>{3, 2}));
    EXPECT_THAT(std::span(middle.data<float>(), 6), ElementsAre(24, 25, 34, 35, 44, 45));
  }
}

TEST(Checkpoint, ReadsVersion1) {
  const auto checkpoint = Checkpoint::Open(DataFile("version1.ckpt"));
  const auto expected = ReadNpz(DataFile("variables.npz"));
  EXPECT_GT(checkpoint->entries().size(), 10u);
  for (const CheckpointEntry& entry : checkpoint->entries()) {
    const Tensor* golden = FindTensor(expected, entry.name);
    ASSERT_NE(golden, nullptr) << entry.name;
    EXPECT_TRUE(SameContents(checkpoint->Read(entry.name), *golden)) << entry.name;
  }
  EXPECT_THAT(checkpoint->Find("rows")->parts, SizeIs(2));
}

TEST(Checkpoint, ReadsSeveralShards) {
  const auto checkpoint = Checkpoint::Open(DataFile("sharded.ckpt"));
  EXPECT_THAT(checkpoint->names(), ElementsAre("v0", "v1", "v2"));
  EXPECT_EQ(checkpoint->Read("v2").dims(), (std::vector<int64_t>{3, 2}));
  EXPECT_EQ(checkpoint->Read("v2").data<float>()[5], 2.f);
}

TEST(Checkpoint, ReadsSharedModels) {
  const std::string prefix = SharedFile("models/mlnet_cifar_ckpt/model.ckpt");
  if (!FileExists(prefix + ".index")) GTEST_SKIP() << prefix << " is missing";
  const auto checkpoint = Checkpoint::Open(prefix);
  EXPECT_FALSE(checkpoint->entries().empty());
  for (const CheckpointEntry& entry : checkpoint->entries()) {
    EXPECT_EQ(checkpoint->Read(entry.name).dims(), entry.dims) << entry.name;
  }
}

TEST(Checkpoint, SuggestsNearNames) {
  const auto checkpoint = Checkpoint::Open(DataFile("variables.ckpt"));
  EXPECT_THAT(ErrorOf([&] { checkpoint->Read("types/int46"); }),
              HasSubstr("holds no tensor 'types/int46'; did you mean"));
}

class DamagedCheckpoint : public testing::Test {
 protected:
  void Copy(const std::string& name, const std::string& suffix) {
    folder_.Write("c" + suffix, ReadAll(DataFile(name + suffix)));
  }
  void Flip(const std::string& name, size_t at) {
    std::string bytes = ReadAll(folder_ / name);
    bytes[at] = static_cast<char>(bytes[at] ^ 1);
    folder_.Write(name, bytes);
  }
  std::string ErrorOfReading(const std::string& name) {
    return ErrorOf([&] { Checkpoint::Open(folder_ / "c")->Read(name); });
  }

  TemporaryFolder folder_;
};

TEST_F(DamagedCheckpoint, NamesTheMissingShard) {
  Copy("sharded.ckpt", ".index");
  Copy("sharded.ckpt", ".data-00000-of-00003");
  EXPECT_EQ(ErrorOfReading("v0"), "");
  EXPECT_EQ(ErrorOfReading("v1"),
            folder_ / "c: tensor 'v1': its data file " + (folder_ / "c.data-00001-of-00003 is missing"));
}

TEST_F(DamagedCheckpoint, FindsFlippedBytesOfTheData) {
  Copy("variables.ckpt", ".index");
  Copy("variables.ckpt", ".data-00000-of-00001");
  const size_t size = ReadAll(folder_ / "c.data-00000-of-00001").size();
  const std::vector<std::string> names = Checkpoint::Open(folder_ / "c")->names();
  for (size_t at = 0; at < size; at += 7) {
    Flip("c.data-00000-of-00001", at);
    size_t errors = 0;
    for (const std::string& name : names) errors += ErrorOfReading(name).empty() ? 0 : 1;
    EXPECT_EQ(errors, 1u) << at;
    Flip("c.data-00000-of-00001", at);
  }
}

TEST_F(DamagedCheckpoint, FindsFlippedBytesOfTheIndex) {
  Copy("sharded.ckpt", ".data-00000-of-00003");
  const std::string whole = ReadAll(DataFile("sharded.ckpt.index"));
  for (size_t at = 0; at < whole.size(); ++at) {
    std::string bytes = whole;
    bytes[at] = static_cast<char>(bytes[at] ^ 0x21);
    folder_.Write("c.index", bytes);
    ErrorOfReading("v0");
  }
}

TEST_F(DamagedCheckpoint, RefusesTruncatedData) {
  Copy("sharded.ckpt", ".index");
  folder_.Write("c.data-00001-of-00003", "short");
  EXPECT_THAT(ErrorOfReading("v1"), HasSubstr("expected 16 bytes at 0 of"));
  EXPECT_THAT(ErrorOfReading("v1"), HasSubstr("which has only 5 bytes"));
}

TEST_F(DamagedCheckpoint, RefusesOtherFiles) {
  EXPECT_THAT(ErrorOfReading("x"), HasSubstr("there is no checkpoint"));
  folder_.Write("c.index", "this is not a table, and long enough to hold the footer of one, is it");
  EXPECT_THAT(ErrorOfReading("x"), HasSubstr("c.index: expected a checkpoint table"));
}

// Indices that TensorFlow would never write.
class HostileIndex : public DamagedCheckpoint {
 protected:
  tf::BundleEntryProto Entry(const std::vector<int64_t>& dims, int64_t size) {
    tf::BundleEntryProto entry;
    entry.set_dtype(tf::DT_FLOAT);
    DimsToShapeProto(dims, entry.mutable_shape());
    entry.set_size(size);
    return entry;
  }

  void Write(int shards, const std::map<std::string, tf::BundleEntryProto>& entries) {
    tf::BundleHeaderProto header;
    header.set_num_shards(shards);
    leveldb::WritableFile* file = nullptr;
    ASSERT_TRUE(leveldb::Env::Default()->NewWritableFile(folder_ / "c.index", &file).ok());
    const std::unique_ptr<leveldb::WritableFile> owned(file);
    leveldb::TableBuilder builder(leveldb::Options(), file);
    builder.Add("", header.SerializeAsString());
    for (const auto& [key, entry] : entries) builder.Add(key, entry.SerializeAsString());
    ASSERT_TRUE(builder.Finish().ok());
    ASSERT_TRUE(file->Close().ok());
    folder_.Write("c.data-00000-of-00001", std::string(8, '\0'));
  }
};

TEST_F(HostileIndex, ShapesAndSizesThatDoNotFit) {
  tf::BundleEntryProto beyond = Entry({2}, 8);
  beyond.set_offset(INT64_MAX);
  tf::BundleEntryProto negative = Entry({2}, -8);
  tf::BundleEntryProto shard = Entry({2}, 8);
  shard.set_shard_id(7);
  Write(
      1,
      {{"beyond", beyond}, {"huge", Entry({int64_t{1} << 61}, 8)}, {"negative", negative}, {"shard", shard}});
  EXPECT_THAT(ErrorOfReading("beyond"), HasSubstr("expected 8 bytes at 9223372036854775807"));
  EXPECT_THAT(ErrorOfReading("huge"), HasSubstr("cannot take 8 bytes"));
  EXPECT_THAT(ErrorOfReading("negative"), HasSubstr("expected -8 bytes"));
  EXPECT_THAT(ErrorOfReading("shard"), HasSubstr("lies in data shard 7, but there are 1"));
}

TEST_F(HostileIndex, StringsThatClaimMoreThanThereIs) {
  tf::BundleEntryProto words = Entry({int64_t{1} << 40}, 8);
  words.set_dtype(tf::DT_STRING);
  Write(1, {{"words", words}});
  EXPECT_THAT(ErrorOfReading("words"), HasSubstr("1099511627776 strings cannot take 8 bytes"));
}

TEST_F(HostileIndex, PartsThatAreMissingRepeatedOrTooLarge) {
  tf::BundleEntryProto whole = Entry({1 << 20, 1 << 20}, 0);
  whole.add_slices()->add_extent()->set_length(1);
  whole.mutable_slices(0)->add_extent();
  Write(1, {{"v", whole}});
  EXPECT_THAT(ErrorOfReading("v"), HasSubstr("is more than the files hold"));
  DimsToShapeProto({2, 2}, whole.mutable_shape());
  Write(1, {{"v", whole}});
  EXPECT_THAT(ErrorOfReading("v"), HasSubstr("one of its parts is missing in the index"));
  *whole.add_slices() = whole.slices(0);
  Write(1, {{"v", whole}});
  EXPECT_THAT(ErrorOfReading("v"), HasSubstr("'v' lists one part twice"));
}

TEST_F(HostileIndex, TooManyShards) {
  Write(2000000000, {{"v", Entry({2}, 8)}});
  EXPECT_THAT(ErrorOfReading("v"), HasSubstr("expected 1 to 99999 data shards, found 2000000000"));
}

TEST(CheckpointPrefix, IsFoundFromAnyPartOfACheckpoint) {
  const std::string prefix = DataFile("trained/model.ckpt-20");
  for (const char* path :
       {"trained", "trained/checkpoint", "trained/model.ckpt-20", "trained/model.ckpt-20.index",
        "trained/model.ckpt-20.meta", "trained/model.ckpt-20.data-00000-of-00001"}) {
    EXPECT_EQ(FindCheckpointPrefix(DataFile(path)), prefix) << path;
  }
  EXPECT_EQ(FindCheckpointPrefix(DataFile("trained"), 10), DataFile("trained/model.ckpt-10"));
  EXPECT_THAT(ErrorOf([] { FindCheckpointPrefix(DataFile("trained"), 15); }, ErrorCode::kUsage),
              HasSubstr("expected a checkpoint of step 15, found steps 10, 20"));
  EXPECT_EQ(FindCheckpointPrefix(DataFile("saved_model_functions")),
            DataFile("saved_model_functions/variables/variables"));
}

TEST(CheckpointPrefix, SurvivesAMovedFolder) {
  const TemporaryFolder folder;
  folder.Write("model.ckpt-3.index", "");
  folder.Write("checkpoint", "model_checkpoint_path: \"/home/someone/else/model.ckpt-3\"\n");
  EXPECT_EQ(FindCheckpointPrefix(folder.path()), folder / "model.ckpt-3");
  folder.Write("checkpoint", "model_checkpoint_path: \"/home/someone/else/model.ckpt-4\"\n");
  EXPECT_THAT(ErrorOf([&] { FindCheckpointPrefix(folder.path()); }), HasSubstr("but there is no"));
  folder.Write("checkpoint", "model_checkpoint_path = 3\n");
  EXPECT_THAT(ErrorOf([&] { FindCheckpointPrefix(folder.path()); }), HasSubstr("checkpoint:1:23: "));
}

}  // namespace
}  // namespace floe
