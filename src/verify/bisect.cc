#include "verify/bisect.h"

#include <algorithm>
#include <set>
#include <unordered_map>

#include "backends/reference/evaluate.h"
#include "base/check.h"
#include "floe/session.h"
#include "graph/infer.h"

namespace floe {
namespace {

// Parts of more nodes are not built piece by piece: the number of pieces grows with the square.
constexpr size_t kLargestSearched = 24;

std::string NameOf(const Graph& graph, ValueId id) {
  const Value& value = graph.value(id);
  return value.sources.empty() ? value.name : value.sources[0];
}

// Names as LayerValues has them.
class ValuesByName {
 public:
  explicit ValuesByName(const Graph& graph) {
    for (const ValueId id : graph.Values()) {
      for (const std::string& source : graph.value(id).sources) ids_.emplace(source, id);
    }
  }
  ValueId Find(const std::string& name) const {
    const auto at = ids_.find(name);
    return at == ids_.end() ? kNoValue : at->second;
  }

 private:
  std::unordered_map<std::string, ValueId> ids_;
};

// Nodes between `inputs` and `outputs`, producers first.
std::vector<NodeId> NodesBetween(const Graph& graph, const std::vector<ValueId>& inputs,
                                 const std::vector<ValueId>& outputs) {
  std::set<NodeId> needed;
  std::vector<ValueId> waiting = outputs;
  while (!waiting.empty()) {
    const ValueId id = waiting.back();
    waiting.pop_back();
    if (id == kNoValue || std::ranges::find(inputs, id) != inputs.end()) continue;
    const NodeId producer = graph.value(id).producer;
    if (producer == kNoNode || !needed.insert(producer).second) continue;
    const Node& node = graph.node(producer);
    waiting.insert(waiting.end(), node.inputs.begin(), node.inputs.end());
  }
  std::vector<NodeId> nodes;
  for (const NodeId id : graph.Order()) {
    if (needed.contains(id)) nodes.push_back(id);
  }
  return nodes;
}

// What `nodes` read that none of them gives, constants aside.
std::vector<ValueId> InputsOf(const Graph& graph, std::span<const NodeId> nodes) {
  std::vector<ValueId> inputs;
  for (const NodeId node : nodes) {
    for (const ValueId id : graph.node(node).inputs) {
      if (id == kNoValue || graph.value(id).is_constant()) continue;
      if (std::ranges::find(nodes, graph.value(id).producer) != nodes.end()) continue;
      if (std::ranges::find(inputs, id) == inputs.end()) inputs.push_back(id);
    }
  }
  return inputs;
}

// The nodes as a graph of their own, its inputs of the types of `feeds`.
ImportedModel Extract(const Graph& graph, std::span<const NodeId> nodes, const std::vector<ValueId>& inputs,
                      std::span<const Tensor> feeds, const std::vector<ValueId>& outputs) {
  ImportedModel part;
  part.graph = std::make_unique<Graph>("part");
  std::unordered_map<ValueId, ValueId> mapped{{kNoValue, kNoValue}};
  for (size_t i = 0; i < inputs.size(); ++i) {
    const std::string name = NameOf(graph, inputs[i]);
    const TensorType type{feeds[i].dtype(), Shape::Of(feeds[i].dims())};
    mapped[inputs[i]] = part.graph->AddInput(name, type);
    part.graph->value(mapped[inputs[i]]).sources = graph.value(inputs[i]).sources;
    part.inputs.push_back({name, name, type});
  }
  for (const NodeId id : nodes) {
    const Node& node = graph.node(id);
    NodeOptions options{.name = node.name, .sources = node.sources};
    options.outputs = static_cast<int>(node.outputs.size());
    for (const ValueId out : node.outputs) options.output_names.push_back(graph.value(out).name);
    for (const auto& body : node.bodies) options.bodies.push_back(body->Clone());
    std::vector<ValueId> copied;
    for (const ValueId in : node.inputs) {
      const auto [at, is_new] = mapped.try_emplace(in, kNoValue);
      if (is_new) at->second = part.graph->AddConstant(graph.value(in).name, graph.value(in).constant);
      copied.push_back(at->second);
    }
    const NodeId copy = part.graph->AddNode(node.op, std::move(copied), std::move(options));
    for (size_t i = 0; i < node.outputs.size(); ++i) {
      mapped[node.outputs[i]] = part.graph->node(copy).outputs[i];
      part.graph->value(mapped[node.outputs[i]]).sources = graph.value(node.outputs[i]).sources;
    }
  }
  for (const ValueId out : outputs) {
    part.graph->AddOutput(mapped.at(out));
    part.outputs.push_back({NameOf(graph, out), NameOf(graph, out), part.graph->value(mapped.at(out)).type});
  }
  return part;
}

class Narrowing {
 public:
  Narrowing(const Graph& imported, const LayerValues& reference, const BisectOptions& options)
      : graph_(imported), reference_(reference), options_(options) {}

  // Builds these nodes alone; the part if it is wrong.
  std::optional<ModelPart> Try(std::span<const NodeId> nodes, const std::vector<ValueId>& outputs) const {
    const std::vector<ValueId> inputs = InputsOf(graph_, nodes);
    std::vector<Tensor> feeds;
    for (const ValueId id : inputs) {
      const Tensor* feed = reference_.Find(graph_.value(id).sources);
      if (feed == nullptr) return std::nullopt;
      feeds.push_back(*feed);
    }
    ImportedModel model = Extract(graph_, nodes, inputs, feeds, outputs);
    ModelPart part;
    for (size_t i = 0; i < inputs.size(); ++i) part.feeds.push_back({NameOf(graph_, inputs[i]), feeds[i]});
    for (const NodeId id : nodes) {
      const std::vector<std::string>& sources = graph_.node(id).sources;
      part.nodes.insert(part.nodes.end(), sources.begin(), sources.end());
    }
    std::vector<ImportedModel> models;
    models.push_back(std::move(model));
    CompileOptions compile = options_.compile;
    compile.self_check = false;
    compile.profiles.clear();
    compile.progress = nullptr;
    Session session(CompileModels(std::move(models), "part", compile), {compile.threads, compile.cancelled});
    std::vector<Tensor> found(outputs.size());
    session.RunInto(feeds, found);
    bool wrong = false;
    for (size_t i = 0; i < outputs.size(); ++i) {
      const Tensor* expected = reference_.Find(graph_.value(outputs[i]).sources);
      if (expected == nullptr) return std::nullopt;
      const std::string name = NameOf(graph_, outputs[i]);
      part.expected.push_back({name, *expected});
      part.found.push_back({name, found[i]});
      part.differences.push_back(CompareTensors(name, found[i], *expected));
      wrong |= !Within(part.differences.back(), options_.tolerance);
    }
    return wrong ? std::optional(std::move(part)) : std::nullopt;
  }

  // The smallest run of consecutive nodes, by their number, whose last gives a wrong result.
  std::optional<ModelPart> Smallest(const std::vector<NodeId>& nodes,
                                    const std::vector<ValueId>& outputs) const {
    for (size_t length = 1; nodes.size() <= kLargestSearched && length < nodes.size(); ++length) {
      for (size_t first = 0; first + length <= nodes.size(); ++first) {
        const std::span<const NodeId> window = std::span(nodes).subspan(first, length);
        if (auto part = Try(window, {graph_.node(window.back()).outputs[0]})) return part;
      }
    }
    return Try(nodes, outputs);
  }

 private:
  const Graph& graph_;
  const LayerValues& reference_;
  const BisectOptions& options_;
};

// The engine's own result for the wrong layer, when its step gets the reference's values.
Tensor FoundInEngine(const std::shared_ptr<const Engine>& engine, std::span<const Tensor> inputs,
                     const LayerValues& reference, const std::string& tensor, int threads) {
  Tensor found;
  ForceLayers(engine, inputs, reference, threads, [&](const InnerTensor& inner, const Tensor&) {
    const auto& names = inner.sources;
    if (found.empty() && names[0] == tensor) found = inner.tensor.Clone();
  });
  return found;
}

}  // namespace

Bisection Bisect(const std::shared_ptr<const Engine>& engine, const Graph& imported,
                 std::span<const Tensor> inputs, const LayerValues& reference, const BisectOptions& options) {
  const int threads = options.compile.threads;
  Bisection result;
  result.layers = CompareLayers(engine, inputs, reference, threads);
  const auto wrong = std::ranges::find_if(
      result.layers, [&](const LayerDifference& layer) { return !Within(layer.own, options.tolerance); });
  if (wrong == result.layers.end()) return result;
  result.wrong = static_cast<size_t>(wrong - result.layers.begin());

  const LayerDifference& layer = *wrong;
  const auto named = [&](const std::string& name) {
    const Tensor* tensor = reference.Find(std::span(&name, 1));
    return NamedTensor{name, tensor != nullptr ? *tensor : Tensor()};
  };
  for (const std::string& name : layer.inputs) result.part.feeds.push_back(named(name));
  result.part.expected.push_back(named(layer.tensor));
  result.part.found.push_back(
      {layer.tensor, FoundInEngine(engine, inputs, reference, layer.tensor, threads)});
  result.part.nodes = layer.nodes;
  result.part.differences.push_back(layer.own);

  const ValuesByName values(imported);
  std::vector<ValueId> from;
  for (const std::string& name : layer.inputs) from.push_back(values.Find(name));
  const std::vector<ValueId> to{values.Find(layer.tensor)};
  if (to[0] == kNoValue) return result;
  result.rebuilt = Narrowing(imported, reference, options).Smallest(NodesBetween(imported, from, to), to);
  return result;
}

}  // namespace floe
