// A file that is no model.
#include <algorithm>
#include <random>

#include "support/run_floe.h"

namespace floe {
namespace {

std::string RandomBytes(size_t size, uint32_t seed) {
  std::mt19937 random(seed);
  std::string bytes(size, '\0');
  for (char& c : bytes) c = static_cast<char>(random());
  return bytes;
}

// Every command that reads a model refuses it alike, and build leaves nothing behind.
void ExpectRefused(const std::string& path, const std::vector<std::string>& texts) {
  const ScratchFolder out;
  EXPECT_TRUE(Refuses(RunFloe({"inspect", path}), 3, texts));
  EXPECT_TRUE(Refuses(RunFloe({"check", path}), 3, texts));
  EXPECT_TRUE(Refuses(RunFloe({"freeze", path, "-o", out / "frozen.pb"}), 3, texts));
  EXPECT_TRUE(Refuses(RunFloe({"build", path, "-o", out / "model.floe"}), 3, texts));
  EXPECT_THAT(out.Names(), testing::IsEmpty());
}

TEST(BadModel, MissingFileIsNamed) {
  ExpectRefused("/no/such/model.pb", {"/no/such/model.pb"});
}

TEST(BadModel, MissingCheckpointIsNamed) {
  ExpectRefused("/no/such/model.ckpt", {"/no/such/model.ckpt"});
}

TEST(BadModel, EmptyFileIsCalledEmpty) {
  const ScratchFolder folder;
  ExpectRefused(folder.Write("empty.pb", ""), {"empty.pb", "empty"});
}

TEST(BadModel, EmptyFolderIsNoModel) {
  const ScratchFolder folder;
  ExpectRefused(folder.path(), {folder.path()});
}

TEST(BadModel, TruncatedFrozenGraphIsRefused) {
  const ScratchFolder folder;
  const std::string whole = ReadBytes(SourceFile("tests/models/data/mobilenet_v1_0p25_128/frozen.pb"));
  ASSERT_GT(whole.size(), 100000u);
  for (const size_t size : {whole.size() - 1, whole.size() / 2, size_t{1000}}) {
    ExpectRefused(folder.Write("cut.pb", whole.substr(0, size)), {"cut.pb"});
  }
}

TEST(BadModel, TruncatedTextGraphSaysLineAndColumn) {
  const ScratchFolder folder;
  const std::string whole = ReadBytes(FormFile("text_graph/graph.pbtxt"));
  const std::string cut = whole.substr(0, whole.size() / 2);
  const auto lines = std::count(cut.begin(), cut.end(), '\n') + 1;
  ExpectRefused(folder.Write("cut.pbtxt", cut), {"cut.pbtxt:" + std::to_string(lines) + ":"});
}

TEST(BadModel, RandomBytesAreRefused) {
  const ScratchFolder folder;
  for (uint32_t seed = 1; seed <= 3; ++seed) {
    ExpectRefused(folder.Write("random.pb", RandomBytes(5000, seed)), {"random.pb"});
  }
}

TEST(BadModel, PictureIsNoModel) {
  ExpectRefused(SourceFile("tests/image/data/rgb_8.png"), {"rgb_8.png"});
}

TEST(BadModel, EngineIsNoModel) {
  const ScratchFolder folder;
  BuildTinyEngine(folder / "tiny.floe");
  EXPECT_TRUE(Refuses(RunFloe({"inspect", folder / "tiny.floe"}), 3, {"tiny.floe", "engine"}));
}

TEST(BadModel, UnknownCommandIsAUsageError) {
  EXPECT_TRUE(Refuses(RunFloe({"melt"}), 2, {}));
}

TEST(BadModel, UnknownOptionIsAUsageErrorThatNamesIt) {
  EXPECT_TRUE(Refuses(RunFloe({"inspect", "model.pb", "--melt"}), 2, {"--melt"}));
}

TEST(BadModel, MissingArgumentIsAUsageErrorThatNamesIt) {
  EXPECT_TRUE(Refuses(RunFloe({"inspect"}), 2, {"MODEL"}));
}

TEST(BadModel, UnknownTargetIsRefusedWithTheChoices) {
  const ScratchFolder out;
  EXPECT_TRUE(Refuses(RunFloe({"build", FormFile("variables/model.ckpt"), "--input", "input=2x6x5x3",
                               "--target", "abacus", "-o", out / "x.floe"}),
                      2, {"abacus", "cpu", "reference"}));
  EXPECT_THAT(out.Names(), testing::IsEmpty());
}

}  // namespace
}  // namespace floe
