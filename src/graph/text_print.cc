#include <fmt/format.h>
#include <fmt/ranges.h>

#include <unordered_set>

#include "graph/text.h"
#include "graph/text_constant.h"

namespace floe {
namespace {

std::string PrintDim(const Dim& dim) {
  return dim.known() || dim.symbol().empty() ? dim.ToString() : PrintName(dim.symbol());
}

std::string PrintType(const TensorType& type) {
  std::string out(DTypeName(type.dtype));
  if (!type.shape.has_rank()) return out + "[...]";
  std::vector<std::string> dims;
  for (const Dim& d : type.shape.dims()) dims.push_back(PrintDim(d));
  return out + fmt::format("[{}]", fmt::join(dims, ", "));
}

class Printer {
 public:
  Printer(const Graph& graph, const PrintOptions& options, std::string indent)
      : graph_(graph), options_(options), indent_(std::move(indent)) {}

  std::string Print() {
    out_ = fmt::format("{}graph {}({}) -> ({}) {{\n", indent_, PrintName(graph_.name()),
                       Declarations(graph_.inputs()), References(graph_.outputs()));
    for (const NodeId id : graph_.Order()) {
      for (const ValueId in : graph_.node(id).inputs) PrintConstant(in);
      PrintNode(graph_.node(id));
    }
    for (const ValueId id : graph_.Values()) PrintConstant(id);
    return out_ + indent_ + "}\n";
  }

 private:
  std::string Reference(ValueId id) const {
    return id == kNoValue ? "_" : "%" + PrintName(graph_.value(id).name);
  }

  std::string References(const std::vector<ValueId>& ids) const {
    std::vector<std::string> parts;
    for (const ValueId id : ids) parts.push_back(Reference(id));
    return fmt::format("{}", fmt::join(parts, ", "));
  }

  std::string Declaration(ValueId id) const {
    const Value& v = graph_.value(id);
    std::string out = Reference(id) + ": " + PrintType(v.type);
    for (const std::string& source : v.sources) out += " @" + Quote(source);
    return out;
  }

  std::string Declarations(const std::vector<ValueId>& ids) const {
    std::vector<std::string> parts;
    for (const ValueId id : ids) parts.push_back(Declaration(id));
    return fmt::format("{}", fmt::join(parts, ", "));
  }

  void PrintConstant(ValueId id) {
    if (id == kNoValue || !graph_.value(id).is_constant() || !printed_.insert(id).second) return;
    out_ += fmt::format("{}  {} = const {}\n", indent_, Declaration(id),
                        PrintContents(graph_.value(id).constant, options_.all_constants));
  }

  void PrintNode(const Node& node) {
    out_ += indent_ + "  ";
    if (!node.outputs.empty()) out_ += Declarations(node.outputs) + " = ";
    out_ += fmt::format("{}({})", OpName(node.op), References(node.inputs));
    const std::string fields = FieldsToString(node.op);
    if (!fields.empty()) out_ += " " + fields;
    if (node.outputs.empty() || graph_.value(node.outputs[0]).name != node.name) {
      out_ += " name " + Quote(node.name);
    }
    for (size_t i = 0; i < node.sources.size(); ++i) {
      out_ += (i == 0 ? " from " : ", ") + Quote(node.sources[i]);
    }
    out_ += "\n";
    for (const auto& body : node.bodies) out_ += Printer(*body, options_, indent_ + "    ").Print();
  }

  const Graph& graph_;
  const PrintOptions& options_;
  const std::string indent_;
  std::string out_;
  std::unordered_set<ValueId> printed_;
};

}  // namespace

std::string PrintGraph(const Graph& graph, const PrintOptions& options) {
  return Printer(graph, options, "").Print();
}

}  // namespace floe
