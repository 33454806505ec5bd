// floe cache: timing caches as files.
#include <algorithm>
#include <memory>

#include "base/file.h"
#include "planner/timing_cache.h"
#include "tools/command.h"
#include "tools/table.h"

namespace floe::tools {
namespace {

struct CacheArgs {
  std::string path;
  std::vector<std::string> merge;
  bool clear = false;
  bool list = false;
};

void Cache(const CacheArgs& args) {
  if (args.clear) {
    const std::string path = TimingCache::Open(args.path).path();
    if (FileExists(path))
      WriteFile(path, AsBytes("{\"schema\": \"floe.timing_cache/1\", \"times_ns\": {}}\n"));
    fmt::print("{}: empty\n", path);
    return;
  }
  TimingCache cache = TimingCache::Open(args.path);
  for (const std::string& other : args.merge) {
    if (!FileExists(other)) throw Error(ErrorCode::kModel, other + ": cannot open: no such file");
    const TimingCache from = TimingCache::Open(other);
    for (const auto& [key, ns] : from.entries()) {
      if (!cache.Find(key)) cache.Put(key, ns);
    }
  }
  cache.Save();
  fmt::print("{}: {} measured times\n", cache.path(), cache.size());
  if (!args.list) return;
  Table table({">us", "kernel, problem, instruction set, threads, device"});
  for (const auto& [key, ns] : cache.entries())
    table.Add({fmt::format("{:.1f}", static_cast<double>(ns) * 1e-3), key});
  fmt::print("{}", table.ToString());
}

}  // namespace

void AddCache(CLI::App& app, const ConsoleOptions&) {
  auto args = std::make_shared<CacheArgs>();
  app.add_option("FILE", args->path, "A timing cache; default: the one that build uses");
  app.add_option("--merge", args->merge, "Add the times of another; repeatable")
      ->type_name("FILE")
      ->expected(1)
      ->take_all();
  app.add_flag("--clear", args->clear, "Forget all times");
  app.add_flag("--list", args->list, "Print every entry");
  app.callback([args] { Cache(*args); });
}

}  // namespace floe::tools
