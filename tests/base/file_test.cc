#include "base/file.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

namespace floe {
namespace {

class FileTest : public ::testing::Test {
 protected:
  void SetUp() override {
    folder_ =
        std::filesystem::temp_directory_path() /
        ("floe_file_test_" + std::string(::testing::UnitTest::GetInstance()->current_test_info()->name()));
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directories(folder_);
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }
  std::string Path(const std::string& name) const { return (folder_ / name).string(); }
  size_t Count() const {
    return static_cast<size_t>(std::distance(std::filesystem::directory_iterator(folder_), {}));
  }
  std::filesystem::path folder_;
};

TEST_F(FileTest, WhatIsWrittenIsMapped) {
  WriteFile(Path("a"), AsBytes("hello"));
  EXPECT_EQ(AsText(MappedFile::Open(Path("a"))->bytes()), "hello");
  EXPECT_EQ(Count(), 1u);
}

TEST_F(FileTest, AnEmptyFileIsAnEmptySpan) {
  WriteFile(Path("a"), {});
  EXPECT_TRUE(MappedFile::Open(Path("a"))->bytes().empty());
}

TEST_F(FileTest, AMissingFileIsNamed) {
  try {
    MappedFile::Open(Path("nothing"));
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kModel);
    EXPECT_EQ(error.what(), Path("nothing") + ": cannot open: No such file or directory");
  }
}

TEST_F(FileTest, AFolderIsNotAFile) {
  EXPECT_THROW(MappedFile::Open(folder_.string()), Error);
}

TEST_F(FileTest, WithoutCommitNothingAppearsAndTheOldStays) {
  WriteFile(Path("a"), AsBytes("old"));
  {
    AtomicFile file(Path("a"));
    file.Write(AsBytes("half"));
  }
  EXPECT_EQ(ReadTextFile(Path("a")), "old");
  EXPECT_EQ(Count(), 1u);
}

TEST_F(FileTest, AFolderThatIsNotThereIsAResourceError) {
  try {
    WriteFile(Path("no/such/folder"), AsBytes("x"));
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kResource);
  }
}

TEST_F(FileTest, AFullDiskIsAResourceError) {
  if (!FileExists("/dev/full")) GTEST_SKIP() << "no /dev/full here";
  try {
    WriteFile("/dev/full", AsBytes("x"));
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kResource);
  }
}

}  // namespace
}  // namespace floe
