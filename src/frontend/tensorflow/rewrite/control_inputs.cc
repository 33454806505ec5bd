#include <algorithm>
#include <map>
#include <set>

#include "frontend/tensorflow/rewrite/graph_index.h"
#include "frontend/tensorflow/rewrite/nodes.h"
#include "frontend/tensorflow/rewrite/strip.h"

namespace floe {
namespace {

using Marks = std::vector<bool>;

bool IsSource(const tf::NodeDef& node) {
  return DataInputCount(node) == 0 && node.op() != "_Arg";
}

bool IsPlaceholder(const tf::NodeDef& node) {
  return node.op() == "Placeholder" || node.op() == "PlaceholderV2";
}

bool OpensBranch(const tf::NodeDef& node) {
  return node.op() == "Switch" || node.op() == "RefSwitch" || node.op() == "Enter" || node.op() == "RefEnter";
}

// Bodies in which an Assert can fail, directly or further in.
std::set<std::string> AssertingBodies(const WorkGraph& work) {
  std::map<std::string, std::set<std::string>> users;
  std::vector<std::string> pending;
  for (const auto& [body, scope] : work.functions) {
    const std::string& name = body;
    bool asserts = false;
    for (const tf::NodeDef& node : scope.graph.node()) {
      asserts = asserts || node.op() == "Assert";
      ForEachFunction(node, [&](const tf::NameAttrList& function) { users[function.name()].insert(name); });
    }
    if (asserts) pending.push_back(name);
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

class ControlResolver {
 public:
  ControlResolver(const WorkGraph& work, Scope& scope, const Kept& kept)
      : scope_(scope), index_(scope.graph, scope.Subject()), asserting_(AssertingBodies(work)) {
    size_ = static_cast<size_t>(index_.size());
    inside_ = Spread([](const tf::NodeDef& node) { return OpensBranch(node); }, /*through_control=*/true);
    const Marks needed = NeededByData(kept);
    int at = 0;
    unavailable_ = Spread(
        [&](const tf::NodeDef& node) { return IsPlaceholder(node) && !needed[static_cast<size_t>(at)]; },
        false, &at);
    effects_.resize(size_);
    known_.assign(size_, 0);
  }

  void Run() {
    std::vector<std::vector<std::string>> inputs(size_);
    for (int i = 0; i < index_.size(); ++i) {
      const tf::NodeDef& node = index_.node(i);
      std::vector<int> controls;
      for (int slot = 0; slot < node.input_size(); ++slot) {
        const GraphIndex::Input input = index_.inputs(i)[static_cast<size_t>(slot)];
        if (input.port >= 0) {
          inputs[static_cast<size_t>(i)].push_back(node.input(slot));
          continue;
        }
        if (IsSource(node) && inside_[static_cast<size_t>(input.node)]) controls.push_back(input.node);
        for (const int effect : Effects(input.node)) controls.push_back(effect);
      }
      std::ranges::sort(controls);
      controls.erase(std::unique(controls.begin(), controls.end()), controls.end());
      for (const int control : controls) {
        if (control != i) inputs[static_cast<size_t>(i)].push_back("^" + index_.node(control).name());
      }
    }
    std::set<int> returns;
    for (const std::string& name : scope_.control_returns) {
      const std::vector<int> effects = Effects(index_.Find(name));
      returns.insert(effects.begin(), effects.end());
    }
    scope_.control_returns.clear();
    for (const int node : returns) scope_.control_returns.push_back(index_.node(node).name());
    for (size_t i = 0; i < size_; ++i) {
      scope_.graph.mutable_node(static_cast<int>(i))
          ->mutable_input()
          ->Assign(inputs[i].begin(), inputs[i].end());
    }
  }

 private:
  template <typename Starts>
  Marks Spread(Starts starts, bool through_control, int* at = nullptr) const {
    Marks marks(size_, false);
    std::vector<int> pending;
    for (int i = 0; i < index_.size(); ++i) {
      if (at != nullptr) *at = i;
      if (starts(index_.node(i))) pending.push_back(i);
    }
    while (!pending.empty()) {
      const int node = pending.back();
      pending.pop_back();
      if (marks[static_cast<size_t>(node)]) continue;
      marks[static_cast<size_t>(node)] = true;
      for (const GraphIndex::Consumer& consumer : index_.consumers(node)) {
        const bool control = index_.inputs(consumer.node)[static_cast<size_t>(consumer.slot)].port < 0;
        if (through_control || !control) pending.push_back(consumer.node);
      }
    }
    return marks;
  }

  Marks NeededByData(const Kept& kept) const {
    Marks needed(size_, false);
    std::vector<int> pending;
    if (scope_.name().empty()) {
      for (const TensorRef& output : kept.outputs) pending.push_back(index_.Find(output.node));
      for (const TensorRef& input : kept.inputs)
        pending.push_back(index_.Find(input.node));  // fed all the same
    }
    for (int i = 0; i < index_.size(); ++i) {
      if (index_.node(i).op() == "_Retval") pending.push_back(i);
    }
    while (!pending.empty()) {
      const int node = pending.back();
      pending.pop_back();
      if (node < 0 || needed[static_cast<size_t>(node)]) continue;
      needed[static_cast<size_t>(node)] = true;
      for (const GraphIndex::Input& input : index_.inputs(node)) {
        if (input.port >= 0) pending.push_back(input.node);
      }
    }
    return needed;
  }

  bool CanFail(int i) const {
    const tf::NodeDef& node = index_.node(i);
    if (unavailable_[static_cast<size_t>(i)]) return false;
    if (node.op() == "Assert") return true;
    bool asserts = false;
    ForEachFunction(node, [&](const tf::NameAttrList& function) {
      asserts = asserts || asserting_.contains(function.name());
    });
    return asserts;
  }

  // What running `start` would check: nodes that can fail, and the values that a conditional with one in it
  // leaves.
  std::vector<int> Effects(int start) {
    if (start < 0) return {};
    Visit(start);
    return effects_[static_cast<size_t>(start)];
  }

  // The nodes whose effects are part of node i's: its control inputs, and for the end of a conditional its
  // branches.
  std::vector<int> Behind(int i) const {
    const tf::NodeDef& node = index_.node(i);
    const bool gathers = node.op() == "Merge" || node.op() == "Identity";
    std::vector<int> behind;
    for (const GraphIndex::Input& input : index_.inputs(i)) {
      if (input.port < 0 || gathers) behind.push_back(input.node);
    }
    return behind;
  }

  // Depth first without recursion; a node on the way already (a loop) adds nothing.
  void Visit(int start) {
    std::vector<int> stack = {start};
    while (!stack.empty()) {
      const int i = stack.back();
      uint8_t& state = known_[static_cast<size_t>(i)];
      if (state == 0) {
        state = 1;
        for (const int next : Behind(i)) {
          if (known_[static_cast<size_t>(next)] == 0) stack.push_back(next);
        }
        continue;
      }
      stack.pop_back();
      if (state == 1) {
        state = 2;
        effects_[static_cast<size_t>(i)] = Gather(i);
      }
    }
  }

  std::vector<int> Gather(int i) const {
    if (CanFail(i)) return {i};
    std::set<int> all;
    for (const int next : Behind(i)) {
      all.insert(effects_[static_cast<size_t>(next)].begin(), effects_[static_cast<size_t>(next)].end());
    }
    if (all.empty()) return {};
    // TensorFlow runs what is in a body for the results that are read, so an edge has to come from a reader.
    bool reads_call = false;
    for (const GraphIndex::Input& input : index_.inputs(i))
      reads_call = reads_call || (input.port >= 0 && CanFail(input.node));
    const bool conditional = index_.node(i).op() == "Merge" || reads_call || inside_[static_cast<size_t>(i)];
    // A long list stays with its group, so that many readers of it do not multiply it.
    if (conditional || all.size() > 16) return {i};
    return {all.begin(), all.end()};
  }

  Scope& scope_;
  GraphIndex index_;
  std::set<std::string> asserting_;
  size_t size_ = 0;
  Marks inside_;
  Marks unavailable_;
  std::vector<std::vector<int>> effects_;
  std::vector<uint8_t> known_;
};

}  // namespace

void ResolveControlInputs(WorkGraph& work, Scope& scope, const Kept& kept) {
  ControlResolver(work, scope, kept).Run();
}

}  // namespace floe
