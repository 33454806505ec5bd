#include "frontend/tensorflow/rewrite/handle_flow.h"

#include <algorithm>
#include <set>
#include <string_view>

#include "base/error.h"
#include "formats/tensorflow/tensor_proto.h"
#include "frontend/tensorflow/rewrite/handle_uses.h"
#include "frontend/tensorflow/rewrite/nodes.h"

namespace floe {
namespace {

bool AnyValue(const ValueTypes& types) {
  return std::ranges::any_of(types, [](tf::DataType type) { return type != tf::DT_INVALID; });
}

// Operations that hand on what they get, by the attribute of its type.
bool HandsOn(std::string_view op) {
  static const std::set<std::string_view> kOps = {
      "Identity", "Enter", "Exit", "NextIteration", "Merge", "StopGradient", "PreventGradient", "Snapshot"};
  return kOps.contains(op);
}

}  // namespace

// The rewriting of one scope, node by node in the order of the data.
class ScopeHandles {
 public:
  ScopeHandles(HandleFlow& flow, Scope& scope)
      : flow_(flow), scope_(scope), index_(scope.graph, scope.Subject()), names_(scope.graph) {
    for (const tf::NodeDef& node : scope.graph.node())
      in_v1_flow_ = in_v1_flow_ || node.op() == "Enter" || node.op() == "Switch";
  }

  ValueTypes Run(const std::map<std::string, tf::DataType>& constants, const ValueTypes& arguments) {
    results_.resize(static_cast<size_t>(scope_.function.signature().output_arg_size()), tf::DT_INVALID);
    for (const int i : index_.TopologicalOrder()) {
      tf::NodeDef& node = *scope_.graph.mutable_node(i);
      if (const auto constant = constants.find(node.name()); constant != constants.end()) {
        values_[{i, 0}] = constant->second;
      } else if (node.op() == "_Arg") {
        const size_t argument = static_cast<size_t>(IntAttr(node, "index", 0));
        if (argument < arguments.size() && arguments[argument] != tf::DT_INVALID)
          TakeArgument(i, node, arguments[argument]);
      } else {
        const ValueTypes inputs = InputValues(i);
        if (AnyValue(inputs)) Rewrite(i, node, inputs);
      }
    }
    for (tf::NodeDef& node : added_) AddNode(scope_.graph, std::move(node));
    return results_;
  }

 private:
  void TakeArgument(int i, tf::NodeDef& node, tf::DataType type) {
    values_[{i, 0}] = type;
    MakeArgumentValue(scope_, node, type);
  }

  ValueTypes InputValues(int i) const {
    ValueTypes types;
    for (const GraphIndex::Input& input : index_.inputs(i)) {
      if (input.port < 0) continue;
      const auto value = values_.find({input.node, input.port});
      types.push_back(value == values_.end() ? tf::DT_INVALID : value->second);
    }
    return types;
  }

  void Rewrite(int i, tf::NodeDef& node, const ValueTypes& inputs) {
    const std::string& op = node.op();
    const tf::DataType first = inputs[0];
    if (op == "_Retval") {
      SetTypeAttr(node, "T", first);
      results_[static_cast<size_t>(IntAttr(node, "index", 0))] = first;
    } else if (HandsOn(op)) {
      HandOn(i, node, *std::ranges::find_if(inputs, [](tf::DataType type) { return type != tf::DT_INVALID; }),
             1);
    } else if (op == "Switch") {
      HandOn(i, node, first, 2);
    } else if (op == "IdentityN") {
      for (size_t k = 0; k < inputs.size(); ++k) {
        if (inputs[k] == tf::DT_INVALID) continue;
        PatchTypeList(node, "T", static_cast<int>(k), inputs[k]);
        values_[{i, static_cast<int>(k)}] = inputs[k];
      }
      node.mutable_attr()->erase("_output_shapes");
    } else if (op == "If" || op == "StatelessIf" || op == "Case" || op == "StatelessCase") {
      RewriteIf(i, node, inputs);
    } else if (op == "While" || op == "StatelessWhile") {
      RewriteWhile(i, node, inputs);
    } else {
      RewriteUse(node, inputs);
    }
  }

  void HandOn(int i, tf::NodeDef& node, tf::DataType type, int outputs) {
    SetTypeAttr(node, "T", type);
    node.mutable_attr()->erase("_output_shapes");
    for (int port = 0; port < outputs; ++port) values_[{i, port}] = type;
  }

  void RewriteIf(int i, tf::NodeDef& node, const ValueTypes& inputs) {
    const ValueTypes arguments(inputs.begin() + 1, inputs.end());
    if (inputs[0] != tf::DT_INVALID) FailOn(node);
    for (size_t k = 0; k < arguments.size(); ++k) {
      if (arguments[k] != tf::DT_INVALID) PatchTypeList(node, "Tin", static_cast<int>(k), arguments[k]);
    }
    ForEachFunction(node, [&](tf::NameAttrList& function) {
      const HandleFlow::Body& body = flow_.Specialize(function.name(), arguments);
      function.set_name(body.name);
      for (size_t k = 0; k < body.results.size(); ++k) {
        if (body.results[k] == tf::DT_INVALID) continue;
        PatchTypeList(node, "Tout", static_cast<int>(k), body.results[k]);
        ForgetShape(node, static_cast<int>(k));
        values_[{i, static_cast<int>(k)}] = body.results[k];
      }
    });
  }

  void RewriteWhile(int i, tf::NodeDef& node, const ValueTypes& inputs) {
    ForEachFunction(node, [&](tf::NameAttrList& function) {
      const HandleFlow::Body& body = flow_.Specialize(function.name(), inputs);
      function.set_name(body.name);
    });
    for (size_t k = 0; k < inputs.size(); ++k) {
      if (inputs[k] == tf::DT_INVALID) continue;
      PatchTypeList(node, "T", static_cast<int>(k), inputs[k]);
      ForgetShape(node, static_cast<int>(k));
      values_[{i, static_cast<int>(k)}] = inputs[k];
    }
  }

  // Operations that take a handle or a reference and use the variable behind it.
  void RewriteUse(tf::NodeDef& node, const ValueTypes& inputs) {
    const tf::DataType type = inputs[0];
    const bool first_only = !AnyValue(ValueTypes(inputs.begin() + 1, inputs.end()));
    if (type == tf::DT_INVALID || !first_only) FailOn(node);
    if (!ReadValue(node, type, in_v1_flow_, names_, added_)) FailOn(node);
  }

  [[noreturn]] void FailOn(const tf::NodeDef& node) const {
    Throw(ErrorCode::kModel,
          "node '{}' ({}): expected the outputs to need only values of variables, found one that needs a "
          "variable itself",
          node.name(), node.op());
  }

  HandleFlow& flow_;
  Scope& scope_;
  GraphIndex index_;
  NameSet names_;
  bool in_v1_flow_ = false;
  std::map<std::pair<int, int>, tf::DataType> values_;
  ValueTypes results_;
  std::vector<tf::NodeDef> added_;
};

ValueTypes HandleFlow::Rewrite(Scope& scope, const std::map<std::string, tf::DataType>& constants,
                               const ValueTypes& arguments) {
  return ScopeHandles(*this, scope).Run(constants, arguments);
}

const HandleFlow::Body& HandleFlow::Specialize(const std::string& function, const ValueTypes& arguments) {
  std::map<ValueTypes, Body>& variants = variants_[function];
  if (const auto made = variants.find(arguments); made != variants.end()) return made->second;
  const auto found = work_.functions.find(function);
  if (found == work_.functions.end())
    Throw(ErrorCode::kModel, "function '{}': expected it in the library, found none", function);
  Scope scope = found->second;
  std::string name = function;
  for (int i = 1; made_.contains(name) || (name != function && work_.functions.contains(name)); ++i) {
    name = function + "_" + std::to_string(i);
  }
  made_[name];  // taken, while bodies inside are made
  scope.function.mutable_signature()->set_name(name);
  Body body{name, Rewrite(scope, {}, arguments)};
  made_[name] = std::move(scope);
  return variants[arguments] = std::move(body);
}

void HandleFlow::Finish() {
  for (auto& [name, scope] : made_) work_.functions[name] = std::move(scope);
}

}  // namespace floe
