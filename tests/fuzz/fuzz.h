// What the fuzzers share: the rule of what counts as a crash, files for readers that want a path, seeds.
#ifndef FLOE_TESTS_FUZZ_FUZZ_H_
#define FLOE_TESTS_FUZZ_FUZZ_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "floe/error.h"
#include "graph/graph.h"

namespace floe::fuzz {

// Runs f and says whether it came to its end. An Error is a refusal, and so is an array larger than the limit
// that fuzz.cc sets for one allocation; anything else that f throws, InternalError too, is a crash.
template <typename F>
bool Accepts(F&& f) {
  try {
    f();
    return true;
  } catch (const Error&) {
  } catch (const std::bad_alloc&) {
  }
  return false;
}

// As assert, in every build.
void Require(bool condition);

// A folder of the process, gone when it ends.
class Folder {
 public:
  Folder();
  ~Folder();
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;

  std::string operator/(const std::string& name) const { return path_ + "/" + name; }
  std::string Write(const std::string& name, Bytes bytes) const;  // returns the path

 private:
  std::string path_;
};

// Numbers and pieces off the front of what the fuzzer gives; zeros and nothing where it has ended.
class Input {
 public:
  Input(const uint8_t* data, size_t size) : bytes_(data, size) {}

  uint8_t U8();
  uint16_t U16() { return static_cast<uint16_t>(U8() | U8() << 8); }
  Bytes Take(size_t most);
  Bytes Rest() { return Take(bytes_.size()); }
  bool empty() const { return bytes_.empty(); }

 private:
  Bytes bytes_;
};

// The graphs of corpus/graph_text that can be read: where the fuzzers of what is made of graphs begin.
std::vector<std::unique_ptr<Graph>> SeedGraphs();

}  // namespace floe::fuzz

#endif  // FLOE_TESTS_FUZZ_FUZZ_H_
