#include "frontend/onnx/value_names.h"

#include <fmt/format.h>

#include <string>
#include <unordered_set>

namespace floe {
namespace {

std::string ClaimName(std::unordered_set<std::string>& taken, const std::string& wanted) {
  std::string name = wanted;
  for (int i = 1; !taken.insert(name).second; ++i) name = fmt::format("{}_{}", wanted, i);
  return name;
}

// `prefix`: what provenance puts before the names in a body, and a graph of its own does not need.
void Rename(Graph& graph, const std::string& prefix) {
  std::unordered_set<std::string> taken;
  const auto values = graph.Values();
  const auto is_named = [&](ValueId id) { return !graph.value(id).sources.empty(); };
  for (const ValueId id : values) {
    if (!is_named(id)) continue;
    Value& value = graph.value(id);
    const std::string& source = value.sources[0];
    value.name = ClaimName(taken, source.starts_with(prefix) ? source.substr(prefix.size()) : source);
    if (value.producer != kNoNode && value.output_index == 0) graph.node(value.producer).name = value.name;
  }
  for (const ValueId id : values) {
    if (!is_named(id)) graph.value(id).name = ClaimName(taken, graph.value(id).name);
  }
  for (const NodeId id : graph.Order()) {
    const Node& node = graph.node(id);
    for (size_t i = 0; i < node.bodies.size(); ++i) {
      const std::string_view branch = !IsOp<If>(node.op) ? "" : i == 0 ? "then/" : "else/";
      Rename(*node.bodies[i], fmt::format("{}{}/{}", prefix, node.name, branch));
    }
  }
  graph.Compact();  // looks the names up anew
}

}  // namespace

void UseModelNames(Graph& graph) {
  Rename(graph, "");
}

}  // namespace floe
