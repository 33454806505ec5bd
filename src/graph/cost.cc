#include "graph/cost.h"

#include <algorithm>
#include <limits>
#include <set>

#include "graph/visit_op.h"

namespace floe {
namespace {

constexpr int64_t kMost = std::numeric_limits<int64_t>::max();

int64_t Times(int64_t a, int64_t b) {
  int64_t out = 0;
  return __builtin_mul_overflow(a, b, &out) ? kMost : out;
}

int64_t Plus(int64_t a, int64_t b) {
  int64_t out = 0;
  return __builtin_add_overflow(a, b, &out) ? kMost : out;
}

// The shape of a node's input or output; null when it is not static.
const Shape* StaticShape(const Graph& graph, ValueId id) {
  if (id == kNoValue) return nullptr;
  const Shape& shape = graph.value(id).type.shape;
  return shape.IsStatic() ? &shape : nullptr;
}

int64_t Count(const Shape& shape) {
  int64_t count = 1;
  for (const Dim& d : shape.dims()) count = Times(count, d.value());
  return count;
}

struct MacCounter {
  const Graph& graph;
  const Node& node;

  const Shape* in(size_t i) const {
    return i < node.inputs.size() ? StaticShape(graph, node.inputs[i]) : nullptr;
  }
  const Shape* out() const { return StaticShape(graph, node.outputs[0]); }

  // `over` elements, each against one row of the filter.
  int64_t PerFilterRow(const Shape* over, const Shape* filter) const {
    if (over == nullptr || filter == nullptr || (*filter)[0].value() == 0) return 0;
    return Times(Count(*over), Count(*filter) / (*filter)[0].value());
  }

  int64_t operator()(const Conv&) const { return PerFilterRow(out(), in(1)); }
  int64_t operator()(const ConvTranspose&) const { return PerFilterRow(in(0), in(1)); }
  int64_t operator()(const MatMul& op) const {
    const Shape* a = in(0);
    if (a == nullptr || out() == nullptr) return 0;
    return Times(Count(*out()), (*a)[a->rank() - (op.transpose_a ? 2 : 1)].value());
  }
  // An upper bound by labels: every operand's dimensions once.
  int64_t operator()(const Einsum& op) const {
    std::set<char> seen;
    int64_t macs = 1;
    size_t operand = 0;
    size_t dim = 0;
    for (const char c : op.equation.substr(0, op.equation.find("->"))) {
      if (c == '.') return out() == nullptr ? 0 : Count(*out());
      if (c == ' ') continue;
      if (c == ',') {
        ++operand;
        dim = 0;
        continue;
      }
      const Shape* shape = in(operand);
      if (shape == nullptr || dim >= shape->rank()) return 0;
      if (seen.insert(c).second) macs = Times(macs, (*shape)[dim].value());
      ++dim;
    }
    return macs;
  }
  int64_t Recurrent(int64_t gates, int64_t hidden) const {
    const Shape* x = in(0);
    const Shape* w = in(1);
    if (x == nullptr || w == nullptr || x->rank() != 3 || w->rank() != 3) return 0;
    const int64_t rows = Times(Times((*w)[0].value(), gates), hidden);
    const int64_t columns = Plus((*x)[2].value(), hidden);
    return Times(Times((*x)[0].value(), (*x)[1].value()), Times(rows, columns));
  }
  int64_t operator()(const Lstm& op) const { return Recurrent(4, op.hidden_size); }
  int64_t operator()(const Gru& op) const { return Recurrent(3, op.hidden_size); }
  int64_t operator()(const Group&) const { return MultiplyAccumulates(*node.bodies[0]); }
  int64_t operator()(const If&) const {
    return std::max(MultiplyAccumulates(*node.bodies[0]), MultiplyAccumulates(*node.bodies[1]));
  }
  int64_t operator()(const Loop&) const {
    const auto trips = ConstantInts(graph, node.inputs[0]);
    const bool known = trips && trips->size() == 1 && trips->front() >= 0;
    return Times(known ? trips->front() : 1, MultiplyAccumulates(*node.bodies[0]));
  }
  template <typename T>
  int64_t operator()(const T&) const {
    return 0;
  }
};

bool IsParameter(DType dtype) {
  return IsFloat(dtype) || IsComplex(dtype) || dtype == DType::kInt8 || dtype == DType::kUInt8 ||
         dtype == DType::kInt16 || dtype == DType::kUInt16;
}

int64_t Bytes(const Graph& graph, ValueId id) {
  const Shape* shape = StaticShape(graph, id);
  return shape == nullptr ? 0
                          : Times(Count(*shape), static_cast<int64_t>(DTypeSize(graph.value(id).type.dtype)));
}

}  // namespace

int64_t MultiplyAccumulates(const Graph& graph, NodeId id) {
  const Node& node = graph.node(id);
  return VisitOp(MacCounter{graph, node}, node.op);
}

int64_t MultiplyAccumulates(const Graph& graph) {
  int64_t total = 0;
  for (const NodeId id : graph.Order()) total = Plus(total, MultiplyAccumulates(graph, id));
  return total;
}

int64_t ParameterCount(const Graph& graph) {
  int64_t total = 0;
  for (const ValueId id : graph.Values()) {
    const Value& v = graph.value(id);
    if (v.is_constant() && IsParameter(v.type.dtype)) total = Plus(total, v.constant.size());
  }
  for (const NodeId id : graph.Order()) {
    for (const auto& body : graph.node(id).bodies) total = Plus(total, ParameterCount(*body));
  }
  return total;
}

int64_t BytesRead(const Graph& graph, NodeId id) {
  int64_t total = 0;
  std::set<ValueId> seen;
  for (const ValueId in : graph.node(id).inputs) {
    if (in != kNoValue && seen.insert(in).second) total = Plus(total, Bytes(graph, in));
  }
  return total;
}

int64_t BytesWritten(const Graph& graph, NodeId id) {
  int64_t total = 0;
  for (const ValueId out : graph.node(id).outputs) total = Plus(total, Bytes(graph, out));
  return total;
}

}  // namespace floe
