#include "frontend/tensorflow/rewrite/open_loops.h"

#include <map>
#include <set>
#include <vector>

#include "frontend/tensorflow/rewrite/graph_index.h"
#include "frontend/tensorflow/rewrite/nodes.h"

namespace floe {
namespace {

bool IsEnter(const tf::NodeDef& node) {
  return node.op() == "Enter" || node.op() == "RefEnter";
}

// What goes round or comes out: without it there is no loop.
bool GoesRound(const tf::NodeDef& node) {
  return node.op() == "NextIteration" || node.op() == "RefNextIteration" || node.op() == "LoopCond" ||
         node.op() == "Exit" || node.op() == "RefExit";
}

// The loop that each node is in, by the name of its frame; "" for none.
std::vector<std::string> FramesOf(const GraphIndex& index) {
  std::vector<std::string> frames(static_cast<size_t>(index.size()));
  std::map<std::string, std::string> outer;
  for (const int i : index.TopologicalOrder()) {
    const tf::NodeDef& node = index.node(i);
    std::string from;
    for (const GraphIndex::Input& input : index.inputs(i)) {
      if (from.empty()) from = frames[static_cast<size_t>(input.node)];
    }
    std::string& frame = frames[static_cast<size_t>(i)];
    if (IsEnter(node)) {
      frame = StringAttr(node, "frame_name");
      outer.emplace(frame, from);
    } else if (node.op() == "Exit" || node.op() == "RefExit") {
      frame = outer[from];
    } else {
      frame = from;
    }
  }
  return frames;
}

std::vector<bool> NeededByData(const GraphIndex& index, const std::vector<TensorRef>& outputs) {
  std::vector<bool> needed(static_cast<size_t>(index.size()), false);
  std::vector<int> pending;
  for (const TensorRef& output : outputs) pending.push_back(index.Find(output.node));
  while (!pending.empty()) {
    const int node = pending.back();
    pending.pop_back();
    if (node < 0 || needed[static_cast<size_t>(node)]) continue;
    needed[static_cast<size_t>(node)] = true;
    for (const GraphIndex::Input& input : index.inputs(node)) {
      if (input.port >= 0) pending.push_back(input.node);
    }
  }
  return needed;
}

}  // namespace

void OpenCutLoops(Scope& scope, const std::vector<TensorRef>& outputs) {
  tf::GraphDef& graph = scope.graph;
  const GraphIndex index(graph, scope.Subject());
  const std::vector<std::string> frames = FramesOf(index);
  const std::vector<bool> needed = NeededByData(index, outputs);
  std::set<std::string> open;
  for (int i = 0; i < index.size(); ++i) {
    if (needed[static_cast<size_t>(i)] && IsEnter(index.node(i))) open.insert(frames[static_cast<size_t>(i)]);
  }
  for (int i = 0; i < index.size(); ++i) {
    if (!needed[static_cast<size_t>(i)] || !GoesRound(index.node(i))) continue;
    const std::span<const GraphIndex::Input> inputs = index.inputs(i);
    if (!inputs.empty()) open.erase(frames[static_cast<size_t>(inputs[0].node)]);
  }
  if (open.empty()) return;

  std::vector<std::vector<std::string>> kept(static_cast<size_t>(index.size()));
  for (int i = 0; i < index.size(); ++i) {
    for (int slot = 0; slot < index.node(i).input_size(); ++slot) {
      const GraphIndex::Input input = index.inputs(i)[static_cast<size_t>(slot)];
      const auto from = static_cast<size_t>(input.node);
      const bool paces = input.port < 0 && !needed[from] && open.contains(frames[from]);
      if (!paces) kept[static_cast<size_t>(i)].push_back(index.node(i).input(slot));
    }
  }
  for (int i = 0; i < graph.node_size(); ++i) {
    const auto at = static_cast<size_t>(i);
    tf::NodeDef& node = *graph.mutable_node(i);
    node.mutable_input()->Assign(kept[at].begin(), kept[at].end());
    if (!IsEnter(node) || !open.contains(frames[at])) continue;
    node.set_op(node.op() == "Enter" ? "Identity" : "RefIdentity");
    for (const char* attr : {"frame_name", "is_constant", "parallel_iterations"})
      node.mutable_attr()->erase(attr);
  }
}

}  // namespace floe
