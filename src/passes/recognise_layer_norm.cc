// Layer normalisation as frameworks write it out, back to one op.
#include <algorithm>

#include "passes/passes.h"
#include "passes/rewrite.h"

namespace floe {
namespace {

// Means over all dimensions of `x` from `axis` on, which are kept with one place each.
struct RowMean {
  ValueId x = kNoValue;
  int64_t axis = 0;
};

const Reduce* MeanAt(const Graph& graph, ValueId value) {
  const NodeId id = MadeBy<Reduce>(graph, value);
  if (id == kNoNode) return nullptr;
  const Reduce& reduce = OpAs<Reduce>(graph.node(id).op);
  return reduce.kind == ReduceKind::kMean ? &reduce : nullptr;
}

ValueId InputOf(const Graph& graph, ValueId value, size_t index = 0) {
  return graph.node(graph.value(value).producer).inputs[index];
}

std::vector<bool> ReducedDims(const Reduce& reduce, size_t rank) {
  std::vector<bool> reduced(rank, false);
  for (const int64_t axis : reduce.axes) {
    const int64_t at = axis < 0 ? axis + static_cast<int64_t>(rank) : axis;
    if (at >= 0 && at < static_cast<int64_t>(rank)) reduced[static_cast<size_t>(at)] = true;
  }
  return reduced;
}

std::optional<RowMean> RowMeanAt(const Graph& graph, ValueId value) {
  const Reduce* mean = MeanAt(graph, value);
  if (mean == nullptr || !mean->keep_dims) return std::nullopt;
  const ValueId x = InputOf(graph, value);
  const Shape& shape = ShapeOfValue(graph, x);
  if (!shape.has_rank()) return std::nullopt;
  const std::vector<bool> reduced = ReducedDims(*mean, shape.rank());
  const auto first = std::ranges::find(reduced, true);
  if (first == reduced.end() || std::find(first, reduced.end(), false) != reduced.end()) return std::nullopt;
  return RowMean{x, first - reduced.begin()};
}

bool IsMade(const Graph& graph, ValueId value, BinaryKind kind) {
  const NodeId id = MadeBy<Binary>(graph, value);
  return id != kNoNode && IsBinary(graph.node(id).op, kind);
}
bool IsMade(const Graph& graph, ValueId value, UnaryKind kind) {
  const NodeId id = MadeBy<Unary>(graph, value);
  return id != kNoNode && IsUnary(graph.node(id).op, kind);
}

// The other operand of a product or sum with `one`; kNoValue when the value is none.
ValueId Other(const Graph& graph, ValueId value, BinaryKind kind, ValueId one) {
  if (!IsMade(graph, value, kind)) return kNoValue;
  const ValueId a = InputOf(graph, value, 0);
  const ValueId b = InputOf(graph, value, 1);
  return a == one ? b : b == one ? a : kNoValue;
}

// x - mean
bool IsCentred(const Graph& graph, ValueId value, ValueId x, ValueId mean) {
  return IsMade(graph, value, BinaryKind::kSub) && InputOf(graph, value, 0) == x &&
         InputOf(graph, value, 1) == mean;
}

// (x - mean) ^ 2
bool IsSquaredDistance(const Graph& graph, ValueId value, ValueId x, ValueId mean) {
  if (IsMade(graph, value, BinaryKind::kSquaredDifference)) {
    const ValueId a = InputOf(graph, value, 0);
    const ValueId b = InputOf(graph, value, 1);
    return (a == x && b == mean) || (a == mean && b == x);
  }
  if (IsMade(graph, value, UnaryKind::kSquare)) return IsCentred(graph, InputOf(graph, value), x, mean);
  if (IsMade(graph, value, BinaryKind::kPow)) {
    const auto power = ConstantScalar(graph, InputOf(graph, value, 1));
    return power == 2.0 && IsCentred(graph, InputOf(graph, value), x, mean);
  }
  return IsMade(graph, value, BinaryKind::kMul) && InputOf(graph, value, 0) == InputOf(graph, value, 1) &&
         IsCentred(graph, InputOf(graph, value), x, mean);
}

struct Moments {
  ValueId x = kNoValue;
  ValueId mean = kNoValue;
  int64_t axis = 0;
  double epsilon = 0;
};

// variance + epsilon
std::optional<Moments> MomentsAt(const Graph& graph, ValueId value) {
  Moments out;
  ValueId variance = value;
  if (IsMade(graph, value, BinaryKind::kAdd)) {
    for (const size_t i : {size_t{0}, size_t{1}}) {
      const auto epsilon = ConstantScalar(graph, InputOf(graph, value, i));
      if (!epsilon || !IsScalarFor(graph, InputOf(graph, value, i), value)) continue;
      out.epsilon = *epsilon;
      variance = InputOf(graph, value, 1 - i);
    }
  }
  const auto of = RowMeanAt(graph, variance);
  if (!of || out.epsilon < 0 || graph.value(of->x).producer == kNoNode) return std::nullopt;
  // The mean is an operand of what is squared: any of the ways to write it.
  std::vector<ValueId> near = graph.node(graph.value(of->x).producer).inputs;
  for (size_t i = 0, n = near.size(); i < n; ++i) {
    if (!IsMade(graph, near[i], BinaryKind::kSub)) continue;
    near.push_back(InputOf(graph, near[i], 1));
  }
  for (const ValueId mean : near) {
    const auto rows = RowMeanAt(graph, mean);
    if (!rows || rows->axis != of->axis || !IsSquaredDistance(graph, of->x, rows->x, mean)) continue;
    out.x = rows->x;
    out.mean = mean;
    out.axis = rows->axis;
    return out;
  }
  return std::nullopt;
}

// 1 / sqrt(variance + epsilon)
std::optional<Moments> InverseDeviationAt(const Graph& graph, ValueId value) {
  if (IsMade(graph, value, UnaryKind::kRsqrt)) return MomentsAt(graph, InputOf(graph, value));
  ValueId root = kNoValue;
  if (IsMade(graph, value, UnaryKind::kReciprocal)) {
    root = InputOf(graph, value);
  } else if (IsMade(graph, value, BinaryKind::kDiv) && IsAll(graph, InputOf(graph, value), 1)) {
    root = InputOf(graph, value, 1);
  } else if (IsMade(graph, value, BinaryKind::kPow) &&
             ConstantScalar(graph, InputOf(graph, value, 1)) == -0.5) {
    return MomentsAt(graph, InputOf(graph, value));
  }
  if (root == kNoValue || !IsMade(graph, root, UnaryKind::kSqrt)) return std::nullopt;
  return MomentsAt(graph, InputOf(graph, root));
}

// The deviation's inverse times what scales the rows; no scale: kNoValue.
struct Slope {
  Moments moments;
  ValueId scale = kNoValue;
};

std::optional<Slope> SlopeAt(const Graph& graph, ValueId value) {
  if (const auto moments = InverseDeviationAt(graph, value)) return Slope{*moments, kNoValue};
  if (!IsMade(graph, value, BinaryKind::kMul)) return std::nullopt;
  for (const size_t i : {size_t{0}, size_t{1}}) {
    if (const auto moments = InverseDeviationAt(graph, InputOf(graph, value, i))) {
      return Slope{*moments, InputOf(graph, value, 1 - i)};
    }
  }
  return std::nullopt;
}

// -(mean * slope)
bool IsNegativeShift(const Graph& graph, ValueId value, ValueId mean, ValueId slope) {
  if (IsMade(graph, value, UnaryKind::kNeg)) {
    return Other(graph, InputOf(graph, value), BinaryKind::kMul, mean) == slope;
  }
  if (!IsMade(graph, value, BinaryKind::kMul)) return false;
  for (const size_t i : {size_t{0}, size_t{1}}) {
    const ValueId negative = InputOf(graph, value, i);
    if (!IsMade(graph, negative, UnaryKind::kNeg)) continue;
    const ValueId of = InputOf(graph, negative);
    const ValueId other = InputOf(graph, value, 1 - i);
    if ((of == mean && other == slope) || (of == slope && other == mean)) return true;
  }
  return false;
}

// The number of dimensions from `axis` on, where they are known.
std::optional<std::vector<int64_t>> RowDims(const Graph& graph, ValueId x, int64_t axis) {
  const Shape& shape = ShapeOfValue(graph, x);
  std::vector<int64_t> dims;
  for (size_t i = static_cast<size_t>(axis); i < shape.rank(); ++i) {
    if (!shape[i].known()) return std::nullopt;
    dims.push_back(shape[i].value());
  }
  return dims;
}

// `value` has the shape of x's rows, but for ones in front: as a value of just that shape; kNoValue when not.
ValueId AsRow(Graph& graph, ValueId value, const std::vector<int64_t>& row) {
  const Shape& shape = ShapeOfValue(graph, value);
  if (!shape.IsStatic()) return kNoValue;
  std::vector<int64_t> dims = shape.Static();
  while (dims.size() > row.size() && dims.front() == 1) dims.erase(dims.begin());
  if (dims != row) return kNoValue;
  if (shape.rank() == row.size()) return value;
  return ReshapedTo(graph, value, row);
}

bool IsFloat32Or64(const Graph& graph, ValueId value) {
  const DType dtype = graph.value(value).type.dtype;
  return dtype == DType::kFloat32 || dtype == DType::kFloat64;
}

ValueId Ones(Graph& graph, ValueId like, const std::string& name, const std::vector<int64_t>& dims) {
  int64_t count = 1;
  for (const int64_t d : dims) count *= d;
  return AddFloats(graph, name + "/ones", graph.value(like).type.dtype, dims,
                   std::vector<double>(static_cast<size_t>(count), 1.0));
}

// The node becomes the normalisation of x by these moments.
bool Become(Graph& graph, NodeId id, const Moments& m, ValueId scale, ValueId bias) {
  const auto row = RowDims(graph, m.x, m.axis);
  const ValueId result = graph.node(id).outputs[0];
  if (!row || !IsFloat32Or64(graph, m.x) ||
      !SameShape(ShapeOfValue(graph, m.x), ShapeOfValue(graph, result))) {
    return false;
  }
  std::vector<ValueId> inputs{m.x};
  inputs.push_back(scale == kNoValue ? Ones(graph, m.x, graph.node(id).name, *row)
                                     : AsRow(graph, scale, *row));
  if (bias != kNoValue) inputs.push_back(AsRow(graph, bias, *row));
  if (std::ranges::count(inputs, kNoValue) > 0) return false;
  std::vector<std::string> sources;
  CollectSources(graph, id, {m.x, scale, bias}, sources);
  ReplaceNode(graph, id, LayerNormalization{.axis = m.axis, .epsilon = m.epsilon}, std::move(inputs));
  AddSources(graph, graph.value(result).producer, sources);
  return true;
}

// x * slope + (bias - mean * slope), the sum's second term in any of its forms
bool FromSlope(Graph& graph, NodeId id) {
  const ValueId y = graph.node(id).outputs[0];
  const bool difference = IsBinary(graph.node(id).op, BinaryKind::kSub);
  if (!difference && !IsBinary(graph.node(id).op, BinaryKind::kAdd)) return false;
  for (const size_t i : {size_t{0}, size_t{1}}) {
    if (difference && i == 1) break;
    const ValueId product = InputOf(graph, y, i);
    const ValueId shift = InputOf(graph, y, 1 - i);
    if (!IsMade(graph, product, BinaryKind::kMul)) continue;
    for (const size_t j : {size_t{0}, size_t{1}}) {
      const ValueId slope = InputOf(graph, product, j);
      const auto found = SlopeAt(graph, slope);
      if (!found || InputOf(graph, product, 1 - j) != found->moments.x) continue;
      const ValueId mean = found->moments.mean;
      if (difference) {
        return Other(graph, shift, BinaryKind::kMul, mean) == slope &&
               Become(graph, id, found->moments, found->scale, kNoValue);
      }
      if (IsNegativeShift(graph, shift, mean, slope)) {
        return Become(graph, id, found->moments, found->scale, kNoValue);
      }
      if (IsMade(graph, shift, BinaryKind::kSub) &&
          Other(graph, InputOf(graph, shift, 1), BinaryKind::kMul, mean) == slope) {
        return Become(graph, id, found->moments, found->scale, InputOf(graph, shift, 0));
      }
      if (!IsMade(graph, shift, BinaryKind::kAdd)) continue;
      for (const size_t k : {size_t{0}, size_t{1}}) {
        if (!IsNegativeShift(graph, InputOf(graph, shift, k), mean, slope)) continue;
        return Become(graph, id, found->moments, found->scale, InputOf(graph, shift, 1 - k));
      }
    }
  }
  return false;
}

// (x - mean) / sqrt(variance + epsilon), by division or by a slope
bool FromCentred(Graph& graph, NodeId id) {
  const Node& node = graph.node(id);
  if (IsBinary(node.op, BinaryKind::kDiv) && IsMade(graph, node.inputs[1], UnaryKind::kSqrt)) {
    const auto moments = MomentsAt(graph, InputOf(graph, node.inputs[1]));
    return moments && IsCentred(graph, node.inputs[0], moments->x, moments->mean) &&
           Become(graph, id, *moments, kNoValue, kNoValue);
  }
  if (!IsBinary(node.op, BinaryKind::kMul)) return false;
  for (const size_t i : {size_t{0}, size_t{1}}) {
    const auto slope = SlopeAt(graph, node.inputs[i]);
    if (slope && IsCentred(graph, node.inputs[1 - i], slope->moments.x, slope->moments.mean)) {
      return Become(graph, id, slope->moments, slope->scale, kNoValue);
    }
  }
  return false;
}

// What is under a Reshape or Squeeze.
ValueId UnderReshape(const Graph& graph, ValueId value) {
  const NodeId id = graph.value(value).producer;
  return id != kNoNode && InfoOf(graph.node(id).op).traits.alias ? graph.node(id).inputs[0] : value;
}

// The mean of all dimensions of x but the second.
ValueId MeanOfAllButSecond(const Graph& graph, ValueId value) {
  const ValueId under = UnderReshape(graph, value);
  const Reduce* mean = MeanAt(graph, under);
  if (mean == nullptr) return kNoValue;
  const ValueId x = InputOf(graph, under);
  const Shape& shape = ShapeOfValue(graph, x);
  if (!shape.has_rank() || shape.rank() < 3) return kNoValue;
  std::vector<bool> wanted(shape.rank(), true);
  wanted[1] = false;
  return ReducedDims(*mean, shape.rank()) == wanted ? x : kNoValue;
}

// One image that is normalised by its own moments, channel by channel: its channels are the rows (the way of
// TensorFlow's Keras, for which a batch normalisation is the fastest kernel).
bool FromBatchNorm(Graph& graph, NodeId id) {
  const auto* op = OpCast<BatchNormalization>(graph.node(id).op);
  if (op == nullptr || op->layout != Layout::kNchw) return false;
  const std::vector<ValueId> in = graph.node(id).inputs;
  const Shape& shape = ShapeOfValue(graph, in[0]);
  if (!shape.has_rank() || shape.rank() < 3 || shape[0] != Dim(1) || !IsFloat32Or64(graph, in[0]))
    return false;
  const auto row = RowDims(graph, in[0], 2);
  const ValueId squares = MeanOfAllButSecond(graph, in[4]);
  if (!row || squares == kNoValue || MeanOfAllButSecond(graph, in[3]) != in[0]) return false;
  const NodeId maker = graph.value(squares).producer;
  if (maker == kNoNode) return false;
  const bool centred = std::ranges::any_of(graph.node(maker).inputs, [&](ValueId mean) {
    return MeanOfAllButSecond(graph, mean) == in[0] && IsSquaredDistance(graph, squares, in[0], mean);
  });
  if (!centred) return false;
  const Node& node = graph.node(id);
  const std::string name = node.name;
  const std::vector<std::string> sources = node.sources;
  ValueId y = graph.Add(LayerNormalization{.axis = 2, .epsilon = op->epsilon},
                        {in[0], Ones(graph, in[0], name, *row)}, {.name = name, .sources = sources});
  std::vector<int64_t> channel_dims(row->size() + 1, 1);
  channel_dims[0] = -1;
  for (const auto& [kind, value, neutral] :
       {std::tuple{BinaryKind::kMul, in[1], 1.0}, std::tuple{BinaryKind::kAdd, in[2], 0.0}}) {
    if (IsAll(graph, value, neutral)) continue;
    const ValueId wide = graph.Add(Reshape{}, {value, AddInts(graph, name + "/channels", channel_dims)});
    y = graph.Add(Binary{kind}, {y, wide}, {.name = name, .sources = sources});
  }
  TakeOver(graph, graph.node(id).outputs[0], y);
  return true;
}

// A normalisation that nobody else reads and that scales by ones alone.
const LayerNormalization* PlainNorm(const Graph& graph, ValueId value, NodeId reader) {
  const NodeId id = MadeBy<LayerNormalization>(graph, value);
  if (id == kNoNode || SoleUser(graph, value) != reader) return nullptr;
  const Node& node = graph.node(id);
  if (node.inputs.size() > 2 || !IsAll(graph, node.inputs[1], 1)) return nullptr;
  return &OpAs<LayerNormalization>(node.op);
}

// reshape(norm(x)) = norm(reshape(x)) where rows stay rows
bool PastReshape(Graph& graph, NodeId id) {
  if (!InfoOf(graph.node(id).op).traits.alias) return false;
  const ValueId between = graph.node(id).inputs[0];
  const LayerNormalization* norm = PlainNorm(graph, between, id);
  const Shape& out = ShapeOfValue(graph, graph.node(id).outputs[0]);
  if (norm == nullptr || !out.has_rank()) return false;
  const auto row = RowDims(
      graph, between,
      norm->axis < 0 ? norm->axis + static_cast<int64_t>(ShapeOfValue(graph, between).rank()) : norm->axis);
  if (!row) return false;
  int64_t length = 1;
  for (const int64_t d : *row) length *= d;
  size_t axis = out.rank();
  int64_t have = 1;
  while (axis > 0 && out[axis - 1].known() && (have < length || axis == out.rank()))
    have *= out[--axis].value();
  if (have != length || axis == out.rank() || length == 0) return false;
  const auto dims = RowDims(graph, graph.node(id).outputs[0], static_cast<int64_t>(axis));
  const NodeId maker = graph.value(between).producer;
  LayerNormalization moved = *norm;
  moved.axis = static_cast<int64_t>(axis);
  const ValueId x = graph.node(maker).inputs[0];
  std::vector<ValueId> inputs = graph.node(id).inputs;
  inputs[0] = x;
  const ValueId turned = graph.Add(graph.node(id).op, std::move(inputs), {.name = graph.node(id).name});
  const std::vector<std::string> sources = graph.node(maker).sources;
  const std::string name = graph.node(maker).name;
  const ValueId made =
      graph.Add(moved, {turned, Ones(graph, turned, name, *dims)}, {.name = name, .sources = sources});
  TakeOver(graph, graph.node(id).outputs[0], made);
  return true;
}

// norm(x) * scale, and norm(x, scale) + bias
bool TakeScaleOrBias(Graph& graph, NodeId id) {
  const bool scales = IsBinary(graph.node(id).op, BinaryKind::kMul);
  if (!scales && !IsBinary(graph.node(id).op, BinaryKind::kAdd)) return false;
  for (const size_t i : {size_t{0}, size_t{1}}) {
    const ValueId y = graph.node(id).inputs[i];
    const NodeId maker = MadeBy<LayerNormalization>(graph, y);
    if (maker == kNoNode || SoleUser(graph, y) != id || graph.node(maker).inputs.size() > 2) continue;
    if (scales && PlainNorm(graph, y, id) == nullptr) continue;
    const LayerNormalization norm = OpAs<LayerNormalization>(graph.node(maker).op);
    const auto rank = static_cast<int64_t>(ShapeOfValue(graph, y).rank());
    const auto row = RowDims(graph, y, norm.axis < 0 ? norm.axis + rank : norm.axis);
    if (!row || !SameShape(ShapeOfValue(graph, y), ShapeOfValue(graph, graph.node(id).outputs[0]))) continue;
    const ValueId by = AsRow(graph, graph.node(id).inputs[1 - i], *row);
    if (by == kNoValue) continue;
    std::vector<ValueId> inputs = graph.node(maker).inputs;
    if (scales) {
      inputs[1] = by;
    } else {
      inputs.push_back(by);
    }
    const std::vector<std::string> sources = graph.node(maker).sources;
    const ValueId result = graph.node(id).outputs[0];
    ReplaceNode(graph, id, norm, std::move(inputs));
    AddSources(graph, graph.value(result).producer, sources);
    return true;
  }
  return false;
}

constexpr Rule kRules[] = {FromSlope, FromCentred, FromBatchNorm, PastReshape, TakeScaleOrBias};

}  // namespace

int RecogniseLayerNorm(Graph& graph, const PassContext&) {
  return ApplyRules(graph, kRules);
}

}  // namespace floe
