// The one interface between Floe and what computes: a backend is a table of kernels and a description of the
// machine.
//
// A kernel is asked about a *problem*: a small Graph whose inputs are what the run supplies, whose constants
// are known, and whose body is one op or the ops of a group. The planner asks every row whether it refuses
// the problem, packs and times the ones that don't, and writes the winner's name into the plan; the runtime
// finds the row by its name, prepares it once and runs it. Problem graphs carry static types; a step whose
// shapes only the run knows is given a fresh problem with the shapes of the moment (see runtime/executor.h).
//
// To add a kernel: one row in the backend's table. To add a backend: copy null/ and name it in registry.cc.
#ifndef FLOE_BACKENDS_BACKEND_H_
#define FLOE_BACKENDS_BACKEND_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/thread_pool.h"
#include "floe/tensor.h"
#include "graph/graph.h"

namespace floe {

// What an engine is built for. Stored in the engine; equal targets give equal plans.
struct Target {
  std::string backend = "cpu";
  std::string isa =
      "generic";  // cpu: "generic", "avx2", "avx512", "avx512+bf16", "neon": the widest that kernels may use
  int threads = 1;     // a hint: what the measurements were made with
  std::string device;  // for people and the timing cache: "AMD EPYC ..."

  bool operator==(const Target&) const = default;

  // The set without what Backend::allow_bf16 adds behind a '+'.
  std::string PlainIsa() const { return isa.substr(0, isa.find('+')); }
};

// "Cannot" with its reason: nullopt means the kernel can; else a phrase for `floe explain`, such as
// "filter is not constant" or "float64: float32 only".
using Refusal = std::optional<std::string>;

// Constants in the layout a kernel wants, made once by `build` and stored in the engine.
struct Packed {
  std::vector<Tensor> tensors;
  // Constants of the problem that the kernel no longer reads once packed: the engine stores only their types,
  // so that at run time their raw() is null.
  std::vector<ValueId> consumed;
};

struct RunArgs {
  std::span<const Tensor> inputs;  // in the order of the problem's inputs, of its types
  // In the order of the problem's outputs: memory of the caller, 64-byte aligned but where a user's own
  // buffer is used, uninitialised. An output that only the kernel can size (its type in the problem is not
  // static) comes as an empty Tensor, and the kernel assigns one.
  std::span<Tensor> outputs;
  void* workspace =
      nullptr;  // Executable::WorkspaceBytes() of scratch, 64-byte aligned, shared by all threads
  ThreadPool* pool = nullptr;  // never null in a run
};

// A kernel bound to one problem. Immutable after prepare: one may run on several threads with different
// RunArgs.
class Executable {
 public:
  virtual ~Executable() = default;
  // Scratch for a run on a pool of that many threads.
  virtual size_t WorkspaceBytes(int threads) const { return static_cast<void>(threads), 0; }
  // Throws Error(kUsage) for what only the values show (an index out of range, integer division by zero).
  virtual void Run(const RunArgs& args) const = 0;
};

struct PrepareArgs {
  const Graph& problem;            // outlives the Executable
  std::span<const Tensor> packed;  // what pack() gave, in order; views that outlive the Executable
  const Target& target;
};

// An output that may be written over an input of the same size, element by element.
struct InPlace {
  size_t input;
  size_t output;
};

struct Kernel {
  std::string_view name;  // unique over all backends: "cpu.conv_gemm"
  int version = 1;        // raised with every change that affects speed or packing: part of the cache key and
                          // of the engine; an engine with another version is refused
  // Must hold for hostile problems too: the runtime asks again before it prepares one from a file.
  Refusal (*refuses)(const Graph& problem, const Target& target);
  // A guess in nanoseconds on one thread, to rank without measurements. Null: 1 ns a byte moved.
  double (*estimate_ns)(const Graph& problem, const Target& target) = nullptr;
  Packed (*pack)(const Graph& problem, const Target& target) = nullptr;  // null: nothing to pack
  // Bytes that pack() gives. Null: about as many as the constants that it consumes.
  size_t (*packed_bytes)(const Graph& problem, const Target& target) = nullptr;
  // Checks the sizes of `packed` (Error(kEngine) when they do not fit the problem).
  std::unique_ptr<Executable> (*prepare)(const PrepareArgs& args) = nullptr;
  std::vector<InPlace> (*in_place)(const Graph& problem) = nullptr;  // null: none
  // The largest error against the reference backend, relative to the largest magnitude of the exact output.
  // 0: to the bit.
  double error_bound = 0;
  // What its products are rounded to. A row in bf16 is for targets that allow it (Backend::allow_bf16).
  DType arithmetic = DType::kFloat32;
};

struct Backend {
  std::string_view name;  // "cpu": the word after --target
  std::string_view description;
  std::span<const Kernel> (*kernels)();
  // The machine at hand, at its best, for `threads` threads.
  Target (*detect)(int threads);
  // Why an engine built for `built_for` cannot run on this machine; nullopt when it can.
  Refusal (*refuses_target)(const Target& built_for);
  // Kernels take float32 alone: networks in float16 and bfloat16 are widened before they are planned.
  bool widens_half = false;
  // Makes it a target whose kernels may compute in bf16, or says why there is none. Null: no such kernels.
  Refusal (*allow_bf16)(Target& target) = nullptr;
};

// Every backend, in the order `--help` shows them.
std::span<const Backend* const> AllBackends();
const Backend* FindBackend(std::string_view name);  // null if there is none
// Looks through all backends; null if there is none.
const Kernel* FindKernel(std::string_view name);

// The kernel's own guess, or one by the bytes that come in and go out.
double EstimateNs(const Kernel& kernel, const Graph& problem, const Target& target);

// The first candidate that does not refuse, by static estimate. Never null: the reference kernel takes
// everything.
const Kernel* RankStatically(const Graph& problem, const Target& target);

}  // namespace floe

#endif  // FLOE_BACKENDS_BACKEND_H_
