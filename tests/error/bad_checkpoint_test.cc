// A checkpoint that lacks a part or has a damaged one.
#include <filesystem>

#include "support/run_floe.h"

namespace floe {
namespace {

constexpr const char* kData = "model.ckpt.data-00000-of-00001";

class BadCheckpoint : public testing::Test {
 protected:
  BadCheckpoint() {
    for (const char* name : {"model.ckpt.meta", "model.ckpt.index", kData}) {
      folder_.Write(name, ReadBytes(FormFile(std::string("variables/") + name)));
    }
  }

  void ExpectRefused(const std::vector<std::string>& texts) {
    const std::string prefix = folder_ / "model.ckpt";
    EXPECT_TRUE(Refuses(RunFloe({"freeze", prefix, "-o", out_ / "frozen.pb"}), 3, texts));
    EXPECT_TRUE(
        Refuses(RunFloe({"build", prefix, "--input", "input=2x6x5x3", "-o", out_ / "model.floe"}), 3, texts));
    EXPECT_THAT(out_.Names(), testing::IsEmpty());
  }

  // One byte of the middle of a file is changed.
  void Damage(const std::string& name) {
    std::string bytes = ReadBytes(folder_ / name);
    bytes[bytes.size() / 2] = static_cast<char>(bytes[bytes.size() / 2] ^ 0x10);
    folder_.Write(name, bytes);
  }

  ScratchFolder folder_;
  ScratchFolder out_;
};

TEST_F(BadCheckpoint, WholeOneIsTaken) {
  EXPECT_TRUE(Succeeds(RunFloe({"freeze", folder_ / "model.ckpt", "-o", out_ / "frozen.pb"})));
  EXPECT_THAT(out_.Names(), testing::ElementsAre("frozen.pb"));
}

TEST_F(BadCheckpoint, MissingDataIsNamed) {
  std::filesystem::remove(folder_ / kData);
  ExpectRefused({kData});
}

TEST_F(BadCheckpoint, MissingIndexLeavesVariablesWithoutValues) {
  std::filesystem::remove(folder_ / "model.ckpt.index");
  ExpectRefused({"'Tiny/Conv/weights'", "no checkpoint", "--checkpoint PREFIX"});
}

TEST_F(BadCheckpoint, MissingGraphIsNamed) {
  std::filesystem::remove(folder_ / "model.ckpt.meta");
  ExpectRefused({"model.ckpt"});
}

TEST_F(BadCheckpoint, StepThatIsNotThereIsAnsweredWithTheSteps) {
  const std::string folder = SourceFile("tests/formats/data/trained");
  EXPECT_TRUE(Refuses(RunFloe({"freeze", folder, "--step", "7", "-o", out_ / "frozen.pb"}), 2,
                      {"expected a checkpoint of step 7", "10, 20"}));
  EXPECT_THAT(out_.Names(), testing::IsEmpty());
  EXPECT_TRUE(Succeeds(RunFloe({"freeze", folder, "--step", "10", "-o", out_ / "frozen.pb"})));
}

TEST_F(BadCheckpoint, MissingShardIsNamed) {
  const ScratchFolder sharded;
  for (const char* name : {"model.ckpt.meta", "model.ckpt.index", "model.ckpt.data-00000-of-00002"})
    sharded.Write(name, ReadBytes(FormFile(std::string("sharded/") + name)));
  EXPECT_TRUE(Refuses(RunFloe({"freeze", sharded / "model.ckpt", "-o", out_ / "frozen.pb"}), 3,
                      {"model.ckpt.data-00001-of-00002 is missing"}));
  EXPECT_THAT(out_.Names(), testing::IsEmpty());
}

TEST_F(BadCheckpoint, TruncatedDataIsRefused) {
  folder_.Write(kData, ReadBytes(folder_ / kData).substr(0, 100));
  ExpectRefused({"model.ckpt"});
}

TEST_F(BadCheckpoint, ChangedDataHasAWrongChecksum) {
  Damage(kData);
  ExpectRefused({"model.ckpt", "checksum"});
}

TEST_F(BadCheckpoint, ChangedIndexHasAWrongChecksum) {
  Damage("model.ckpt.index");
  ExpectRefused({"model.ckpt.index", "checksum"});
}

TEST_F(BadCheckpoint, TruncatedIndexIsRefused) {
  folder_.Write("model.ckpt.index", ReadBytes(folder_ / "model.ckpt.index").substr(0, 60));
  ExpectRefused({"model.ckpt.index"});
}

}  // namespace
}  // namespace floe
