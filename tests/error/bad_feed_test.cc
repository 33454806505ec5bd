// Feeds of the wrong shape, type or name.
#include "formats/npy.h"
#include "support/run_floe.h"

namespace floe {
namespace {

class BadFeed : public testing::Test {
 protected:
  BadFeed() { BuildTinyEngine(folder_ / "tiny.floe"); }

  std::string Npy(const Tensor& tensor) {
    WriteNpy(folder_ / "feed.npy", tensor);
    return folder_ / "feed.npy";
  }

  void ExpectRefused(const std::string& feed, const std::vector<std::string>& texts, int exit_code = 2) {
    const ScratchFolder out;
    EXPECT_TRUE(Refuses(RunFloe({"run", folder_ / "tiny.floe", "--feed", feed, "--save", out / "out.npz"}),
                        exit_code, texts));
    EXPECT_THAT(out.Names(), testing::IsEmpty());
  }

  ScratchFolder folder_;
};

TEST_F(BadFeed, RightOneRuns) {
  const std::string feed = "input=" + Npy(Tensor(DType::kFloat32, {2, 6, 5, 3}));
  EXPECT_TRUE(
      Succeeds(RunFloe({"run", folder_ / "tiny.floe", "--feed", feed, "--save", folder_ / "out.npz"})));
  EXPECT_EQ(ReadNpz(folder_ / "out.npz").at(0).tensor.dims(), (std::vector<int64_t>{2, 4}));
}

TEST_F(BadFeed, WrongShapeIsSaidBesideTheRightOne) {
  ExpectRefused("input=" + Npy(Tensor(DType::kFloat32, {2, 6, 6, 3})),
                {"'input'", "2, 6, 5, 3", "2, 6, 6, 3"});
}

TEST_F(BadFeed, WrongRankIsSaidBesideTheRightOne) {
  ExpectRefused("input=" + Npy(Tensor(DType::kFloat32, {180})), {"'input'", "2, 6, 5, 3", "180"});
}

TEST_F(BadFeed, WrongTypeIsSaidBesideTheRightOne) {
  ExpectRefused("input=" + Npy(Tensor(DType::kUInt8, {2, 6, 5, 3})), {"'input'", "float32", "uint8"});
}

TEST_F(BadFeed, MissingFeedIsNamed) {
  const ScratchFolder out;
  EXPECT_TRUE(Refuses(RunFloe({"run", folder_ / "tiny.floe", "--save", out / "out.npz"}), 2, {"'input'"}));
  EXPECT_THAT(out.Names(), testing::IsEmpty());
}

TEST_F(BadFeed, FeedWithoutAFileIsAUsageError) {
  ExpectRefused("input", {"--feed", "NAME=FILE.npy"});
}

TEST_F(BadFeed, MissingFileIsNamed) {
  ExpectRefused("input=/no/such/feed.npy", {"/no/such/feed.npy"}, 3);
}

TEST_F(BadFeed, FileThatIsNoArrayIsNamed) {
  ExpectRefused("input=" + folder_.Write("text.npy", "not an array"), {"text.npy"}, 3);
}

TEST_F(BadFeed, TruncatedArrayIsNamed) {
  const std::string whole = ReadBytes(Npy(Tensor(DType::kFloat32, {2, 6, 5, 3})));
  ExpectRefused("input=" + folder_.Write("cut.npy", whole.substr(0, whole.size() - 4)), {"cut.npy"}, 3);
}

TEST_F(BadFeed, UnknownArrayOfAnArchiveIsNamed) {
  ExpectRefused("input=" + FormFile("variables/io.npz") + ":in9", {"in9"});
}

TEST_F(BadFeed, UnknownFetchIsAnsweredWithTheOutputs) {
  const std::string feed = "input=" + Npy(Tensor(DType::kFloat32, {2, 6, 5, 3}));
  EXPECT_TRUE(Refuses(RunFloe({"run", folder_ / "tiny.floe", "--feed", feed, "--fetch", "scores"}), 2,
                      {"scores", "Tiny/Predictions"}));
}

}  // namespace
}  // namespace floe
