#include "planner/timing_cache.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <string>

#include "base/error.h"
#include "base/file.h"

namespace floe {
namespace {

class TimingCacheTest : public ::testing::Test {
 protected:
  void SetUp() override { std::filesystem::remove(path_); }
  void TearDown() override { std::filesystem::remove(path_); }
  std::string path_ =
      (std::filesystem::temp_directory_path() / ("floe_timing_cache_" + std::to_string(getpid()) + ".json"))
          .string();
};

TEST_F(TimingCacheTest, KeepsItsEntries) {
  TimingCache cache = TimingCache::Open(path_);
  EXPECT_EQ(cache.size(), 0u);
  cache.Put("a", 5);
  cache.Save();
  EXPECT_EQ(TimingCache::Open(path_).Find("a"), 5);
  EXPECT_EQ(TimingCache::Open(path_).Find("b"), std::nullopt);
}

TEST_F(TimingCacheTest, WhatAnotherProcessAddedStays) {
  TimingCache one = TimingCache::Open(path_);
  TimingCache other = TimingCache::Open(path_);
  other.Put("b", 7);
  other.Save();
  one.Put("a", 5);
  one.Save();
  EXPECT_EQ(TimingCache::Open(path_).size(), 2u);
}

TEST_F(TimingCacheTest, AFileOfAnotherKindIsRefusedAndLeftAlone) {
  for (const char* text : {"", "{}", "[1]", "not json", R"({"schema": 1, "times_ns": {}})",
                           R"({"schema": "floe.timing_cache/1", "times_ns": {"a": "x"}})"}) {
    WriteFile(path_, AsBytes(text));
    EXPECT_THROW(TimingCache::Open(path_), Error) << text;
    EXPECT_EQ(ReadTextFile(path_), text);
  }
}

TEST_F(TimingCacheTest, NoneIsInMemoryOnly) {
  TimingCache cache = TimingCache::Open("none");
  cache.Put("a", 1);
  cache.Save();
  EXPECT_EQ(cache.path(), "");
}

TEST(TimingCacheKey, IsTheSameForFloatKernelsWhateverPrecisionIsAllowed) {
  Kernel kernel = *FindKernel("cpu.conv_packed");
  const Target plain{.isa = "avx512", .device = "x"};
  const Target bf16{.isa = "avx512+bf16", .device = "x"};
  EXPECT_EQ(TimingCache::Key(kernel, 1, plain), TimingCache::Key(kernel, 1, bf16));
  kernel.arithmetic = DType::kBFloat16;
  EXPECT_NE(TimingCache::Key(kernel, 1, plain), TimingCache::Key(kernel, 1, bf16));
}

}  // namespace
}  // namespace floe
