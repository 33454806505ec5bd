// Bounds on the work of one execution.
#ifndef FLOE_TESTS_FUZZ_SMALL_H_
#define FLOE_TESTS_FUZZ_SMALL_H_

#include <span>
#include <vector>

#include "graph/evaluator.h"
#include "graph/graph.h"

namespace floe::fuzz {

// What the graph asks for, as far as its types tell, is done in milliseconds. More is slow, which is no
// fault.
bool IsSmall(const Graph& graph);

// Refuses what is not small.
class SmallEvaluator : public Evaluator {
 public:
  std::vector<Tensor> Evaluate(const Graph& graph, std::span<const Tensor> inputs) const override;
};

}  // namespace floe::fuzz

#endif  // FLOE_TESTS_FUZZ_SMALL_H_
