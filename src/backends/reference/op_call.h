// One execution of one node: its inputs, the outputs to fill and what it may ask for.
#ifndef FLOE_BACKENDS_REFERENCE_OP_CALL_H_
#define FLOE_BACKENDS_REFERENCE_OP_CALL_H_

#include <span>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/thread_pool.h"
#include "graph/graph.h"

namespace floe::reference {

using Dims = std::vector<int64_t>;

class OpCall {
 public:
  // `inputs` has an empty Tensor for an absent input. An empty Tensor in `outputs` is allocated by Out(); the
  // others are memory of the caller. `pool` may be null. Throws Error(kModel) when the number of inputs,
  // outputs or bodies does not fit the op.
  OpCall(const Node& node, std::span<const Tensor> inputs, std::span<Tensor> outputs, ThreadPool* pool);

  size_t input_count() const { return inputs_.size(); }
  bool has(size_t i) const { return i < inputs_.size() && !inputs_[i].empty(); }
  const Tensor& in(size_t i) const;  // throws Error(kModel) when absent
  size_t output_count() const { return outputs_.size(); }
  bool wants(size_t i) const { return i < outputs_.size(); }
  const Graph& body(size_t i) const { return *node_.bodies[i]; }
  ThreadPool* pool() const { return pool_; }

  // Output i, of exactly that type: zeroed if it had to be allocated, else the caller's memory with whatever
  // it holds. Throws Error(kModel) when the caller's memory is of another type, Error(kResource) when it is
  // too large for the machine's memory.
  Tensor& Out(size_t i, DType dtype, Dims dims);
  // Output i is `tensor`: shared where the caller gave no memory, else copied.
  void Give(size_t i, const Tensor& tensor);

  // The elements of a shape-like input: int32 or int64 of rank 0 or 1.
  std::vector<int64_t> Ints(size_t i) const;
  // The only element of an integer input, or of a numeric one.
  int64_t Int(size_t i) const;
  double Number(size_t i) const;

  // `axis` counted from the front; Error(kModel) when it is outside the rank.
  size_t Axis(int64_t axis, size_t rank) const;
  // The axes as flags, one a dimension.
  std::vector<bool> AxisFlags(std::span<const int64_t> axes, size_t rank) const;
  void RequireRank(size_t i, size_t rank) const;
  void RequireSameType(size_t i, size_t j) const;
  void RequireDims(size_t i, const Dims& dims) const;
  // A size that arithmetic may use without overflow: in [0, 2^40].
  int64_t Size(int64_t value, std::string_view what) const;

  std::string subject() const;  // "Conv 'stem/conv'"

  // The graph is wrong: Error(kModel).
  template <typename... Args>
  [[noreturn]] void Fail(fmt::format_string<Args...> format, Args&&... args) const {
    FailText(ErrorCode::kModel, fmt::format(format, std::forward<Args>(args)...));
  }
  // The values of this run are wrong: Error(kUsage).
  template <typename... Args>
  [[noreturn]] void FailValue(fmt::format_string<Args...> format, Args&&... args) const {
    FailText(ErrorCode::kUsage, fmt::format(format, std::forward<Args>(args)...));
  }
  [[noreturn]] void FailType(size_t i) const;  // the op does not take the type of input i

 private:
  [[noreturn]] void FailText(ErrorCode code, const std::string& text) const;
  void CheckCounts() const;

  const Node& node_;
  std::span<const Tensor> inputs_;
  std::span<Tensor> outputs_;
  ThreadPool* pool_;
};

// body(begin, end) over [0, count) in parts, on the call's pool if it has one.
void ForRange(const OpCall& call, int64_t count, const std::function<void(int64_t, int64_t)>& body);
// The same where there are `elements` to read in all; few are no work for two threads.
void ForRange(const OpCall& call, int64_t count, int64_t elements,
              const std::function<void(int64_t, int64_t)>& body);

}  // namespace floe::reference

#endif  // FLOE_BACKENDS_REFERENCE_OP_CALL_H_
