#include "view/open_functions.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>
#include <unordered_map>
#include <utility>

#include "base/text.h"
#include "floe/error.h"
#include "frontend/tensorflow/rewrite/tensor_ref.h"
#include "view/type_text.h"

namespace floe::view {
namespace {

using Nodes = google::protobuf::RepeatedPtrField<tf::NodeDef>;

constexpr int kMaxDepth = 40;  // of calls in calls; more is a function that calls itself

// The function attributes of a node, each with the name of the scope that its body opens in ("" for a plain
// call).
std::vector<std::pair<std::string, std::string>> CalledFunctions(const tf::NodeDef& node) {
  std::map<std::string, const tf::AttrValue*> sorted;
  for (const auto& [key, value] : node.attr()) sorted[key] = &value;
  std::vector<std::pair<std::string, std::string>> out;
  for (const auto& [key, value] : sorted) {
    if (value->has_func()) out.emplace_back(key, value->func().name());
    for (int i = 0; i < value->list().func_size(); ++i) {
      out.emplace_back(fmt::format("{}_{}", key, i), value->list().func(i).name());
    }
  }
  if (out.size() == 1 && out[0].first == "f") out[0].first = "";
  return out;
}

// How many inputs of the node come before those that its bodies take.
int InputsOfItsOwn(const std::string& op) {
  return op == "If" || op == "StatelessIf" || op == "Case" || op == "StatelessCase" ? 1 : 0;
}

class Opener {
 public:
  Opener(const tf::GraphDef& graph, const OpTable& ops, size_t most_nodes)
      : ops_(ops), most_nodes_(most_nodes) {
    for (const tf::FunctionDef& function : graph.library().function()) {
      functions_.emplace(function.signature().name(), &function);
    }
  }

  OpenGraph Open(const tf::GraphDef& graph) {
    Scope scope;
    AddNodes(graph.node(), scope, 0);
    Connect(graph.node(), scope);
    if (graph.node().empty()) {
      for (const tf::FunctionDef& function : graph.library().function()) {
        AddFunction(function, function.signature().name() + "/", 0);
      }
    }
    for (const auto& [text, count] : problems_) {
      out_.warnings.push_back(count == 1 ? text : fmt::format("{} (and {} more)", text, count - 1));
    }
    return std::move(out_);
  }

 private:
  struct Body {
    std::string attribute;
    std::vector<int32_t> arguments;
    std::vector<int32_t> results;
  };
  struct Scope {
    std::string prefix;
    const tf::FunctionDef* function = nullptr;
    std::unordered_map<std::string, int32_t> index;
    std::vector<int32_t> ids;  // of the scope's nodes, in order
  };

  int32_t AddNode(OpenNode node) {
    int& uses = names_[node.name];
    if (++uses > 1) {
      node.note = "its name stands more than once in the graph";
      node.name += fmt::format("#{}", uses);
    }
    out_.nodes.push_back(std::move(node));
    return static_cast<int32_t>(out_.nodes.size() - 1);
  }

  void AddNodes(const Nodes& nodes, Scope& scope, int depth) {
    for (const tf::NodeDef& def : nodes) {
      const std::string lookup =
          scope.function == nullptr ? "" : scope.function->signature().name() + "/" + def.name();
      const int32_t id = AddNode({&def, scope.prefix + def.name(), def.op(), "", lookup});
      scope.index.try_emplace(def.name(), id);
      scope.ids.push_back(id);
    }
    for (int i = 0; i < nodes.size(); ++i) OpenCall(nodes[i], scope.ids[static_cast<size_t>(i)], depth);
  }

  void OpenCall(const tf::NodeDef& def, int32_t id, int depth) {
    std::vector<std::pair<std::string, std::string>> called = CalledFunctions(def);
    if (functions_.contains(def.op())) called = {{"", def.op()}};
    const std::string prefix = out_.nodes[static_cast<size_t>(id)].name + "/";
    for (const auto& [attribute, name] : called) {
      if (name.empty()) continue;
      const auto function = functions_.find(name);
      if (function == functions_.end()) {
        ++problems_[fmt::format("function '{}' is not in the model's library", name)];
      } else if (depth >= kMaxDepth) {
        ++problems_[fmt::format("function '{}' calls itself: not opened further", name)];
      } else if (out_.nodes.size() + static_cast<size_t>(function->second->node_def_size()) > most_nodes_) {
        ++problems_[fmt::format("more than {} nodes: call of '{}' is not opened", most_nodes_, name)];
      } else {
        Body body =
            AddFunction(*function->second, attribute.empty() ? prefix : prefix + attribute + "/", depth + 1);
        body.attribute = attribute;
        calls_[id].push_back(std::move(body));
        out_.nodes[static_cast<size_t>(id)].opened = true;
      }
    }
  }

  Body AddFunction(const tf::FunctionDef& function, const std::string& prefix, int depth) {
    Body body;
    Scope scope;
    scope.prefix = prefix;
    scope.function = &function;
    const std::string origin = function.signature().name() + "/";
    for (const tf::OpDef::ArgDef& arg : function.signature().input_arg()) {
      const int32_t id =
          AddNode({nullptr, prefix + arg.name(), "Argument", TypeText(arg.type()), origin + arg.name()});
      scope.index.try_emplace(arg.name(), id);
      body.arguments.push_back(id);
    }
    AddNodes(function.node_def(), scope, depth);
    Connect(function.node_def(), scope);
    for (const tf::OpDef::ArgDef& arg : function.signature().output_arg()) {
      const int32_t id = AddNode({nullptr, prefix + arg.name(), "Result", TypeText(arg.type())});
      const auto ret = function.ret().find(arg.name());
      if (ret != function.ret().end()) ConnectInput(ret->second, scope, id);
      body.results.push_back(id);
    }
    return body;
  }

  void Connect(const Nodes& nodes, const Scope& scope) {
    for (int i = 0; i < nodes.size(); ++i) {
      const int32_t id = scope.ids[static_cast<size_t>(i)];
      for (const std::string& input : nodes[i].input()) ConnectInput(input, scope, id);
      const auto call = calls_.find(id);
      if (call != calls_.end()) PassIntoBodies(id, call->second);
    }
  }

  // Edges into an opened call end at the arguments.
  void PassIntoBodies(int32_t id, const std::vector<Body>& bodies) {
    const auto own = static_cast<size_t>(InputsOfItsOwn(out_.nodes[static_cast<size_t>(id)].op));
    const std::vector<std::vector<Source>> inputs = SplitInputs(id);
    for (const Body& body : bodies) {
      for (size_t i = 0; i < body.arguments.size() && own + i < inputs.size(); ++i) {
        const std::vector<Source>& from = inputs[own + i];
        auto& argument = out_.nodes[static_cast<size_t>(body.arguments[i])];
        argument.inputs.insert(argument.inputs.end(), from.begin(), from.end());
      }
    }
    std::vector<Source>& kept = out_.nodes[static_cast<size_t>(id)].inputs;
    kept.clear();
    for (size_t i = 0; i < std::min(own, inputs.size()); ++i) {
      kept.insert(kept.end(), inputs[i].begin(), inputs[i].end());
    }
  }

  // The sources of each data input: one that comes from an opened If has one for each branch.
  std::vector<std::vector<Source>> SplitInputs(int32_t id) const {
    std::vector<std::vector<Source>> out;
    const std::vector<Source>& inputs = out_.nodes[static_cast<size_t>(id)].inputs;
    const auto widths = widths_.find(id);
    if (widths == widths_.end()) return out;
    auto at = inputs.begin();
    for (const int width : widths->second) {
      out.emplace_back(at, at + width);
      at += width;
    }
    return out;
  }

  void ConnectInput(const std::string& text, const Scope& scope, int32_t to) {
    const bool control = text.starts_with('^');
    const std::optional<Source> from = control ? Find(text.substr(1), 0, scope) : FindTensor(text, scope);
    OpenNode& node = out_.nodes[static_cast<size_t>(to)];
    if (!from) {
      if (node.note.empty()) node.note = fmt::format("input '{}' is not in the graph", text);
      return;
    }
    if (control) {
      node.controls.push_back(from->node);
      return;
    }
    const size_t before = node.inputs.size();
    const auto call = calls_.find(from->node);
    if (call != calls_.end()) {
      for (const Body& body : call->second) {
        if (body.attribute == "cond") continue;  // of a While: it decides, it returns nothing
        const auto port = static_cast<size_t>(from->port);
        if (port < body.results.size()) node.inputs.push_back({body.results[port], 0});
      }
    }
    if (node.inputs.size() == before) node.inputs.push_back(*from);
    widths_[to].push_back(static_cast<int>(node.inputs.size() - before));
  }

  std::optional<Source> Find(const std::string& name, int port, const Scope& scope) const {
    const auto at = scope.index.find(name);
    if (at == scope.index.end()) return std::nullopt;
    return Source{at->second, port};
  }

  std::optional<Source> FindTensor(const std::string& text, const Scope& scope) const {
    if (scope.function == nullptr) {
      const std::optional<TensorRefView> ref = ParseTensorRef(text);
      return ref ? Find(std::string(ref->node), ref->port, scope) : std::nullopt;
    }
    const std::vector<std::string_view> parts = SplitText(text, ':');
    const std::optional<Source> found = Find(std::string(parts[0]), 0, scope);
    if (!found || parts.size() != 3) return found;
    return Source{found->node, PortOf(out_.nodes[static_cast<size_t>(found->node)], parts[1], parts[2])};
  }

  int32_t PortOf(const OpenNode& node, std::string_view output, std::string_view index) const {
    const auto i = static_cast<int32_t>(std::clamp<int64_t>(ParseInt(index).value_or(0), 0, 1'000'000));
    const TfOpDef* def = node.def == nullptr ? nullptr : ops_.Find(node.op);
    if (def == nullptr) return i;
    try {
      const std::optional<PortRange> range = OutputRange(*def, *node.def, output);
      return range ? range->first + i : i;
    } catch (const Error&) {
      return i;  // an attribute is missing: the model is shown all the same
    }
  }

  const OpTable& ops_;
  size_t most_nodes_;
  OpenGraph out_;
  std::unordered_map<std::string, const tf::FunctionDef*> functions_;
  std::unordered_map<std::string, int> names_;
  std::unordered_map<int32_t, std::vector<Body>> calls_;
  std::unordered_map<int32_t, std::vector<int>> widths_;  // sources of each data input, by node
  std::map<std::string, int> problems_;
};

}  // namespace

OpenGraph OpenFunctions(const tf::GraphDef& graph, const OpTable& ops, size_t most_nodes) {
  return Opener(graph, ops, most_nodes).Open(graph);
}

}  // namespace floe::view
