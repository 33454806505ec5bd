#include "graph/must_run.h"

#include <algorithm>

namespace floe {

bool MustRun(const Node& node) {
  return IsOp<Assert>(node.op) ||
         std::ranges::any_of(node.bodies, [](const auto& body) { return MustRun(*body); });
}

bool MustRun(const Graph& graph) {
  return std::ranges::any_of(graph.Order(), [&](NodeId id) { return MustRun(graph.node(id)); });
}

}  // namespace floe
