#include <unordered_map>

#include "base/hash.h"
#include "graph/serialize.h"
#include "passes/passes.h"
#include "passes/rewrite.h"

namespace floe {
namespace {

bool MayMerge(const Node& node) {
  const OpTraits& traits = InfoOf(node.op).traits;
  return !traits.random && traits.bodies == 0 && !node.outputs.empty();
}

bool SameNode(const Graph& graph, const Node& a, const Node& b) {
  if (a.inputs != b.inputs || a.outputs.size() != b.outputs.size() || !SameOp(a.op, b.op)) return false;
  for (size_t i = 0; i < a.outputs.size(); ++i) {
    if (graph.value(a.outputs[i]).type != graph.value(b.outputs[i]).type) return false;
  }
  return true;
}

uint64_t KeyOf(const Node& node) {
  return HashOp(node.op, Hash64({reinterpret_cast<const uint8_t*>(node.inputs.data()),
                                 node.inputs.size() * sizeof(ValueId)}));
}

// Every output of `extra` is the like output of `kept`. False when graph outputs keep some apart.
bool MergeNodes(Graph& graph, NodeId kept, NodeId extra) {
  const std::vector<ValueId> outputs = graph.node(extra).outputs;
  const std::vector<std::string> sources = graph.node(extra).sources;
  bool merged = false;
  for (size_t i = 0; i < outputs.size(); ++i) {
    if (graph.node(extra).removed) break;
    if (graph.value(outputs[i]).users.empty() && !graph.IsOutput(outputs[i])) continue;
    merged |= Bypass(graph, outputs[i], graph.node(kept).outputs[i]);
  }
  if (merged) AddSources(graph, kept, sources);
  return merged;
}

int MergeConstants(Graph& graph) {
  std::unordered_map<uint64_t, std::vector<ValueId>> seen;
  int changes = 0;
  for (const ValueId id : graph.Values()) {
    const Value& v = graph.value(id);
    if (!v.is_constant() || v.users.empty() || graph.IsOutput(id)) continue;
    std::vector<ValueId>& alike = seen[HashTensor(v.constant)];
    bool merged = false;
    for (const ValueId first : alike) {
      if (!SameContents(graph.value(first).constant, v.constant)) continue;
      graph.ReplaceUses(id, first);
      merged = true;
      ++changes;
      break;
    }
    if (!merged) alike.push_back(id);
  }
  return changes;
}

}  // namespace

int MergeCommon(Graph& graph, const PassContext&) {
  int changes = MergeConstants(graph);
  std::unordered_map<uint64_t, std::vector<NodeId>> seen;
  for (const NodeId id : graph.Order()) {
    if (graph.node(id).removed || !MayMerge(graph.node(id))) continue;
    std::vector<NodeId>& alike = seen[KeyOf(graph.node(id))];
    bool merged = false;
    for (const NodeId first : alike) {
      if (graph.node(first).removed || !SameNode(graph, graph.node(first), graph.node(id))) continue;
      merged = MergeNodes(graph, first, id);
      if (merged) break;
    }
    if (merged) {
      ++changes;
    } else {
      alike.push_back(id);
    }
  }
  return changes;
}

}  // namespace floe
