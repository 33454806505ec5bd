// Follows restore operations: Assign(variable, RestoreV2(prefix, names, slices):i) says where the value lies.
#include <algorithm>
#include <set>
#include <unordered_map>
#include <unordered_set>

#include "base/text.h"
#include "formats/tensorflow/tensor_proto.h"
#include "frontend/tensorflow/rewrite/variable_values.h"

namespace floe {
namespace {

constexpr int kMaxHops = 16;     // Identity, Reshape... between a restore and its Assign
constexpr int kMaxCalls = 4096;  // of restoring functions that are looked into
constexpr int kMaxCallDepth = 16;

using Nodes = google::protobuf::RepeatedPtrField<tf::NodeDef>;
using Names = std::vector<std::string>;

// "node:3" of a graph, "node:tensors:3" of a function, "node".
struct Source {
  std::string node;
  size_t port = 0;
};
Source ParseSource(const std::string& input) {
  const std::vector<std::string_view> parts = SplitText(input, ':');
  Source source{std::string(parts[0]), 0};
  if (parts.size() > 1)
    source.port = static_cast<size_t>(std::max<int64_t>(0, ParseInt(parts.back()).value_or(0)));
  return source;
}

class RestoreScan {
 public:
  explicit RestoreScan(const tf::GraphDef& graph) {
    for (const tf::FunctionDef& function : graph.library().function())
      functions_[function.signature().name()] = &function;
  }

  // `arguments`: what the caller passes, as names of variables.
  void Scan(const Nodes& nodes, const std::unordered_map<std::string, Names>& arguments, int depth,
            const std::unordered_set<std::string>* only) {
    std::unordered_map<std::string, const tf::NodeDef*> by_name;
    for (const tf::NodeDef& node : nodes) by_name.emplace(node.name(), &node);
    for (const tf::NodeDef& node : nodes) {
      if (only != nullptr && !only->contains(node.name())) continue;
      if (node.op() == "Assign" || node.op() == "AssignVariableOp") {
        AddAssign(node, by_name, arguments);
      } else if (const tf::FunctionDef* callee = Callee(node); callee != nullptr && depth < kMaxCallDepth) {
        if (++calls_ > kMaxCalls) return;
        std::unordered_map<std::string, Names> passed;
        for (int i = 0; i < std::min(node.input_size(), callee->signature().input_arg_size()); ++i) {
          const Names variable = Variable(node.input(i), by_name, arguments);
          if (!variable.empty()) passed[callee->signature().input_arg(i).name()] = variable;
        }
        if (!passed.empty()) Scan(callee->node_def(), passed, depth + 1, nullptr);
      }
    }
  }

  RestoreSources Take() { return std::move(found_); }

 private:
  using ByName = std::unordered_map<std::string, const tf::NodeDef*>;

  const tf::FunctionDef* Callee(const tf::NodeDef& node) const {
    std::string name = FunctionAttr(node, "f");
    if (name.empty()) name = node.op();
    const auto found = functions_.find(name);
    return found == functions_.end() ? nullptr : found->second;
  }

  static const tf::NodeDef* Find(const ByName& nodes, const std::string& name) {
    const auto found = nodes.find(name);
    return found == nodes.end() ? nullptr : found->second;
  }

  // Names of the variable that a handle or reference means.
  static Names Variable(const std::string& input, const ByName& nodes,
                        const std::unordered_map<std::string, Names>& arguments) {
    Source at = ParseSource(input);
    for (int hop = 0; hop < kMaxHops; ++hop) {
      if (const auto argument = arguments.find(at.node); argument != arguments.end()) return argument->second;
      const tf::NodeDef* node = Find(nodes, at.node);
      if (node == nullptr) return {};
      if (const std::optional<VariableNode> variable = AsVariable(*node))
        return {variable->node, variable->resource};
      if (node->input_size() == 0 || (node->op() != "Identity" && node->op() != "RefIdentity")) return {};
      at = ParseSource(node->input(0));
    }
    return {};
  }

  static std::vector<std::string> Strings(const std::string& input, const ByName& nodes) {
    const tf::NodeDef* node = Find(nodes, ParseSource(input).node);
    for (int hop = 0; node != nullptr && node->op() == "Identity" && node->input_size() > 0 && hop < kMaxHops;
         ++hop) {
      node = Find(nodes, ParseSource(node->input(0)).node);
    }
    if (node == nullptr || node->op() != "Const" || TypeAttr(*node, "dtype") != tf::DT_STRING) return {};
    const Tensor value = ConstValue(*node);
    const std::string* text = value.data<std::string>();
    return {text, text + value.size()};
  }

  void AddAssign(const tf::NodeDef& assign, const ByName& nodes,
                 const std::unordered_map<std::string, Names>& arguments) {
    if (assign.input_size() < 2) return;
    Source at = ParseSource(assign.input(1));
    const tf::NodeDef* node = Find(nodes, at.node);
    static const std::set<std::string_view> kBetween = {"Identity", "Reshape", "Cast"};
    for (int hop = 0;
         node != nullptr && kBetween.contains(node->op()) && node->input_size() > 0 && hop < kMaxHops;
         ++hop) {
      at = ParseSource(node->input(0));
      node = Find(nodes, at.node);
    }
    if (node == nullptr || node->input_size() < 2) return;
    const bool bundle = node->op() == "RestoreV2";
    if (!bundle && node->op() != "Restore" && node->op() != "RestoreSlice") return;
    const std::vector<std::string> keys = Strings(node->input(1), nodes);
    const size_t index = bundle ? at.port : 0;
    if (index >= keys.size()) return;
    std::vector<std::string> slices;
    if (node->op() != "Restore" && node->input_size() > 2) slices = Strings(node->input(2), nodes);
    const RestoreSource source{keys[index], index < slices.size() ? slices[index] : ""};
    for (const std::string& name : Variable(assign.input(0), nodes, arguments))
      found_[name].push_back(source);
  }

  std::unordered_map<std::string, const tf::FunctionDef*> functions_;
  RestoreSources found_;
  int calls_ = 0;
};

// Names of the nodes that running `root` runs.
std::unordered_set<std::string> Upstream(const tf::GraphDef& graph, const std::string& root) {
  std::unordered_map<std::string, const tf::NodeDef*> by_name;
  for (const tf::NodeDef& node : graph.node()) by_name.emplace(node.name(), &node);
  std::unordered_set<std::string> seen;
  std::vector<std::string> pending = {ParseSource(root).node};
  while (!pending.empty()) {
    const std::string name = std::move(pending.back());
    pending.pop_back();
    const auto node = by_name.find(name);
    if (node == by_name.end() || !seen.insert(name).second) continue;
    for (const std::string& input : node->second->input()) {
      pending.push_back(ParseSource(input.starts_with('^') ? input.substr(1) : input).node);
    }
  }
  return seen;
}

}  // namespace

RestoreSources FindRestoreSources(const tf::GraphDef& graph, const std::string& restore_op) {
  RestoreScan scan(graph);
  if (!restore_op.empty()) {
    const std::unordered_set<std::string> first = Upstream(graph, restore_op);
    scan.Scan(graph.node(), {}, 0, &first);
  }
  scan.Scan(graph.node(), {}, 0, nullptr);
  return scan.Take();
}

}  // namespace floe
