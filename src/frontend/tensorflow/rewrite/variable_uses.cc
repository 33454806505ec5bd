#include "frontend/tensorflow/rewrite/variable_uses.h"

#include <algorithm>
#include <set>

#include "frontend/tensorflow/rewrite/nodes.h"

namespace floe {
namespace {

bool IsRead(std::string_view op) {
  return op == "ReadVariableOp" || op == "ResourceGather" || op == "ResourceGatherNd";
}

bool HasBodies(std::string_view op) {
  static const std::set<std::string_view> kOps = {"If",   "StatelessIf", "StatelessCase",
                                                  "Case", "While",       "StatelessWhile"};
  return kOps.contains(op);
}

}  // namespace

bool IsKnownWrite(std::string_view op) {
  static const std::set<std::string_view> kOps = {
      "AssignVariableOp",     "AssignAddVariableOp",       "AssignSubVariableOp",     "ResourceScatterUpdate",
      "ResourceScatterAdd",   "ResourceScatterSub",        "ResourceScatterNdUpdate", "ResourceScatterNdAdd",
      "ResourceScatterNdSub", "ResourceScatterMax",        "ResourceScatterMin",      "ResourceScatterNdMax",
      "ResourceScatterNdMin", "ResourceStridedSliceAssign"};
  return kOps.contains(op);
}

int ArgumentOf(const tf::NodeDef& node, int slot) {
  return node.op() == "While" || node.op() == "StatelessWhile" ? slot : slot - 1;
}

VariableUses VariableUseFinder::Find(const GraphIndex& index, const std::vector<bool>& runs,
                                     const std::vector<int>& handles) {
  VariableUses uses;
  std::vector<std::pair<int, int>> pending;  // node and output that give the handle
  for (const int handle : handles) pending.emplace_back(handle, 0);
  while (!pending.empty()) {
    const auto [from, port] = pending.back();
    pending.pop_back();
    for (const GraphIndex::Consumer& consumer : index.consumers(from)) {
      const int node = consumer.node;
      if (!runs[static_cast<size_t>(node)]) continue;
      if (index.inputs(node)[static_cast<size_t>(consumer.slot)].port != port) continue;
      const tf::NodeDef& def = index.node(node);
      if (IsRead(def.op())) {
        uses.reads.push_back(node);
      } else if (IsKnownWrite(def.op()) && consumer.slot == 0) {
        uses.writes.push_back(node);
      } else if (def.op() == "VarIsInitializedOp" || def.op() == "VariableShape") {
        uses.shapes.push_back(node);
      } else if (def.op() == "Identity") {
        uses.aliases.push_back(node);
        pending.emplace_back(node, 0);
      } else if (def.op() == "_Retval") {
        uses.results.push_back(node);
      } else if (HasBodies(def.op()) && ArgumentOf(def, consumer.slot) >= 0) {
        const Effect effect = EffectOf(def, ArgumentOf(def, consumer.slot));
        // A loop gives the handle back; who takes it there has an alias that we do not follow.
        const bool given_on =
            std::ranges::any_of(index.consumers(node), [&](const GraphIndex::Consumer& taker) {
              return ArgumentOf(def, consumer.slot) == consumer.slot &&
                     index.inputs(taker.node)[static_cast<size_t>(taker.slot)].port == consumer.slot;
            });
        uses.bodies.push_back({node, consumer.slot, effect == Effect::kWrites});
        if (effect == Effect::kUnknown || given_on) uses.understood = false;
      } else {
        uses.understood = false;
      }
    }
  }
  return uses;
}

VariableUseFinder::Effect VariableUseFinder::EffectOf(const tf::NodeDef& node, int argument) {
  Effect all = Effect::kNone;
  const bool loop = node.op() == "While" || node.op() == "StatelessWhile";
  ForEachFunction(node, [&](const tf::NameAttrList& function) {
    Effect effect = EffectOn(function.name(), argument);
    // The condition of a loop gives nothing on.
    if (loop && effect == Effect::kWrites && function.name() == FunctionAttr(node, "cond"))
      effect = Effect::kUnknown;
    all = std::max(all, effect);
  });
  return all;
}

VariableUseFinder::Effect VariableUseFinder::EffectOn(const std::string& function, int argument) {
  const auto [known, is_new] = known_.emplace(std::pair(function, argument), Effect::kUnknown);
  if (!is_new) return known->second;
  const auto scope = work_.functions.find(function);
  if (scope == work_.functions.end()) return Effect::kUnknown;
  const GraphIndex index(scope->second.graph, scope->second.Subject());
  std::vector<int> handles;
  for (int i = 0; i < index.size(); ++i) {
    if (index.node(i).op() == "_Arg" && IntAttr(index.node(i), "index", 0) == argument) handles.push_back(i);
  }
  const VariableUses uses = Find(index, RunIn(index, scope->second), handles);
  // A handle may come out of a loop's body in its place only.
  const bool misplaced = std::ranges::any_of(
      uses.results, [&](int result) { return IntAttr(index.node(result), "index", 0) != argument; });
  const bool writes =
      !uses.writes.empty() || std::ranges::any_of(uses.bodies, [](const BodyUse& use) { return use.writes; });
  return known_[{function, argument}] = !uses.understood || misplaced ? Effect::kUnknown
                                        : writes                      ? Effect::kWrites
                                                                      : Effect::kNone;
}

std::vector<bool> RunIn(const GraphIndex& index, const Scope& body) {
  std::vector<bool> runs(static_cast<size_t>(index.size()), false);
  std::vector<int> pending;
  for (const std::string& node : body.control_returns) pending.push_back(index.Find(node));
  for (int i = 0; i < index.size(); ++i) {
    if (index.node(i).op() == "_Retval") pending.push_back(i);
  }
  while (!pending.empty()) {
    const int node = pending.back();
    pending.pop_back();
    if (node < 0 || runs[static_cast<size_t>(node)]) continue;
    runs[static_cast<size_t>(node)] = true;
    for (const GraphIndex::Input& input : index.inputs(node)) pending.push_back(input.node);
  }
  return runs;
}

}  // namespace floe
