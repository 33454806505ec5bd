#include "passes/rewrite.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>

#include "base/check.h"

namespace floe {
namespace {

// The two values change the node that makes them.
void SwapProducers(Graph& graph, ValueId a, ValueId b) {
  Value& x = graph.value(a);
  Value& y = graph.value(b);
  graph.node(x.producer).outputs[static_cast<size_t>(x.output_index)] = b;
  graph.node(y.producer).outputs[static_cast<size_t>(y.output_index)] = a;
  std::swap(x.producer, y.producer);
  std::swap(x.output_index, y.output_index);
}

bool IsUnused(const Graph& graph, NodeId id) {
  return std::ranges::none_of(graph.node(id).outputs, [&](ValueId out) {
    return !graph.value(out).users.empty() || graph.IsOutput(out);
  });
}

template <typename T>
bool AllAre(const Tensor& t, T value) {
  return std::all_of(t.data<T>(), t.data<T>() + t.size(),
                     [&](const T& x) { return std::memcmp(&x, &value, sizeof(T)) == 0; });
}

}  // namespace

NodeId SoleUser(const Graph& graph, ValueId value) {
  const std::vector<NodeId>& users = graph.value(value).users;
  return users.size() == 1 && !graph.IsOutput(value) ? users[0] : kNoNode;
}

bool Bypass(Graph& graph, ValueId from, ValueId to) {
  const NodeId maker = graph.value(from).producer;
  CHECK(maker != kNoNode && from != to);
  if (graph.IsOutput(from)) {
    if (graph.value(to).is_constant()) {
      graph.MakeConstant(from, graph.value(to).constant);
      return true;
    }
    const NodeId source = graph.value(to).producer;
    if (source == kNoNode || source == maker || graph.IsOutput(to)) return false;
    AddSources(graph, source, graph.node(maker).sources);
    SwapProducers(graph, from, to);
    if (const auto both = MergeShapes(graph.value(from).type.shape, graph.value(to).type.shape)) {
      graph.value(from).type.shape = *both;
    }
    if (!graph.value(from).elements) graph.value(from).elements = graph.value(to).elements;
    graph.ReplaceUses(to, from);
  } else {
    if (const NodeId source = graph.value(to).producer; source != kNoNode) {
      AddSources(graph, source, graph.node(maker).sources);
    }
    graph.ReplaceUses(from, to);
  }
  if (IsUnused(graph, maker)) graph.RemoveNode(maker);
  return true;
}

void TakeOver(Graph& graph, ValueId result, ValueId made) {
  const NodeId old = graph.value(result).producer;
  const NodeId maker = graph.value(made).producer;
  CHECK(!graph.IsOutput(made) && old != maker);
  AddSources(graph, maker, graph.node(old).sources);
  SwapProducers(graph, result, made);
  // A rewrite may tell more of the type, never something else.
  TensorType& type = graph.value(result).type;
  const auto both = MergeShapes(type.shape, graph.value(made).type.shape);
  CHECK(both.has_value() && type.dtype == graph.value(made).type.dtype,
        "'" + graph.value(result).name + "' would change from " + type.ToString() + " to " +
            graph.value(made).type.ToString());
  type.shape = *both;
  // `made` is no value of the model any more: neither its sources nor other uses of it may survive.
  for (const NodeId user : graph.value(made).users) CHECK(user == old);
  std::vector<ValueId> none;
  graph.SetInputs(old, none);
  graph.RemoveNode(old);
}

void ReplaceNode(Graph& graph, NodeId id, Op op, std::vector<ValueId> inputs) {
  const ValueId result = graph.node(id).outputs.at(0);
  NodeOptions options;
  options.name = graph.node(id).name;
  options.sources = graph.node(id).sources;
  const ValueId made = graph.Add(std::move(op), std::move(inputs), std::move(options));
  TakeOver(graph, result, made);
}

ValueId AddInts(Graph& graph, const std::string& name, const std::vector<int64_t>& values) {
  return graph.AddConstant(name, Tensor::FromVector<int64_t>(values));
}

ValueId AddFloats(Graph& graph, const std::string& name, DType dtype, std::vector<int64_t> dims,
                  const std::vector<double>& values) {
  CHECK(dtype == DType::kFloat32 || dtype == DType::kFloat64);
  Tensor t(dtype, std::move(dims));
  CHECK(t.size() == static_cast<int64_t>(values.size()));
  for (size_t i = 0; i < values.size(); ++i) {
    if (dtype == DType::kFloat32) {
      t.data<float>()[i] = static_cast<float>(values[i]);
    } else {
      t.data<double>()[i] = values[i];
    }
  }
  return graph.AddConstant(name, std::move(t));
}

std::optional<std::vector<double>> FloatsOf(const Graph& graph, ValueId id) {
  const Tensor* t = ConstantOf(graph, id);
  if (t == nullptr) return std::nullopt;
  if (t->dtype() == DType::kFloat32) {
    return std::vector<double>(t->data<float>(), t->data<float>() + t->size());
  }
  if (t->dtype() == DType::kFloat64) {
    return std::vector<double>(t->data<double>(), t->data<double>() + t->size());
  }
  return std::nullopt;
}

std::optional<std::vector<double>> PerChannel(const Graph& graph, ValueId id, size_t rank, size_t axis,
                                              int64_t channels) {
  const Tensor* t = ConstantOf(graph, id);
  if (t == nullptr || t->rank() > rank || (t->size() != 1 && t->size() != channels)) return std::nullopt;
  if (t->size() != 1) {
    // The one dimension that is not 1 must lie along the channels.
    if (t->rank() < rank - axis) return std::nullopt;
    if (t->dims()[t->rank() - (rank - axis)] != channels) return std::nullopt;
  }
  auto values = FloatsOf(graph, id);
  if (values && values->size() == 1) values->assign(static_cast<size_t>(channels), values->front());
  return values;
}

bool IsAll(const Graph& graph, ValueId id, double value) {
  const Tensor* t = ConstantOf(graph, id);
  if (t == nullptr) return false;
  switch (t->dtype()) {
    case DType::kFloat32:
      return AllAre(*t, static_cast<float>(value));
    case DType::kFloat64:
      return AllAre(*t, value);
    case DType::kFloat16:
      return AllAre(*t, Float16(static_cast<float>(value)));
    case DType::kBFloat16:
      return AllAre(*t, BFloat16(static_cast<float>(value)));
    case DType::kInt8:
      return AllAre(*t, static_cast<int8_t>(value));
    case DType::kUInt8:
      return AllAre(*t, static_cast<uint8_t>(value));
    case DType::kInt16:
      return AllAre(*t, static_cast<int16_t>(value));
    case DType::kInt32:
      return AllAre(*t, static_cast<int32_t>(value));
    case DType::kInt64:
      return AllAre(*t, static_cast<int64_t>(value));
    default:
      return false;
  }
}

bool IsScalarFor(const Graph& graph, ValueId constant, ValueId x) {
  const Tensor* t = ConstantOf(graph, constant);
  const Shape& shape = ShapeOfValue(graph, x);
  return t != nullptr && t->size() == 1 &&
         (t->rank() == 0 || (shape.has_rank() && t->rank() <= shape.rank()));
}

void CollectSources(const Graph& graph, NodeId node, const std::vector<ValueId>& ends,
                    std::vector<std::string>& sources) {
  for (const ValueId in : graph.node(node).inputs) {
    const NodeId maker = in == kNoValue ? kNoNode : graph.value(in).producer;
    if (maker == kNoNode || std::ranges::count(ends, in) > 0) continue;
    for (const std::string& source : graph.node(maker).sources) {
      if (std::ranges::count(sources, source) == 0) sources.push_back(source);
    }
    CollectSources(graph, maker, ends, sources);
  }
}

std::optional<std::vector<int64_t>> ReshapeTarget(const Shape& shape) {
  if (!shape.has_rank()) return std::nullopt;
  std::vector<int64_t> target;
  int unknown = 0;
  bool has_zero = false;
  for (const Dim& d : shape.dims()) {
    unknown += d.known() ? 0 : 1;
    has_zero |= d.known() && d.value() == 0;
    target.push_back(d.known() ? d.value() : -1);
  }
  if (unknown > 1 || (unknown == 1 && has_zero)) return std::nullopt;
  return target;
}

ValueId ReshapedTo(Graph& graph, ValueId value, const std::vector<int64_t>& dims) {
  const std::string name = graph.value(value).name;
  if (const Tensor* constant = ConstantOf(graph, value)) {
    const std::vector<std::string> sources = graph.value(value).sources;
    const ValueId made = graph.AddConstant(name, constant->Reshaped(dims));
    graph.value(made).sources = sources;
    return made;
  }
  return graph.Add(Reshape{}, {value, AddInts(graph, name + "/shape", dims)}, {.name = name + "/reshaped"});
}

int ApplyRules(Graph& graph, std::span<const Rule> rules) {
  int changes = 0;
  for (bool again = true; again;) {
    again = false;
    for (const NodeId id : graph.Order()) {
      if (graph.node(id).removed || graph.node(id).outputs.size() != 1) continue;
      again |= std::ranges::any_of(rules, [&](Rule rule) { return rule(graph, id) && ++changes > 0; });
    }
    if (again) graph.RemoveDeadNodes();
  }
  return changes;
}

bool SameShape(const Shape& a, const Shape& b) {
  return a.has_rank() && b.has_rank() &&
         std::ranges::equal(a.dims(), b.dims(), [](const Dim& x, const Dim& y) { return x.Same(y); });
}

}  // namespace floe
