#include <algorithm>

#include "graph/concats.h"
#include "passes/make_group.h"
#include "passes/passes.h"
#include "passes/rewrite.h"

namespace floe {
namespace {

constexpr size_t kLongestChain = 16;

bool IsActivation(const Graph& graph, const Node& node) {
  if (const Unary* unary = OpCast<Unary>(node.op)) {
    switch (unary->kind) {
      case UnaryKind::kRelu:
      case UnaryKind::kSigmoid:
      case UnaryKind::kTanh:
      case UnaryKind::kHardSwish:
      case UnaryKind::kSilu:
      case UnaryKind::kMish:
      case UnaryKind::kSoftplus:
      case UnaryKind::kSoftsign:
        return true;
      default:
        return false;
    }
  }
  if (IsOp<PRelu>(node.op)) return graph.value(node.inputs[1]).is_constant();
  return IsOp<Clip>(node.op) || IsOp<LeakyRelu>(node.op) || IsOp<Elu>(node.op) || IsOp<Selu>(node.op) ||
         IsOp<HardSigmoid>(node.op) || IsOp<Gelu>(node.op);
}

// The user of the value that may join its maker: the value has no other use and keeps its type.
NodeId Next(const Graph& graph, ValueId value) {
  const NodeId user = SoleUser(graph, value);
  if (user == kNoNode || graph.node(user).outputs.size() != 1) return kNoNode;
  return graph.value(graph.node(user).outputs[0]).type == graph.value(value).type ? user : kNoNode;
}

// Numbers for each of the last dimension of x, and with `by_image` perhaps for each of the first.
bool IsByChannel(const Graph& graph, ValueId value, ValueId x, bool by_image) {
  const Shape& all = ShapeOfValue(graph, x);
  const Shape& few = ShapeOfValue(graph, value);
  if (!all.has_rank() || !few.has_rank() || few.rank() < 1 || few.rank() > all.rank()) return false;
  for (size_t i = 0; i < few.rank(); ++i) {
    const size_t at = all.rank() - few.rank() + i;
    const bool may_differ = at + 1 == all.rank() || (by_image && at == 0);
    if (few[i] == Dim(1)) continue;
    if (!may_differ || !few[i].Same(all[at])) return false;
  }
  return few.dims().back().Same(all.dims().back());
}

// Channels last, without groups.
bool IsWholeNhwc(const Graph& graph, NodeId id) {
  const Conv* conv = OpCast<Conv>(graph.node(id).op);
  return conv != nullptr && conv->layout == Layout::kNhwc && conv->group == 1;
}

// A convolution of single pixels, channels last, without padding.
bool IsPointwise(const Graph& graph, NodeId id) {
  const Conv* conv = OpCast<Conv>(graph.node(id).op);
  if (!IsWholeNhwc(graph, id)) return false;
  const Shape& filter = ShapeOfValue(graph, graph.node(id).inputs[1]);
  if (!filter.IsStatic() || filter.Static().size() < 3) return false;
  const std::vector<int64_t> taps = filter.Static();
  return std::all_of(taps.begin() + 1, taps.end() - 1, [](int64_t d) { return d == 1; }) &&
         std::ranges::all_of(conv->pads, [](int64_t d) { return d == 0; });
}

// Steps back from a value through what may stand before a convolution.
class HeadFinder {
 public:
  HeadFinder(const Graph& graph, NodeId conv)
      : graph_(graph), value_(graph.node(conv).inputs[0]), reader_(conv) {}

  // The nodes in order: of a concatenation, a factor and a term by channel and a clamp, those that are there.
  // Before a window of pixels there may be a concatenation alone.
  std::vector<NodeId> Find(bool pointwise) {
    if (pointwise) TakeMap();
    TakeConcat();
    return {nodes_.rbegin(), nodes_.rend()};
  }

 private:
  void TakeMap() {
    Take([&](const Node& node) { return IsUnary(node.op, UnaryKind::kRelu) || IsOp<Clip>(node.op); });
    TakeBinary(BinaryKind::kAdd, false);
    TakeBinary(BinaryKind::kMul, true);
  }

  void TakeConcat() {
    Take([&](const Node& node) {
      const auto* concat = OpCast<Concat>(node.op);
      const Shape& shape = ShapeOfValue(graph_, node.outputs[0]);
      if (concat == nullptr || !shape.has_rank()) return false;
      return concat->axis == -1 || concat->axis == static_cast<int64_t>(shape.rank()) - 1;
    });
  }

  // The node that makes the value, if it is fit and nobody else reads it; goes on to its input `which`.
  template <typename F>
  bool Take(F is_fit, size_t which = 0) {
    const NodeId id = graph_.value(value_).producer;
    if (id == kNoNode || graph_.node(id).outputs.size() != 1 || SoleUser(graph_, value_) != reader_)
      return false;
    const Node& node = graph_.node(id);
    if (graph_.value(value_).type.dtype != DType::kFloat32 || !is_fit(node)) return false;
    nodes_.push_back(id);
    reader_ = id;
    value_ = node.inputs[which];
    return true;
  }

  void TakeBinary(BinaryKind kind, bool by_image) {
    for (const size_t which : {0, 1}) {
      const auto is_fit = [&](const Node& node) {
        if (!IsBinary(node.op, kind)) return false;
        const ValueId x = node.inputs[which];
        return IsByChannel(graph_, node.inputs[1 - which], x, by_image) &&
               SameShape(ShapeOfValue(graph_, x), ShapeOfValue(graph_, node.outputs[0]));
      };
      if (Take(is_fit, which)) return;
    }
  }

  const Graph& graph_;
  ValueId value_;
  NodeId reader_;
  std::vector<NodeId> nodes_;
};

// Perhaps what its pixels pass through, a linear op, then perhaps the addition of a tensor of its output's
// type, then perhaps one activation.
std::vector<NodeId> LinearChain(const Graph& graph, NodeId first) {
  const Op& op = graph.node(first).op;
  if (!IsOp<Conv>(op) && !IsOp<ConvTranspose>(op) && !IsOp<MatMul>(op)) return {};
  std::vector<NodeId> chain;
  if (IsWholeNhwc(graph, first)) chain = HeadFinder(graph, first).Find(IsPointwise(graph, first));
  chain.push_back(first);
  ValueId value = graph.node(first).outputs[0];
  NodeId next = Next(graph, value);
  if (next != kNoNode && IsBinary(graph.node(next).op, BinaryKind::kAdd)) {
    const Node& add = graph.node(next);
    const ValueId other = add.inputs[add.inputs[0] == value ? 1 : 0];
    if (other == value || graph.value(other).type.dtype != graph.value(value).type.dtype ||
        !SameShape(ShapeOfValue(graph, other), ShapeOfValue(graph, value))) {
      return chain;
    }
    chain.push_back(next);
    value = add.outputs[0];
    next = Next(graph, value);
  }
  if (next != kNoNode && IsActivation(graph, graph.node(next)) && graph.node(next).inputs[0] == value) {
    chain.push_back(next);
  }
  return chain;
}

bool IsChainable(const Graph& graph, const Node& node) {
  if (!InfoOf(node.op).traits.elementwise || node.outputs.size() != 1) return false;
  const DType dtype = graph.value(node.outputs[0]).type.dtype;
  if (!IsFloat(dtype) && dtype != DType::kBool) return false;
  return std::ranges::all_of(node.inputs, [&](ValueId in) {
    const DType in_type = graph.value(in).type.dtype;
    return IsFloat(in_type) || in_type == DType::kBool;
  });
}

// The elementwise op that alone reads a concatenation of tensors of a type it takes.
bool IsReadElementwise(const Graph& graph, NodeId concat) {
  const ValueId value = graph.node(concat).outputs[0];
  const NodeId user = SoleUser(graph, value);
  return user != kNoNode && IsChainable(graph, graph.node(user)) &&
         SameShape(ShapeOfValue(graph, value), ShapeOfValue(graph, graph.node(user).outputs[0]));
}

// Concatenations that an elementwise op alone reads take the parts of those within: as one group they are
// read where they lie, and each of a dense block's growing concatenations need not be made. From the last on,
// since one that is taken apart leaves that within with one reader less.
int FlattenConcats(Graph& graph) {
  constexpr size_t kMostParts = 256;
  int changes = 0;
  const std::vector<NodeId> order = graph.Order();
  for (auto at = order.rbegin(); at != order.rend(); ++at) {
    const NodeId id = *at;
    if (!IsOp<Concat>(graph.node(id).op) || !IsReadElementwise(graph, id)) continue;
    FlatConcat flat = Flatten(graph, id, [](ValueId) { return true; });
    if (flat.taken.empty() || flat.parts.size() > kMostParts) continue;
    graph.SetInputs(id, std::move(flat.parts));
    ++changes;
  }
  if (changes > 0) graph.RemoveDeadNodes();
  return changes;
}

// Elementwise ops on tensors of one shape, each the only user of the one before; perhaps a concatenation
// first.
std::vector<NodeId> ElementwiseChain(const Graph& graph, NodeId first) {
  const bool begins = IsOp<Concat>(graph.node(first).op) ? IsReadElementwise(graph, first)
                                                         : IsChainable(graph, graph.node(first));
  if (!begins) return {};
  std::vector<NodeId> chain{first};
  while (chain.size() < kLongestChain) {
    const ValueId value = graph.node(chain.back()).outputs[0];
    const NodeId user = SoleUser(graph, value);
    if (user == kNoNode || !IsChainable(graph, graph.node(user))) break;
    if (!SameShape(ShapeOfValue(graph, value), ShapeOfValue(graph, graph.node(user).outputs[0]))) break;
    chain.push_back(user);
  }
  return chain;
}

}  // namespace

int GroupOps(Graph& graph, const PassContext&) {
  int changes = FlattenConcats(graph);
  for (auto* find : {LinearChain, ElementwiseChain}) {
    for (const NodeId id : graph.Order()) {
      if (graph.node(id).removed || graph.node(id).outputs.size() != 1) continue;
      const std::vector<NodeId> chain = find(graph, id);
      if (chain.size() < 2) continue;
      MakeGroup(graph, chain);
      ++changes;
    }
  }
  return changes;
}

}  // namespace floe
