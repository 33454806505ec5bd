// An engine: a model made ready for one kind of machine, as a file or in memory.
#ifndef FLOE_ENGINE_H_
#define FLOE_ENGINE_H_

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "floe/tensor.h"

namespace floe {

struct EngineData;

struct LoadOptions {
  // Compare every section with its checksum (some milliseconds for 100 MB). Without, headers and bounds are
  // still checked, and kernels still validate their parameters.
  bool verify = true;
  // To look at an engine that was built for another machine; a session of it is refused (kEngine).
  bool any_machine = false;
};

// An input or output of an engine.
struct TensorSpec {
  std::string name;    // what feeds and fetches call it
  std::string tensor;  // the TensorFlow tensor, "scope/node:0"
  DType dtype = DType::kInvalid;
  std::vector<int64_t> dims;  // of the first profile; -1 where the size is known only after a run
};

// Immutable; share one between threads and sessions.
class Engine {
 public:
  // Maps the file; weights are used where they lie. Throws Error: kModel (missing, not an engine, damaged),
  // kEngine (another version of Floe, or built for a machine with other instruction sets).
  static std::shared_ptr<const Engine> Load(const std::string& path, const LoadOptions& options = {});
  // From bytes that `keep_alive` keeps alive; 64-byte aligned bytes are used in place, others are copied
  // once.
  static std::shared_ptr<const Engine> FromBytes(std::span<const uint8_t> bytes,
                                                 std::shared_ptr<const void> keep_alive,
                                                 const LoadOptions& options = {});
  explicit Engine(EngineData data);
  ~Engine();
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;

  // Writes the file whole or not at all. Throws Error(kResource).
  void Save(const std::string& path) const;

  std::vector<TensorSpec> inputs() const;
  std::vector<TensorSpec> outputs() const;
  const std::vector<std::string>& labels() const;  // empty when none were given
  const std::string& preprocess_json() const;      // docs/preprocess.md; "" when none was given
  std::string target() const;                      // "cpu avx512"

  // What the engine holds, for Floe's own tools (src/engine/plan.h); not part of the stable interface.
  const EngineData& data() const { return *data_; }

 private:
  std::unique_ptr<const EngineData> data_;
};

}  // namespace floe

#endif  // FLOE_ENGINE_H_
