#include <algorithm>

#include "passes/passes.h"
#include "passes/rewrite.h"

namespace floe {
namespace {

bool IsReshaping(const Graph& graph, NodeId id) {
  return id != kNoNode && InfoOf(graph.node(id).op).traits.alias;
}

// The shape as the constant of a Reshape: at most one dimension unknown, which is then what is left.
std::optional<std::vector<int64_t>> TargetOf(const Shape& shape) {
  if (!shape.has_rank()) return std::nullopt;
  std::vector<int64_t> target;
  int unknown = 0;
  bool has_zero = false;
  for (const Dim& d : shape.dims()) {
    unknown += d.known() ? 0 : 1;
    has_zero |= d.known() && d.value() == 0;
    target.push_back(d.known() ? d.value() : -1);
  }
  if (unknown > 1 || (unknown == 1 && has_zero)) return std::nullopt;
  return target;
}

// reshape(reshape(x)) = reshape(x)
bool MergeInto(Graph& graph, NodeId id) {
  if (!IsReshaping(graph, id)) return false;
  const NodeId before = graph.value(graph.node(id).inputs[0]).producer;
  if (!IsReshaping(graph, before)) return false;
  const auto target = TargetOf(ShapeOfValue(graph, graph.node(id).outputs[0]));
  if (!target) return false;
  const ValueId x = graph.node(before).inputs[0];
  const std::vector<std::string> sources = graph.node(before).sources;
  const ValueId result = graph.node(id).outputs[0];
  const ValueId shape = AddInts(graph, graph.node(id).name + "/shape", *target);
  ReplaceNode(graph, id, Reshape{}, {x, shape});
  AddSources(graph, graph.value(result).producer, sources);
  return true;
}

}  // namespace

int MergeReshapes(Graph& graph, const PassContext& context) {
  int changes = 0;
  for (const NodeId id : graph.Order()) changes += !graph.node(id).removed && MergeInto(graph, id) ? 1 : 0;
  if (changes > 0) {
    graph.RemoveDeadNodes();
    RemoveIdentity(graph, context);
  }
  return changes;
}

}  // namespace floe
