#include "small.h"

#include "backends/reference/evaluate.h"
#include "base/error.h"
#include "graph/cost.h"

namespace floe::fuzz {

bool IsSmall(const Graph& graph) {
  constexpr int64_t kMostElements = 1 << 15;
  constexpr int64_t kMostMacs = 1 << 22;
  for (const ValueId id : graph.Values()) {
    const Shape& shape = graph.value(id).type.shape;
    if (!shape.IsStatic()) continue;
    int64_t count = 1;
    for (const Dim& d : shape.dims()) {
      if (__builtin_mul_overflow(count, d.value(), &count) || count > kMostElements) return false;
    }
  }
  for (const NodeId id : graph.Order()) {
    for (const auto& body : graph.node(id).bodies) {
      if (!IsSmall(*body)) return false;
    }
  }
  return MultiplyAccumulates(graph) <= kMostMacs;
}

std::vector<Tensor> SmallEvaluator::Evaluate(const Graph& graph, std::span<const Tensor> inputs) const {
  if (!IsSmall(graph)) Throw(ErrorCode::kResource, "not small");
  return EvaluateGraph(graph, inputs);
}

}  // namespace floe::fuzz
