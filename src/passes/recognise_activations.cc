#include <algorithm>
#include <cmath>
#include <limits>

#include "passes/passes.h"
#include "passes/recognise_gelu.h"
#include "passes/rewrite.h"

namespace floe {
namespace {

constexpr double kInf = std::numeric_limits<double>::infinity();

// A binary node with one operand a constant of one element.
struct WithScalar {
  ValueId x = kNoValue;
  double scalar = 0;
  bool x_is_left = true;
};

std::optional<WithScalar> MatchScalar(const Graph& graph, NodeId id, BinaryKind kind) {
  if (id == kNoNode || !IsBinary(graph.node(id).op, kind)) return std::nullopt;
  const Node& node = graph.node(id);
  for (const size_t i : {size_t{1}, size_t{0}}) {
    const auto scalar = ConstantScalar(graph, node.inputs[i]);
    const ValueId x = node.inputs[1 - i];
    if (!scalar || !IsScalarFor(graph, node.inputs[i], x)) continue;
    return WithScalar{x, *scalar, i == 1};
  }
  return std::nullopt;
}

bool IsNear(double value, double wanted) {
  return std::abs(value - wanted) <= 1e-6 * std::abs(wanted);
}

bool IsFloatValue(const Graph& graph, ValueId id) {
  return IsFloat(graph.value(id).type.dtype);
}

NodeId Producer(const Graph& graph, ValueId id) {
  return graph.value(id).producer;
}

const Clip* ClipOf(const Graph& graph, ValueId id) {
  const NodeId node = MadeBy<Clip>(graph, id);
  return node == kNoNode ? nullptr : &OpAs<Clip>(graph.node(node).op);
}

// A new op from what makes the node's inputs; the inputs' own makers fall away as dead code.
bool Become(Graph& graph, NodeId id, Op op, std::vector<ValueId> inputs,
            std::initializer_list<ValueId> inner) {
  const ValueId result = graph.node(id).outputs[0];
  std::vector<std::string> sources;
  for (const ValueId v : inner) {
    if (SoleUser(graph, v) == kNoNode || Producer(graph, v) == kNoNode) continue;
    const std::vector<std::string>& more = graph.node(Producer(graph, v)).sources;
    sources.insert(sources.end(), more.begin(), more.end());
  }
  ReplaceNode(graph, id, std::move(op), std::move(inputs));
  AddSources(graph, Producer(graph, result), sources);
  return true;
}

// max(x, 0) = relu(x); max(x, c) = clip(x, c, inf); min(x, c) = clip(x, -inf, c)
bool LimitToClip(Graph& graph, NodeId id) {
  const ValueId out = graph.node(id).outputs[0];
  if (!IsFloatValue(graph, out)) return false;
  if (const auto max = MatchScalar(graph, id, BinaryKind::kMax); max && !std::isnan(max->scalar)) {
    if (max->scalar == 0) return Become(graph, id, Unary{UnaryKind::kRelu}, {max->x}, {});
    return Become(graph, id, Clip{max->scalar, kInf}, {max->x}, {});
  }
  if (const auto min = MatchScalar(graph, id, BinaryKind::kMin); min && !std::isnan(min->scalar)) {
    return Become(graph, id, Clip{-kInf, min->scalar}, {min->x}, {});
  }
  return false;
}

// clip(clip(x, a, b), c, d) = clip(x, max(a, c), min(b, d)) if the two overlap; relu is clip(0, inf)
bool MergeClips(Graph& graph, NodeId id) {
  const auto limits = [&](NodeId node) -> std::optional<Clip> {
    if (node == kNoNode) return std::nullopt;
    if (const Clip* clip = OpCast<Clip>(graph.node(node).op)) return *clip;
    if (IsUnary(graph.node(node).op, UnaryKind::kRelu)) return Clip{0, kInf};
    return std::nullopt;
  };
  const auto outer = limits(id);
  if (!outer) return false;
  const ValueId between = graph.node(id).inputs[0];
  const auto inner = limits(Producer(graph, between));
  if (!inner || !IsFloatValue(graph, between)) return false;
  const Clip both{std::max(inner->min, outer->min), std::min(inner->max, outer->max)};
  if (both.min > both.max || SoleUser(graph, between) != id) return false;
  const ValueId x = graph.node(Producer(graph, between)).inputs[0];
  const bool relu = both.min == 0 && both.max == kInf;
  return Become(graph, id, relu ? Op(Unary{UnaryKind::kRelu}) : Op(both), {x}, {between});
}

// x * sigmoid(x) = silu(x); x * hard_sigmoid(x, 1/6, 1/2) = hard_swish(x)
bool ProductToSwish(Graph& graph, NodeId id) {
  if (!IsBinary(graph.node(id).op, BinaryKind::kMul)) return false;
  for (const size_t i : {size_t{0}, size_t{1}}) {
    const ValueId gate = graph.node(id).inputs[i];
    const ValueId x = graph.node(id).inputs[1 - i];
    const NodeId maker = Producer(graph, gate);
    if (maker == kNoNode || graph.node(maker).inputs.size() != 1 || graph.node(maker).inputs[0] != x)
      continue;
    if (IsUnary(graph.node(maker).op, UnaryKind::kSigmoid)) {
      return Become(graph, id, Unary{UnaryKind::kSilu}, {x}, {gate});
    }
    const HardSigmoid* hard = OpCast<HardSigmoid>(graph.node(maker).op);
    if (hard != nullptr && IsNear(hard->alpha, 1.0 / 6) && IsNear(hard->beta, 0.5)) {
      return Become(graph, id, Unary{UnaryKind::kHardSwish}, {x}, {gate});
    }
  }
  return false;
}

// x, if `value` is a * x + b.
struct Affine {
  ValueId x = kNoValue;
  double factor = 1;
  double shift = 0;
};

Affine AffineOf(const Graph& graph, ValueId value) {
  Affine out{value, 1, 0};
  if (const auto add = MatchScalar(graph, Producer(graph, value), BinaryKind::kAdd)) {
    out.x = add->x;
    out.shift = add->scalar;
  }
  if (const auto mul = MatchScalar(graph, Producer(graph, out.x), BinaryKind::kMul)) {
    out.x = mul->x;
    out.factor = mul->scalar;
  }
  return out;
}

// The factor that a node multiplies its other operand by: x * c or x / c.
std::optional<WithScalar> FactorOf(const Graph& graph, NodeId id) {
  if (auto mul = MatchScalar(graph, id, BinaryKind::kMul)) return mul;
  auto div = MatchScalar(graph, id, BinaryKind::kDiv);
  if (!div || !div->x_is_left || div->scalar == 0) return std::nullopt;
  div->scalar = 1 / div->scalar;
  return div;
}

// clip(a * x + b, 0, c) / c = hard_sigmoid(x, a / c, b / c)
bool ScaledClipToHardSigmoid(Graph& graph, NodeId id) {
  const auto factor = FactorOf(graph, id);
  const ValueId clipped = factor ? factor->x : graph.node(id).outputs[0];
  const Clip* clip = ClipOf(graph, clipped);
  if (clip == nullptr || clip->min != 0 || !(clip->max > 0) || clip->max == kInf) return false;
  if (!IsNear((factor ? factor->scalar : 1) * clip->max, 1)) return false;
  const double top = clip->max;
  const ValueId inside = graph.node(Producer(graph, clipped)).inputs[0];
  const Affine affine = AffineOf(graph, inside);
  if (affine.x == inside || !IsFloatValue(graph, inside)) return false;
  return Become(graph, id, HardSigmoid{affine.factor / top, affine.shift / top}, {affine.x},
                {factor ? clipped : inside});
}

// (x * clip(x + 3, 0, 6)) / 6 = hard_swish(x)
bool ScaledProductToHardSwish(Graph& graph, NodeId id) {
  const auto factor = FactorOf(graph, id);
  if (!factor || !IsNear(factor->scalar, 1.0 / 6)) return false;
  const NodeId product = Producer(graph, factor->x);
  if (product == kNoNode || !IsBinary(graph.node(product).op, BinaryKind::kMul)) return false;
  for (const size_t i : {size_t{0}, size_t{1}}) {
    const ValueId gate = graph.node(product).inputs[i];
    const ValueId x = graph.node(product).inputs[1 - i];
    const Clip* clip = ClipOf(graph, gate);
    if (clip == nullptr || clip->min != 0 || clip->max != 6 || !IsFloatValue(graph, x)) continue;
    const Affine affine = AffineOf(graph, graph.node(Producer(graph, gate)).inputs[0]);
    if (affine.x != x || affine.factor != 1 || affine.shift != 3) continue;
    return Become(graph, id, Unary{UnaryKind::kHardSwish}, {x}, {factor->x, gate});
  }
  return false;
}

// max(x, a * x) = leaky_relu(x, a) for 0 < a < 1
bool MaxToLeakyRelu(Graph& graph, NodeId id) {
  if (!IsBinary(graph.node(id).op, BinaryKind::kMax) || !IsFloatValue(graph, graph.node(id).outputs[0])) {
    return false;
  }
  for (const size_t i : {size_t{0}, size_t{1}}) {
    const ValueId scaled = graph.node(id).inputs[i];
    const ValueId x = graph.node(id).inputs[1 - i];
    const auto factor = MatchScalar(graph, Producer(graph, scaled), BinaryKind::kMul);
    if (!factor || factor->x != x || !(factor->scalar > 0 && factor->scalar < 1)) continue;
    return Become(graph, id, LeakyRelu{factor->scalar}, {x}, {scaled});
  }
  return false;
}

ValueId InputOfUnary(const Graph& graph, ValueId value, UnaryKind kind) {
  const NodeId id = MadeBy<Unary>(graph, value);
  return id != kNoNode && IsUnary(graph.node(id).op, kind) ? graph.node(id).inputs[0] : kNoValue;
}

// relu(x) + a * -relu(-x) = prelu(x, a)
bool SumToPRelu(Graph& graph, NodeId id) {
  if (!IsBinary(graph.node(id).op, BinaryKind::kAdd)) return false;
  for (const size_t i : {size_t{0}, size_t{1}}) {
    const ValueId positive = graph.node(id).inputs[i];
    const ValueId negative = graph.node(id).inputs[1 - i];
    const ValueId x = InputOfUnary(graph, positive, UnaryKind::kRelu);
    const NodeId product = MadeBy<Binary>(graph, negative);
    if (x == kNoValue || product == kNoNode || !IsBinary(graph.node(product).op, BinaryKind::kMul)) continue;
    for (const size_t j : {size_t{0}, size_t{1}}) {
      const ValueId slope = graph.node(product).inputs[j];
      const ValueId minus = InputOfUnary(graph, graph.node(product).inputs[1 - j], UnaryKind::kNeg);
      const ValueId relu = minus == kNoValue ? kNoValue : InputOfUnary(graph, minus, UnaryKind::kRelu);
      if (relu == kNoValue || InputOfUnary(graph, relu, UnaryKind::kNeg) != x) continue;
      if (!graph.value(slope).is_constant() ||
          !SameShape(ShapeOfValue(graph, x), ShapeOfValue(graph, graph.node(id).outputs[0]))) {
        continue;
      }
      return Become(graph, id, PRelu{}, {x, slope}, {positive, negative});
    }
  }
  return false;
}

// x^2, x^0.5 and the like are no powers, as for TensorFlow's own optimiser.
bool PowerToUnary(Graph& graph, NodeId id) {
  const auto power = MatchScalar(graph, id, BinaryKind::kPow);
  if (!power || !power->x_is_left || !IsFloatValue(graph, power->x)) return false;
  constexpr std::pair<double, UnaryKind> kKinds[] = {{2, UnaryKind::kSquare},
                                                     {0.5, UnaryKind::kSqrt},
                                                     {-0.5, UnaryKind::kRsqrt},
                                                     {-1, UnaryKind::kReciprocal}};
  for (const auto& [exponent, kind] : kKinds) {
    if (power->scalar == exponent) return Become(graph, id, Unary{kind}, {power->x}, {});
  }
  if (power->scalar != 3) return false;
  const ValueId square =
      graph.Add(Unary{UnaryKind::kSquare}, {power->x},
                {.name = graph.node(id).name + "/square", .sources = graph.node(id).sources});
  return Become(graph, id, Binary{BinaryKind::kMul}, {power->x, square}, {});
}

constexpr Rule kRules[] = {MaxToLeakyRelu,
                           LimitToClip,
                           MergeClips,
                           ScaledClipToHardSigmoid,
                           ScaledProductToHardSwish,
                           ProductToSwish,
                           ProductToGelu,
                           SumToPRelu,
                           PowerToUnary};

}  // namespace

int RecogniseActivations(Graph& graph, const PassContext&) {
  return ApplyRules(graph, kRules);
}

}  // namespace floe
