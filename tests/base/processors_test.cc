#include "base/processors.h"

#include <gtest/gtest.h>
#include <sched.h>

#include <string>
#include <thread>

#include "formats/files.h"

namespace floe {
namespace {

constexpr const char* kVersion1 =
    "35 30 0:27 / /sys/fs/cgroup/cpu rw,relatime shared:9 - cgroup cgroup rw,cpu,cpuacct\n";
constexpr const char* kVersion2 = "31 25 0:26 / /sys/fs/cgroup rw,nosuid shared:8 - cgroup2 cgroup2 rw\n";

// A folder with what the kernel would show in /proc and of cgroups.
class CgroupTest : public ::testing::Test {
 protected:
  void Write(const std::string& path, const std::string& text) { root_.Write(path, text); }
  void Process(const std::string& groups, const std::string& mounts) {
    Write("proc/self/cgroup", groups);
    Write("proc/self/mountinfo", "22 27 0:21 / /proc rw - proc proc rw\n" + mounts);
  }
  int Processors() { return CgroupProcessors(root_.path()); }
  TemporaryFolder root_;
};

TEST_F(CgroupTest, Version2OfTheGroupItself) {
  Process("0::/system.slice/job.service\n", kVersion2);
  Write("sys/fs/cgroup/system.slice/job.service/cpu.max", "200000 100000\n");
  EXPECT_EQ(Processors(), 2);
}

TEST_F(CgroupTest, TheLeastOfAllLevelsCounts) {
  Process("0::/a/b/c\n", kVersion2);
  Write("sys/fs/cgroup/a/cpu.max", "300000 100000\n");
  Write("sys/fs/cgroup/a/b/cpu.max", "100000 50000\n");
  Write("sys/fs/cgroup/a/b/c/cpu.max", "max 100000\n");
  EXPECT_EQ(Processors(), 2);
}

TEST_F(CgroupTest, AnotherGroupsLimitIsNotOurs) {
  Process("0::/ab\n", kVersion2);
  Write("sys/fs/cgroup/a/cpu.max", "100000 100000\n");
  EXPECT_EQ(Processors(), 0);
}

TEST_F(CgroupTest, InAContainerTheMountIsTheGroup) {
  Process("0::/\n", kVersion2);
  Write("sys/fs/cgroup/cpu.max", "100000 100000\n");
  EXPECT_EQ(Processors(), 1);
}

TEST_F(CgroupTest, APartOfAProcessorIsRoundedUp) {
  Process("0::/\n", kVersion2);
  Write("sys/fs/cgroup/cpu.max", "150000 100000\n");
  EXPECT_EQ(Processors(), 2);
  Write("sys/fs/cgroup/cpu.max", "1000 100000\n");
  EXPECT_EQ(Processors(), 1);
}

TEST_F(CgroupTest, Version1) {
  Process("3:cpuset:/jobs\n2:cpuacct,cpu:/jobs/one\n1:name=systemd:/\n0::/\n", kVersion1);
  Write("sys/fs/cgroup/cpu/cpu.cfs_quota_us", "-1\n");
  Write("sys/fs/cgroup/cpu/cpu.cfs_period_us", "100000\n");
  EXPECT_EQ(Processors(), 0);
  Write("sys/fs/cgroup/cpu/jobs/one/cpu.cfs_quota_us", "250000\n");
  Write("sys/fs/cgroup/cpu/jobs/one/cpu.cfs_period_us", "100000\n");
  EXPECT_EQ(Processors(), 3);
}

// As of a container engine that leaves the names of the machine outside.
TEST_F(CgroupTest, AMountThatShowsThePartBelowAGroup) {
  const std::string mount = "40 30 0:27 /docker/1f /sys/fs/cgroup/cpu ro - cgroup cgroup rw,cpu\n";
  Process("2:cpu:/docker/1f/inner\n", mount);
  Write("sys/fs/cgroup/cpu/cpu.cfs_quota_us", "400000\n");
  Write("sys/fs/cgroup/cpu/cpu.cfs_period_us", "100000\n");
  EXPECT_EQ(Processors(), 4);
  Write("sys/fs/cgroup/cpu/inner/cpu.cfs_quota_us", "100000\n");
  Write("sys/fs/cgroup/cpu/inner/cpu.cfs_period_us", "100000\n");
  EXPECT_EQ(Processors(), 1);
  Process("2:cpu:/docker/1f2/inner\n", mount);  // not below it: what is shown is taken
  EXPECT_EQ(Processors(), 4);
  Process("2:cpu:/docker/1f/../../inner\n", mount);
  EXPECT_EQ(Processors(), 4);
}

TEST_F(CgroupTest, AMountWithABlankInItsPath) {
  Process("0::/\n", "31 25 0:26 / /my\\040groups rw - cgroup2 cgroup2 rw\n");
  Write("my groups/cpu.max", "100000 100000\n");
  EXPECT_EQ(Processors(), 1);
}

TEST_F(CgroupTest, WhatCannotBeReadLimitsNothing) {
  EXPECT_EQ(Processors(), 0);
  Process("", "");
  EXPECT_EQ(Processors(), 0);
  Process("0::/a\nnonsense\n", std::string(kVersion2) + "1 2 - cgroup2\nnonsense\n");
  EXPECT_EQ(Processors(), 0);
  for (const char* text :
       {"", "\n", "100000\n", "-5 100000\n", "0 100000\n", "100000 0\n", "many 100000\n"}) {
    Write("sys/fs/cgroup/a/cpu.max", text);
    EXPECT_EQ(Processors(), 0) << text;
  }
}

TEST(AvailableProcessors, AreThoseOfTheAffinityMaskAtMost) {
  const int before = AvailableProcessors();
  EXPECT_GE(before, 1);
  int in_one = 0;
  std::thread([&] {
    cpu_set_t mask;
    ASSERT_EQ(sched_getaffinity(0, sizeof(mask), &mask), 0);
    int first = 0;
    while (!CPU_ISSET(first, &mask)) ++first;
    CPU_ZERO(&mask);
    CPU_SET(first, &mask);
    ASSERT_EQ(sched_setaffinity(0, sizeof(mask), &mask), 0);
    in_one = AvailableProcessors();
  }).join();
  EXPECT_EQ(in_one, 1);
  EXPECT_EQ(AvailableProcessors(), before);
}

}  // namespace
}  // namespace floe
