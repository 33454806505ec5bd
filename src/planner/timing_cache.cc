#include "planner/timing_cache.h"

#include <sys/stat.h>

#include <cstdlib>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <system_error>

#include "base/error.h"
#include "base/file.h"
#include "base/log.h"

namespace floe {
namespace {

constexpr const char* kSchema = "floe.timing_cache/1";

std::string DefaultPath() {
  const char* cache = std::getenv("XDG_CACHE_HOME");
  if (cache != nullptr && *cache != '\0') return std::string(cache) + "/floe/timing.json";
  const char* home = std::getenv("HOME");
  return home != nullptr && *home != '\0' ? std::string(home) + "/.cache/floe/timing.json" : "";
}

std::map<std::string, int64_t> ReadEntries(const std::string& path) {
  const nlohmann::json json = nlohmann::json::parse(ReadTextFile(path), nullptr, /*allow_exceptions=*/false);
  const auto bad = [&] {
    Throw(ErrorCode::kModel, "{}: not a timing cache (expected JSON with schema '{}')", path, kSchema);
  };
  const auto is_ours = [&] {
    if (!json.is_object() || !json.contains("schema") || !json.contains("times_ns")) return false;
    return json["schema"] == kSchema && json["times_ns"].is_object();
  };
  if (!is_ours()) bad();
  std::map<std::string, int64_t> entries;
  for (const auto& [key, value] : json["times_ns"].items()) {
    if (!value.is_number_integer()) bad();
    entries.emplace(key, value.get<int64_t>());
  }
  return entries;
}

}  // namespace

TimingCache TimingCache::Open(const std::string& path) {
  TimingCache cache;
  if (path == "none") return cache;
  cache.is_default_ = path.empty();
  cache.path_ = path.empty() ? DefaultPath() : path;
  if (!cache.path_.empty() && FileExists(cache.path_)) cache.times_ns_ = ReadEntries(cache.path_);
  return cache;
}

std::string TimingCache::Key(const Kernel& kernel, uint64_t problem_hash, const Target& target) {
  // What a target adds for bf16 changes nothing for the other kernels.
  const bool plain = kernel.arithmetic == DType::kFloat32;
  const std::string isa = plain ? target.PlainIsa() : target.isa;
  return fmt::format("{}@{} {:016x} {} {} {}", kernel.name, kernel.version, problem_hash, isa, target.threads,
                     target.device);
}

std::optional<int64_t> TimingCache::Find(const std::string& key) const {
  const auto at = times_ns_.find(key);
  if (at == times_ns_.end()) return std::nullopt;
  return at->second;
}

void TimingCache::Put(const std::string& key, int64_t time_ns) {
  times_ns_[key] = time_ns;
  changed_ = true;
}

void TimingCache::Save() {
  if (path_.empty() || !changed_) return;
  try {
    // Another process may have added entries since; ours win, since this engine was chosen by them.
    if (FileExists(path_)) times_ns_.merge(ReadEntries(path_));
    std::error_code ignored;  // a folder that cannot be made shows when the file is written
    std::filesystem::create_directories(std::filesystem::path(path_).parent_path(), ignored);
    const nlohmann::json json = {{"schema", kSchema}, {"times_ns", times_ns_}};
    WriteFile(path_, AsBytes(json.dump(1) + "\n"));
    changed_ = false;
  } catch (const Error& error) {
    if (!is_default_) throw;
    LogWarning("timings are not kept: {}", error.what());
  }
}

}  // namespace floe
