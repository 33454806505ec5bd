#include <algorithm>

#include "passes/passes.h"
#include "passes/rewrite.h"

namespace floe {
namespace {

bool IsReshaping(const Graph& graph, NodeId id) {
  return id != kNoNode && InfoOf(graph.node(id).op).traits.alias;
}

// reshape(reshape(x)) = reshape(x)
bool MergeInto(Graph& graph, NodeId id) {
  if (!IsReshaping(graph, id)) return false;
  const NodeId before = graph.value(graph.node(id).inputs[0]).producer;
  if (!IsReshaping(graph, before)) return false;
  const auto target = ReshapeTarget(ShapeOfValue(graph, graph.node(id).outputs[0]));
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
