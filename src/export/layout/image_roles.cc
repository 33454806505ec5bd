#include "export/layout/image_roles.h"

#include <algorithm>
#include <numeric>

#include "base/check.h"
#include "graph/visit_op.h"

namespace floe {
namespace {

const Shape& ShapeIn(const Graph& graph, const Node& node, size_t i) {
  return graph.value(node.inputs[i]).type.shape;
}
const Shape& ShapeOut(const Graph& graph, const Node& node, size_t i = 0) {
  return graph.value(node.outputs[i]).type.shape;
}

int64_t FromFront(int64_t axis, size_t rank) {
  return axis < 0 ? axis + static_cast<int64_t>(rank) : axis;
}

// Where dimension `axis` of N, spatial, C lies in N, C, spatial.
int64_t TurnAxis(int64_t axis, size_t rank) {
  const int64_t at = FromFront(axis, rank);
  const auto last = static_cast<int64_t>(rank) - 1;
  return at == 0 ? 0 : at == last ? 1 : at + 1;
}

template <typename T>
bool IsLast(const Op& op) {
  const T* typed = OpCast<T>(op);
  return typed != nullptr && typed->layout == Layout::kNhwc;
}

bool IsSpatialLast(const Op& op) {
  return IsLast<Conv>(op) || IsLast<ConvTranspose>(op) || IsLast<MaxPool>(op) || IsLast<AveragePool>(op) ||
         IsLast<BatchNormalization>(op) || IsLast<LRN>(op) || IsLast<Resize>(op) ||
         IsLast<DepthToSpace>(op) || IsLast<SpaceToDepth>(op);
}

// The dimensions that are left stand in one order whether channels were first or last.
bool KeepsOrder(std::vector<int64_t> axes, size_t rank) {
  for (int64_t& a : axes) a = FromFront(a, rank);
  const auto gone = [&](int64_t axis) { return std::ranges::find(axes, axis) != axes.end(); };
  if (gone(static_cast<int64_t>(rank) - 1)) return true;
  for (int64_t axis = 1; axis + 1 < static_cast<int64_t>(rank); ++axis) {
    if (!gone(axis)) return false;
  }
  return true;
}

bool AreSpatial(std::vector<int64_t> axes, size_t rank) {
  return std::ranges::all_of(axes, [&](int64_t a) {
    const int64_t at = FromFront(a, rank);
    return at > 0 && at + 1 < static_cast<int64_t>(rank);
  });
}

// Operands of the output's rank are images; constants, scalars and vectors along the channels follow.
ImageRole ElementwiseRole(const Graph& graph, const Node& node) {
  const Shape& out = ShapeOut(graph, node);
  if (!IsImage(out) || node.outputs.size() != 1) return {};
  ImageRole role{Order::kEither, {}, {0}};
  for (size_t i = 0; i < node.inputs.size(); ++i) {
    if (node.inputs[i] == kNoValue) continue;
    const Shape& shape = ShapeIn(graph, node, i);
    if (!shape.has_rank()) return {};
    if (graph.value(node.inputs[i]).is_constant()) {
      if (shape.rank() > out.rank()) return {};
    } else if (shape.rank() == out.rank()) {
      role.inputs.push_back(i);
    } else if (shape.rank() > 1) {
      return {};
    }
  }
  return role.inputs.empty() ? ImageRole{} : role;
}

// The matrix product, by a constant, that alone takes what the node flattens: [N, spatial, C] to [N, all].
// kNoNode where there is none.
NodeId FlattensInto(const Graph& graph, const Node& node) {
  const Shape& x = ShapeIn(graph, node, 0);
  const Shape& y = ShapeOut(graph, node);
  if (!IsImage(x) || y.rank() != 2 || !x[0].Same(y[0]) || graph.IsOutput(node.outputs[0])) return kNoNode;
  for (size_t i = 1; i < x.rank(); ++i) {
    if (!x[i].known()) return kNoNode;
  }
  const std::vector<NodeId>& users = graph.value(node.outputs[0]).users;
  if (users.size() != 1) return kNoNode;
  const Node& user = graph.node(users[0]);
  const auto* product = OpCast<MatMul>(user.op);
  if (product == nullptr || product->transpose_a || user.inputs[0] != node.outputs[0]) return kNoNode;
  const Tensor* weights = ConstantOf(graph, user.inputs[1]);
  return weights != nullptr && weights->rank() == 2 ? users[0] : kNoNode;
}

// Batch and channels stay, so that the spatial dimensions between them are all that changes.
ImageRole ReshapeRole(const Graph& graph, const Node& node) {
  const Shape& x = ShapeIn(graph, node, 0);
  const Shape& y = ShapeOut(graph, node);
  if (FlattensInto(graph, node) != kNoNode) return {Order::kEither, {0}, {}};
  if (!x.has_rank() || !y.has_rank() || x.rank() < 2 || y.rank() < 2 || x.rank() > 5 || y.rank() > 5)
    return {};
  if (!x[0].Same(y[0]) || !x[x.rank() - 1].Same(y[y.rank() - 1])) return {};
  ImageRole role{Order::kEither, {}, {}};
  if (IsImage(x)) role.inputs.push_back(0);
  if (IsImage(y)) role.outputs.push_back(0);
  return role;
}

ImageRole AxesRole(const Graph& graph, const Node& node) {
  const Shape& x = ShapeIn(graph, node, 0);
  const ImageRole through{Order::kEither, {0}, {0}};
  const ImageRole ends{Order::kEither, {0}, {}};
  if (const auto* concat = OpCast<Concat>(node.op)) {
    ImageRole role{Order::kEither, {}, {0}};
    for (size_t i = 0; i < node.inputs.size(); ++i) {
      if (!graph.value(node.inputs[i]).is_constant()) role.inputs.push_back(i);
    }
    return concat != nullptr && IsImage(ShapeOut(graph, node)) ? role : ImageRole{};
  }
  if (const auto* unsqueeze = OpCast<Unsqueeze>(node.op)) {
    const Shape& y = ShapeOut(graph, node);
    if (!IsImage(y) || !x.has_rank() || x.rank() < 2 || !AreSpatial(unsqueeze->axes, y.rank())) return {};
    return x.rank() == 2 ? ImageRole{Order::kEither, {}, {0}} : through;
  }
  if (IsOp<Reshape>(node.op)) return ReshapeRole(graph, node);
  if (!IsImage(x)) return {};
  if (const auto* split = OpCast<Split>(node.op)) {
    ImageRole role{Order::kEither, {0}, {}};
    for (size_t i = 0; split != nullptr && i < node.outputs.size(); ++i) role.outputs.push_back(i);
    return role;
  }
  if (const auto* reduce = OpCast<Reduce>(node.op)) {
    if (reduce->keep_dims) return through;
    return KeepsOrder(reduce->axes, x.rank()) ? ends : ImageRole{};
  }
  if (const auto* arg = OpCast<ArgReduce>(node.op)) {
    if (arg->keep_dims) return through;
    return KeepsOrder({arg->axis}, x.rank()) ? ends : ImageRole{};
  }
  if (const auto* squeeze = OpCast<Squeeze>(node.op)) {
    if (squeeze->axes.empty() || !AreSpatial(squeeze->axes, x.rank())) return {};
    return x.rank() - squeeze->axes.size() == 2 ? ends : through;
  }
  if (IsOp<Softmax>(node.op) || IsOp<LogSoftmax>(node.op) || IsOp<Pad>(node.op) || IsOp<Tile>(node.op))
    return through;
  if (IsOp<Slice>(node.op)) {
    const bool axes_known =
        node.inputs.size() < 4 || node.inputs[3] == kNoValue || ConstantInts(graph, node.inputs[3]);
    return axes_known && ShapeIn(graph, node, 1).IsStatic() ? through : ImageRole{};
  }
  if (IsOp<Cumulative>(node.op)) return ConstantScalar(graph, node.inputs[1]) ? through : ImageRole{};
  if (IsOp<QuantizeLinear>(node.op) || IsOp<DequantizeLinear>(node.op)) return through;
  return {};
}

// A constant that broadcasts to the turned image as it did to the image.
ValueId TurnOperand(Graph& graph, ValueId value, size_t rank, Builder& builder) {
  const Shape& shape = graph.value(value).type.shape;
  if (shape.rank() == 0) return value;
  if (const Tensor* constant = ConstantOf(graph, value)) {
    if (constant->size() == 1) return value;
    Ints dims(rank - constant->rank(), 1);
    dims.insert(dims.end(), constant->dims().begin(), constant->dims().end());
    return graph.AddConstant(graph.value(value).name, PermuteTensor(constant->Reshaped(dims), ToFirst(rank)));
  }
  // A vector along the channels.
  Ints axes(rank - 2);
  std::iota(axes.begin(), axes.end(), 1);
  return builder.Add(Unsqueeze{axes}, {value});
}

// A tensor of one number a dimension, or of one for each begin and end, in the new order.
ValueId TurnList(ValueId list, const Ints& perm, bool twice, Builder& builder) {
  Ints places = perm;
  if (twice) {
    for (const int64_t p : perm) places.push_back(p + static_cast<int64_t>(perm.size()));
  }
  return builder.Add(Gather{}, {list, builder.Int64s(places)});
}

void TurnAxes(Graph& graph, NodeId id, size_t rank, Builder& builder) {
  Op& op = graph.node(id).op;
  const auto turn = [&](std::vector<int64_t>& axes, size_t of) {
    for (int64_t& a : axes) a = TurnAxis(a, of);
  };
  if (auto* concat = OpCast<Concat>(op)) concat->axis = TurnAxis(concat->axis, rank);
  if (auto* split = OpCast<Split>(op)) split->axis = TurnAxis(split->axis, rank);
  if (auto* softmax = OpCast<Softmax>(op)) softmax->axis = TurnAxis(softmax->axis, rank);
  if (auto* softmax = OpCast<LogSoftmax>(op)) softmax->axis = TurnAxis(softmax->axis, rank);
  if (auto* arg = OpCast<ArgReduce>(op)) arg->axis = TurnAxis(arg->axis, rank);
  if (auto* reduce = OpCast<Reduce>(op)) turn(reduce->axes, rank);
  if (auto* squeeze = OpCast<Squeeze>(op)) turn(squeeze->axes, rank);
  if (auto* unsqueeze = OpCast<Unsqueeze>(op)) turn(unsqueeze->axes, rank + unsqueeze->axes.size());
  if (auto* quantize = OpCast<QuantizeLinear>(op)) quantize->axis = TurnAxis(quantize->axis, rank);
  if (auto* dequantize = OpCast<DequantizeLinear>(op)) dequantize->axis = TurnAxis(dequantize->axis, rank);
  if (IsOp<Pad>(op)) graph.SetInput(id, 1, TurnList(graph.node(id).inputs[1], ToFirst(rank), true, builder));
  if (IsOp<Tile>(op))
    graph.SetInput(id, 1, TurnList(graph.node(id).inputs[1], ToFirst(rank), false, builder));
  if (IsOp<Cumulative>(op)) {
    const auto axis = static_cast<int64_t>(*ConstantScalar(graph, graph.node(id).inputs[1]));
    graph.SetInput(id, 1, builder.Int64(TurnAxis(axis, rank)));
  }
  if (IsOp<Slice>(op)) {
    std::vector<ValueId> inputs = graph.node(id).inputs;
    inputs.resize(std::max<size_t>(inputs.size(), 4), kNoValue);
    Ints axes;
    if (inputs[3] != kNoValue) {
      axes = *ConstantInts(graph, inputs[3]);
    } else {
      axes.resize(static_cast<size_t>(graph.value(inputs[1]).type.shape[0].value()));
      std::iota(axes.begin(), axes.end(), 0);
    }
    turn(axes, rank);
    inputs[3] = builder.Int64s(axes);
    graph.SetInputs(id, std::move(inputs));
  }
}

// flatten(x) W = flatten(first(x)) W', the rows of W' in the order of first(x); `x` has its channels first by
// now.
void TurnFlattened(Graph& graph, const Node& flatten, NodeId product) {
  const Shape& x = ShapeIn(graph, flatten, 0);
  const ValueId weights = graph.node(product).inputs[1];
  const bool transposed = OpAs<MatMul>(graph.node(product).op).transpose_b;
  const Tensor& w = graph.value(weights).constant;
  // The dimensions of a row's (or column's) number, channels last.
  Ints places;
  for (size_t i = 2; i < x.rank(); ++i) places.push_back(x[i].value());
  places.push_back(x[1].value());
  const auto n = static_cast<int64_t>(places.size());
  Ints dims = places, perm{n - 1};
  for (int64_t i = 0; i + 1 < n; ++i) perm.push_back(i);
  if (transposed) {
    dims.insert(dims.begin(), w.dims()[0]);
    for (int64_t& p : perm) ++p;
    perm.insert(perm.begin(), 0);
  } else {
    dims.push_back(w.dims()[1]);
    perm.push_back(n);
  }
  const Tensor turned = PermuteTensor(w.Reshaped(dims), perm).Reshaped(w.dims());
  graph.SetInput(product, 1, graph.AddConstant(graph.value(weights).name, turned));
}

void TurnReshape(Graph& graph, NodeId id, Builder& builder) {
  const Node& node = graph.node(id);
  const Shape& y = ShapeOut(graph, node);
  // A node that flattens is turned for the product's sake alone: its own channels are gone.
  if (const NodeId product = FlattensInto(graph, node); product != kNoNode)
    return TurnFlattened(graph, node, product);
  if (!IsImage(y)) return;
  const Ints perm = ToFirst(y.rank());
  Ints target;
  for (const int64_t p : perm) {
    const Dim& d = y[static_cast<size_t>(p)];
    target.push_back(d.known() ? d.value() : -1);
  }
  const bool certain = std::ranges::count(target, -1) <= 1 && std::ranges::count(target, 0) == 0;
  graph.SetInput(id, 1, certain ? builder.Int64s(target) : TurnList(node.inputs[1], perm, false, builder));
}

void TurnSpatial(Graph& graph, NodeId id, Builder& builder) {
  Op& op = graph.node(id).op;
  VisitOp(
      [](auto& typed) {
        if constexpr (requires { typed.layout; }) typed.layout = Layout::kNchw;
      },
      op);
  if (!IsOp<Conv>(op) && !IsOp<ConvTranspose>(op)) return;
  const ValueId filter = graph.node(id).inputs[1];
  const size_t rank = graph.value(filter).type.shape.rank();
  ValueId turned = kNoValue;
  if (const Tensor* constant = ConstantOf(graph, filter)) {
    turned = graph.AddConstant(graph.value(filter).name, PermuteTensor(*constant, ToFirst(rank)));
  } else {
    turned = builder.Transpose(filter, ToFirst(rank));
  }
  graph.SetInput(id, 1, turned);
}

}  // namespace

bool IsImage(const Shape& shape) {
  return shape.has_rank() && shape.rank() >= 3 && shape.rank() <= 5;
}

Ints ToFirst(size_t rank) {
  Ints perm(rank);
  std::iota(perm.begin(), perm.end(), 0);
  std::rotate(perm.begin() + 1, perm.end() - 1, perm.end());
  return perm;
}

Ints ToLast(size_t rank) {
  Ints perm(rank);
  std::iota(perm.begin(), perm.end(), 0);
  std::rotate(perm.begin() + 1, perm.begin() + 2, perm.end());
  return perm;
}

ImageRole RoleOf(const Graph& graph, NodeId id) {
  const Node& node = graph.node(id);
  if (node.inputs.empty() || node.inputs[0] == kNoValue || node.outputs.empty()) return {};
  if (IsSpatialLast(node.op)) {
    if (!IsImage(ShapeIn(graph, node, 0))) return {};
    const bool has_filter = IsOp<Conv>(node.op) || IsOp<ConvTranspose>(node.op);
    if (has_filter && !ShapeIn(graph, node, 1).has_rank()) return {};
    ImageRole role{Order::kFirst, {0}, {}};
    for (size_t i = 0; i < node.outputs.size(); ++i) role.outputs.push_back(i);
    return role;
  }
  if (InfoOf(node.op).traits.elementwise) return ElementwiseRole(graph, node);
  return AxesRole(graph, node);
}

void TurnNode(Graph& graph, NodeId id, const ImageRole& role, Builder& builder) {
  const Node& node = graph.node(id);
  builder.SetSource(node.name, node.sources);
  if (IsSpatialLast(node.op)) return TurnSpatial(graph, id, builder);
  if (IsOp<Reshape>(node.op)) return TurnReshape(graph, id, builder);
  const bool elementwise = InfoOf(node.op).traits.elementwise;
  const size_t rank =
      elementwise || IsOp<Concat>(node.op) ? ShapeOut(graph, node).rank() : ShapeIn(graph, node, 0).rank();
  for (size_t i = 0; (elementwise || IsOp<Concat>(node.op)) && i < node.inputs.size(); ++i) {
    if (node.inputs[i] == kNoValue || std::ranges::find(role.inputs, i) != role.inputs.end()) continue;
    graph.SetInput(id, i, TurnOperand(graph, node.inputs[i], rank, builder));
  }
  if (!elementwise) TurnAxes(graph, id, rank, builder);
}

}  // namespace floe
