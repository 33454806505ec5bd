#include "planner/siblings.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <span>
#include <unordered_set>
#include <vector>

#include "base/error.h"
#include "base/log.h"
#include "planner/groups.h"
#include "planner/rounding.h"

namespace floe {
namespace {

// What a group must gain: measurements have noise.
constexpr double kGain = 0.98;

bool IsProduct(const Op& op) {
  return IsOp<Conv>(op) || IsOp<MatMul>(op);
}

// A product of a value, with what follows it.
struct Sibling {
  NodeId node;
  Op op;
  std::vector<int64_t> window;  // the filter's places
};

// Nullopt for nodes that are none, or more.
std::optional<Sibling> SiblingAt(const Graph& graph, NodeId id, ValueId value) {
  const Node& node = graph.node(id);
  if (node.outputs.size() != 1 || node.inputs[0] != value || !IsProduct(FirstOp(graph, id)))
    return std::nullopt;
  std::vector<ValueId> ignored;
  const std::unique_ptr<Graph> parts = ExtractProblem(graph, id, &ignored);
  const std::vector<NodeId> order = parts->Order();
  const auto is_product = [&](NodeId part) { return IsProduct(parts->node(part).op); };
  if (std::ranges::count_if(order, is_product) != 1) return std::nullopt;
  const Node& product = parts->node(order[0]);
  const Tensor* weights = ConstantOf(*parts, product.inputs[1]);
  if (weights == nullptr) return std::nullopt;
  Sibling sibling{id, product.op, {}};
  if (IsOp<Conv>(product.op)) sibling.window.assign(weights->dims().begin() + 1, weights->dims().end());
  return sibling;
}

// Nothing that one of them computes goes into another.
bool AreApart(const Graph& graph, std::span<const NodeId> nodes) {
  std::unordered_set<NodeId> seen;
  std::vector<NodeId> open(nodes.begin(), nodes.end());
  while (!open.empty()) {
    const NodeId id = open.back();
    open.pop_back();
    for (const ValueId value : graph.node(id).outputs) {
      for (const NodeId user : graph.value(value).users) {
        if (std::ranges::find(nodes, user) != nodes.end()) return false;
        if (seen.insert(user).second) open.push_back(user);
      }
    }
  }
  return true;
}

class SiblingMerger {
 public:
  SiblingMerger(Graph& graph, const PlannerOptions& options)
      : graph_(graph), options_(options), most_rounding_(MostRounding(graph)) {}

  int Run() {
    int merged = 0;
    for (const NodeId id : graph_.Order()) {
      if (IsOp<Group>(graph_.node(id).op)) continue;
      for (const auto& body : graph_.node(id).bodies) merged += SiblingMerger(*body, options_).Run();
    }
    for (const ValueId value : graph_.Values()) {
      if (options_.cancelled && options_.cancelled()) throw Error(ErrorCode::kInterrupted, "interrupted");
      for (const std::vector<NodeId>& siblings : SiblingsOf(value)) {
        if (siblings.size() < 2 || !AreApart(graph_, siblings) || !IsFaster(siblings)) continue;
        JoinNodes(graph_, siblings, JoinedOutputs::kAll);
        ++merged;
      }
    }
    return merged;
  }

 private:
  // Nodes that read the value under equal windows and do not wait for each other. Sets that became one group
  // may wait for each other's parts.
  std::vector<std::vector<NodeId>> SiblingsOf(ValueId value) const {
    std::vector<NodeId> users = graph_.value(value).users;
    std::ranges::sort(users);
    users.erase(std::unique(users.begin(), users.end()), users.end());
    std::vector<Sibling> kinds;  // the first of each set
    std::vector<std::vector<NodeId>> sets;
    for (size_t u = 0; users.size() > 1 && u < users.size(); ++u) {
      const std::optional<Sibling> next = SiblingAt(graph_, users[u], value);
      if (!next) continue;
      const auto kind = std::ranges::find_if(
          kinds, [&](const Sibling& k) { return SameOp(k.op, next->op) && k.window == next->window; });
      if (kind == kinds.end()) {
        kinds.push_back(*next);
        sets.push_back({next->node});
        continue;
      }
      std::vector<NodeId>& set = sets[static_cast<size_t>(kind - kinds.begin())];
      set.push_back(next->node);
      if (!AreApart(graph_, set)) set.pop_back();
    }
    return sets;
  }

  bool IsFaster(std::span<const NodeId> siblings) const {
    const auto together = ChooseJoined(graph_, siblings, JoinedOutputs::kAll, most_rounding_, options_);
    if (!together) return false;
    double apart_ns = 0;
    for (const NodeId id : siblings) {
      apart_ns += ChooseAlone(graph_, id, most_rounding_, options_).time_ns;
    }
    LogDebug("{} products of one value from '{}' on: {:.1f} us together, {:.1f} us apart", siblings.size(),
             graph_.node(siblings[0]).name, together->time_ns * 1e-3, apart_ns * 1e-3);
    return together->time_ns < apart_ns * kGain;
  }

  Graph& graph_;
  const PlannerOptions& options_;
  std::vector<double> most_rounding_;
};

}  // namespace

int MergeSiblings(Graph& graph, const PlannerOptions& options) {
  return SiblingMerger(graph, options).Run();
}

}  // namespace floe
