#include <algorithm>
#include <cmath>
#include <limits>

#include "passes/passes.h"
#include "passes/rewrite.h"

namespace floe {
namespace {

// A Pad by a constant that touches spatial dimensions alone and crops none.
struct SpatialPad {
  NodeId node = kNoNode;
  std::vector<int64_t> begin;
  std::vector<int64_t> end;
  double value = 0;
};

std::optional<SpatialPad> SpatialPadBefore(const Graph& graph, ValueId value, Layout layout) {
  const NodeId id = MadeBy<Pad>(graph, value);
  if (id == kNoNode) return std::nullopt;
  const Node& node = graph.node(id);
  const auto pads = ConstantInts(graph, node.inputs[1]);
  if (OpAs<Pad>(node.op).mode != PadMode::kConstant || !pads) return std::nullopt;
  SpatialPad out{id, {}, {}, 0};
  if (node.inputs.size() > 2 && node.inputs[2] != kNoValue) {
    const auto with = ConstantScalar(graph, node.inputs[2]);
    if (!with) return std::nullopt;
    out.value = *with;
  }
  const size_t rank = pads->size() / 2;
  if (rank < 3) return std::nullopt;
  const size_t first = layout == Layout::kNhwc ? 1 : 2;
  for (size_t i = 0; i < rank; ++i) {
    const int64_t begin = (*pads)[i];
    const int64_t end = (*pads)[rank + i];
    const bool spatial = i >= first && i < first + rank - 2;
    if (begin < 0 || end < 0 || (!spatial && (begin != 0 || end != 0))) return std::nullopt;
    if (!spatial) continue;
    out.begin.push_back(begin);
    out.end.push_back(end);
  }
  return out;
}

std::vector<int64_t> SumOfPads(const std::vector<int64_t>& own, const SpatialPad& pad) {
  const size_t n = pad.begin.size();
  std::vector<int64_t> out = own.empty() ? std::vector<int64_t>(2 * n, 0) : own;
  for (size_t i = 0; i < n; ++i) {
    out[i] += pad.begin[i];
    out[n + i] += pad.end[i];
  }
  return out;
}

bool IsNone(const std::vector<int64_t>& pads) {
  return std::ranges::all_of(pads, [](int64_t p) { return p == 0; });
}

// Nothing the op gives is below 0 (a nan may be).
bool IsNeverNegative(const Graph& graph, ValueId value) {
  const NodeId id = graph.value(value).producer;
  if (id == kNoNode) return false;
  const Op& op = graph.node(id).op;
  if (const Clip* clip = OpCast<Clip>(op)) return clip->min >= 0;
  return IsUnary(op, UnaryKind::kRelu) || IsUnary(op, UnaryKind::kSigmoid) || IsUnary(op, UnaryKind::kAbs) ||
         IsUnary(op, UnaryKind::kSquare) || IsUnary(op, UnaryKind::kExp) || IsOp<Softmax>(op) ||
         IsOp<HardSigmoid>(op);
}

// Every window sees a pixel of the image.
bool WindowsReachImage(const std::vector<int64_t>& kernel, const std::vector<int64_t>& pads) {
  const size_t n = kernel.size();
  for (size_t i = 0; i < n; ++i) {
    if (pads[i] >= kernel[i] || pads[n + i] >= kernel[i]) return false;
  }
  return true;
}

// conv(pad(x, 0)) = conv(x) with the pads added
bool IntoConv(const Graph&, const SpatialPad& pad, Conv& op) {
  if (pad.value != 0 || op.auto_pad != AutoPad::kExplicit) return false;
  op.pads = SumOfPads(op.pads, pad);
  return true;
}

// max_pool(pad(x, v)) = max_pool(x) with the pads added, if v can't win: it is the least number, or 0 where
// nothing is below 0, and no window sees padding alone.
bool IntoMaxPool(const Graph& graph, const SpatialPad& pad, MaxPool& op) {
  const ValueId x = graph.node(pad.node).inputs[0];
  const bool loses =
      pad.value == -std::numeric_limits<double>::infinity() || (pad.value == 0 && IsNeverNegative(graph, x));
  const Shape& shape = ShapeOfValue(graph, x);
  const bool plain = std::ranges::all_of(op.dilations, [](int64_t d) { return d == 1; });
  // Padding that the pool had added before does not count in either reading.
  if (!loses || !plain || op.auto_pad != AutoPad::kExplicit || op.ceil_mode || !shape.IsStatic())
    return false;
  if (shape.ElementCount() == 0) return false;
  const std::vector<int64_t> pads = SumOfPads(op.pads, pad);
  if (!WindowsReachImage(op.kernel_shape, pads)) return false;
  op.pads = pads;
  return true;
}

// average_pool(pad(x, 0)) = average_pool(x) that counts the padding, if the pool pads nothing itself or
// counts that too
bool IntoAveragePool(const Graph&, const SpatialPad& pad, AveragePool& op) {
  if (pad.value != 0 || op.auto_pad != AutoPad::kExplicit || op.ceil_mode) return false;
  if (!IsNone(op.pads) && !op.count_include_pad) return false;
  op.pads = SumOfPads(op.pads, pad);
  op.count_include_pad = true;
  return true;
}

template <typename T>
bool FoldInto(Graph& graph, NodeId id, bool (*into)(const Graph&, const SpatialPad&, T&)) {
  const T* op = OpCast<T>(graph.node(id).op);
  if (op == nullptr || graph.node(id).outputs.size() != 1) return false;  // an argmax counts padded pixels
  const auto pad = SpatialPadBefore(graph, graph.node(id).inputs[0], op->layout);
  T changed = *op;
  if (!pad || !into(graph, *pad, changed)) return false;
  graph.node(id).op = std::move(changed);
  AddSources(graph, id, graph.node(pad->node).sources);
  graph.SetInput(id, 0, graph.node(pad->node).inputs[0]);
  graph.Reinfer(id);
  return true;
}

}  // namespace

int FoldPadding(Graph& graph, const PassContext&) {
  int changes = 0;
  for (const NodeId id : graph.Order()) {
    const bool changed = FoldInto<Conv>(graph, id, IntoConv) || FoldInto<MaxPool>(graph, id, IntoMaxPool) ||
                         FoldInto<AveragePool>(graph, id, IntoAveragePool);
    changes += changed ? 1 : 0;
  }
  if (changes > 0) graph.RemoveDeadNodes();
  return changes;
}

}  // namespace floe
