// What constant folding needs of execution: the compiler fills it in with the reference backend.
#ifndef FLOE_GRAPH_EVALUATOR_H_
#define FLOE_GRAPH_EVALUATOR_H_

#include <span>
#include <vector>

#include "floe/tensor.h"
#include "graph/graph.h"

namespace floe {

class Evaluator {
 public:
  virtual ~Evaluator() = default;
  // The outputs of the graph for these inputs. Throws Error as a run would.
  virtual std::vector<Tensor> Evaluate(const Graph& graph, std::span<const Tensor> inputs) const = 0;
};

}  // namespace floe

#endif  // FLOE_GRAPH_EVALUATOR_H_
