#include "passes/recognise_gelu.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>
#include <optional>

#include "passes/rewrite.h"

namespace floe {
namespace {

// Coefficients of 1, x, x^2, x^3.
using Cubic = std::array<double, 4>;

std::optional<Cubic> Product(const Cubic& a, const Cubic& b) {
  Cubic out{};
  for (size_t i = 0; i < a.size(); ++i) {
    for (size_t j = 0; j < b.size(); ++j) {
      if (a[i] == 0 || b[j] == 0) continue;
      if (i + j >= out.size()) return std::nullopt;
      out[i + j] += a[i] * b[j];
    }
  }
  return out;
}

std::optional<Cubic> CubicOf(const Graph& graph, ValueId value, ValueId x, int depth);

std::optional<Cubic> CubicOfBinary(const Graph& graph, const Node& node, ValueId x, int depth) {
  const BinaryKind kind = OpAs<Binary>(node.op).kind;
  const auto a = CubicOf(graph, node.inputs[0], x, depth);
  if (kind == BinaryKind::kPow) {
    const auto power = ConstantScalar(graph, node.inputs[1]);
    if (!a || (power != 2.0 && power != 3.0)) return std::nullopt;
    auto out = Product(*a, *a);
    return out && power == 3.0 ? Product(*out, *a) : out;
  }
  const auto b = CubicOf(graph, node.inputs[1], x, depth);
  if (!a || !b) return std::nullopt;
  switch (kind) {
    case BinaryKind::kMul:
      return Product(*a, *b);
    case BinaryKind::kDiv:
      if (std::any_of(b->begin() + 1, b->end(), [](double c) { return c != 0; }) || (*b)[0] == 0)
        return std::nullopt;
      return Product(*a, {1 / (*b)[0]});
    case BinaryKind::kAdd:
    case BinaryKind::kSub: {
      Cubic out = *a;
      for (size_t i = 0; i < out.size(); ++i) out[i] += kind == BinaryKind::kAdd ? (*b)[i] : -(*b)[i];
      return out;
    }
    default:
      return std::nullopt;
  }
}

// `value` as a polynomial in x, if it is one.
std::optional<Cubic> CubicOf(const Graph& graph, ValueId value, ValueId x, int depth = 8) {
  if (value == x) return Cubic{0, 1};
  if (const auto scalar = ConstantScalar(graph, value)) {
    return IsScalarFor(graph, value, x) ? std::optional(Cubic{*scalar}) : std::nullopt;
  }
  const NodeId id = graph.value(value).producer;
  if (id == kNoNode || depth == 0) return std::nullopt;
  const Node& node = graph.node(id);
  if (IsOp<Binary>(node.op)) return CubicOfBinary(graph, node, x, depth - 1);
  const bool negative = IsUnary(node.op, UnaryKind::kNeg);
  if (!negative && !IsUnary(node.op, UnaryKind::kSquare)) return std::nullopt;
  const auto inside = CubicOf(graph, node.inputs[0], x, depth - 1);
  if (!inside) return std::nullopt;
  return Product(*inside, negative ? Cubic{-1} : *inside);
}

bool IsCubic(const Graph& graph, ValueId value, ValueId x, const Cubic& wanted) {
  const auto found = CubicOf(graph, value, x);
  return found && std::ranges::equal(*found, wanted, [](double a, double b) {
           return std::abs(a - b) <= 2e-6 * std::abs(b);
         });
}

// The argument of the op that makes the value; kNoValue where another does.
ValueId ArgumentOf(const Graph& graph, ValueId value, UnaryKind kind) {
  const NodeId id = MadeBy<Unary>(graph, value);
  return id != kNoNode && IsUnary(graph.node(id).op, kind) ? graph.node(id).inputs[0] : kNoValue;
}

// 2 Phi(x); says whether it is the approximation.
std::optional<Gelu> GateOf(const Graph& graph, ValueId gate, ValueId x) {
  constexpr double kRoot = 1 / std::numbers::sqrt2;
  if (const ValueId u = ArgumentOf(graph, gate, UnaryKind::kErfc); u != kNoValue) {
    return IsCubic(graph, u, x, {0, -kRoot}) ? std::optional(Gelu{false}) : std::nullopt;
  }
  const NodeId sum = MadeBy<Binary>(graph, gate);
  if (sum == kNoNode || !IsBinary(graph.node(sum).op, BinaryKind::kAdd)) return std::nullopt;
  for (const size_t i : {size_t{0}, size_t{1}}) {
    if (ConstantScalar(graph, graph.node(sum).inputs[1 - i]) != 1.0) continue;
    const ValueId f = graph.node(sum).inputs[i];
    if (const ValueId u = ArgumentOf(graph, f, UnaryKind::kErf);
        u != kNoValue && IsCubic(graph, u, x, {0, kRoot})) {
      return Gelu{false};
    }
    const double slope = std::sqrt(2 / std::numbers::pi);
    if (const ValueId u = ArgumentOf(graph, f, UnaryKind::kTanh);
        u != kNoValue && IsCubic(graph, u, x, {0, slope, 0, slope * 0.044715})) {
      return Gelu{true};
    }
  }
  return std::nullopt;
}

struct Scaled {
  ValueId value = kNoValue;
  double factor = 1;
};

// The value as it is and, where it is a constant's multiple of another, that.
std::vector<Scaled> Readings(const Graph& graph, ValueId value) {
  std::vector<Scaled> out{{value, 1}};
  const NodeId id = MadeBy<Binary>(graph, value);
  if (id == kNoNode) return out;
  const Node& node = graph.node(id);
  const bool product = IsBinary(node.op, BinaryKind::kMul);
  if (!product && !IsBinary(node.op, BinaryKind::kDiv)) return out;
  for (const size_t i : {size_t{1}, size_t{0}}) {
    const auto scalar = ConstantScalar(graph, node.inputs[i]);
    if (!scalar || (!product && (i == 0 || *scalar == 0))) continue;
    if (IsScalarFor(graph, node.inputs[i], node.inputs[1 - i])) {
      out.push_back({node.inputs[1 - i], product ? *scalar : 1 / *scalar});
      break;
    }
  }
  return out;
}

}  // namespace

bool ProductToGelu(Graph& graph, NodeId id) {
  const ValueId result = graph.node(id).outputs[0];
  if (!IsFloat(graph.value(result).type.dtype) || !IsOp<Binary>(graph.node(id).op)) return false;
  for (const Scaled& whole : Readings(graph, result)) {
    const NodeId product = MadeBy<Binary>(graph, whole.value);
    if (product == kNoNode || !IsBinary(graph.node(product).op, BinaryKind::kMul)) continue;
    for (const size_t i : {size_t{0}, size_t{1}}) {
      for (const Scaled& x : Readings(graph, graph.node(product).inputs[i])) {
        for (const Scaled& gate : Readings(graph, graph.node(product).inputs[1 - i])) {
          if (std::abs(whole.factor * x.factor * gate.factor - 0.5) > 1e-6) continue;
          const auto gelu = GateOf(graph, gate.value, x.value);
          if (!gelu || !SameShape(ShapeOfValue(graph, x.value), ShapeOfValue(graph, result))) continue;
          std::vector<std::string> sources;
          CollectSources(graph, id, {x.value}, sources);
          ReplaceNode(graph, id, *gelu, {x.value});
          AddSources(graph, graph.value(result).producer, sources);
          return true;
        }
      }
    }
  }
  return false;
}

}  // namespace floe
