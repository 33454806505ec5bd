#include "planner/chains.h"

#include <algorithm>
#include <limits>
#include <memory>
#include <span>
#include <unordered_set>
#include <vector>

#include "base/error.h"
#include "passes/rewrite.h"
#include "planner/groups.h"
#include "planner/rounding.h"

namespace floe {
namespace {

constexpr size_t kMostLayers = 3;
// What a chain must gain: measurements have noise.
constexpr double kGain = 0.98;
constexpr double kNever = std::numeric_limits<double>::infinity();

bool IsLayer(const Graph& graph, NodeId id) {
  if (graph.node(id).outputs.size() != 1) return false;
  const Op& first = FirstOp(graph, id);
  return IsOp<Conv>(first) || IsOp<MaxPool>(first);
}

// The layer that alone reads this one's result, as its first input; kNoNode if there is none.
NodeId NextLayer(const Graph& graph, NodeId id) {
  const ValueId output = graph.node(id).outputs[0];
  const NodeId next = SoleUser(graph, output);
  if (next == kNoNode || !IsLayer(graph, next) || graph.node(next).inputs[0] != output) return kNoNode;
  return next;
}

class ChainMerger {
 public:
  ChainMerger(Graph& graph, const PlannerOptions& options)
      : graph_(graph), options_(options), most_rounding_(MostRounding(graph)) {}

  int Run() {
    int merged = 0;
    std::unordered_set<NodeId> done;
    const std::vector<NodeId> order = graph_.Order();
    for (size_t i = 0; i < order.size(); ++i) {
      const NodeId id = order[i];
      if (options_.cancelled && options_.cancelled()) throw Error(ErrorCode::kInterrupted, "interrupted");
      if (options_.progress) {
        options_.progress("chaining layers", static_cast<double>(i) / static_cast<double>(order.size()));
      }
      if (done.contains(id)) continue;
      for (const auto& body : graph_.node(id).bodies) {
        if (!IsOp<Group>(graph_.node(id).op)) merged += ChainMerger(*body, options_).Run();
      }
      std::vector<NodeId> run;
      for (NodeId at = IsLayer(graph_, id) ? id : kNoNode; at != kNoNode; at = NextLayer(graph_, at)) {
        run.push_back(at);
      }
      done.insert(run.begin(), run.end());
      merged += Divide(run);
    }
    return merged;
  }

 private:
  // The least sum of times over all ways to divide the run.
  int Divide(std::span<const NodeId> run) {
    if (run.size() < 2) return 0;
    std::vector<double> least(run.size() + 1, kNever);  // of the first i layers
    std::vector<size_t> length(run.size() + 1, 1);      // of the last chain among them
    least[0] = 0;
    for (size_t end = 1; end <= run.size(); ++end) {
      for (size_t n = 1; n <= std::min(end, kMostLayers); ++n) {
        const double ns = least[end - n] + ChainNs(run.subspan(end - n, n));
        if (ns >= least[end]) continue;
        least[end] = ns;
        length[end] = n;
      }
    }
    int merged = 0;
    for (size_t end = run.size(); end > 0; end -= length[end]) {
      if (length[end] == 1) continue;
      Merge(run.subspan(end - length[end], length[end]));
      ++merged;
    }
    return merged;
  }

  double ChainNs(std::span<const NodeId> chain) const {
    if (chain.size() == 1) {
      const std::unique_ptr<Graph> problem = JoinProblems(graph_, chain, JoinedOutputs::kLast);
      if (!HasStaticTypes(*problem)) return 0;
      return ChooseAlone(graph_, chain[0], most_rounding_, options_).time_ns;
    }
    const auto joined = ChooseJoined(graph_, chain, JoinedOutputs::kLast, most_rounding_, options_);
    return joined ? joined->time_ns / kGain : kNever;
  }

  void Merge(std::span<const NodeId> chain) { JoinNodes(graph_, chain, JoinedOutputs::kLast); }

  Graph& graph_;
  const PlannerOptions& options_;
  std::vector<double> most_rounding_;
};

}  // namespace

int MergeChains(Graph& graph, const PlannerOptions& options) {
  return ChainMerger(graph, options).Run();
}

}  // namespace floe
