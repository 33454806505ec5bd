#include <algorithm>
#include <numeric>

#include "passes/passes.h"
#include "passes/rewrite.h"

namespace floe {
namespace {

using Permutation = std::vector<int64_t>;

// Of a transpose from N, C, spatial... to N, spatial..., C.
Permutation ToLast(size_t rank) {
  Permutation perm(rank);
  std::iota(perm.begin(), perm.end(), 0);
  std::rotate(perm.begin() + 1, perm.begin() + 2, perm.end());
  return perm;
}

// Of one from N, spatial..., C to N, C, spatial...
Permutation ToFirst(size_t rank) {
  Permutation perm(rank);
  std::iota(perm.begin(), perm.end(), 0);
  std::rotate(perm.begin() + 1, perm.end() - 1, perm.end());
  return perm;
}

template <typename T>
bool TurnLayout(Op& op) {
  T* typed = OpCast<T>(op);
  if (typed == nullptr || typed->layout != Layout::kNchw) return false;
  typed->layout = Layout::kNhwc;
  return true;
}

bool TurnLayouts(Op& op) {
  return TurnLayout<Conv>(op) || TurnLayout<ConvTranspose>(op) || TurnLayout<MaxPool>(op) ||
         TurnLayout<AveragePool>(op) || TurnLayout<BatchNormalization>(op) || TurnLayout<LRN>(op) ||
         TurnLayout<Resize>(op) || TurnLayout<DepthToSpace>(op) || TurnLayout<SpaceToDepth>(op);
}

// The node gives `made` turned to NCHW. Whoever looks for the model's tensor by its name finds `made`: the
// turned one goes where transposes cancel.
void ReplaceByTurned(Graph& graph, NodeId id, ValueId made, size_t rank) {
  graph.value(made).sources = graph.value(graph.node(id).outputs[0]).sources;
  ReplaceNode(graph, id, Transpose{ToFirst(rank)}, {made});
}

// op_nchw(x, filter) = to_first(op_nhwc(to_last(x), to_last(filter)))
bool Turn(Graph& graph, NodeId id) {
  const Node& node = graph.node(id);
  Op op = node.op;
  // The places that an argmax names belong to the layout.
  if (!TurnLayouts(op) || node.outputs.size() != 1) return false;
  const Shape& x = ShapeOfValue(graph, node.inputs[0]);
  if (!x.has_rank() || x.rank() < 3) return false;
  const size_t rank = x.rank();
  const bool has_filter = IsOp<Conv>(op) || IsOp<ConvTranspose>(op);
  if (has_filter && ShapeOfValue(graph, node.inputs[1]).rank() != rank) return false;
  std::vector<ValueId> inputs = node.inputs;
  const std::string name = node.name;
  const std::vector<std::string> sources = node.sources;
  for (size_t i = 0; i < (has_filter ? size_t{2} : size_t{1}); ++i) {
    inputs[i] = graph.Add(Transpose{ToLast(rank)}, {inputs[i]}, {.name = name + "/nhwc"});
  }
  const ValueId made = graph.Add(std::move(op), std::move(inputs), {.name = name, .sources = sources});
  ReplaceByTurned(graph, id, made, rank);
  return true;
}

// What lies under a transpose to NCHW; kNoValue when the value is none.
ValueId UnderToFirst(const Graph& graph, ValueId value) {
  const NodeId id = MadeBy<Transpose>(graph, value);
  if (id == kNoNode) return kNoValue;
  const Permutation& perm = OpAs<Transpose>(graph.node(id).op).perm;
  return perm.size() >= 3 && perm == ToFirst(perm.size()) ? graph.node(id).inputs[0] : kNoValue;
}

// A constant that broadcasts to an NCHW tensor, as it broadcasts to the NHWC one.
ValueId TurnConstant(Graph& graph, ValueId value, size_t rank) {
  const Tensor& constant = graph.value(value).constant;
  if (constant.size() == 1 || constant.rank() == 0) return value;
  std::vector<int64_t> dims(rank - constant.rank(), 1);
  dims.insert(dims.end(), constant.dims().begin(), constant.dims().end());
  const ValueId full = graph.AddConstant(graph.value(value).name, constant.Reshaped(dims));
  return graph.Add(Transpose{ToLast(rank)}, {full});
}

// elementwise(to_first(a), to_first(b), c) = to_first(elementwise(a, b, to_last(c)))
bool SinkElementwise(Graph& graph, NodeId id) {
  const Node& node = graph.node(id);
  if (!InfoOf(node.op).traits.elementwise || IsOp<FakeQuant>(node.op) || node.outputs.size() != 1)
    return false;
  const size_t rank = ShapeOfValue(graph, node.outputs[0]).rank();
  std::vector<ValueId> inputs = node.inputs;
  bool any = false;
  for (const ValueId in : inputs) {
    const ValueId under = UnderToFirst(graph, in);
    if (under != kNoValue ? ShapeOfValue(graph, in).rank() != rank
                          : !graph.value(in).is_constant() || graph.value(in).constant.rank() > rank) {
      return false;
    }
    any |= under != kNoValue;
  }
  if (!any) return false;
  for (ValueId& in : inputs) {
    const ValueId under = UnderToFirst(graph, in);
    in = under != kNoValue ? under : TurnConstant(graph, in, rank);
  }
  const Op op = graph.node(id).op;
  const ValueId made =
      graph.Add(op, std::move(inputs), {.name = graph.node(id).name, .sources = graph.node(id).sources});
  ReplaceByTurned(graph, id, made, rank);
  return true;
}

int64_t TurnAxis(int64_t axis, size_t rank) {
  const int64_t at = axis < 0 ? axis + static_cast<int64_t>(rank) : axis;
  return ToFirst(rank)[static_cast<size_t>(at)];
}

// op(to_first(x), axis) = to_first(op(x, the same axis of x)) for concatenation, padding, softmax and
// reductions; a reduction that drops all but batch and channels needs no transpose after it.
bool SinkAxes(Graph& graph, NodeId id) {
  const Node& node = graph.node(id);
  if (node.outputs.size() != 1 || node.inputs.empty()) return false;
  const size_t images = IsOp<Concat>(node.op) ? node.inputs.size() : 1;
  std::vector<ValueId> inputs = node.inputs;
  for (size_t i = 0; i < images; ++i) {
    inputs[i] = UnderToFirst(graph, node.inputs[i]);
    if (inputs[i] == kNoValue) return false;
  }
  const size_t rank = ShapeOfValue(graph, node.inputs[0]).rank();
  Op op = node.op;
  bool transposed = true;
  if (auto* concat = OpCast<Concat>(op)) {
    concat->axis = TurnAxis(concat->axis, rank);
  } else if (auto* softmax = OpCast<Softmax>(op)) {
    softmax->axis = TurnAxis(softmax->axis, rank);
  } else if (auto* reduce = OpCast<Reduce>(op)) {
    for (int64_t& axis : reduce->axes) axis = TurnAxis(axis, rank);
    transposed = reduce->keep_dims;
    // Without the dimensions, what is left must stand in the same order: no spatial one is left.
    std::vector<int64_t> sorted = reduce->axes;
    std::ranges::sort(sorted);
    const auto spatial = static_cast<int64_t>(rank) - 2;
    for (int64_t axis = 1; !reduce->keep_dims && axis <= spatial; ++axis) {
      if (!std::ranges::binary_search(sorted, axis)) return false;
    }
  } else if (IsOp<Pad>(op)) {
    const auto pads = ConstantInts(graph, node.inputs[1]);
    if (!pads || pads->size() != 2 * rank) return false;
    std::vector<int64_t> turned(2 * rank);
    const Permutation perm = ToFirst(rank);
    for (size_t i = 0; i < 2 * rank; ++i) {
      turned[static_cast<size_t>(perm[i % rank]) + i / rank * rank] = (*pads)[i];
    }
    inputs[1] = AddInts(graph, graph.value(node.inputs[1]).name, turned);
  } else {
    return false;
  }
  if (!transposed) {
    ReplaceNode(graph, id, std::move(op), std::move(inputs));
    return true;
  }
  const ValueId made = graph.Add(std::move(op), std::move(inputs),
                                 {.name = graph.node(id).name, .sources = graph.node(id).sources});
  ReplaceByTurned(graph, id, made, rank);
  return true;
}

// split(to_first(x), axis) = to_first of each part of split(x, the same axis)
bool SinkSplit(Graph& graph, NodeId id) {
  const Split* split = OpCast<Split>(graph.node(id).op);
  const ValueId x = split == nullptr ? kNoValue : UnderToFirst(graph, graph.node(id).inputs[0]);
  if (x == kNoValue) return false;
  const size_t rank = ShapeOfValue(graph, x).rank();
  Split op = *split;
  op.axis = TurnAxis(op.axis, rank);
  const std::vector<ValueId> outputs = graph.node(id).outputs;
  NodeOptions options{.name = graph.node(id).name, .sources = graph.node(id).sources};
  options.outputs = static_cast<int>(outputs.size());
  const NodeId made = graph.AddNode(std::move(op), {x}, std::move(options));
  for (size_t i = 0; i < outputs.size(); ++i) {
    const ValueId part = graph.node(made).outputs[i];
    graph.value(part).sources = graph.value(outputs[i]).sources;
    const ValueId turned =
        graph.Add(Transpose{ToFirst(rank)}, {part}, {.name = graph.value(outputs[i]).name});
    graph.ReplaceUses(outputs[i], turned);
  }
  return true;
}

// slice(to_first(x), axes) = to_first(slice(x, the same axes))
bool SinkSlice(Graph& graph, NodeId id) {
  const Node& node = graph.node(id);
  if (!IsOp<Slice>(node.op) || node.inputs.size() < 4 || node.inputs[3] == kNoValue) return false;
  const ValueId x = UnderToFirst(graph, node.inputs[0]);
  const auto axes = ConstantInts(graph, node.inputs[3]);
  if (x == kNoValue || !axes) return false;
  const size_t rank = ShapeOfValue(graph, x).rank();
  std::vector<int64_t> turned;
  for (const int64_t axis : *axes) turned.push_back(TurnAxis(axis, rank));
  std::vector<ValueId> inputs = node.inputs;
  inputs[0] = x;
  inputs[3] = AddInts(graph, graph.value(node.inputs[3]).name, turned);
  const ValueId made = graph.Add(Slice{}, std::move(inputs), {.name = node.name, .sources = node.sources});
  ReplaceByTurned(graph, id, made, rank);
  return true;
}

// A spatial dimension of size 1 taken out or put in leaves images: the transpose is one of the new rank. One
// at `axis` of N, C, spatial... is at `axis` - 1 of N, spatial..., C.
bool SinkSqueeze(Graph& graph, NodeId id) {
  const Node& node = graph.node(id);
  const Squeeze* squeeze = OpCast<Squeeze>(node.op);
  const Unsqueeze* unsqueeze = OpCast<Unsqueeze>(node.op);
  if ((squeeze == nullptr) == (unsqueeze == nullptr)) return false;
  const ValueId x = UnderToFirst(graph, node.inputs[0]);
  if (x == kNoValue) return false;
  const size_t rank = ShapeOfValue(graph, x).rank();
  std::vector<int64_t> axes = squeeze != nullptr ? squeeze->axes : unsqueeze->axes;
  const size_t longer = squeeze != nullptr ? rank : rank + axes.size();
  for (int64_t& axis : axes) {
    if (axis < 0) axis += static_cast<int64_t>(longer);
    if (axis < 2) return false;
    --axis;
  }
  if (axes.empty() || longer - axes.size() < 3) return false;
  const Op op = squeeze != nullptr ? Op(Squeeze{axes}) : Op(Unsqueeze{axes});
  const size_t result = squeeze != nullptr ? rank - axes.size() : longer;
  const ValueId made = graph.Add(op, {x}, {.name = node.name, .sources = node.sources});
  ReplaceByTurned(graph, id, made, result);
  return true;
}

}  // namespace

int PreferNhwc(Graph& graph, const PassContext&) {
  int changes = 0;
  for (const NodeId id : graph.Order()) changes += Turn(graph, id) ? 1 : 0;
  if (changes == 0) return 0;
  // Producers come first in the order, so one round carries a transpose down a chain; the ends it reaches are
  // where MergeTransposes cancels it.
  for (bool again = true; again;) {
    again = false;
    for (const NodeId id : graph.Order()) {
      if (graph.node(id).removed) continue;
      again |= SinkElementwise(graph, id) || SinkAxes(graph, id) || SinkSplit(graph, id) ||
               SinkSlice(graph, id) || SinkSqueeze(graph, id);
    }
    graph.RemoveDeadNodes();
  }
  return changes;
}

}  // namespace floe
