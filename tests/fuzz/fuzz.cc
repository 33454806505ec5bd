#include "fuzz.h"

#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>

#include "base/file.h"
#include "base/log.h"
#include "graph/text.h"

// Tensors ask for memory so that they can be refused it; where another allocation is refused, the sanitizer
// stops.
extern "C" const char* __asan_default_options() {
  return "allocator_may_return_null=1:max_allocation_size_mb=256:detect_leaks=1";
}

extern "C" int LLVMFuzzerInitialize(int*, char***) {
  floe::SetLogLevel(floe::LogLevel::kError);
  return 0;
}

namespace floe::fuzz {

namespace fs = std::filesystem;

void Require(bool condition) {
  if (!condition) std::abort();
}

Folder::Folder() {
  path_ = (fs::temp_directory_path() / "floe_fuzz_XXXXXX").string();
  Require(mkdtemp(path_.data()) != nullptr);
}

Folder::~Folder() {
  std::error_code ignored;
  fs::remove_all(path_, ignored);
}

std::string Folder::Write(const std::string& name, Bytes bytes) const {
  const std::string path = *this / name;
  const std::unique_ptr<FILE, int (*)(FILE*)> file(std::fopen(path.c_str(), "wb"), &std::fclose);
  Require(file != nullptr);
  if (!bytes.empty()) Require(std::fwrite(bytes.data(), 1, bytes.size(), file.get()) == bytes.size());
  return path;
}

uint8_t Input::U8() {
  const Bytes one = Take(1);
  return one.empty() ? 0 : one[0];
}

Bytes Input::Take(size_t most) {
  const Bytes taken = bytes_.first(std::min(most, bytes_.size()));
  bytes_ = bytes_.subspan(taken.size());
  return taken;
}

std::vector<std::unique_ptr<Graph>> SeedGraphs() {
  std::vector<std::string> paths;
  for (const auto& entry : fs::directory_iterator(FLOE_FUZZ_FOLDER "/corpus/graph_text")) {
    paths.push_back(entry.path().string());
  }
  std::ranges::sort(paths);
  std::vector<std::unique_ptr<Graph>> graphs;
  for (const std::string& path : paths) {
    Accepts([&] { graphs.push_back(ParseGraph(ReadTextFile(path))); });
  }
  Require(!graphs.empty());
  return graphs;
}

}  // namespace floe::fuzz
