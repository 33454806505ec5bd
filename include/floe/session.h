// A session: an engine being run.
#ifndef FLOE_SESSION_H_
#define FLOE_SESSION_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "floe/engine.h"
#include "floe/tensor.h"

namespace floe {

class ThreadPool;

struct SessionOptions {
  // Threads of this session's own pool; 0: the process's pool, one thread a processor. Any count runs any
  // engine.
  int threads = 0;
  // Asked between steps: true ends the run with Error(kInterrupted).
  std::function<bool()> cancelled;
};

// One step's share of a profiled run.
struct StepTime {
  std::string name;  // of the last op that the step computes
  std::string kernel;
  double ms = 0;     // mean over the runs since ResetProfile
  int64_t macs = 0;  // multiply-accumulates of a run; 0: none, or only the run knows its shapes
  std::vector<std::string> sources;  // the TensorFlow nodes
};

// A tensor inside the network, as a step leaves it.
struct InnerTensor {
  size_t step = 0;          // in the order of Profile()
  const std::string& name;  // unique in the engine
  // The tensors of the model that it holds ("scope/node:0"); empty where the build changed them all.
  const std::vector<std::string>& sources;
  // Memory of the session, overwritten by later steps: Clone() to keep it. Writing elements of the same type
  // and dims into it changes what later steps read.
  Tensor& tensor;
};
using InnerObserver = std::function<void(const InnerTensor&)>;

// Owns the memory of one run: use a session from one thread at a time, and several sessions of one Engine in
// parallel (they share its weights; those that share a pool take turns).
class Session {
 public:
  explicit Session(std::shared_ptr<const Engine> engine, const SessionOptions& options = {});
  ~Session();
  Session(Session&&) noexcept;
  Session& operator=(Session&&) noexcept;

  const Engine& engine() const;

  // Feeds by name, results in the order of engine().outputs(). A result shares no memory with the session.
  // Throws Error(kUsage): a feed is missing, unknown, or of another type or shape than every profile (the
  // message says which was expected); or a value is wrong in a way only the run shows (an index out of
  // range).
  std::vector<NamedTensor> Run(std::span<const NamedTensor> feeds);

  // The same without allocation or copies: buffers[i] for input i, then results for output i, in the order of
  // inputs() and outputs(), of exactly their types and dims. Data should be 64-byte aligned; it need not be.
  // An output whose size only the run knows comes back as a new Tensor in its place.
  void RunInto(std::span<const Tensor> inputs, std::span<Tensor> outputs);

  // Called in later runs, on the thread that runs, for each tensor that a step of the outermost plan gives;
  // empty: not any more. Bodies of loops and branches are not entered.
  void ObserveInner(InnerObserver observer);

  // Per-step times of later runs; costs some 50 ns a step.
  void EnableProfile(bool on);
  void ResetProfile();
  std::vector<StepTime> Profile() const;

  // Bytes this session holds beside the engine's weights.
  size_t MemoryBytes() const;
  int threads() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace floe

#endif  // FLOE_SESSION_H_
