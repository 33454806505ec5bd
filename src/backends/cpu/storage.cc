#include "backends/cpu/storage.h"

#include <algorithm>

namespace floe::cpu {
namespace {

bool IsCast(const Graph& graph, NodeId id, DType from, DType to) {
  const Node& node = graph.node(id);
  if (!IsOp<Cast>(node.op) || node.inputs.size() != 1 || node.outputs.size() != 1) return false;
  const TensorType& before = graph.value(node.inputs[0]).type;
  const TensorType& after = graph.value(node.outputs[0]).type;
  return before.dtype == from && after.dtype == to && before.shape == after.shape;
}

bool IsBf16(const Graph& graph, ValueId id) {
  return graph.value(id).type.dtype == DType::kBFloat16;
}

// All that reads the value casts it.
bool IsOnlyWidened(const Graph& graph, ValueId id) {
  const std::vector<NodeId>& users = graph.value(id).users;
  return IsBf16(graph, id) && !users.empty() && !graph.IsOutput(id) &&
         std::ranges::all_of(
             users, [&](NodeId user) { return IsCast(graph, user, DType::kBFloat16, DType::kFloat32); });
}

bool IsNarrowed(const Graph& graph, ValueId id) {
  const NodeId producer = graph.value(id).producer;
  return producer != kNoNode && IsCast(graph, producer, DType::kFloat32, DType::kBFloat16) &&
         graph.HasOneUse(id);
}

}  // namespace

StoredProblem::StoredProblem(const Graph& problem)
    : graph_(&problem), inputs_(problem.inputs().size()), outputs_(problem.outputs().size()) {
  const auto is_bf16 = [&](ValueId id) { return IsBf16(problem, id); };
  if (std::ranges::none_of(problem.inputs(), is_bf16) && std::ranges::none_of(problem.outputs(), is_bf16))
    return;
  own_ = problem.Clone();
  Graph& graph = *own_;
  graph_ = own_.get();
  for (size_t i = 0; i < inputs_.size(); ++i) {
    const ValueId input = graph.inputs()[i];
    if (!IsOnlyWidened(graph, input)) continue;
    inputs_[i] = true;
    const std::vector<NodeId> casts = graph.value(input).users;
    for (const NodeId cast : casts) {
      if (graph.node(cast).removed) continue;  // it was listed twice
      graph.ReplaceUses(graph.node(cast).outputs[0], input);
      graph.RemoveNode(cast);
    }
    graph.value(input).type.dtype = DType::kFloat32;
  }
  std::vector<ValueId> outputs = graph.outputs();
  for (size_t i = 0; i < outputs.size(); ++i) {
    if (!IsNarrowed(graph, outputs[i])) continue;
    outputs_[i] = true;
    const NodeId cast = graph.value(outputs[i]).producer;
    outputs[i] = graph.node(cast).inputs[0];
    graph.SetOutputs(outputs);
    graph.RemoveNode(cast);
  }
  const auto none = [](const std::vector<bool>& stored) {
    return std::ranges::find(stored, true) == stored.end();
  };
  if (!none(inputs_) || !none(outputs_)) return;
  graph_ = &problem;  // a network in bf16 throughout
  own_.reset();
}

std::vector<InPlace> StoredProblem::OfSameType(std::vector<InPlace> places) const {
  std::erase_if(places, [&](const InPlace& p) { return inputs_[p.input] != outputs_[p.output]; });
  return places;
}

}  // namespace floe::cpu
