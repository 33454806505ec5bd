#include "passes/make_group.h"

#include <memory>
#include <unordered_map>
#include <utility>
#include <vector>

#include "passes/rewrite.h"

namespace floe {
namespace {

// A copy of the chain's nodes as a graph; `outer` receives what its inputs are outside.
std::unique_ptr<Graph> BodyOf(const Graph& graph, std::span<const NodeId> chain,
                              std::span<const NodeId> shown, std::vector<ValueId>* outer) {
  auto body = std::make_unique<Graph>(graph.node(shown[0]).name);
  std::unordered_map<ValueId, ValueId> mapped;
  for (const NodeId id : chain) {
    const Node& node = graph.node(id);
    std::vector<ValueId> inputs;
    for (const ValueId in : node.inputs) {
      if (in == kNoValue) {
        inputs.push_back(kNoValue);
        continue;
      }
      const auto [at, is_new] = mapped.try_emplace(in, kNoValue);
      if (is_new) {
        at->second = body->AddInput(graph.value(in).name, graph.value(in).type);
        body->value(at->second).sources = graph.value(in).sources;
        outer->push_back(in);
      }
      inputs.push_back(at->second);
    }
    NodeOptions options;
    options.name = node.name;
    options.sources = node.sources;
    options.output_names = {graph.value(node.outputs[0]).name};
    const ValueId out = body->Add(node.op, std::move(inputs), std::move(options));
    body->value(out).type = graph.value(node.outputs[0]).type;
    body->value(out).sources = graph.value(node.outputs[0]).sources;
    mapped[node.outputs[0]] = out;
  }
  for (const NodeId id : shown) body->AddOutput(mapped.at(graph.node(id).outputs[0]));
  return body;
}

}  // namespace

void MakeGroup(Graph& graph, std::span<const NodeId> chain, std::span<const NodeId> shown) {
  if (shown.empty()) shown = chain.last(1);
  std::vector<ValueId> inputs;
  NodeOptions options;
  options.bodies.push_back(BodyOf(graph, chain, shown, &inputs));
  options.name = graph.node(shown[0]).name;
  options.outputs = static_cast<int>(shown.size());
  const NodeId group = graph.AddNode(Group{}, std::move(inputs), std::move(options));
  for (const NodeId id : chain) AddSources(graph, group, graph.node(id).sources);
  for (size_t i = 0; i < shown.size(); ++i) {
    const ValueId result = graph.node(shown[i]).outputs[0];
    const TensorType type = graph.value(result).type;
    TakeOver(graph, result, graph.node(group).outputs[i]);
    graph.value(result).type = type;
  }
  for (auto it = chain.rbegin(); it != chain.rend(); ++it) {
    if (!graph.node(*it).removed) graph.RemoveNode(*it);
  }
}

}  // namespace floe
