#include "export/rewrite/merge_concats.h"

#include "graph/concats.h"

namespace floe {

void MergeConcats(Graph& graph) {
  for (const NodeId id : graph.Order()) {
    for (const auto& body : graph.node(id).bodies) MergeConcats(*body);
    if (!IsOp<Concat>(graph.node(id).op)) continue;
    FlatConcat flat = Flatten(graph, id, [&](ValueId inner) { return graph.HasOneUse(inner); });
    if (flat.taken.empty()) continue;
    for (const NodeId inner : flat.taken) AddSources(graph, id, graph.node(inner).sources);
    graph.SetInputs(id, std::move(flat.parts));
  }
  graph.RemoveDeadNodes();
}

}  // namespace floe
