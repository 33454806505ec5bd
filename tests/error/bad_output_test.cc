// A place that cannot be written to, a full disk, an interrupt: nothing half-written, nothing that was there
// is lost.
#include <unistd.h>

#include <csignal>
#include <filesystem>

#include "support/run_floe.h"

namespace floe {
namespace {

std::vector<std::string> BuildTo(const std::string& path) {
  return {
      "build", FormFile("variables/model.ckpt"), "--input", "input=2x6x5x3", "--timing-cache", "none", "-o",
      path};
}

TEST(BadOutput, MissingFolderIsNamed) {
  EXPECT_TRUE(
      Refuses(RunFloe(BuildTo("/no/such/folder/x.floe")), 7, {"/no/such/folder/x.floe", "No such file"}));
  EXPECT_TRUE(Refuses(RunFloe({"freeze", FormFile("variables/model.ckpt"), "-o", "/no/such/folder/x.pb"}), 7,
                      {"/no/such/folder/x.pb", "No such file"}));
}

TEST(BadOutput, FolderInPlaceOfAFileIsRefused) {
  const ScratchFolder out;
  EXPECT_TRUE(Refuses(RunFloe(BuildTo(out.path())), 7, {out.path()}));
  EXPECT_THAT(out.Names(), testing::IsEmpty());
}

TEST(BadOutput, FolderWithoutPermissionIsNamed) {
  if (geteuid() == 0) GTEST_SKIP() << "root may write everywhere";
  const ScratchFolder out;
  std::filesystem::permissions(out.path(),
                               std::filesystem::perms::owner_read | std::filesystem::perms::owner_exec);
  EXPECT_TRUE(Refuses(RunFloe(BuildTo(out / "x.floe")), 7, {"x.floe", "Permission denied"}));
}

TEST(BadOutput, FullDiskIsSaid) {
  EXPECT_TRUE(Refuses(RunFloe(BuildTo("/dev/full")), 7, {"/dev/full", "No space left"}));
  EXPECT_TRUE(Refuses(RunFloe({"freeze", FormFile("variables/model.ckpt"), "-o", "/dev/full"}), 7,
                      {"/dev/full", "No space left"}));
}

// As a disk that fills up while the file is written.
TEST(BadOutput, DiskThatFillsUpLeavesNothing) {
  const ScratchFolder out;
  RunFloeOptions options;
  options.most_file_bytes = 1000;
  EXPECT_TRUE(Refuses(RunFloe(BuildTo(out / "x.floe"), options), 7, {"x.floe", "cannot write"}));
  EXPECT_TRUE(Refuses(RunFloe({"freeze", FormFile("variables/model.ckpt"), "-o", out / "x.pb"}, options), 7,
                      {"x.pb", "cannot write"}));
  EXPECT_THAT(out.Names(), testing::IsEmpty());
}

TEST(BadOutput, FullDiskBehindStandardOutputIsSaid) {
  RunFloeOptions options;
  options.stdout_path = "/dev/full";
  EXPECT_TRUE(
      Refuses(RunFloe({"inspect", FormFile("variables/model.ckpt")}, options), 7, {"standard output"}));
}

TEST(BadOutput, FailedBuildLeavesTheOldEngine) {
  const ScratchFolder out;
  const std::string path = out.Write("x.floe", "what was there");
  const Ran ran =
      RunFloe({"build", FormFile("variables/model.ckpt"), "--output", "no/such/node", "-o", path});
  EXPECT_TRUE(Refuses(ran, 2, {"no/such/node"}));
  EXPECT_EQ(ReadBytes(path), "what was there");
  EXPECT_THAT(out.Names(), testing::ElementsAre("x.floe"));
}

TEST(BadOutput, SuccessfulBuildReplacesTheOldEngine) {
  const ScratchFolder out;
  const std::string path = out.Write("x.floe", "what was there");
  EXPECT_TRUE(Succeeds(RunFloe(BuildTo(path))));
  EXPECT_NE(ReadBytes(path), "what was there");
  EXPECT_THAT(out.Names(), testing::ElementsAre("x.floe"));
}

// When the interrupt arrives in time is up to the machine: too early (before the program listens), too late,
// or during the build, which is the case that counts and must be met.
TEST(BadOutput, InterruptLeavesNothingAndEndsWith130) {
  const ScratchFolder out;
  const std::vector<std::string> arguments = {"build",
                                              SourceFile("tests/models/data/mobilenet_v1_0p25_128/frozen.pb"),
                                              "--input",
                                              "input=16x128x128x3",
                                              "-o",
                                              out / "x.floe",
                                              "--timing-cache",
                                              "none"};
  auto delay = std::chrono::milliseconds(80);
  for (int attempt = 0; attempt < 8; ++attempt) {
    RunFloeOptions options;
    options.interrupt_after = delay;
    const Ran ran = RunFloe(arguments, options);
    if (ran.exit_code == 0) {
      std::filesystem::remove(out / "x.floe");
      delay /= 3;
      continue;
    }
    EXPECT_THAT(out.Names(), testing::IsEmpty());
    if (ran.exit_code == 128 + SIGINT && ran.err.empty()) {  // before the program could listen
      delay *= 2;
      continue;
    }
    EXPECT_TRUE(Refuses(ran, 130, {"interrupted"}));
    return;
  }
  FAIL() << "no interrupt met the build";
}

}  // namespace
}  // namespace floe
