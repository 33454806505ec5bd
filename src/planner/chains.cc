#include "planner/chains.h"

#include <algorithm>
#include <limits>
#include <memory>
#include <span>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "base/error.h"
#include "passes/inline_body.h"
#include "passes/make_group.h"
#include "passes/rewrite.h"
#include "planner/choose.h"
#include "planner/groups.h"
#include "planner/rounding.h"
#include "planner/storage.h"

namespace floe {
namespace {

constexpr size_t kMostLayers = 3;
// What a chain must gain: measurements have noise.
constexpr double kGain = 0.98;
constexpr double kNever = std::numeric_limits<double>::infinity();

bool IsLayer(const Graph& graph, NodeId id) {
  return graph.node(id).outputs.size() == 1 && IsOp<Conv>(FirstOp(graph, id));
}

// The layer that alone reads this one's result, as its first input; kNoNode if there is none.
NodeId NextLayer(const Graph& graph, NodeId id) {
  const ValueId output = graph.node(id).outputs[0];
  const NodeId next = SoleUser(graph, output);
  if (next == kNoNode || !IsLayer(graph, next) || graph.node(next).inputs[0] != output) return kNoNode;
  return next;
}

// The problem of a chain; `outside` receives what its inputs are in the graph.
std::unique_ptr<Graph> ChainProblem(const Graph& graph, std::span<const NodeId> chain,
                                    std::vector<ValueId>* outside) {
  std::vector<ValueId>& outer = *outside;
  std::unique_ptr<Graph> problem = ExtractProblem(graph, chain[0], &outer);
  for (size_t k = 1; k < chain.size(); ++k) {
    std::vector<ValueId> next_outer;
    const std::unique_ptr<Graph> next = ExtractProblem(graph, chain[k], &next_outer);
    std::unordered_map<ValueId, ValueId> mapped;
    for (size_t i = 0; i < next_outer.size(); ++i) {
      const ValueId inner = next->inputs()[i];
      const auto at = std::ranges::find(outer, next_outer[i]);
      if (next_outer[i] == graph.node(chain[k - 1]).outputs[0]) {
        mapped[inner] = problem->outputs()[0];
      } else if (at != outer.end()) {
        mapped[inner] = problem->inputs()[static_cast<size_t>(at - outer.begin())];
      } else {
        mapped[inner] = problem->AddInput(next->value(inner).name, next->value(inner).type);
        outer.push_back(next_outer[i]);
      }
    }
    CopyBody(*problem, *next, &mapped);
    problem->SetOutputs({mapped.at(next->outputs()[0])});
  }
  return problem;
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
    const bool alone = chain.size() == 1;
    std::vector<ValueId> inputs;
    const std::unique_ptr<Graph> problem = ChainProblem(graph_, chain, &inputs);
    if (!HasStaticTypes(*problem)) return alone ? 0 : kNever;
    RoundingLimit limit = LimitOf(graph_, chain[0], most_rounding_, options_);
    for (const NodeId id : chain.subspan(1)) {
      const RoundingLimit next = LimitOf(graph_, id, most_rounding_, options_);
      // As one group they would have the name, and so the permission, of the last.
      if (next.bf16.has_value() != limit.bf16.has_value()) return kNever;
      limit.most = std::min(limit.most, next.most);
    }
    const Choice choice =
        ChooseEitherStorage(graph_, *problem, inputs, graph_.node(chain.back()).outputs, options_, limit);
    if (alone) return choice.time_ns;
    return choice.last_resort ? kNever : choice.time_ns / kGain;
  }

  void Merge(std::span<const NodeId> chain) {
    std::vector<NodeId> nodes;
    for (const NodeId id : chain) {
      const std::vector<NodeId> split = SplitIfGroup(graph_, id);
      nodes.insert(nodes.end(), split.begin(), split.end());
    }
    MakeGroup(graph_, nodes);
  }

  Graph& graph_;
  const PlannerOptions& options_;
  std::vector<double> most_rounding_;
};

}  // namespace

int MergeChains(Graph& graph, const PlannerOptions& options) {
  return ChainMerger(graph, options).Run();
}

}  // namespace floe
