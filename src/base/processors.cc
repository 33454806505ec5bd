#include "base/processors.h"

#include <sched.h>

#include <algorithm>
#include <fstream>
#include <optional>
#include <string_view>
#include <thread>
#include <vector>

#include "base/text.h"

namespace floe {
namespace {

// A hierarchy of cgroups that may limit processors, as /proc/self/mountinfo shows it.
struct Hierarchy {
  std::string group;  // of the hierarchy, which the mount shows at `point`; "/" but in some containers
  std::string point;
  bool unified = false;  // version 2
};

// Not ReadTextFile: files in /proc and of cgroups say that they are empty.
std::vector<std::string> ReadLines(const std::string& path) {
  std::ifstream file(path);
  std::vector<std::string> lines;
  for (std::string line; std::getline(file, line);) lines.push_back(line);
  return lines;
}

bool Contains(const std::vector<std::string_view>& words, std::string_view word) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

// A path of mountinfo, where a blank is \040.
std::string Unescaped(std::string_view text) {
  const auto octal = [](char c) { return c >= '0' && c <= '7'; };
  std::string path;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\' && i + 3 < text.size() && octal(text[i + 1]) && octal(text[i + 2]) &&
        octal(text[i + 3])) {
      path += static_cast<char>((text[i + 1] - '0') * 64 + (text[i + 2] - '0') * 8 + (text[i + 3] - '0'));
      i += 3;
    } else {
      path += text[i];
    }
  }
  return path;
}

// "36 25 0:30 / /sys/fs/cgroup/cpu rw,relatime shared:9 - cgroup cgroup rw,cpu,cpuacct": after the dash type,
// source and the hierarchy's own options; any number of words between the sixth and the dash.
std::optional<Hierarchy> ParseMount(std::string_view line) {
  const std::vector<std::string_view> words = SplitText(line, ' ');
  const size_t dash = static_cast<size_t>(std::find(words.begin(), words.end(), "-") - words.begin());
  if (dash < 6 || dash + 3 >= words.size()) return std::nullopt;
  const bool unified = words[dash + 1] == "cgroup2";
  const bool of_processors = words[dash + 1] == "cgroup" && Contains(SplitText(words[dash + 3], ','), "cpu");
  if (!unified && !of_processors) return std::nullopt;
  return Hierarchy{Unescaped(words[3]), Unescaped(words[4]), unified};
}

// The process's group in such a hierarchy, of lines like "4:cpu,cpuacct:/a/b" (version 1) and "0::/a/b" (2).
std::optional<std::string> GroupIn(const Hierarchy& hierarchy, const std::vector<std::string>& groups) {
  for (const std::string_view line : groups) {
    const size_t first = line.find(':');
    const size_t second = line.find(':', first + 1);
    if (first == std::string_view::npos || second == std::string_view::npos) continue;
    const std::string_view controllers = line.substr(first + 1, second - first - 1);
    if (hierarchy.unified ? controllers.empty() : Contains(SplitText(controllers, ','), "cpu"))
      return std::string(line.substr(second + 1));
  }
  return std::nullopt;
}

// The folders from the mount down to the group's. Where the mount doesn't show the group, as in a container
// with the names of the machine outside, what it shows is the container's own.
std::vector<std::string> Levels(const Hierarchy& hierarchy, const std::string& group) {
  const std::string_view shown = hierarchy.group == "/" ? "" : std::string_view(hierarchy.group);
  const bool below = group.starts_with(shown) && (group.size() == shown.size() || group[shown.size()] == '/');
  const bool outside = Contains(SplitText(group, '/'), "..");
  std::vector<std::string> levels = {hierarchy.point};
  if (!below || outside) return levels;
  for (const std::string_view name : SplitText(std::string_view(group).substr(shown.size()), '/'))
    if (!name.empty()) levels.push_back(levels.back() + "/" + std::string(name));
  return levels;
}

// Of "150000 100000" microseconds 2; 0 where there is no limit: "max" and -1.
int Rounded(std::string_view quota, std::string_view period) {
  const std::optional<int64_t> used = ParseInt(quota);
  const std::optional<int64_t> of = ParseInt(period);
  if (!used || !of || *used <= 0 || *of <= 0) return 0;
  constexpr int64_t kMost = 1 << 20;
  return static_cast<int>(std::min(kMost, (*used - 1) / *of + 1));
}

int LimitOf(const std::string& folder, bool unified) {
  if (!unified) {
    const std::vector<std::string> quota = ReadLines(folder + "/cpu.cfs_quota_us");
    const std::vector<std::string> period = ReadLines(folder + "/cpu.cfs_period_us");
    return quota.empty() || period.empty() ? 0 : Rounded(quota.front(), period.front());
  }
  const std::vector<std::string> lines = ReadLines(folder + "/cpu.max");
  if (lines.empty()) return 0;
  const std::vector<std::string_view> words = SplitText(lines.front(), ' ');
  return words.size() == 2 ? Rounded(words[0], words[1]) : 0;
}

}  // namespace

int CgroupProcessors(const std::string& root) {
  const std::vector<std::string> groups = ReadLines(root + "/proc/self/cgroup");
  int least = 0;
  for (const std::string& line : ReadLines(root + "/proc/self/mountinfo")) {
    const std::optional<Hierarchy> hierarchy = ParseMount(line);
    if (!hierarchy) continue;
    const std::optional<std::string> group = GroupIn(*hierarchy, groups);
    if (!group) continue;
    for (const std::string& folder : Levels(*hierarchy, *group))
      if (const int limit = LimitOf(root + folder, hierarchy->unified); limit > 0)
        least = least == 0 ? limit : std::min(least, limit);
  }
  return least;
}

int AvailableProcessors() {
  int count = static_cast<int>(std::max(1u, std::thread::hardware_concurrency()));
  cpu_set_t set;
  CPU_ZERO(&set);
  if (sched_getaffinity(0, sizeof(set), &set) == 0) count = std::min(count, std::max(1, CPU_COUNT(&set)));
  if (const int limit = CgroupProcessors(); limit > 0) count = std::min(count, limit);
  return count;
}

}  // namespace floe
