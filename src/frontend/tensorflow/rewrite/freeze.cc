#include "frontend/tensorflow/rewrite/freeze.h"

#include <map>
#include <set>

#include "base/error.h"
#include "base/text.h"
#include "frontend/tensorflow/rewrite/handle_flow.h"
#include "frontend/tensorflow/rewrite/nodes.h"

namespace floe {
namespace {

// References become values, so operations on references become those on values.
void DropReferences(Scope& scope) {
  static const std::map<std::string, std::string> kPlain = {
      {"RefEnter", "Enter"}, {"RefExit", "Exit"},     {"RefIdentity", "Identity"},
      {"RefMerge", "Merge"}, {"RefSwitch", "Switch"}, {"RefNextIteration", "NextIteration"}};
  for (tf::NodeDef& node : *scope.graph.mutable_node()) {
    if (const auto plain = kPlain.find(node.op()); plain != kPlain.end()) node.set_op(plain->second);
    if (node.op() != "IsVariableInitialized") continue;
    tf::NodeDef constant = MakeConst(node.name(), Tensor::Scalar<bool>(true));
    for (const std::string& input : node.input()) {
      if (input.starts_with('^')) constant.add_input(input);
    }
    node.Swap(&constant);
  }
}

class Freezer {
 public:
  Freezer(WorkGraph& work, VariableValues& values) : work_(work), values_(values) {}

  void Run() {
    HandleFlow flow(work_);
    std::vector<std::string> bodies;
    for (const auto& [name, scope] : work_.functions) bodies.push_back(name);
    // Variables that a body makes itself, by shared_name.
    for (const std::string& name : bodies) {
      Scope& scope = work_.functions.at(name);
      DropReferences(scope);
      const std::map<std::string, tf::DataType> constants = Replace(scope);
      if (!constants.empty()) flow.Rewrite(scope, constants, {});
    }
    DropReferences(work_.main);
    const std::map<std::string, tf::DataType> constants = Replace(work_.main);
    FailOnMissing();
    flow.Rewrite(work_.main, constants, {});
    flow.Finish();
  }

 private:
  // Variable nodes to constants; returns those that were resources. A second node of one variable reads the
  // first.
  std::map<std::string, tf::DataType> Replace(Scope& scope) {
    std::map<std::string, tf::DataType> handles;
    std::map<std::string, std::string> first;
    for (tf::NodeDef& node : *scope.graph.mutable_node()) {
      const std::optional<VariableNode> variable = AsVariable(node);
      if (!variable) continue;
      const auto [known, is_new] = first.emplace(variable->resource, variable->node);
      tf::NodeDef replaced;
      if (!is_new) {
        replaced = MakeIdentity(variable->node, known->second, variable->type);
      } else if (const std::optional<Tensor> value = values_.Read(*variable)) {
        replaced = MakeConst(variable->node, *value, variable->type);
      } else {
        missing_.push_back(*variable);
        continue;
      }
      if (variable->is_resource) handles[variable->node] = variable->type;
      node.Swap(&replaced);
    }
    return handles;
  }

  void FailOnMissing() {
    if (missing_.empty()) return;
    std::string names;
    for (size_t i = 0; i < missing_.size() && i < 5; ++i)
      names += (i > 0 ? ", '" : "'") + missing_[i].resource + "'";
    if (missing_.size() > 5) names += " and " + std::to_string(missing_.size() - 5) + " more";
    const char* noun = missing_.size() == 1 ? "variable" : "variables";
    if (values_.checkpoint_prefix().empty()) {
      Throw(ErrorCode::kModel,
            "{} {}: expected values, found no checkpoint; add --checkpoint PREFIX, or --set NAME=VALUE", noun,
            names);
    }
    Throw(ErrorCode::kModel,
          "{} {}: expected in the checkpoint '{}', found none{}; give another one by --checkpoint PREFIX, or "
          "a value by --set NAME=VALUE",
          noun, names, values_.checkpoint_prefix(), values_.Suggest(missing_[0]));
  }

  WorkGraph& work_;
  VariableValues& values_;
  std::vector<VariableNode> missing_;
};

}  // namespace

void FreezeVariables(WorkGraph& work, VariableValues& values) {
  Freezer(work, values).Run();
}

}  // namespace floe
