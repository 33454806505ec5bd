// TensorFlow 1's conditionals. Switch(x, p) gives x at 0 if p is false and at 1 if it is true; what follows
// is dead or alive with it, until a Merge takes the living one of two values. Each node has a state: the
// branches it lies in.
#include <algorithm>
#include <map>

#include "base/error.h"
#include "frontend/tensorflow/flat_graph.h"

namespace floe {
namespace {

constexpr int kMaxNesting = 64;

struct BranchOf {
  FlatRef predicate;
  bool taken;
  bool operator==(const BranchOf&) const = default;
};
using State = std::vector<BranchOf>;  // outer branches first

bool Contains(const State& state, const BranchOf& branch) {
  return std::find(state.begin(), state.end(), branch) != state.end();
}

void Unite(State& into, const State& from) {
  for (const BranchOf& branch : from)
    if (!Contains(into, branch)) into.push_back(branch);
}

class CondStructurer {
 public:
  CondStructurer(FlatGraph& graph, int depth) : graph_(graph), depth_(depth) {}

  void Run();

 private:
  struct Group {
    FlatRef predicate;
    FlatRef key;
    std::vector<int> merges;
    std::vector<FlatRef> roots[2];  // of the false and the true branch
  };

  const FlatNode& node(int i) const { return graph_.nodes[static_cast<size_t>(i)]; }
  bool IsSwitch(int i) const {
    const FlatNode& n = node(i);
    return n.kind == FlatNode::Kind::kOp && (n.op() == "Switch" || n.op() == "RefSwitch") &&
           n.inputs.size() == 2;
  }
  bool IsMerge(int i) const {
    const FlatNode& n = node(i);
    return n.kind == FlatNode::Kind::kOp && (n.op() == "Merge" || n.op() == "RefMerge") &&
           n.inputs.size() == 2;
  }

  // The key of each Switch's predicate, from before its Merge, if it comes out of one, became a forward.
  FlatRef KeyAt(int index) const { return keys_[static_cast<size_t>(index)]; }
  FlatRef KeyOf(FlatRef predicate) const {
    for (size_t steps = 0; steps < graph_.nodes.size(); ++steps) {
      const FlatNode& n = node(predicate.node);
      const bool passes = n.kind == FlatNode::Kind::kForward || n.kind == FlatNode::Kind::kAfter ||
                          (n.kind == FlatNode::Kind::kOp && n.op() == "Identity");
      if (!passes || n.inputs.empty()) break;
      predicate = n.inputs[0];
    }
    return predicate;
  }

  State StateOf(FlatRef ref) const {
    State state = states_[static_cast<size_t>(ref.node)];
    if (IsSwitch(ref.node)) Unite(state, {{KeyAt(ref.node), ref.port == 1}});
    return state;
  }

  void ComputeStates();
  void VisitMerge(int index);
  void Structure(Group& group);

  FlatGraph& graph_;
  int depth_;
  std::vector<State> states_;
  std::vector<FlatRef> keys_;       // of Switches
  std::vector<int> merges_before_;  // on the longest way to the node
  std::vector<Group> groups_;
  std::map<std::pair<FlatRef, int>, size_t> group_index_;
};

void CondStructurer::ComputeStates() {
  states_.resize(graph_.nodes.size());
  keys_.resize(graph_.nodes.size());
  merges_before_.resize(graph_.nodes.size());
  for (size_t i = 0; i < keys_.size(); ++i)
    if (IsSwitch(static_cast<int>(i))) keys_[i] = KeyOf(graph_.nodes[i].inputs[1]);
  for (const int index : graph_.Order(graph_.results, true)) {
    const size_t i = static_cast<size_t>(index);
    State state;
    int before = 0;
    for (const FlatRef& input : node(index).inputs) {
      if (!IsMerge(index)) Unite(state, StateOf(input));
      before = std::max(before, merges_before_[static_cast<size_t>(input.node)]);
    }
    for (const int control : node(index).controls) Unite(state, states_[static_cast<size_t>(control)]);
    states_[i] = std::move(state);
    merges_before_[i] = before;
    if (IsMerge(index)) VisitMerge(index);
  }
}

void CondStructurer::VisitMerge(int index) {
  const FlatRef a = node(index).inputs[0], b = node(index).inputs[1];
  const State sa = StateOf(a), sb = StateOf(b);
  State common;
  const BranchOf* parting = nullptr;  // where a and b go different ways
  bool a_taken = false;
  for (const BranchOf& branch : sa) {
    if (Contains(sb, branch)) common.push_back(branch);
    if (parting == nullptr && Contains(sb, {branch.predicate, !branch.taken})) {
      parting = &branch;
      a_taken = branch.taken;
    }
  }
  // One side may be a value that lies outside of both branches.
  if (parting == nullptr) {
    for (const BranchOf& branch : sa)
      if (!Contains(sb, branch)) parting = &branch, a_taken = branch.taken;
    if (parting == nullptr)
      for (const BranchOf& branch : sb)
        if (!Contains(sa, branch)) parting = &branch, a_taken = !branch.taken;
  }
  const size_t i = static_cast<size_t>(index);
  states_[i] = common;
  ++merges_before_[i];
  if (parting == nullptr || !common.empty()) return;
  const FlatRef key = parting->predicate;
  const auto [found, fresh] = group_index_.emplace(std::pair(key, merges_before_[i]), groups_.size());
  if (fresh) groups_.push_back({.predicate = key, .key = key, .merges = {}, .roots = {}});
  Group& group = groups_[found->second];
  group.merges.push_back(index);
  group.roots[a_taken ? 1 : 0].push_back(a);
  group.roots[a_taken ? 0 : 1].push_back(b);
}

void CondStructurer::Structure(Group& group) {
  FlatNode cond{.kind = FlatNode::Kind::kIf, .def = node(group.merges[0]).def};
  cond.inputs.push_back(group.predicate);
  std::map<FlatRef, int> args;
  const auto capture = [&](FlatRef ref) {
    const auto [found, fresh] = args.emplace(ref, static_cast<int>(cond.inputs.size()) - 1);
    if (fresh) cond.inputs.push_back(ref);
    return found->second;
  };
  std::shared_ptr<FlatGraph> bodies[2];
  for (int taken = 0; taken < 2; ++taken) {
    const BranchOf here{group.key, taken == 1};
    bodies[taken] = SliceGraph(graph_, group.roots[taken], [&](FlatRef ref) {
      if (IsSwitch(ref.node) && KeyAt(ref.node) == group.key &&
          !Contains(states_[static_cast<size_t>(ref.node)], here))
        return capture(node(ref.node).inputs[0]);
      if (node(ref.node).kind == FlatNode::Kind::kArg || !Contains(StateOf(ref), here)) return capture(ref);
      return -1;
    });
  }
  const int count = static_cast<int>(cond.inputs.size()) - 1;
  for (const auto& body : bodies) {
    body->args = count;
    CondStructurer(*body, depth_ + 1).Run();
  }
  cond.bodies = {bodies[1], bodies[0]};
  const int index = static_cast<int>(graph_.nodes.size());
  graph_.nodes.push_back(std::move(cond));
  states_.emplace_back();
  keys_.emplace_back();
  for (size_t i = 0; i < group.merges.size(); ++i) {
    FlatNode& merge = graph_.nodes[static_cast<size_t>(group.merges[i])];
    merge.kind = FlatNode::Kind::kForward;
    merge.inputs = {{index, static_cast<int>(i)}};
  }
}

void CondStructurer::Run() {
  if (depth_ > kMaxNesting)
    Throw(ErrorCode::kModel, "graph: conditionals are nested deeper than {} levels", kMaxNesting);
  bool any = false;
  for (size_t i = 0; i < graph_.nodes.size(); ++i) {
    for (const auto& body : graph_.nodes[i].bodies) CondStructurer(*body, depth_ + 1).Run();
    any = any || IsMerge(static_cast<int>(i));
  }
  if (!any) return;
  ComputeStates();
  for (Group& group : groups_) Structure(group);
}

}  // namespace

void StructureConds(FlatGraph& graph) {
  CondStructurer(graph, 0).Run();
}

}  // namespace floe
