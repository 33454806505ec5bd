#include "export/merge_concats.h"

namespace floe {
namespace {

// Counted from the front; -1 where that is not known.
int64_t AxisOf(const Graph& graph, NodeId id) {
  const int64_t axis = OpAs<Concat>(graph.node(id).op).axis;
  const Shape& shape = graph.value(graph.node(id).outputs[0]).type.shape;
  if (axis >= 0) return axis;
  return shape.has_rank() ? axis + static_cast<int64_t>(shape.rank()) : -1;
}

// The concatenation that makes the value for `user` alone and along the same axis.
NodeId InnerOf(const Graph& graph, NodeId user, ValueId value) {
  const NodeId id = graph.value(value).producer;
  if (id == kNoNode || !IsOp<Concat>(graph.node(id).op) || !graph.HasOneUse(value)) return kNoNode;
  const int64_t axis = AxisOf(graph, id);
  return axis >= 0 && axis == AxisOf(graph, user) ? id : kNoNode;
}

}  // namespace

void MergeConcats(Graph& graph) {
  for (const NodeId id : graph.Order()) {
    for (const auto& body : graph.node(id).bodies) MergeConcats(*body);
    if (!IsOp<Concat>(graph.node(id).op)) continue;
    std::vector<ValueId> parts;
    for (const ValueId in : graph.node(id).inputs) {
      const NodeId inner = InnerOf(graph, id, in);
      if (inner == kNoNode) {
        parts.push_back(in);
        continue;
      }
      const std::vector<ValueId>& own = graph.node(inner).inputs;
      parts.insert(parts.end(), own.begin(), own.end());
      AddSources(graph, id, graph.node(inner).sources);
    }
    if (parts.size() != graph.node(id).inputs.size()) graph.SetInputs(id, std::move(parts));
  }
  graph.RemoveDeadNodes();
}

}  // namespace floe
