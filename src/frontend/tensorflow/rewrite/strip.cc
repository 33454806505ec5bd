#include "frontend/tensorflow/rewrite/strip.h"

#include <set>
#include <string_view>

#include "frontend/tensorflow/rewrite/graph_index.h"
#include "frontend/tensorflow/rewrite/nodes.h"

namespace floe {
namespace {

// Output i is input i. Print's and Copy's side effects are for people who debug.
bool PassesThrough(const tf::NodeDef& node) {
  static const std::set<std::string_view> kOps = {
      "Identity",        "IdentityN", "RefIdentity",    "StopGradient",
      "PreventGradient", "Snapshot",  "GuaranteeConst", "DebugIdentity",
      "DebugIdentityV2", "Print",     "Copy",           "CopyHost"};
  return kOps.contains(node.op());
}

bool HasControlInput(const tf::NodeDef& node) {
  return node.input_size() > 0 && node.input(node.input_size() - 1).starts_with('^');
}

}  // namespace

std::unordered_set<std::string> Kept::Nodes() const {
  std::unordered_set<std::string> nodes(initializers.begin(), initializers.end());
  for (const TensorRef& ref : outputs) nodes.insert(ref.node);
  for (const TensorRef& ref : inputs) nodes.insert(ref.node);
  return nodes;
}

void BypassPassThrough(Scope& scope, const Kept& kept) {
  const std::set<TensorRef> fed(kept.inputs.begin(), kept.inputs.end());
  Rewiring rewiring;
  for (const tf::NodeDef& node : scope.graph.node()) {
    // A control input that was left says when the value may be used.
    if (!PassesThrough(node) || HasControlInput(node)) continue;
    const int ports = node.op() == "IdentityN" ? node.input_size() : 1;
    for (int port = 0; port < ports; ++port) {
      if (!fed.contains({node.name(), port})) rewiring.Redirect({node.name(), port}, node.input(port));
    }
  }
  rewiring.Apply(scope.graph);
}

void PruneDeadNodes(Scope& scope, const Kept& kept) {
  const GraphIndex index(scope.graph, scope.Subject());
  std::vector<bool> needed(static_cast<size_t>(index.size()), false);
  std::vector<int> pending;
  const auto need = [&](int node) {
    if (node < 0 || needed[static_cast<size_t>(node)]) return;
    needed[static_cast<size_t>(node)] = true;
    pending.push_back(node);
  };
  if (scope.name().empty()) {
    for (const TensorRef& output : kept.outputs) need(index.Find(output.node));
    for (const std::string& node : kept.initializers) need(index.Find(node));
  }
  for (const std::string& node : scope.control_returns) need(index.Find(node));
  for (int i = 0; i < index.size(); ++i) {
    if (index.node(i).op() == "_Arg" || index.node(i).op() == "_Retval") need(i);
  }
  while (!pending.empty()) {
    const int node = pending.back();
    pending.pop_back();
    for (const GraphIndex::Input& input : index.inputs(node)) need(input.node);
  }
  KeepNodes(scope.graph, needed);
}

void PruneBodies(WorkGraph& work) {
  std::set<std::string> needed;
  std::vector<const Scope*> pending = {&work.main};
  while (!pending.empty()) {
    const Scope* scope = pending.back();
    pending.pop_back();
    for (const tf::NodeDef& node : scope->graph.node()) {
      ForEachFunction(node, [&](const tf::NameAttrList& function) {
        const auto body = work.functions.find(function.name());
        if (body != work.functions.end() && needed.insert(function.name()).second)
          pending.push_back(&body->second);
      });
    }
  }
  std::erase_if(work.functions, [&](const auto& entry) { return !needed.contains(entry.first); });
}

void TrimKeptPorts(Scope& scope, const Kept& kept) {
  const GraphIndex index(scope.graph, scope.Subject());
  std::set<TensorRef> used(kept.outputs.begin(), kept.outputs.end());
  used.insert(kept.inputs.begin(), kept.inputs.end());
  const std::unordered_set<std::string> names = kept.Nodes();
  NameSet fresh(scope.graph);
  for (int i = 0; i < index.size(); ++i) {
    tf::NodeDef& node = *scope.graph.mutable_node(i);
    if (node.op() != "IdentityN" || !names.contains(node.name())) continue;
    std::set<int> read;
    for (const GraphIndex::Consumer& consumer : index.consumers(i)) {
      read.insert(index.inputs(consumer.node)[static_cast<size_t>(consumer.slot)].port);
    }
    const tf::AttrValue* types = FindAttr(node, "T");
    for (int port = 0; types != nullptr && port < types->list().type_size(); ++port) {
      const auto type = static_cast<tf::DataType>(types->list().type(port));
      // Resources and variants have no empty constant.
      if (read.contains(port) || used.contains({node.name(), port}) || type == tf::DT_RESOURCE ||
          type == tf::DT_VARIANT) {
        continue;
      }
      const std::string name = fresh.Take(node.name() + "/unused_" + std::to_string(port));
      node.set_input(port, name);
      AddNode(scope.graph, MakeEmptyConst(name, type));
    }
  }
}

}  // namespace floe
