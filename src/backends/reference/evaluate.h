// Runs a whole graph with the reference kernels, node by node.
#ifndef FLOE_BACKENDS_REFERENCE_EVALUATE_H_
#define FLOE_BACKENDS_REFERENCE_EVALUATE_H_

#include <functional>
#include <span>
#include <vector>

#include "base/thread_pool.h"
#include "graph/evaluator.h"
#include "graph/graph.h"

namespace floe {

struct EvaluateOptions {
  ThreadPool* pool = nullptr;  // null: on the calling thread alone
  // Called with every value that a node gives, as soon as it exists, in the graph's order. Bodies of groups,
  // ifs and loops are not entered.
  std::function<void(ValueId, const Tensor&)> on_value;
};

// The outputs of the graph for these inputs, one tensor each; inputs must have the graph's types (unknown
// dimensions fit anything). Temporaries are freed after their last use. Results may share buffers with inputs
// and constants. Throws Error as a run would.
std::vector<Tensor> EvaluateGraph(const Graph& graph, std::span<const Tensor> inputs,
                                  const EvaluateOptions& options = {});

// As above with memory of the caller for the outputs: an empty Tensor is assigned, any other must have the
// output's exact type and is written to.
void EvaluateGraphInto(const Graph& graph, std::span<const Tensor> inputs, std::span<Tensor> outputs,
                       const EvaluateOptions& options = {});

class ReferenceEvaluator : public Evaluator {
 public:
  // `keep_quantised`: what quantises, in earnest or in appearance, is refused with an Error, so that folding
  // leaves it in the graph.
  explicit ReferenceEvaluator(bool keep_quantised = false) : keep_quantised_(keep_quantised) {}
  std::vector<Tensor> Evaluate(const Graph& graph, std::span<const Tensor> inputs) const override;

 private:
  bool keep_quantised_;
};

}  // namespace floe

#endif  // FLOE_BACKENDS_REFERENCE_EVALUATE_H_
