#include <algorithm>
#include <optional>
#include <set>
#include <string_view>

#include "base/error.h"
#include "frontend/tensorflow/rewrite/freeze.h"
#include "frontend/tensorflow/rewrite/graph_index.h"
#include "frontend/tensorflow/rewrite/nodes.h"

namespace floe {
namespace {

// Operations whose first input is a variable that they change.
bool IsWrite(std::string_view op) {
  static const std::set<std::string_view> kPure = {"ScatterNd", "ScatterNdNonAliasingAdd"};
  static constexpr std::string_view kPrefixes[] = {"Assign",
                                                   "Scatter",
                                                   "ResourceScatter",
                                                   "ResourceApply",
                                                   "ResourceSparseApply",
                                                   "Apply",
                                                   "SparseApply",
                                                   "CountUpTo",
                                                   "ResourceCountUpTo",
                                                   "ResourceAccumulator",
                                                   "StridedSliceAssign",
                                                   "ResourceStridedSliceAssign"};
  if (kPure.contains(op)) return false;
  return std::ranges::any_of(kPrefixes, [&](std::string_view prefix) { return op.starts_with(prefix); });
}

bool IsRead(std::string_view op) {
  return op == "ReadVariableOp" || op == "ResourceGather" || op == "ResourceGatherNd" ||
         op == "DestroyResourceOp";
}

class WriteCheck {
 public:
  WriteCheck(WorkGraph& work, const Kept& kept)
      : work_(work), index_(work.main.graph, "graph"), runs_(NeededBy(index_, kept)) {}

  void Run() {
    for (int i = 0; i < index_.size(); ++i) {
      if (!runs_[static_cast<size_t>(i)] || !IsWrite(index_.node(i).op())) continue;
      const std::optional<VariableNode> variable = VariableOf(i);
      if (variable) CheckWrite(i, *variable);
    }
    for (const auto& [name, scope] : work_.functions) CheckBody(scope);
  }

 private:
  std::optional<VariableNode> VariableOf(int node) const {
    std::set<int> seen;
    while (!index_.inputs(node).empty() && seen.insert(node).second) {
      node = index_.inputs(node)[0].node;
      if (const std::optional<VariableNode> variable = AsVariable(index_.node(node))) return variable;
      const std::string& op = index_.node(node).op();
      if (op != "Identity" && op != "RefIdentity" && op != "Enter" && op != "RefEnter" && op != "Switch" &&
          op != "RefSwitch" && !IsWrite(op)) {
        return std::nullopt;
      }
    }
    return std::nullopt;
  }

  // Reads that run after the write: of a handle by reading operations, of a reference by any consumer of the
  // variable.
  void CheckWrite(int write, const VariableNode& variable) {
    for (const GraphIndex::Consumer& consumer : index_.consumers(write)) {
      const bool by_data = index_.inputs(consumer.node)[static_cast<size_t>(consumer.slot)].port >= 0;
      if (by_data && runs_[static_cast<size_t>(consumer.node)]) Fail(variable, write, consumer.node);
    }
    const std::vector<bool> after = RunAfter(index_, write, runs_);
    for (int node = 0; node < index_.size(); ++node) {
      if (after[static_cast<size_t>(node)] && Reads(node, variable)) Fail(variable, write, node);
    }
    if (!warned_.insert(variable.resource).second) return;
    work_.warnings.push_back("variable '" + variable.node + "': node '" + index_.node(write).name() + "' (" +
                             index_.node(write).op() +
                             ") changes it for the next run; the frozen graph does not");
  }

  bool Reads(int node, const VariableNode& variable) const {
    const std::string& op = index_.node(node).op();
    if (IsWrite(op)) return false;
    if (variable.is_resource && !IsRead(op)) return HasBodyWith(node, variable);
    const std::optional<VariableNode> read = VariableOf(node);
    return read && read->resource == variable.resource;
  }

  // Whether bodies of the node are given the variable's handle, to read it.
  bool HasBodyWith(int node, const VariableNode& variable) const {
    bool has_body = false;
    ForEachFunction(index_.node(node), [&](const tf::NameAttrList&) { has_body = true; });
    return has_body && std::ranges::any_of(index_.inputs(node), [&](const GraphIndex::Input& input) {
             const std::optional<VariableNode> given = AsVariable(index_.node(input.node));
             return given && given->resource == variable.resource;
           });
  }

  [[noreturn]] void Fail(const VariableNode& variable, int write, int read) const {
    Throw(ErrorCode::kModel,
          "variable '{}': expected it to stay the same while the outputs are computed, found '{}' ({}) "
          "writing it before "
          "'{}' ({}) reads it; choose outputs that do not need the update",
          variable.node, index_.node(write).name(), index_.node(write).op(), index_.node(read).name(),
          index_.node(read).op());
  }

  void CheckBody(const Scope& scope) {
    const tf::NodeDef* write = nullptr;
    const tf::NodeDef* read = nullptr;
    for (const tf::NodeDef& node : scope.graph.node()) {
      if (IsWrite(node.op()) && node.op() != "AssignVariableXlaConcatND" && DataInputCount(node) > 0)
        write = &node;
      if (IsRead(node.op())) read = &node;
    }
    if (write == nullptr) return;
    if (read != nullptr) {
      Throw(ErrorCode::kModel,
            "function '{}': expected variables to stay the same in branches and loops, found '{}' ({}) "
            "writing and '{}' ({}) "
            "reading one",
            scope.name(), write->name(), write->op(), read->name(), read->op());
    }
    work_.warnings.push_back("function '" + scope.name() + "': node '" + write->name() + "' (" + write->op() +
                             ") changes a variable for the next run; the frozen graph does not");
  }

  WorkGraph& work_;
  GraphIndex index_;
  std::vector<bool> runs_;
  std::set<std::string> warned_;  // of variables, each once
};

}  // namespace

void CheckVariableWrites(WorkGraph& work, const Kept& kept) {
  WriteCheck(work, kept).Run();
}

}  // namespace floe
