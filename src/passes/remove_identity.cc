#include <algorithm>
#include <cmath>
#include <limits>

#include "graph/visit_op.h"
#include "passes/passes.h"
#include "passes/rewrite.h"

namespace floe {
namespace {

// Which input comes out unchanged; -1 when none does.
struct IdentityOf {
  const Graph& graph;
  const Node& node;

  bool KeepsShape(size_t i) const {
    return SameShape(ShapeOfValue(graph, node.inputs[i]), ShapeOfValue(graph, node.outputs[0]));
  }
  int If(bool identity, int input = 0) const { return identity ? input : -1; }
  bool IsInts(size_t i, int64_t wanted) const {
    const auto ints = i < node.inputs.size() ? ConstantInts(graph, node.inputs[i]) : std::nullopt;
    return ints && std::ranges::all_of(*ints, [&](int64_t v) { return v == wanted; });
  }

  // identity(x) = x; relu(relu(x)) = relu(x)
  int operator()(const Unary& op) const {
    if (op.kind == UnaryKind::kIdentity) return 0;
    const NodeId before = MadeBy<Unary>(graph, node.inputs[0]);
    return If(op.kind == UnaryKind::kRelu && before != kNoNode &&
              IsUnary(graph.node(before).op, UnaryKind::kRelu));
  }
  // x * 1 = x / 1 = x ^ 1 = x - (+0) = x + (-0) = x, all to the bit; for integers x + 0 = x too. (x + (+0)
  // turns -0 to +0.) Only where the constant does not widen x by broadcasting.
  int operator()(const Binary& op) const {
    const DType dtype = graph.value(node.inputs[0]).type.dtype;
    const double nothing = IsFloat(dtype) ? -0.0 : 0.0;
    for (const size_t i : {size_t{0}, size_t{1}}) {
      const ValueId other = node.inputs[1 - i];
      const bool commutes = op.kind == BinaryKind::kMul || op.kind == BinaryKind::kAdd;
      if ((i == 1 && !commutes) || (!KeepsShape(i) && !IsScalarFor(graph, other, node.inputs[i]))) continue;
      switch (op.kind) {
        case BinaryKind::kMul:
        case BinaryKind::kDiv:
        case BinaryKind::kPow:
          if (IsAll(graph, other, 1)) return static_cast<int>(i);
          break;
        case BinaryKind::kAdd:
          if (IsAll(graph, other, nothing)) return static_cast<int>(i);
          break;
        case BinaryKind::kSub:
          if (IsAll(graph, other, 0.0)) return static_cast<int>(i);
          break;
        default:
          break;
      }
    }
    return -1;
  }
  int operator()(const Sum&) const { return If(node.inputs.size() == 1); }
  int operator()(const Clip& op) const {
    constexpr double kInf = std::numeric_limits<double>::infinity();
    return If(op.min == -kInf && op.max == kInf);
  }
  int operator()(const Cast& op) const { return If(graph.value(node.inputs[0]).type.dtype == op.to); }
  // where(true, x, y) = x; where(false, x, y) = y
  int operator()(const Where&) const {
    const Tensor* condition = ConstantOf(graph, node.inputs[0]);
    if (condition == nullptr || condition->dtype() != DType::kBool || condition->size() == 0) return -1;
    const bool* flags = condition->data<bool>();
    if (!std::all_of(flags, flags + condition->size(), [&](bool f) { return f == flags[0]; })) return -1;
    const int input = flags[0] ? 1 : 2;
    return If(KeepsShape(static_cast<size_t>(input)), input);
  }
  int operator()(const Reshape&) const { return If(KeepsShape(0)); }
  int operator()(const Squeeze&) const { return If(KeepsShape(0)); }
  int operator()(const Unsqueeze& op) const { return If(op.axes.empty()); }
  int operator()(const Expand&) const { return If(KeepsShape(0)); }
  int operator()(const Transpose& op) const {
    const size_t rank = ShapeOfValue(graph, node.inputs[0]).rank();
    if (op.perm.empty()) return If(ShapeOfValue(graph, node.inputs[0]).has_rank() && rank <= 1);
    for (size_t i = 0; i < op.perm.size(); ++i) {
      const int64_t from = op.perm[i] < 0 ? op.perm[i] + static_cast<int64_t>(op.perm.size()) : op.perm[i];
      if (from != static_cast<int64_t>(i)) return -1;
    }
    return 0;
  }
  int operator()(const Concat&) const { return If(node.inputs.size() == 1); }
  int operator()(const Split&) const { return If(node.outputs.size() == 1); }
  // A slice of a whole dimension in steps of 1.
  int operator()(const Slice&) const {
    const bool steps = node.inputs.size() < 5 || node.inputs[4] == kNoValue || IsInts(4, 1);
    return If(steps && KeepsShape(0));
  }
  int operator()(const Pad&) const { return If(IsInts(1, 0)); }
  int operator()(const Tile&) const { return If(IsInts(1, 1)); }
  int operator()(const Reverse& op) const { return If(op.axes.empty()); }
  int operator()(const Reduce& op) const {
    return If(op.axes.empty() &&
              (op.kind == ReduceKind::kSum || op.kind == ReduceKind::kMean || op.kind == ReduceKind::kMax ||
               op.kind == ReduceKind::kMin || op.kind == ReduceKind::kProd || op.kind == ReduceKind::kAll ||
               op.kind == ReduceKind::kAny));
  }
  template <typename T>
  int operator()(const T&) const {
    return -1;
  }
};

}  // namespace

int RemoveIdentity(Graph& graph, const PassContext&) {
  int changes = 0;
  for (const NodeId id : graph.Order()) {
    const Node& node = graph.node(id);
    if (node.removed || node.outputs.empty()) continue;
    const int input = VisitOp(IdentityOf{graph, node}, node.op);
    if (input < 0) continue;
    changes += Bypass(graph, node.outputs[0], node.inputs[static_cast<size_t>(input)]) ? 1 : 0;
  }
  return changes;
}

}  // namespace floe
