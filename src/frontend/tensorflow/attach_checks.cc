#include "frontend/tensorflow/attach_checks.h"

#include <algorithm>

namespace floe {
namespace {

template <typename Visit>
void ForEachFunctionName(const tf::NodeDef& def, Visit visit) {
  visit(def.op());
  for (const auto& [name, attr] : def.attr()) {
    if (attr.has_func()) visit(attr.func().name());
    for (const tf::NameAttrList& function : attr.list().func()) visit(function.name());
  }
}

class Attacher {
 public:
  Attacher(FlatGraph& graph, const std::set<std::string>& asserting,
           const std::map<std::string, std::string>& unchecked)
      : graph_(graph), asserting_(asserting), unchecked_(unchecked) {
    known_.resize(graph.nodes.size());
    leads_.resize(graph.nodes.size());
    MarkUnfed();
  }

  void Run(const std::vector<int>& last) {
    const size_t count = graph_.nodes.size();
    for (size_t i = 0; i < count; ++i) {
      const std::vector<FlatRef> checks = ChecksOf(graph_.nodes[i].controls, static_cast<int>(i));
      if (checks.empty()) continue;
      const std::string op = graph_.nodes[i].op();
      if (op == "Merge" || op == "RefMerge" || op == "LoopCond") continue;
      if (graph_.nodes[i].inputs.empty()) {
        sources_[static_cast<int>(i)] = checks;
        continue;
      }
      const FlatRef after = After(graph_.nodes[i].inputs[0], checks);
      graph_.nodes[i].inputs[0] = after;
    }
    RedirectSources(count);
    if (const std::vector<FlatRef> checks = ChecksOf(last, -1); !checks.empty() && !graph_.results.empty())
      graph_.results[0] = After(graph_.results[0], checks);
  }

 private:
  const FlatNode& node(int i) const { return graph_.nodes[static_cast<size_t>(i)]; }

  // Nodes behind a placeholder that is no argument.
  void MarkUnfed() {
    unfed_.resize(graph_.nodes.size());
    std::vector<std::vector<int>> consumers(graph_.nodes.size());
    std::vector<int> pending;
    for (size_t i = 0; i < graph_.nodes.size(); ++i) {
      for (const FlatRef& ref : graph_.nodes[i].inputs)
        consumers[static_cast<size_t>(ref.node)].push_back(static_cast<int>(i));
      const FlatNode& n = graph_.nodes[i];
      if (n.kind == FlatNode::Kind::kOp && (n.op() == "Placeholder" || n.op() == "PlaceholderV2"))
        pending.push_back(static_cast<int>(i));
    }
    while (!pending.empty()) {
      const size_t i = static_cast<size_t>(pending.back());
      pending.pop_back();
      if (unfed_[i]) continue;
      unfed_[i] = true;
      pending.insert(pending.end(), consumers[i].begin(), consumers[i].end());
    }
  }

  bool MayFail(const FlatNode& n) const {
    if (n.def == nullptr) return false;
    if (n.op() == "Assert") return true;
    bool fails = false;
    ForEachFunctionName(*n.def, [&](const std::string& name) { fails = fails || asserting_.contains(name); });
    return fails;
  }

  // What has to run for node i to run, as far as it decides nothing else: its control inputs, and for the end
  // of a conditional its branches.
  std::vector<int> Behind(int i) const {
    const FlatNode& n = node(i);
    std::vector<int> behind = n.controls;
    if (n.op() == "Merge" || n.op() == "Identity")
      for (const FlatRef& ref : n.inputs) behind.push_back(ref.node);
    return behind;
  }

  // Whether node i is a check or leads to one. Depth first without recursion; on a loop nothing is added.
  bool Leads(int start) {
    std::vector<int> stack = {start};
    while (!stack.empty()) {
      const size_t i = static_cast<size_t>(stack.back());
      if (known_[i] == 0) {
        known_[i] = 1;
        if (!MayFail(graph_.nodes[i]))
          for (const int next : Behind(stack.back()))
            if (known_[static_cast<size_t>(next)] == 0) stack.push_back(next);
        continue;
      }
      const int at = stack.back();
      stack.pop_back();
      if (known_[i] == 2) continue;
      known_[i] = 2;
      leads_[i] = MayFail(graph_.nodes[i]);
      if (!leads_[i])
        for (const int next : Behind(at)) leads_[i] = leads_[i] || leads_[static_cast<size_t>(next)];
    }
    return leads_[static_cast<size_t>(start)];
  }

  std::vector<FlatRef> ChecksOf(const std::vector<int>& controls, int reader) {
    std::set<int> found, seen;
    std::vector<int> pending = controls;
    while (!pending.empty()) {
      const int i = pending.back();
      pending.pop_back();
      if (i == reader || !seen.insert(i).second || !Leads(i)) continue;
      if (node(i).op() == "NoOp")  // a group
        pending.insert(pending.end(), node(i).controls.begin(), node(i).controls.end());
      else if (!unfed_[static_cast<size_t>(i)] && !unchecked_.contains(graph_.prefix + node(i).name()))
        found.insert(i);
    }
    std::vector<FlatRef> checks;
    for (const int i : found) checks.push_back({i, 0});
    return checks;
  }

  FlatRef After(FlatRef value, const std::vector<FlatRef>& checks) {
    FlatNode after{.kind = FlatNode::Kind::kAfter, .inputs = {value}};
    after.inputs.insert(after.inputs.end(), checks.begin(), checks.end());
    graph_.nodes.push_back(std::move(after));
    return {static_cast<int>(graph_.nodes.size()) - 1, 0};
  }

  // Who reads a constant that waits for a check waits for it, too.
  void RedirectSources(size_t count) {
    if (sources_.empty()) return;
    std::map<FlatRef, FlatRef> behind;
    const auto redirect = [&](FlatRef& ref) {
      const auto source = sources_.find(ref.node);
      if (source == sources_.end()) return;
      const FlatRef from = ref;
      if (!behind.contains(from)) behind[from] = After(from, source->second);
      ref = behind[from];
    };
    for (size_t i = 0; i < count; ++i) {
      for (size_t k = 0; k < graph_.nodes[i].inputs.size(); ++k) {
        FlatRef ref = graph_.nodes[i].inputs[k];
        redirect(ref);
        graph_.nodes[i].inputs[k] = ref;
      }
    }
    for (FlatRef& ref : graph_.results) redirect(ref);
  }

  FlatGraph& graph_;
  const std::set<std::string>& asserting_;
  const std::map<std::string, std::string>& unchecked_;
  std::vector<char> known_;
  std::vector<bool> leads_;
  std::vector<bool> unfed_;
  std::map<int, std::vector<FlatRef>> sources_;  // without inputs, by what they wait for
};

}  // namespace

std::set<std::string> AssertingFunctions(const tf::FunctionDefLibrary& library) {
  std::map<std::string, std::vector<std::string>> users;
  std::vector<std::string> pending;
  for (const tf::FunctionDef& function : library.function()) {
    bool asserts = false;
    for (const tf::NodeDef& def : function.node_def()) {
      asserts = asserts || def.op() == "Assert";
      ForEachFunctionName(
          def, [&](const std::string& name) { users[name].push_back(function.signature().name()); });
    }
    if (asserts) pending.push_back(function.signature().name());
  }
  std::set<std::string> asserting;
  while (!pending.empty()) {
    const std::string name = std::move(pending.back());
    pending.pop_back();
    if (!asserting.insert(name).second) continue;
    pending.insert(pending.end(), users[name].begin(), users[name].end());
  }
  return asserting;
}

void AttachChecks(FlatGraph& graph, const std::set<std::string>& asserting,
                  const std::map<std::string, std::string>& unchecked, const std::vector<int>& last) {
  Attacher(graph, asserting, unchecked).Run(last);
}

}  // namespace floe
