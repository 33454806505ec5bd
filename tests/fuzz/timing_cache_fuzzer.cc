// Any text as a timing cache; what is read comes back equal.
#include "fuzz.h"
#include "planner/timing_cache.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const floe::fuzz::Folder folder;
  const std::string path = folder.Write("timing.json", {data, size});
  floe::fuzz::Accepts([&] {
    floe::TimingCache cache = floe::TimingCache::Open(path);
    cache.Put("a kernel", 1);
    cache.Save();
    floe::fuzz::Require(floe::TimingCache::Open(path).entries() == cache.entries());
  });
  return 0;
}
