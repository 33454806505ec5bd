#include "passes/inline_body.h"

#include "base/check.h"
#include "passes/rewrite.h"

namespace floe {

std::vector<NodeId> CopyBody(Graph& graph, const Graph& body, std::unordered_map<ValueId, ValueId>* mapped) {
  for (const ValueId id : body.Values()) {
    const Value& v = body.value(id);
    if (!v.is_constant()) continue;
    const ValueId copy = graph.AddConstant(v.name, v.constant);
    graph.value(copy).sources = v.sources;
    (*mapped)[id] = copy;
  }
  std::vector<NodeId> copies;
  for (const NodeId id : body.Order()) {
    const Node& node = body.node(id);
    std::vector<ValueId> inputs;
    for (const ValueId in : node.inputs) inputs.push_back(in == kNoValue ? kNoValue : mapped->at(in));
    NodeOptions options;
    options.name = node.name;
    options.sources = node.sources;
    options.outputs = static_cast<int>(node.outputs.size());
    for (const ValueId out : node.outputs) options.output_names.push_back(body.value(out).name);
    for (const auto& inner : node.bodies) options.bodies.push_back(inner->Clone());
    const NodeId copy = graph.AddNode(node.op, std::move(inputs), std::move(options));
    for (size_t i = 0; i < node.outputs.size(); ++i) {
      const ValueId out = graph.node(copy).outputs[i];
      (*mapped)[node.outputs[i]] = out;
      graph.value(out).sources = body.value(node.outputs[i]).sources;
    }
    copies.push_back(copy);
  }
  return copies;
}

void InlineBody(Graph& graph, NodeId id, size_t which, size_t first_input) {
  const std::unique_ptr<Graph> body = graph.node(id).bodies.at(which)->Clone();
  const std::vector<ValueId> inputs = graph.node(id).inputs;
  CHECK(body->inputs().size() + first_input == inputs.size());
  std::unordered_map<ValueId, ValueId> mapped;
  for (size_t i = 0; i < body->inputs().size(); ++i) mapped[body->inputs()[i]] = inputs[i + first_input];
  CopyBody(graph, *body, &mapped);
  const std::vector<ValueId> outputs = graph.node(id).outputs;
  for (size_t i = 0; i < outputs.size(); ++i) {
    const ValueId result = mapped.at(body->outputs()[i]);
    // An identity keeps apart what two outputs, or an output and an input, would share.
    const ValueId own = graph.Add(Unary{UnaryKind::kIdentity}, {result},
                                  {.name = graph.node(id).name, .sources = graph.node(id).sources});
    // The outputs of the node may be unused: then there is nothing to bypass.
    if (graph.value(outputs[i]).users.empty() && !graph.IsOutput(outputs[i])) continue;
    if (graph.IsOutput(outputs[i])) {
      const bool done = Bypass(graph, outputs[i], own);
      CHECK(done);
    } else {
      graph.ReplaceUses(outputs[i], own);
    }
  }
  if (!graph.node(id).removed) graph.RemoveNode(id);
}

}  // namespace floe
