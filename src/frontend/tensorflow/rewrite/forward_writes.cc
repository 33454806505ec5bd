// Random seeds that each use counts on, state that a step updates and the next one reads: of a variable that
// is read after the graph itself has written it, the read is what was written.
#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <string_view>

#include "frontend/tensorflow/rewrite/freeze.h"
#include "frontend/tensorflow/rewrite/graph_index.h"
#include "frontend/tensorflow/rewrite/nodes.h"

namespace floe {
namespace {

bool IsKnownWrite(std::string_view op) {
  return op == "AssignVariableOp" || op == "AssignAddVariableOp" || op == "AssignSubVariableOp";
}

// Whether a node may not run at all, or more than once, in graphs of TensorFlow 1.
bool IsFlow(std::string_view op) {
  static const std::set<std::string_view> kFlow = {"Switch", "Merge", "Enter", "Exit", "NextIteration"};
  return kFlow.contains(op.starts_with("Ref") ? op.substr(3) : op);
}

// What uses one variable's handle.
struct Uses {
  std::vector<int> reads;
  std::vector<int> writes;
  bool understood = true;  // no other use
};

class WriteForwarding {
 public:
  WriteForwarding(WorkGraph& work, const Kept& kept)
      : graph_(work.main.graph), index_(graph_, "graph"), runs_(NeededBy(index_, kept)), names_(graph_) {}

  void Run() {
    for (const auto& [resource, uses] : FindUses()) {
      if (!uses.understood || uses.writes.empty() || uses.reads.size() + uses.writes.size() < 2) continue;
      if (std::ranges::any_of(uses.writes, [&](int write) { return IsConditional(write); })) continue;
      Forward(uses);
    }
    for (auto& [node, replacement] : replaced_) graph_.mutable_node(node)->Swap(&replacement);
    for (tf::NodeDef& node : added_) AddNode(graph_, std::move(node));
  }

 private:
  std::map<std::string, Uses> FindUses() const {
    std::map<std::string, Uses> uses;
    for (int i = 0; i < index_.size(); ++i) {
      const std::optional<VariableNode> variable = AsVariable(index_.node(i));
      if (!variable || !variable->is_resource) continue;
      for (const GraphIndex::Consumer& consumer : index_.consumers(i)) {
        if (!runs_[static_cast<size_t>(consumer.node)]) continue;
        const GraphIndex::Input& input = index_.inputs(consumer.node)[static_cast<size_t>(consumer.slot)];
        if (input.port < 0) continue;
        const std::string& op = index_.node(consumer.node).op();
        Uses& of = uses[variable->resource];
        if (op == "ReadVariableOp") {
          of.reads.push_back(consumer.node);
        } else if (IsKnownWrite(op) && consumer.slot == 0) {
          of.writes.push_back(consumer.node);
        } else if (op != "VarIsInitializedOp" && op != "VariableShape") {
          of.understood = false;
        }
      }
    }
    return uses;
  }

  // Nodes that run after `node`.
  std::vector<bool> After(int node) const {
    std::vector<bool> after(runs_.size(), false);
    std::vector<int> pending = {node};
    while (!pending.empty()) {
      const int at = pending.back();
      pending.pop_back();
      for (const GraphIndex::Consumer& consumer : index_.consumers(at)) {
        const auto next = static_cast<size_t>(consumer.node);
        if (!runs_[next] || after[next]) continue;
        after[next] = true;
        pending.push_back(consumer.node);
      }
    }
    return after;
  }

  bool IsConditional(int node) const {
    std::vector<bool> seen(runs_.size(), false);
    std::vector<int> pending = {node};
    while (!pending.empty()) {
      const int at = pending.back();
      pending.pop_back();
      if (IsFlow(index_.node(at).op())) return true;
      for (const GraphIndex::Input& input : index_.inputs(at)) {
        if (seen[static_cast<size_t>(input.node)]) continue;
        seen[static_cast<size_t>(input.node)] = true;
        pending.push_back(input.node);
      }
    }
    return false;
  }

  void Forward(const Uses& uses) {
    std::map<int, std::vector<bool>> after;
    for (const int write : uses.writes) after.emplace(write, After(write));
    // The write before a use that all others before it precede: -1 if there is none, nullopt if there are
    // several.
    const auto last_before = [&](int use) -> std::optional<int> {
      int last = -1;
      for (const int write : uses.writes) {
        if (!after.at(write)[static_cast<size_t>(use)]) continue;
        if (last < 0 || after.at(last)[static_cast<size_t>(write)]) last = write;
      }
      for (const int write : uses.writes) {
        const bool precedes = after.at(write)[static_cast<size_t>(use)];
        if (precedes && write != last && !after.at(write)[static_cast<size_t>(last)]) return std::nullopt;
      }
      return last;
    };
    std::map<int, std::optional<int>> before;
    for (const std::vector<int>* users : {&uses.reads, &uses.writes}) {
      for (const int use : *users) before[use] = last_before(use);
    }
    // Written values that are asked for, in the order of the writes.
    std::map<int, std::string> values;
    const auto value_of = [&](int write, const auto& self) -> std::optional<std::string> {
      if (const auto known = values.find(write); known != values.end()) return known->second;
      const tf::NodeDef& node = index_.node(write);
      std::string value = node.input(1);
      if (node.op() != "AssignVariableOp") {
        if (!before.at(write)) return std::nullopt;
        const int previous = *before.at(write);
        const std::optional<std::string> base =
            previous < 0 ? std::optional(FirstValue(node)) : self(previous, self);
        if (!base) return std::nullopt;
        value = Sum(node, *base);
      }
      values[write] = value;
      return value;
    };
    for (const int read : uses.reads) {
      const std::optional<int> write = before.at(read);
      if (!write || *write < 0) continue;
      if (const std::optional<std::string> value = value_of(*write, value_of)) Replace(read, *value);
    }
  }

  // A read of the variable as it was when the run began.
  std::string FirstValue(const tf::NodeDef& write) {
    tf::NodeDef read;
    read.set_name(names_.Take(write.name() + "/before"));
    read.set_op("ReadVariableOp");
    read.add_input(write.input(0));
    SetTypeAttr(read, "dtype", TypeAttr(write, "dtype"));
    return added_.emplace_back(std::move(read)).name();
  }

  std::string Sum(const tf::NodeDef& write, const std::string& base) {
    tf::NodeDef sum;
    sum.set_name(names_.Take(write.name() + "/value"));
    sum.set_op(write.op() == "AssignAddVariableOp" ? "AddV2" : "Sub");
    sum.add_input(base);
    sum.add_input(write.input(1));
    SetTypeAttr(sum, "T", TypeAttr(write, "dtype"));
    return added_.emplace_back(std::move(sum)).name();
  }

  void Replace(int read, const std::string& value) {
    const tf::NodeDef& node = index_.node(read);
    tf::NodeDef identity = MakeIdentity(node.name(), value, TypeAttr(node, "dtype"));
    for (const std::string& input : node.input()) {
      if (input.starts_with('^')) identity.add_input(input);
    }
    replaced_.emplace(read, std::move(identity));
  }

  tf::GraphDef& graph_;
  GraphIndex index_;
  std::vector<bool> runs_;
  NameSet names_;
  std::map<int, tf::NodeDef> replaced_;  // in the graph when all variables are done, since the index reads it
  std::vector<tf::NodeDef> added_;
};

}  // namespace

std::vector<bool> NeededBy(const GraphIndex& index, const Kept& kept) {
  std::vector<bool> needed(static_cast<size_t>(index.size()), false);
  std::vector<int> pending;
  for (const TensorRef& output : kept.outputs) pending.push_back(index.Find(output.node));
  while (!pending.empty()) {
    const int node = pending.back();
    pending.pop_back();
    if (node < 0 || needed[static_cast<size_t>(node)]) continue;
    needed[static_cast<size_t>(node)] = true;
    for (const GraphIndex::Input& input : index.inputs(node)) pending.push_back(input.node);
  }
  return needed;
}

void ForwardVariableWrites(WorkGraph& work, const Kept& kept) {
  WriteForwarding(work, kept).Run();
}

}  // namespace floe
