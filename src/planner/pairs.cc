#include "planner/pairs.h"

#include <algorithm>
#include <limits>
#include <memory>
#include <unordered_map>
#include <vector>

#include "base/error.h"
#include "passes/inline_body.h"
#include "passes/make_group.h"
#include "passes/rewrite.h"
#include "planner/choose.h"
#include "planner/groups.h"
#include "planner/rounding.h"

namespace floe {
namespace {

// What a pair must gain: measurements have noise.
constexpr double kGain = 0.98;

// The op that a node, alone or as the first of a group, begins with.
const Op& FirstOp(const Graph& graph, NodeId id) {
  const Node& node = graph.node(id);
  if (!IsOp<Group>(node.op)) return node.op;
  const Graph& body = *node.bodies[0];
  return body.node(body.Order()[0]).op;
}

bool IsLayer(const Graph& graph, NodeId id) {
  return graph.node(id).outputs.size() == 1 && IsOp<Conv>(FirstOp(graph, id));
}

// The problem of both nodes, the second of which reads the output of the first.
std::unique_ptr<Graph> PairProblem(const Graph& graph, NodeId first, NodeId second) {
  std::vector<ValueId> outer;
  std::unique_ptr<Graph> problem = ExtractProblem(graph, first, &outer);
  std::vector<ValueId> second_outer;
  const std::unique_ptr<Graph> rest = ExtractProblem(graph, second, &second_outer);
  std::unordered_map<ValueId, ValueId> mapped;
  for (size_t i = 0; i < second_outer.size(); ++i) {
    const ValueId inner = rest->inputs()[i];
    const auto at = std::ranges::find(outer, second_outer[i]);
    if (second_outer[i] == graph.node(first).outputs[0]) {
      mapped[inner] = problem->outputs()[0];
    } else if (at != outer.end()) {
      mapped[inner] = problem->inputs()[static_cast<size_t>(at - outer.begin())];
    } else {
      mapped[inner] = problem->AddInput(rest->value(inner).name, rest->value(inner).type);
      outer.push_back(second_outer[i]);
    }
  }
  CopyBody(*problem, *rest, &mapped);
  problem->SetOutputs({mapped.at(rest->outputs()[0])});
  return problem;
}

// The time of the best kernel; infinite when nothing but the reference takes it.
double BestNs(const Graph& problem, const PlannerOptions& options, const RoundingLimit& rounding) {
  const Choice choice = ChooseKernel(problem, options.target, options.tuner, rounding);
  return choice.last_resort ? std::numeric_limits<double>::infinity() : choice.time_ns;
}

class PairMerger {
 public:
  PairMerger(Graph& graph, const PlannerOptions& options)
      : graph_(graph), options_(options), most_rounding_(MostRounding(graph)) {}

  int Run() {
    int merged = 0;
    const std::vector<NodeId> order = graph_.Order();
    for (size_t i = 0; i < order.size(); ++i) {
      const NodeId id = order[i];
      if (options_.cancelled && options_.cancelled()) throw Error(ErrorCode::kInterrupted, "interrupted");
      if (options_.progress) {
        options_.progress("pairing layers", static_cast<double>(i) / static_cast<double>(order.size()));
      }
      if (graph_.node(id).removed) continue;
      for (const auto& body : graph_.node(id).bodies) {
        if (!IsOp<Group>(graph_.node(id).op)) merged += PairMerger(*body, options_).Run();
      }
      if (!IsLayer(graph_, id)) continue;
      const NodeId next = SoleUser(graph_, graph_.node(id).outputs[0]);
      if (next == kNoNode || !IsLayer(graph_, next)) continue;
      if (graph_.node(next).inputs[0] != graph_.node(id).outputs[0] || !IsFaster(id, next)) continue;
      Merge(id, next);
      ++merged;
    }
    return merged;
  }

 private:
  bool IsFaster(NodeId first, NodeId second) const {
    const auto best = [&](const Graph& problem, NodeId id) {
      return BestNs(problem, options_, LimitOf(graph_, id, most_rounding_, options_));
    };
    const std::unique_ptr<Graph> both = PairProblem(graph_, first, second);
    if (!HasStaticTypes(*both)) return false;
    const double together = best(*both, first);
    if (together == std::numeric_limits<double>::infinity()) return false;
    std::vector<ValueId> ignored;
    const double apart = best(*ExtractProblem(graph_, first, &ignored), first) +
                         best(*ExtractProblem(graph_, second, &ignored), second);
    return together < apart * kGain;
  }

  void Merge(NodeId first, NodeId second) {
    std::vector<NodeId> chain;
    for (const NodeId id : {first, second}) {
      if (IsOp<Group>(graph_.node(id).op)) {
        const std::vector<NodeId> nodes = SplitGroup(graph_, id);
        chain.insert(chain.end(), nodes.begin(), nodes.end());
      } else {
        chain.push_back(id);
      }
    }
    MakeGroup(graph_, chain);
  }

  Graph& graph_;
  const PlannerOptions& options_;
  std::vector<double> most_rounding_;
};

}  // namespace

int MergePairs(Graph& graph, const PlannerOptions& options) {
  return PairMerger(graph, options).Run();
}

}  // namespace floe
