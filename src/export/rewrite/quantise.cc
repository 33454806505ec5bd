#include "export/rewrite/quantise.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <optional>

#include "export/lower/lower.h"
#include "graph/builder.h"

namespace floe {
namespace {

constexpr int64_t kMostBits = 8;

// TensorFlow's steps of one channel, in its own float arithmetic: the range is nudged so that zero is a step.
struct Steps {
  float scale = 1;
  int zero = 0, least = 0, most = 0;

  float low() const { return static_cast<float>(least - zero) * scale; }
  float high() const { return static_cast<float>(most - zero) * scale; }
};

std::optional<Steps> StepsOf(const FakeQuant& op, float min, float max) {
  Steps s;
  s.least = op.narrow_range ? 1 : 0;
  s.most = (1 << op.bits) - 1;
  s.scale = (max - min) / static_cast<float>(s.most - s.least);
  if (!(s.scale > 0) || !std::isfinite(s.scale)) return std::nullopt;
  const float from_min = static_cast<float>(s.least) - min / s.scale;
  s.zero = static_cast<int>(
      std::round(std::clamp(from_min, static_cast<float>(s.least), static_cast<float>(s.most))));
  return s;
}

class Quantiser {
 public:
  Quantiser(Graph& graph, NodeId id, const Evaluator* evaluator)
      : graph_(graph), id_(id), op_(OpAs<FakeQuant>(graph.node(id).op)), b_(graph, evaluator) {
    const Node& node = graph.node(id);
    b_.SetSource(graph.value(node.outputs[0]).name, node.sources);
  }

  // Why it stays; "" when it is done.
  std::string Run() {
    if (op_.bits > kMostBits) return fmt::format("it has {} bits", op_.bits);
    const Tensor* min = ConstantOf(graph_, graph_.node(id_).inputs[1]);
    const Tensor* max = ConstantOf(graph_, graph_.node(id_).inputs[2]);
    if (min == nullptr || max == nullptr) return "its range is not constant";
    for (int64_t i = 0; i < min->size(); ++i) {
      const auto steps = StepsOf(op_, min->data<float>()[i], max->data<float>()[i]);
      if (!steps) return "its range is empty";
      steps_.push_back(*steps);
    }
    const bool is_signed = std::ranges::all_of(
        steps_, [](const Steps& s) { return s.least - s.zero >= -128 && s.most - s.zero <= 127; });
    const ValueId x = Clamped(graph_.node(id_).inputs[0], is_signed);
    const ValueId scale = b_.Constant(Scales(), b_.source() + "/scale");
    const ValueId zero =
        b_.Constant(is_signed ? Zeros<int8_t>() : Zeros<uint8_t>(), b_.source() + "/zero_point");
    const Shape& shape = graph_.value(x).type.shape;
    const int64_t axis = steps_.size() == 1 ? 1 : static_cast<int64_t>(shape.rank()) - 1;
    const ValueId q = b_.Add(QuantizeLinear{axis}, {x, scale, zero});
    TakePlace(graph_, graph_.node(id_).outputs[0], b_.Add(DequantizeLinear{axis}, {q, scale, zero}));
    return "";
  }

 private:
  std::vector<int64_t> ParameterDims() const {
    return steps_.size() == 1 ? std::vector<int64_t>{}
                              : std::vector<int64_t>{static_cast<int64_t>(steps_.size())};
  }

  Tensor Scales() const {
    Tensor t(DType::kFloat32, ParameterDims());
    for (size_t i = 0; i < steps_.size(); ++i) t.data<float>()[i] = steps_[i].scale;
    return t;
  }

  template <typename T>
  Tensor Zeros() const {
    Tensor t(DTypeOf<T>::value, ParameterDims());
    for (size_t i = 0; i < steps_.size(); ++i)
      t.data<T>()[i] = std::is_signed_v<T> ? T{0} : static_cast<T>(steps_[i].zero);
    return t;
  }

  // x within the steps, where the type has more than those.
  ValueId Clamped(ValueId x, bool is_signed) {
    const int lowest = is_signed ? -128 : 0, highest = lowest + 255;
    const bool is_full = std::ranges::all_of(steps_, [&](const Steps& s) {
      const int shift = is_signed ? s.zero : 0;
      return s.least - shift == lowest && s.most - shift == highest;
    });
    if (is_full) return x;
    if (const Tensor* t = ConstantOf(graph_, x)) {
      Tensor within = Tensor::FromValues<float>(t->dims(), {t->data<float>(), t->data<float>() + t->size()});
      for (int64_t i = 0; i < within.size(); ++i) {
        const Steps& s = steps_[static_cast<size_t>(i) % steps_.size()];
        within.data<float>()[i] = std::clamp(within.data<float>()[i], s.low(), s.high());
      }
      return b_.Constant(std::move(within), graph_.value(x).name);
    }
    if (steps_.size() == 1) return b_.Add(Clip{.min = steps_[0].low(), .max = steps_[0].high()}, {x});
    Tensor low = Scales(), high = Scales();
    for (size_t i = 0; i < steps_.size(); ++i) {
      low.data<float>()[i] = steps_[i].low();
      high.data<float>()[i] = steps_[i].high();
    }
    return b_.Binary(BinaryKind::kMax, b_.Binary(BinaryKind::kMin, x, b_.Constant(std::move(high))),
                     b_.Constant(std::move(low)));
  }

  Graph& graph_;
  NodeId id_;
  FakeQuant op_;
  Builder b_;
  std::vector<Steps> steps_;  // one, or one a channel
};

// The two nodes that a constant went through; false where it is anything else.
struct QuantisedConstant {
  NodeId quantise = kNoNode, dequantise = kNoNode;
  const Tensor* constant = nullptr;
  bool one_scale = false;
};

std::optional<QuantisedConstant> Find(const Graph& graph, ValueId value) {
  QuantisedConstant found;
  found.dequantise = graph.value(value).producer;
  if (found.dequantise == kNoNode || !IsOp<DequantizeLinear>(graph.node(found.dequantise).op))
    return std::nullopt;
  found.quantise = graph.value(graph.node(found.dequantise).inputs[0]).producer;
  if (found.quantise == kNoNode || !IsOp<QuantizeLinear>(graph.node(found.quantise).op)) return std::nullopt;
  found.constant = ConstantOf(graph, graph.node(found.quantise).inputs[0]);
  if (found.constant == nullptr) return std::nullopt;
  found.one_scale = graph.value(graph.node(found.quantise).inputs[1]).type.shape.ElementCount() == 1;
  return found;
}

// The constant as the node makes it, and where `axis` goes; nullopt where it cannot be moved.
std::optional<Tensor> Moved(const Graph& graph, const Node& node, const QuantisedConstant& from,
                            int64_t* axis) {
  const auto rank = static_cast<int64_t>(from.constant->rank());
  *axis = *axis < 0 ? *axis + rank : *axis;
  if (const auto* transpose = OpCast<Transpose>(node.op)) {
    Ints perm = transpose->perm;
    if (perm.empty()) {
      perm.resize(static_cast<size_t>(rank));
      std::iota(perm.rbegin(), perm.rend(), 0);
    }
    for (int64_t& p : perm) p = p < 0 ? p + rank : p;
    *axis = std::ranges::find(perm, *axis) - perm.begin();
    return PermuteTensor(*from.constant, perm);
  }
  if (!IsOp<Reshape>(node.op) || !from.one_scale) return std::nullopt;
  const Shape& shape = graph.value(node.outputs[0]).type.shape;
  if (!shape.IsStatic()) return std::nullopt;
  return from.constant->Reshaped(shape.Static());
}

}  // namespace

void QuantiseFakes(Graph& graph, const Evaluator* evaluator, std::vector<std::string>* notes) {
  for (const NodeId id : graph.Order()) {
    for (const auto& body : graph.node(id).bodies) QuantiseFakes(*body, evaluator, notes);
    if (!IsOp<FakeQuant>(graph.node(id).op)) continue;
    const std::string name = graph.node(id).name;
    const std::string why = Quantiser(graph, id, evaluator).Run();
    if (!why.empty())
      notes->push_back(fmt::format("fake quantisation '{}' is written out in floats: {}", name, why));
  }
  graph.RemoveDeadNodes();
}

void MoveIntoQuantised(Graph& graph, const Evaluator* evaluator) {
  for (const NodeId id : graph.Order()) {
    for (const auto& body : graph.node(id).bodies) MoveIntoQuantised(*body, evaluator);
    const Node& node = graph.node(id);
    if (!IsOp<Transpose>(node.op) && !IsOp<Reshape>(node.op)) continue;
    const auto from = Find(graph, node.inputs[0]);
    if (!from) continue;
    int64_t axis = OpAs<QuantizeLinear>(graph.node(from->quantise).op).axis;
    std::optional<Tensor> constant = Moved(graph, node, *from, &axis);
    if (!constant) continue;
    Builder b(graph, evaluator);
    b.SetSource(graph.value(node.outputs[0]).name, graph.node(from->quantise).sources);
    std::vector<ValueId> quantise = graph.node(from->quantise).inputs;
    std::vector<ValueId> dequantise = graph.node(from->dequantise).inputs;
    quantise[0] = b.Constant(std::move(*constant), graph.value(quantise[0]).name);
    dequantise[0] = b.Add(QuantizeLinear{axis}, std::move(quantise));
    TakePlace(graph, node.outputs[0], b.Add(DequantizeLinear{axis}, std::move(dequantise)));
  }
  graph.RemoveDeadNodes();
}

}  // namespace floe
