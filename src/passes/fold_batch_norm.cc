#include <algorithm>
#include <cmath>

#include "passes/linear.h"
#include "passes/passes.h"
#include "passes/rewrite.h"

namespace floe {
namespace {

// The constant operand of a binary node as one number a channel of the linear op that makes the other.
struct Operand {
  Linear linear;
  std::vector<double> values;
  size_t other = 0;  // which input the linear op makes
};

std::optional<Operand> MatchOperand(const Graph& graph, const Node& node, bool either_side) {
  for (const size_t i : {size_t{0}, size_t{1}}) {
    if (i == 1 && !either_side) break;
    const auto linear = LinearBefore(graph, node.inputs[i]);
    if (!linear) continue;
    auto values = PerChannel(graph, node.inputs[1 - i], linear->rank, linear->axis, linear->channels);
    if (values) return Operand{*linear, std::move(*values), i};
  }
  return std::nullopt;
}

void Finish(Graph& graph, NodeId id, const Linear& linear) {
  const ValueId made = graph.node(linear.node).outputs[0];
  TakeOver(graph, graph.node(id).outputs[0], made);
}

// linear(x) + c = linear'(x), linear(x) - c = linear'(x) with another bias
bool FoldShift(Graph& graph, NodeId id) {
  const Node& node = graph.node(id);
  const bool add = IsBinary(node.op, BinaryKind::kAdd);
  if (!add && !IsBinary(node.op, BinaryKind::kSub)) return false;
  auto operand = MatchOperand(graph, node, add);
  if (!operand) return false;
  if (!add) {
    for (double& v : operand->values) v = -v;
  }
  ShiftChannels(graph, operand->linear, operand->values);
  Finish(graph, id, operand->linear);
  return true;
}

// linear(x) * c = linear'(x), linear(x) / c = linear'(x) with another filter and bias
bool FoldFactor(Graph& graph, NodeId id) {
  const Node& node = graph.node(id);
  const bool multiply = IsBinary(node.op, BinaryKind::kMul);
  if (!multiply && !IsBinary(node.op, BinaryKind::kDiv)) return false;
  auto operand = MatchOperand(graph, node, multiply);
  if (!operand) return false;
  for (double& v : operand->values) {
    if (!multiply) v = 1 / v;
    if (!std::isfinite(v)) return false;
  }
  if (!ScaleChannels(graph, operand->linear, operand->values)) return false;
  Finish(graph, id, operand->linear);
  return true;
}

// (x - mean) / sqrt(variance + epsilon) * scale + bias = x * factor + shift
struct Normalization {
  std::vector<double> factor;
  std::vector<double> shift;
};

std::optional<Normalization> ParametersOf(const Graph& graph, const Node& node, double epsilon) {
  std::vector<double> p[4];  // scale, bias, mean, variance
  for (size_t i = 0; i < 4; ++i) {
    auto values = FloatsOf(graph, node.inputs[i + 1]);
    if (!values || (i > 0 && values->size() != p[0].size())) return std::nullopt;
    p[i] = std::move(*values);
  }
  Normalization out;
  for (size_t c = 0; c < p[0].size(); ++c) {
    const double factor = p[0][c] / std::sqrt(p[3][c] + epsilon);
    const double shift = p[1][c] - p[2][c] * factor;
    if (!std::isfinite(static_cast<float>(factor)) || !std::isfinite(static_cast<float>(shift))) {
      return std::nullopt;
    }
    out.factor.push_back(factor);
    out.shift.push_back(shift);
  }
  return out;
}

bool FoldNormalization(Graph& graph, NodeId id) {
  const auto* op = OpCast<BatchNormalization>(graph.node(id).op);
  if (op == nullptr) return false;
  const Node& node = graph.node(id);
  const DType dtype = graph.value(node.outputs[0]).type.dtype;
  if (dtype != graph.value(node.inputs[1]).type.dtype) return false;
  const auto parameters = ParametersOf(graph, node, op->epsilon);
  if (!parameters) return false;
  const auto channels = static_cast<int64_t>(parameters->factor.size());
  if (const auto linear = LinearBefore(graph, node.inputs[0]);
      linear && linear->channels == channels && ScaleChannels(graph, *linear, parameters->factor)) {
    ShiftChannels(graph, *linear, parameters->shift);
    Finish(graph, id, *linear);
    return true;
  }
  std::vector<int64_t> dims{channels};
  const Shape& x = ShapeOfValue(graph, node.inputs[0]);
  if (op->layout == Layout::kNchw) {
    if (!x.has_rank()) return false;
    dims.resize(x.rank() - 1, 1);
  }
  const std::string name = node.name;
  const ValueId factor = AddFloats(graph, name + "/factor", dtype, dims, parameters->factor);
  const ValueId shift = AddFloats(graph, name + "/shift", dtype, dims, parameters->shift);
  const ValueId scaled = graph.Add(Binary{BinaryKind::kMul}, {graph.node(id).inputs[0], factor},
                                   {.name = name + "/scaled", .sources = graph.node(id).sources});
  ReplaceNode(graph, id, Binary{BinaryKind::kAdd}, {scaled, shift});
  return true;
}

}  // namespace

int FoldBatchNorm(Graph& graph, const PassContext&) {
  int changes = 0;
  for (const NodeId id : graph.Order()) {
    if (graph.node(id).removed) continue;
    const bool changed = FoldShift(graph, id) || FoldFactor(graph, id) || FoldNormalization(graph, id);
    changes += changed ? 1 : 0;
  }
  return changes;
}

}  // namespace floe
