// Measured times of kernels, kept between builds: the same cache gives the same engine, byte for byte.
//
// A JSON file, readable and mergeable: {"schema": "floe.timing_cache/1", "times_ns": {"<key>": 12345, ...}},
// keys sorted. A key is "kernel@version problem-hash isa threads device", and " cold" where the kernel's
// weights were not in a cache.
#ifndef FLOE_PLANNER_TIMING_CACHE_H_
#define FLOE_PLANNER_TIMING_CACHE_H_

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "backends/backend.h"

namespace floe {

class TimingCache {
 public:
  // "" : the default file, $XDG_CACHE_HOME/floe/timing.json or ~/.cache/floe/timing.json. "none": in memory
  // only. A missing file is an empty cache. Throws Error(kModel) when the file is not a timing cache.
  static TimingCache Open(const std::string& path);

  static std::string Key(const Kernel& kernel, uint64_t problem_hash, const Target& target);
  std::optional<int64_t> Find(const std::string& key) const;
  void Put(const std::string& key, int64_t time_ns);

  // Adds the entries of another file or process, then writes atomically when anything is new. A default file
  // that cannot be written is a warning; one that was asked for throws Error(kResource).
  void Save();
  size_t size() const { return times_ns_.size(); }
  const std::string& path() const { return path_; }
  const std::map<std::string, int64_t>& entries() const { return times_ns_; }

 private:
  std::string path_;  // "" = memory only
  bool is_default_ = false;
  bool changed_ = false;
  std::map<std::string, int64_t> times_ns_;
};

}  // namespace floe

#endif  // FLOE_PLANNER_TIMING_CACHE_H_
