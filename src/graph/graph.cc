#include "graph/graph.h"

#include <algorithm>
#include <unordered_set>

#include "base/check.h"
#include "base/error.h"
#include "graph/infer.h"
#include "graph/infer_bodies.h"
#include "graph/must_run.h"

namespace floe {
namespace {

std::string Subject(const Node& node) {
  return fmt::format("{} '{}'", OpName(node.op), node.name);
}

void AppendUnique(std::vector<std::string>& to, const std::vector<std::string>& from) {
  for (const std::string& s : from) {
    if (std::ranges::find(to, s) == to.end()) to.push_back(s);
  }
}

}  // namespace

template <typename Id>
size_t Graph::Index(Id id, size_t size) {
  CHECK(id >= 0 && static_cast<size_t>(id) < size, "id " + std::to_string(id));
  return static_cast<size_t>(id);
}
template size_t Graph::Index<int32_t>(int32_t, size_t);

std::string Graph::UniqueName(std::string_view wanted) const {
  std::string name(wanted.empty() ? "value" : wanted);
  if (!names_.contains(name)) return name;
  // Suffixes are mostly taken in order: doubling, then halving, finds a free one among many quickly.
  const auto is_taken = [&](size_t i) { return names_.contains(fmt::format("{}_{}", name, i)); };
  size_t taken = 0;
  size_t free = 1;
  while (is_taken(free)) {
    taken = free;
    free *= 2;
  }
  while (free - taken > 1) {
    const size_t middle = taken + (free - taken) / 2;
    (is_taken(middle) ? taken : free) = middle;
  }
  return fmt::format("{}_{}", name, free);
}

ValueId Graph::NewValue(std::string name, TensorType type) {
  Value value;
  value.name = UniqueName(name);
  value.type = std::move(type);
  const ValueId id = static_cast<ValueId>(values_.size());
  names_.emplace(value.name, id);
  values_.push_back(std::move(value));
  return id;
}

ValueId Graph::AddInput(std::string name, TensorType type) {
  const ValueId id = NewValue(std::move(name), std::move(type));
  inputs_.push_back(id);
  return id;
}

ValueId Graph::AddConstant(std::string name, Tensor tensor) {
  CHECK(!tensor.empty());
  const ValueId id = NewValue(std::move(name), {tensor.dtype(), Shape::Of(tensor.dims())});
  value(id).constant = std::move(tensor);
  return id;
}

NodeId Graph::AddNode(Op op, std::vector<ValueId> inputs, NodeOptions options) {
  Node node;
  node.op = std::move(op);
  node.name = options.name.empty() ? std::string(OpName(node.op)) : std::move(options.name);
  node.inputs = std::move(inputs);
  node.bodies = std::move(options.bodies);
  node.sources = std::move(options.sources);
  const NodeId id = static_cast<NodeId>(nodes_.size());
  const int count = options.outputs >= 0 ? options.outputs : InfoOf(node.op).traits.min_outputs;
  for (int i = 0; i < count; ++i) {
    const size_t at = static_cast<size_t>(i);
    std::string name = at < options.output_names.size() ? options.output_names[at]
                       : i == 0                         ? node.name
                                                        : fmt::format("{}:{}", node.name, i);
    const ValueId out = NewValue(std::move(name), {});
    value(out).producer = id;
    value(out).output_index = i;
    node.outputs.push_back(out);
  }
  nodes_.push_back(std::move(node));
  for (const ValueId in : nodes_.back().inputs) AddUse(in, id);
  try {
    Reinfer(id);
  } catch (...) {
    RemoveNode(id);  // whoever reports the error may go on with the graph as it was
    throw;
  }
  return id;
}

ValueId Graph::Add(Op op, std::vector<ValueId> inputs, NodeOptions options) {
  return node(AddNode(std::move(op), std::move(inputs), std::move(options))).outputs.at(0);
}

void Graph::AddUse(ValueId id, NodeId user) {
  if (id != kNoValue) value(id).users.push_back(user);
}

void Graph::DropUse(ValueId id, NodeId user) {
  if (id == kNoValue) return;
  std::vector<NodeId>& users = value(id).users;
  const auto at = std::ranges::find(users, user);
  CHECK(at != users.end());
  users.erase(at);
}

void Graph::SetInput(NodeId id, size_t index, ValueId to) {
  ValueId& slot = node(id).inputs.at(index);
  DropUse(slot, id);
  slot = to;
  AddUse(to, id);
}

void Graph::SetInputs(NodeId id, std::vector<ValueId> inputs) {
  for (const ValueId old : node(id).inputs) DropUse(old, id);
  node(id).inputs = std::move(inputs);
  for (const ValueId now : node(id).inputs) AddUse(now, id);
}

void Graph::ReplaceUses(ValueId from, ValueId to) {
  if (from == to) return;
  const std::vector<NodeId> users = value(from).users;
  for (const NodeId user : users) {
    std::vector<ValueId>& inputs = node(user).inputs;
    for (size_t i = 0; i < inputs.size(); ++i) {
      if (inputs[i] == from) SetInput(user, i, to);
    }
  }
  std::ranges::replace(outputs_, from, to);
  AppendUnique(value(to).sources, value(from).sources);
}

void Graph::RemoveNode(NodeId id) {
  Node& gone = node(id);
  for (const ValueId out : gone.outputs) {
    Value& v = value(out);
    CHECK(v.users.empty() && !IsOutput(out), "'" + v.name + "' is still used");
    v.removed = true;
    names_.erase(v.name);
  }
  for (const ValueId in : gone.inputs) DropUse(in, id);
  gone.inputs.clear();
  gone.bodies.clear();
  gone.removed = true;
}

void Graph::MakeConstant(ValueId id, Tensor tensor) {
  const NodeId producer = value(id).producer;
  if (producer == kNoNode) {
    std::erase(inputs_, id);
  } else {
    Node& from = node(producer);
    const bool used = std::ranges::any_of(
        from.outputs, [&](ValueId out) { return out != id && (!value(out).users.empty() || IsOutput(out)); });
    if (used) {
      // The node keeps a stand-in for the output that moves away.
      const ValueId rest = NewValue(value(id).name, value(id).type);
      value(rest).producer = producer;
      value(rest).output_index = value(id).output_index;
      node(producer).outputs[static_cast<size_t>(value(id).output_index)] = rest;
    } else {
      std::erase(from.outputs, id);
      RemoveNode(producer);
    }
  }
  Value& v = value(id);
  v.producer = kNoNode;
  v.output_index = 0;
  v.elements.reset();
  v.type = {tensor.dtype(), Shape::Of(tensor.dims())};
  v.constant = std::move(tensor);
}

void Graph::Reinfer(NodeId id) {
  Node& at = node(id);
  std::vector<InferredValue> inputs;
  for (const ValueId in : at.inputs) {
    if (in == kNoValue) {
      InferredValue absent;
      absent.present = false;
      inputs.push_back(absent);
    } else {
      const Value& v = value(in);
      inputs.push_back({v.type, v.is_constant() ? &v.constant : nullptr, v.elements, true});
    }
  }
  InferBodies(at, inputs);
  std::vector<InferredValue> outputs = InferOutputs(at.op, inputs, at.bodies, at.outputs.size(), Subject(at));
  for (size_t i = 0; i < outputs.size(); ++i) {
    Value& v = value(at.outputs[i]);
    v.type = std::move(outputs[i].type);
    v.elements = std::move(outputs[i].elements);
  }
}

void Graph::ReinferAll() {
  for (const NodeId id : Order()) Reinfer(id);
}

bool Graph::IsOutput(ValueId id) const {
  return std::ranges::find(outputs_, id) != outputs_.end();
}
bool Graph::IsInput(ValueId id) const {
  return std::ranges::find(inputs_, id) != inputs_.end();
}

bool Graph::HasOneUse(ValueId id) const {
  return value(id).users.size() + static_cast<size_t>(std::ranges::count(outputs_, id)) == 1;
}

std::vector<NodeId> Graph::Order() const {
  enum : uint8_t { kNew, kOpen, kDone };
  std::vector<uint8_t> state(nodes_.size(), kNew);
  std::vector<NodeId> order;
  std::vector<std::pair<NodeId, size_t>> stack;  // node, next input to visit
  for (NodeId root = 0; root < static_cast<NodeId>(nodes_.size()); ++root) {
    if (node(root).removed || state[static_cast<size_t>(root)] != kNew) continue;
    stack.emplace_back(root, 0);
    state[static_cast<size_t>(root)] = kOpen;
    while (!stack.empty()) {
      auto& [id, next] = stack.back();
      const std::vector<ValueId>& inputs = node(id).inputs;
      if (next == inputs.size()) {
        state[static_cast<size_t>(id)] = kDone;
        order.push_back(id);
        stack.pop_back();
        continue;
      }
      const ValueId in = inputs[next++];
      const NodeId producer = in == kNoValue ? kNoNode : value(in).producer;
      if (producer == kNoNode || state[static_cast<size_t>(producer)] == kDone) continue;
      if (state[static_cast<size_t>(producer)] == kOpen) {
        Throw(ErrorCode::kModel, "{}: the graph has a cycle through this node", Subject(node(producer)));
      }
      state[static_cast<size_t>(producer)] = kOpen;
      stack.emplace_back(producer, 0);
    }
  }
  return order;
}

std::vector<ValueId> Graph::Values() const {
  std::vector<ValueId> ids;
  for (size_t i = 0; i < values_.size(); ++i) {
    if (!values_[i].removed) ids.push_back(static_cast<ValueId>(i));
  }
  return ids;
}

size_t Graph::node_count() const {
  return static_cast<size_t>(std::ranges::count_if(nodes_, [](const Node& n) { return !n.removed; }));
}

ValueId Graph::FindValue(std::string_view name) const {
  const auto at = names_.find(std::string(name));
  return at == names_.end() ? kNoValue : at->second;
}

int Graph::RemoveDeadNodes() {
  int removed = 0;
  const std::vector<NodeId> order = Order();
  for (auto it = order.rbegin(); it != order.rend(); ++it) {
    const bool used = std::ranges::any_of(
        node(*it).outputs, [&](ValueId out) { return !value(out).users.empty() || IsOutput(out); });
    if (used || MustRun(node(*it))) continue;
    RemoveNode(*it);
    ++removed;
  }
  for (size_t i = 0; i < values_.size(); ++i) {
    Value& v = values_[i];
    const ValueId id = static_cast<ValueId>(i);
    if (v.removed || !v.is_constant() || !v.users.empty() || IsOutput(id)) continue;
    v.removed = true;
    v.constant = Tensor();
    names_.erase(v.name);
  }
  return removed;
}

void Graph::Compact() {
  RemoveDeadNodes();
  const std::vector<NodeId> order = Order();
  std::vector<ValueId> new_value(values_.size(), kNoValue);
  std::vector<NodeId> new_node(nodes_.size(), kNoNode);
  for (size_t i = 0; i < order.size(); ++i) new_node[static_cast<size_t>(order[i])] = static_cast<NodeId>(i);

  std::deque<Value> values;
  for (size_t i = 0; i < values_.size(); ++i) {
    if (values_[i].removed) continue;
    new_value[i] = static_cast<ValueId>(values.size());
    values.push_back(std::move(values_[i]));
  }
  const auto renumber = [&](std::vector<ValueId>& ids) {
    for (ValueId& id : ids) id = id == kNoValue ? kNoValue : new_value[static_cast<size_t>(id)];
  };
  std::deque<Node> nodes;
  for (const NodeId id : order) {
    nodes.push_back(std::move(nodes_[static_cast<size_t>(id)]));
    renumber(nodes.back().inputs);
    renumber(nodes.back().outputs);
  }
  names_.clear();
  for (size_t i = 0; i < values.size(); ++i) {
    Value& v = values[i];
    if (v.producer != kNoNode) v.producer = new_node[static_cast<size_t>(v.producer)];
    for (NodeId& user : v.users) user = new_node[static_cast<size_t>(user)];
    names_.emplace(v.name, static_cast<ValueId>(i));
  }
  renumber(inputs_);
  renumber(outputs_);
  values_ = std::move(values);
  nodes_ = std::move(nodes);
}

std::unique_ptr<Graph> Graph::Clone() const {
  auto copy = std::make_unique<Graph>(name_);
  copy->values_ = values_;
  copy->inputs_ = inputs_;
  copy->outputs_ = outputs_;
  copy->names_ = names_;
  for (const Node& from : nodes_) {
    Node& to = copy->nodes_.emplace_back();
    to.op = from.op;
    to.name = from.name;
    to.inputs = from.inputs;
    to.outputs = from.outputs;
    to.sources = from.sources;
    to.removed = from.removed;
    for (const auto& body : from.bodies) to.bodies.push_back(body->Clone());
  }
  return copy;
}

const Tensor* ConstantOf(const Graph& graph, ValueId id) {
  if (id == kNoValue || !graph.value(id).is_constant()) return nullptr;
  return &graph.value(id).constant;
}

std::optional<std::vector<int64_t>> ConstantInts(const Graph& graph, ValueId id) {
  const Tensor* t = ConstantOf(graph, id);
  if (t == nullptr || t->rank() > 1 || (t->raw() == nullptr && t->size() > 0)) return std::nullopt;
  std::vector<int64_t> out;
  if (t->dtype() == DType::kInt64) {
    out.assign(t->data<int64_t>(), t->data<int64_t>() + t->size());
  } else if (t->dtype() == DType::kInt32) {
    out.assign(t->data<int32_t>(), t->data<int32_t>() + t->size());
  } else {
    return std::nullopt;
  }
  return out;
}

std::optional<double> ConstantScalar(const Graph& graph, ValueId id) {
  const Tensor* t = ConstantOf(graph, id);
  if (t == nullptr || t->size() != 1 || t->raw() == nullptr) return std::nullopt;
  switch (t->dtype()) {
    case DType::kFloat32:
      return *t->data<float>();
    case DType::kFloat64:
      return *t->data<double>();
    case DType::kFloat16:
      return static_cast<float>(*t->data<Float16>());
    case DType::kBFloat16:
      return static_cast<float>(*t->data<BFloat16>());
    case DType::kInt32:
      return *t->data<int32_t>();
    case DType::kInt64:
      return static_cast<double>(*t->data<int64_t>());
    case DType::kInt8:
      return *t->data<int8_t>();
    case DType::kUInt8:
      return *t->data<uint8_t>();
    case DType::kInt16:
      return *t->data<int16_t>();
    default:
      return std::nullopt;
  }
}

bool HasStaticTypes(const Graph& graph) {
  return std::ranges::all_of(graph.Values(), [&](ValueId v) { return graph.value(v).type.IsStatic(); });
}

void AddSources(Graph& graph, NodeId to, const std::vector<std::string>& sources) {
  std::vector<std::string>& all = graph.node(to).sources;
  for (const std::string& s : sources) {
    if (std::ranges::find(all, s) == all.end()) all.push_back(s);
  }
}

std::unique_ptr<Graph> ExtractProblem(const Graph& graph, NodeId id, std::vector<ValueId>* inputs) {
  const Node& from = graph.node(id);
  inputs->clear();
  if (IsOp<Group>(from.op)) {
    std::unique_ptr<Graph> problem = from.bodies.at(0)->Clone();
    const std::vector<ValueId> inner = problem->inputs();
    for (size_t i = 0; i < inner.size(); ++i) {
      if (const Tensor* constant = ConstantOf(graph, from.inputs[i])) {
        problem->MakeConstant(inner[i], *constant);
      } else {
        inputs->push_back(from.inputs[i]);
      }
    }
    problem->set_name(from.name);
    return problem;
  }
  auto problem = std::make_unique<Graph>(from.name);
  std::unordered_map<ValueId, ValueId> mapped;
  std::vector<ValueId> inner;
  for (const ValueId in : from.inputs) {
    if (in == kNoValue) {
      inner.push_back(kNoValue);
      continue;
    }
    auto [at, is_new] = mapped.try_emplace(in, kNoValue);
    if (is_new) {
      const Value& v = graph.value(in);
      if (v.is_constant()) {
        at->second = problem->AddConstant(v.name, v.constant);
      } else {
        at->second = problem->AddInput(v.name, v.type);
        inputs->push_back(in);
      }
    }
    inner.push_back(at->second);
  }
  NodeOptions options;
  options.name = from.name;
  options.sources = from.sources;
  options.outputs = static_cast<int>(from.outputs.size());
  for (const ValueId out : from.outputs) options.output_names.push_back(graph.value(out).name);
  for (const auto& body : from.bodies) options.bodies.push_back(body->Clone());
  const NodeId copy = problem->AddNode(from.op, std::move(inner), std::move(options));
  problem->SetOutputs(problem->node(copy).outputs);
  for (size_t i = 0; i < from.outputs.size(); ++i) {
    problem->value(problem->outputs()[i]).type = graph.value(from.outputs[i]).type;
    problem->value(problem->outputs()[i]).sources = graph.value(from.outputs[i]).sources;
  }
  return problem;
}

}  // namespace floe
