#include <algorithm>

#include "passes/passes.h"
#include "passes/rewrite.h"

namespace floe {
namespace {

bool IsReshaping(const Graph& graph, NodeId id) {
  return id != kNoNode && InfoOf(graph.node(id).op).traits.alias;
}

bool MaySink(const Op& op) {
  return InfoOf(op).traits.elementwise && !IsOp<FakeQuant>(op) && !IsOp<Cast>(op);
}

// A matrix product, or what elementwise ops that alone read it make of one.
bool ComesFromProduct(const Graph& graph, ValueId value) {
  constexpr int kMostOps = 6;
  for (int i = 0; i < kMostOps; ++i) {
    const NodeId id = graph.value(value).producer;
    if (id == kNoNode || graph.node(id).outputs.size() != 1) return false;
    const Node& node = graph.node(id);
    if (IsOp<MatMul>(node.op)) return true;
    if (!MaySink(node.op)) return false;
    const auto main = std::ranges::find_if(node.inputs, [&](ValueId in) {
      const NodeId maker = graph.value(in).producer;
      return maker != kNoNode && SoleUser(graph, in) == id &&
             (IsOp<MatMul>(graph.node(maker).op) || MaySink(graph.node(maker).op));
    });
    if (main == node.inputs.end()) return false;
    value = *main;
  }
  return false;
}

// The last dimensions of the shape that hold so many elements; nullopt where they are not known or none do.
std::optional<std::vector<int64_t>> LastDims(const Shape& shape, int64_t elements) {
  std::vector<int64_t> dims;
  int64_t have = 1;
  for (size_t i = shape.rank(); i > 0 && have < elements; --i) {
    if (!shape[i - 1].known() || shape[i - 1].value() == 0) return std::nullopt;
    have *= shape[i - 1].value();
    dims.insert(dims.begin(), shape[i - 1].value());
  }
  if (have != elements) return std::nullopt;
  return dims;
}

// What meets the elements of a tensor of shape `from` where `value` meets those of one of shape `to`, which
// are the same; kNoValue where that takes more than another shape.
ValueId OperandFor(Graph& graph, ValueId value, const Shape& to, const Shape& from) {
  const Shape& shape = ShapeOfValue(graph, value);
  if (SameShape(shape, to)) {
    const auto target = ReshapeTarget(from);
    return target ? ReshapedTo(graph, value, *target) : kNoValue;
  }
  if (!shape.IsStatic()) return kNoValue;
  std::vector<int64_t> dims = shape.Static();
  while (!dims.empty() && dims.front() == 1) dims.erase(dims.begin());
  if (dims.size() > to.rank()) return kNoValue;
  int64_t elements = 1;
  for (size_t i = 0; i < dims.size(); ++i) {
    if (to[to.rank() - dims.size() + i] != Dim(dims[i])) return kNoValue;
    elements *= dims[i];
  }
  const auto last = LastDims(from, elements);
  return last ? ReshapedTo(graph, value, *last) : kNoValue;
}

// Whether the op already follows a product without a reshape between: sinking another operand's reshape would
// put one there, which would sink in its turn, and so on without end.
bool FollowsProduct(const Graph& graph, NodeId id) {
  return std::ranges::any_of(graph.node(id).inputs, [&](ValueId input) {
    return SoleUser(graph, input) == id && ComesFromProduct(graph, input);
  });
}

// elementwise(reshape(product), …) = reshape(elementwise(product, …))
bool Sink(Graph& graph, NodeId id) {
  const Node& node = graph.node(id);
  if (!MaySink(node.op) || FollowsProduct(graph, id)) return false;
  for (size_t i = 0; i < node.inputs.size(); ++i) {
    const NodeId reshape = graph.value(node.inputs[i]).producer;
    if (!IsReshaping(graph, reshape) || SoleUser(graph, node.inputs[i]) != id) continue;
    const ValueId product = graph.node(reshape).inputs[0];
    const Shape to = ShapeOfValue(graph, node.inputs[i]);
    const Shape from = ShapeOfValue(graph, product);
    if (SoleUser(graph, product) != reshape || !ComesFromProduct(graph, product) || !from.has_rank() ||
        !SameShape(to, ShapeOfValue(graph, node.outputs[0])) ||
        graph.value(product).type.dtype != graph.value(node.outputs[0]).type.dtype) {
      continue;
    }
    std::vector<ValueId> inputs = node.inputs;
    for (size_t j = 0; j < inputs.size(); ++j)
      inputs[j] = j == i ? product : OperandFor(graph, inputs[j], to, from);
    if (std::ranges::count(inputs, kNoValue) > 0) continue;
    const ValueId made = graph.Add(graph.node(id).op, std::move(inputs),
                                   {.name = graph.node(id).name, .sources = graph.node(id).sources});
    graph.value(made).sources = graph.value(graph.node(id).outputs[0]).sources;
    std::vector<ValueId> under = graph.node(reshape).inputs;
    under[0] = made;
    ReplaceNode(graph, id, graph.node(reshape).op, std::move(under));
    return true;
  }
  return false;
}

}  // namespace

int SinkReshapes(Graph& graph, const PassContext&) {
  constexpr Rule kRules[] = {Sink};
  return ApplyRules(graph, kRules);
}

}  // namespace floe
