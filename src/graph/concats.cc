#include "graph/concats.h"

namespace floe {
namespace {

// Counted from the front; -1 where that is not known.
int64_t AxisOf(const Graph& graph, NodeId concat) {
  const int64_t axis = OpAs<Concat>(graph.node(concat).op).axis;
  const Shape& shape = graph.value(graph.node(concat).outputs[0]).type.shape;
  if (axis >= 0) return axis;
  return shape.has_rank() ? axis + static_cast<int64_t>(shape.rank()) : -1;
}

void AddParts(const Graph& graph, NodeId concat, const std::function<bool(ValueId)>& takes,
              FlatConcat* flat) {
  const int64_t axis = AxisOf(graph, concat);
  for (const ValueId in : graph.node(concat).inputs) {
    const NodeId inner = graph.value(in).producer;
    const bool joins = axis >= 0 && inner != kNoNode && IsOp<Concat>(graph.node(inner).op) &&
                       AxisOf(graph, inner) == axis && takes(in);
    if (!joins) {
      flat->parts.push_back(in);
      continue;
    }
    flat->taken.push_back(inner);
    AddParts(graph, inner, takes, flat);
  }
}

}  // namespace

FlatConcat Flatten(const Graph& graph, NodeId concat, const std::function<bool(ValueId)>& takes) {
  FlatConcat flat;
  AddParts(graph, concat, takes, &flat);
  return flat;
}

}  // namespace floe
