#include "planner/means.h"

#include <algorithm>
#include <memory>
#include <vector>

#include "base/error.h"
#include "passes/make_group.h"
#include "planner/choose.h"
#include "planner/groups.h"
#include "planner/rounding.h"
#include "planner/storage.h"

namespace floe {
namespace {

// How much slower a group may be than its parts as they are measured: alone, the mean finds in the nearest
// cache what in a run another core has just written.
constexpr double kMostLoss = 1.03;

// The mean of the value over all dimensions but the first and the last; kNoNode if nothing computes it.
NodeId MeanOf(const Graph& graph, ValueId value) {
  const auto rank = static_cast<int64_t>(graph.value(value).type.shape.rank());
  for (const NodeId user : graph.value(value).users) {
    const Reduce* reduce = OpCast<Reduce>(graph.node(user).op);
    if (reduce == nullptr || reduce->kind != ReduceKind::kMean) continue;
    std::vector<int64_t> axes = reduce->axes;
    for (int64_t& axis : axes) axis += axis < 0 ? rank : 0;
    std::ranges::sort(axes);
    bool all = rank > 2 && static_cast<int64_t>(axes.size()) == rank - 2;
    for (size_t i = 0; all && i < axes.size(); ++i) all = axes[i] == static_cast<int64_t>(i) + 1;
    if (all) return user;
  }
  return kNoNode;
}

// `inputs` receives what its inputs are in the graph.
std::unique_ptr<Graph> ProblemWithMean(const Graph& graph, NodeId layer, NodeId mean,
                                       std::vector<ValueId>* inputs) {
  std::unique_ptr<Graph> problem = ExtractProblem(graph, layer, inputs);
  const ValueId result = problem->outputs()[0];
  problem->AddOutput(problem->Add(graph.node(mean).op, {result}));
  return problem;
}

bool IsFaster(const Graph& graph, NodeId layer, NodeId mean, const PlannerOptions& options,
              const RoundingLimit& rounding) {
  std::vector<ValueId> inputs;
  const std::unique_ptr<Graph> both = ProblemWithMean(graph, layer, mean, &inputs);
  if (!HasStaticTypes(*both)) return false;
  const auto choose = [&](const Graph& p) {
    return ChooseKernel(p, options.target, options.tuner, rounding);
  };
  const std::vector<ValueId> outputs = {graph.node(layer).outputs[0], graph.node(mean).outputs[0]};
  const Choice together = ChooseEitherStorage(graph, *both, inputs, outputs, options, rounding);
  if (together.last_resort) return false;
  std::vector<ValueId> ignored;
  const double apart = choose(*ExtractProblem(graph, layer, &ignored)).time_ns +
                       choose(*ExtractProblem(graph, mean, &ignored)).time_ns;
  return together.time_ns < apart * kMostLoss;
}

void Merge(Graph& graph, NodeId layer, NodeId mean) {
  std::vector<NodeId> nodes = SplitIfGroup(graph, layer);
  const NodeId result = nodes.back();
  nodes.push_back(mean);
  MakeGroup(graph, nodes, std::vector{result, mean});
}

}  // namespace

int MergeMeans(Graph& graph, const PlannerOptions& options) {
  int merged = 0;
  const std::vector<double> most_rounding = MostRounding(graph);
  for (const NodeId id : graph.Order()) {
    if (options.cancelled && options.cancelled()) throw Error(ErrorCode::kInterrupted, "interrupted");
    const Node& node = graph.node(id);
    if (!IsOp<Group>(node.op)) {
      for (const auto& body : node.bodies) merged += MergeMeans(*body, options);
    }
    if (node.outputs.size() != 1 || !IsOp<Conv>(FirstOp(graph, id))) continue;
    const ValueId result = node.outputs[0];
    const NodeId mean = MeanOf(graph, result);
    if (mean == kNoNode || graph.HasOneUse(result)) continue;
    if (!IsFaster(graph, id, mean, options, LimitOf(graph, id, most_rounding, options))) continue;
    Merge(graph, id, mean);
    ++merged;
  }
  return merged;
}

}  // namespace floe
