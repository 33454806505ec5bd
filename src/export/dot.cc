#include "export/dot.h"

#include <fmt/format.h>

#include <unordered_map>

namespace floe {
namespace {

std::string Quoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + "\"";
}

class DotPrinter {
 public:
  std::string Print(const Graph& graph) {
    text_ = "digraph floe {\n  rankdir=TB;\n  node [shape=box, fontname=\"sans-serif\"];\n";
    PrintGraph(graph, {});
    return text_ + "}\n";
  }

 private:
  // `from`: for each input of a body the dot node that makes it outside.
  void PrintGraph(const Graph& graph, const std::vector<std::string>& from) {
    std::unordered_map<ValueId, std::string> makers;
    for (size_t i = 0; i < graph.inputs().size(); ++i) {
      const Value& input = graph.value(graph.inputs()[i]);
      if (i < from.size() && !from[i].empty()) {
        makers[graph.inputs()[i]] = from[i];
      } else {
        makers[graph.inputs()[i]] =
            NewNode(fmt::format("{}\n{}", input.name, input.type.ToString()), "ellipse");
      }
    }
    for (const NodeId id : graph.Order()) PrintNode(graph, id, &makers);
    for (const ValueId out : graph.outputs()) {
      const std::string node = NewNode(graph.value(out).name, "ellipse");
      AddEdge(graph, out, makers, node);
    }
  }

  void PrintNode(const Graph& graph, NodeId id, std::unordered_map<ValueId, std::string>* makers) {
    const Node& node = graph.node(id);
    std::string label = fmt::format("{}\n{}", OpName(node.op), node.name);
    if (const std::string fields = FieldsToString(node.op); !fields.empty()) label += "\n" + fields;
    for (const ValueId in : node.inputs) {
      if (in == kNoValue || !graph.value(in).is_constant()) continue;
      label += fmt::format("\n{} {}", graph.value(in).name, graph.value(in).type.ToString());
    }
    const std::string name = NewNode(label, "box");
    for (const ValueId in : node.inputs) {
      if (in != kNoValue) AddEdge(graph, in, *makers, name);
    }
    for (const ValueId out : node.outputs) (*makers)[out] = name;
    for (const auto& body : node.bodies) {
      text_ += fmt::format("  subgraph cluster_{} {{\n  label={};\n", ++count_, Quoted(node.name));
      PrintGraph(*body, std::vector<std::string>(body->inputs().size(), name));
      text_ += "  }\n";
    }
  }

  std::string NewNode(std::string_view label, std::string_view shape) {
    const std::string name = fmt::format("n{}", ++count_);
    text_ += fmt::format("  {} [label={}, shape={}];\n", name, Quoted(label), shape);
    return name;
  }

  void AddEdge(const Graph& graph, ValueId value, const std::unordered_map<ValueId, std::string>& makers,
               const std::string& to) {
    const auto maker = makers.find(value);
    if (maker == makers.end()) return;  // a constant
    text_ += fmt::format("  {} -> {} [label={}];\n", maker->second, to,
                         Quoted(graph.value(value).type.ToString()));
  }

  std::string text_;
  int count_ = 0;
};

}  // namespace

std::string PrintDot(const Graph& graph) {
  return DotPrinter().Print(graph);
}

}  // namespace floe
