#include "base/file.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdio>
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

// Pages of the process that are in memory and lie in this range.
size_t ResidentPages(Bytes bytes) {
  const auto page = static_cast<uintptr_t>(sysconf(_SC_PAGESIZE));
  std::ifstream map("/proc/self/smaps");
  const auto wanted = reinterpret_cast<uintptr_t>(bytes.data());
  bool here = false;
  for (std::string line; std::getline(map, line);) {
    uintptr_t begin = 0;
    uintptr_t end = 0;
    if (std::sscanf(line.c_str(), "%lx-%lx", &begin, &end) == 2) here = begin <= wanted && wanted < end;
    size_t kilobytes = 0;
    if (here && std::sscanf(line.c_str(), "Rss: %zu", &kilobytes) == 1) return kilobytes * 1024 / page;
  }
  return 0;
}

TEST_F(FileTest, ReleasedPagesOfAMappingLeaveMemoryAndComeBack) {
  WriteFile(Path("a"), AsBytes(std::string(1 << 20, 'x')));
  const auto file = MappedFile::Open(Path("a"));
  size_t sum = 0;
  for (const uint8_t byte : file->bytes()) sum += byte;
  EXPECT_GT(ResidentPages(file->bytes()), 200u);
  ReleaseMapped(file->bytes());
  EXPECT_EQ(ResidentPages(file->bytes()), 0u);
  for (const uint8_t byte : file->bytes()) sum -= byte;
  EXPECT_EQ(sum, 0u);
}

TEST_F(FileTest, MemoryThatIsNoMappingIsNotReleased) {
  const std::string own(1 << 20, 'x');
  ReleaseMapped(AsBytes(own));
  EXPECT_EQ(own, std::string(1 << 20, 'x'));
}

TEST_F(FileTest, PiecesCoverAllBytesInOrder) {
  std::string bytes(20 << 20, '\0');
  for (size_t i = 0; i < bytes.size(); i += 1000) bytes[i] = static_cast<char>(i / 1000);
  WriteFile(Path("a"), AsBytes(bytes));
  const auto file = MappedFile::Open(Path("a"));
  std::string copy;
  ForEachPiece(file->bytes(), [&](Bytes piece) { copy += AsText(piece); });
  EXPECT_TRUE(copy == bytes);
}

}  // namespace
}  // namespace floe
