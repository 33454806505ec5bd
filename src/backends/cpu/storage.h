// Values between steps may lie in memory as bf16: the problem then has inputs that it casts to float32 before
// anything else, and outputs that it casts from float32. Kernels that can do that look at the problem as if
// all of it were float32, and ask here what is not.
#ifndef FLOE_BACKENDS_CPU_STORAGE_H_
#define FLOE_BACKENDS_CPU_STORAGE_H_

#include <memory>
#include <vector>

#include "backends/backend.h"
#include "graph/graph.h"

namespace floe::cpu {

class StoredProblem {
 public:
  explicit StoredProblem(const Graph& problem);

  // Without those casts; ids of other nodes and values, and the order of inputs and outputs, are the
  // problem's, and so is the memory of constants. A value in bf16 that is not only cast is left, for others
  // to refuse.
  const Graph& graph() const { return *graph_; }
  bool is_plain() const { return own_ == nullptr; }
  // By place among the inputs, the outputs; false for -1.
  bool bf16_input(int input) const { return input >= 0 && inputs_[static_cast<size_t>(input)]; }
  bool bf16_output(size_t output) const { return outputs_[output]; }
  // Without pairs of different types.
  std::vector<InPlace> OfSameType(std::vector<InPlace> places) const;

 private:
  std::unique_ptr<Graph> own_;  // null: the problem itself
  const Graph* graph_;
  std::vector<bool> inputs_;
  std::vector<bool> outputs_;
};

}  // namespace floe::cpu

#endif  // FLOE_BACKENDS_CPU_STORAGE_H_
