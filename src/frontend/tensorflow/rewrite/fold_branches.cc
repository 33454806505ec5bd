#include "frontend/tensorflow/rewrite/fold_branches.h"

#include <algorithm>
#include <string_view>

#include "base/error.h"
#include "frontend/tensorflow/rewrite/nodes.h"

namespace floe {
namespace {

bool IsSwitch(const tf::NodeDef& node) {
  return node.op() == "Switch" || node.op() == "RefSwitch";
}
bool IsMerge(const tf::NodeDef& node) {
  return node.op() == "Merge" || node.op() == "RefMerge";
}
bool ClosesLoop(const tf::NodeDef& node) {
  return node.op() == "NextIteration" || node.op() == "RefNextIteration";
}

// Which nodes never run, as TensorFlow's executor would find out.
class Deadness {
 public:
  Deadness(const GraphIndex& index, const std::vector<std::optional<double>>& scalars)
      : index_(index), dead_(static_cast<size_t>(index.size()), false), dead_port_(dead_.size(), -1) {
    for (int i = 0; i < index.size(); ++i) {
      if (!IsSwitch(index.node(i)) || index.inputs(i).size() < 2) continue;
      const GraphIndex::Input pred = index.inputs(i)[1];
      if (pred.port != 0 || !scalars[static_cast<size_t>(pred.node)]) continue;
      dead_port_[static_cast<size_t>(i)] = *scalars[static_cast<size_t>(pred.node)] != 0 ? 0 : 1;
      pending_.push_back(i);
    }
    Spread();
  }

  bool any() const { return any_; }
  bool node(int i) const { return dead_[static_cast<size_t>(i)]; }
  // The port of a live Switch that is alive; -1 if its condition is not known.
  int live_port(int i) const {
    return dead_port_[static_cast<size_t>(i)] < 0 ? -1 : 1 - dead_port_[static_cast<size_t>(i)];
  }
  bool tensor(const GraphIndex::Input& input) const {
    return node(input.node) || (input.port >= 0 && input.port == dead_port_[static_cast<size_t>(input.node)]);
  }

 private:
  void Spread() {
    any_ = !pending_.empty();
    while (!pending_.empty()) {
      const int i = pending_.back();
      pending_.pop_back();
      for (const GraphIndex::Consumer& consumer : index_.consumers(i)) {
        if (!node(consumer.node) && Dies(consumer.node)) {
          dead_[static_cast<size_t>(consumer.node)] = true;
          pending_.push_back(consumer.node);
        }
      }
    }
  }

  bool Dies(int i) const {
    const auto inputs = index_.inputs(i);
    const auto dead = [&](const GraphIndex::Input& input) { return tensor(input); };
    if (!IsMerge(index_.node(i))) return std::ranges::any_of(inputs, dead);
    // A loop that is never entered does not come round either.
    return std::ranges::all_of(inputs, [&](const GraphIndex::Input& input) {
      return input.port < 0 || ClosesLoop(index_.node(input.node)) || tensor(input);
    });
  }

  const GraphIndex& index_;
  std::vector<bool> dead_;
  std::vector<int> dead_port_;
  std::vector<int> pending_;
  bool any_ = false;
};

// A Merge that lost inputs: Identity of the one left, or a narrower Merge.
void NarrowMerge(tf::NodeDef& node, const std::vector<std::string>& live, int live_index, NameSet& names,
                 Rewiring& rewiring, std::vector<tf::NodeDef>& added) {
  const tf::DataType type = TypeAttr(node, "T");
  std::vector<std::string> controls;
  for (const std::string& input : node.input()) {
    if (input.starts_with('^')) controls.push_back(input);
  }
  if (live.size() > 1) {
    node.mutable_input()->Assign(live.begin(), live.end());
    for (const std::string& control : controls) node.add_input(control);
    SetIntAttr(node, "N", static_cast<int64_t>(live.size()));
    return;
  }
  const std::string value_index = names.Take(node.name() + "/value_index");
  added.push_back(MakeConst(value_index, Tensor::Scalar<int32_t>(live_index)));
  rewiring.Redirect({node.name(), 1}, value_index);
  tf::NodeDef identity = MakeIdentity(node.name(), live[0], type);
  for (const std::string& control : controls) identity.add_input(control);
  node.Swap(&identity);
}

void FoldSwitches(Scope& scope, const std::vector<TensorRef>& required) {
  const GraphIndex index(scope.graph, scope.Subject());
  const Deadness dead(index, ConstantScalars(index));
  if (!dead.any()) return;
  for (const TensorRef& ref : required) {
    const int node = index.Find(ref.node);
    if (node >= 0 && dead.tensor({node, ref.port})) {
      Throw(ErrorCode::kUsage,
            "output '{}': expected a tensor that is computed, found it in a branch that is never taken "
            "(its condition is a constant)",
            ref.Tensor());
    }
  }
  NameSet names(scope.graph);
  Rewiring rewiring;
  std::vector<tf::NodeDef> added;
  std::vector<bool> keep(static_cast<size_t>(index.size()), true);
  for (int i = 0; i < index.size(); ++i) {
    tf::NodeDef& node = *scope.graph.mutable_node(i);
    keep[static_cast<size_t>(i)] = !dead.node(i);
    if (dead.node(i)) continue;
    if (dead.live_port(i) >= 0) {
      rewiring.Redirect({node.name(), dead.live_port(i)}, node.input(0));
      rewiring.RedirectControl(node.name(), {});
      keep[static_cast<size_t>(i)] = false;
      continue;
    }
    if (!IsMerge(node)) continue;
    std::vector<std::string> live;
    int live_index = 0;
    int data_inputs = 0;
    std::vector<std::string> inputs;
    for (int slot = 0; slot < node.input_size(); ++slot) {
      const GraphIndex::Input input = index.inputs(i)[static_cast<size_t>(slot)];
      const bool is_dead = dead.tensor(input);
      if (input.port >= 0) ++data_inputs;
      if (!is_dead) inputs.push_back(node.input(slot));
      if (is_dead || input.port < 0) continue;
      live_index = slot;
      live.push_back(node.input(slot));
    }
    node.mutable_input()->Assign(inputs.begin(), inputs.end());
    if (static_cast<int>(live.size()) < data_inputs)
      NarrowMerge(node, live, live_index, names, rewiring, added);
  }
  KeepNodes(scope.graph, keep);
  for (tf::NodeDef& node : added) AddNode(scope.graph, std::move(node));
  rewiring.Apply(scope.graph);
}

// If and Case with a known condition become calls.
bool FoldIfs(Scope& scope) {
  const GraphIndex index(scope.graph, scope.Subject());
  const std::vector<std::optional<double>> scalars = ConstantScalars(index);
  bool folded = false;
  for (int i = 0; i < index.size(); ++i) {
    tf::NodeDef& node = *scope.graph.mutable_node(i);
    const std::string& op = node.op();
    const bool is_if = op == "If" || op == "StatelessIf";
    const bool is_case = op == "Case" || op == "StatelessCase";
    if ((!is_if && !is_case) || index.inputs(i).empty() || index.inputs(i)[0].port != 0) continue;
    const std::optional<double> condition = scalars[static_cast<size_t>(index.inputs(i)[0].node)];
    if (!condition) continue;
    tf::AttrValue function;
    if (is_if) {
      const tf::AttrValue* branch = FindAttr(node, *condition != 0 ? "then_branch" : "else_branch");
      if (branch == nullptr) continue;
      function = *branch;
    } else {
      const tf::AttrValue* branches = FindAttr(node, "branches");
      const int count = branches == nullptr ? 0 : branches->list().func_size();
      if (count == 0) continue;
      const bool in_range = *condition >= 0 && *condition < count;
      *function.mutable_func() = branches->list().func(in_range ? static_cast<int>(*condition) : count - 1);
    }
    node.set_op(op.starts_with("Stateless") ? "PartitionedCall" : "StatefulPartitionedCall");
    node.mutable_input()->DeleteSubrange(0, 1);
    for (const char* attr : {"then_branch", "else_branch", "branches", "Tcond", "output_shapes"}) {
      node.mutable_attr()->erase(attr);
    }
    (*node.mutable_attr())["f"] = function;
    folded = true;
  }
  return folded;
}

}  // namespace

bool FoldBranches(Scope& scope, const std::vector<TensorRef>& required) {
  FoldSwitches(scope, required);
  return FoldIfs(scope);
}

}  // namespace floe
