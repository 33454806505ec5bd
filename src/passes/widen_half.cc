#include "passes/widen_half.h"

#include <algorithm>
#include <unordered_map>

#include "passes/rewrite.h"

namespace floe {
namespace {

bool IsHalf(DType dtype) {
  return dtype == DType::kFloat16 || dtype == DType::kBFloat16;
}

bool IsHalfValue(const Graph& graph, ValueId value) {
  return value != kNoValue && IsHalf(graph.value(value).type.dtype);
}

bool IsProduct(const Op& op) {
  return IsOp<Conv>(op) || IsOp<ConvTranspose>(op) || IsOp<MatMul>(op) || IsOp<Einsum>(op) ||
         IsOp<Lstm>(op) || IsOp<Gru>(op);
}

// What means the same on wider numbers, but for rounding. All else, what looks at bits above all, stays as it
// is between two casts.
bool MayWiden(const Node& node) {
  const Op& op = node.op;
  if (!node.bodies.empty() || node.outputs.size() != 1) return false;
  if (IsBinary(op, BinaryKind::kNextAfter)) return false;
  if (InfoOf(op).traits.elementwise || InfoOf(op).traits.alias || IsProduct(op)) return !IsOp<FakeQuant>(op);
  return IsOp<MaxPool>(op) || IsOp<AveragePool>(op) || IsOp<BatchNormalization>(op) ||
         IsOp<LayerNormalization>(op) || IsOp<LRN>(op) || IsOp<Softmax>(op) || IsOp<LogSoftmax>(op) ||
         IsOp<Resize>(op) || IsOp<DepthToSpace>(op) || IsOp<SpaceToDepth>(op) || IsOp<Dilation2D>(op) ||
         IsOp<ExtractPatches>(op) || IsOp<Transpose>(op) || IsOp<Concat>(op) || IsOp<Slice>(op) ||
         IsOp<Pad>(op) || IsOp<Expand>(op) || IsOp<Tile>(op) || IsOp<Gather>(op) || IsOp<GatherND>(op) ||
         IsOp<Reverse>(op) || IsOp<SpaceToBatch>(op) || IsOp<BatchToSpace>(op) || IsOp<Reduce>(op) ||
         IsOp<ArgReduce>(op) || IsOp<Cumulative>(op);
}

bool TouchesHalf(const Graph& graph, const Node& node) {
  const auto is_half = [&](ValueId value) { return IsHalfValue(graph, value); };
  return std::ranges::any_of(node.inputs, is_half) || std::ranges::any_of(node.outputs, is_half);
}

class Widener {
 public:
  explicit Widener(Graph& graph) : graph_(graph) {}

  void Widen(NodeId id) {
    std::vector<ValueId> inputs = graph_.node(id).inputs;
    for (ValueId& in : inputs) in = WideOf(in);
    Op op = graph_.node(id).op;
    if (auto* cast = OpCast<Cast>(op); cast != nullptr && IsHalf(cast->to)) cast->to = DType::kFloat32;
    const ValueId result = graph_.node(id).outputs[0];
    if (!IsHalfValue(graph_, result)) {  // a comparison, or a cast to something else
      ReplaceNode(graph_, id, std::move(op), std::move(inputs));
      return;
    }
    const ValueId wide = graph_.Add(std::move(op), std::move(inputs),
                                    {.name = graph_.node(id).name, .sources = graph_.node(id).sources});
    graph_.value(wide).sources = graph_.value(result).sources;
    wide_[result] = wide;
    // Whoever needs the narrow one, an output of the graph say, finds it; else the cast falls away.
    ReplaceNode(graph_, id, Cast{graph_.value(result).type.dtype}, {wide});
  }

 private:
  ValueId WideOf(ValueId value) {
    if (!IsHalfValue(graph_, value)) return value;
    const auto at = wide_.find(value);
    if (at != wide_.end()) return at->second;
    const std::string name = graph_.value(value).name + "/float32";
    const ValueId wide = graph_.Add(Cast{DType::kFloat32}, {value}, {.name = name});
    wide_[value] = wide;
    return wide;
  }

  Graph& graph_;
  std::unordered_map<ValueId, ValueId> wide_;
};

}  // namespace

DType HalfOfProducts(const Graph& graph) {
  DType found = DType::kInvalid;
  const auto add = [&](DType dtype) {
    if (IsHalf(dtype) && found != DType::kBFloat16) found = dtype;
  };
  for (const NodeId id : graph.Order()) {
    const Node& node = graph.node(id);
    for (const auto& body : node.bodies) add(HalfOfProducts(*body));
    if (IsProduct(node.op)) add(graph.value(node.inputs[0]).type.dtype);
  }
  return found;
}

int WidenHalf(Graph& graph) {
  Widener widener(graph);
  int changes = 0;
  for (const NodeId id : graph.Order()) {
    for (const auto& body : graph.node(id).bodies) changes += WidenHalf(*body);
    if (!TouchesHalf(graph, graph.node(id)) || !MayWiden(graph.node(id))) continue;
    widener.Widen(id);
    ++changes;
  }
  if (changes > 0) graph.RemoveDeadNodes();
  return changes;
}

}  // namespace floe
