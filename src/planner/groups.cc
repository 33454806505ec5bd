#include "planner/groups.h"

#include <algorithm>
#include <unordered_map>

#include "passes/inline_body.h"
#include "passes/make_group.h"
#include "planner/choose.h"
#include "planner/rounding.h"
#include "planner/storage.h"

namespace floe {
namespace {

// A group must gain this much to be split: measurements have noise, and a whole group saves memory too.
constexpr double kSplitGain = 0.97;

bool BetterApart(const Graph& problem, const PlannerOptions& options, const RoundingLimit& rounding) {
  if (!HasStaticTypes(problem)) return true;
  const Choice whole = ChooseKernel(problem, options.target, options.tuner, rounding);
  if (whole.last_resort) return true;
  // Timing the parts of every group would double the build: estimates decide, the whole's best against the
  // parts'.
  double apart_ns = 0;
  for (const NodeId id : problem.Order()) {
    std::vector<ValueId> ignored;
    const std::unique_ptr<Graph> part = ExtractProblem(problem, id, &ignored);
    const Choice choice = ChooseKernel(*part, options.target, nullptr, rounding);
    if (choice.last_resort) return false;
    apart_ns += choice.time_ns;
  }
  return apart_ns < ChooseKernel(problem, options.target, nullptr, rounding).time_ns * kSplitGain;
}

// How many ops of a group come before the layer: what its pixels pass through.
size_t HeadLength(const Graph& problem) {
  const std::vector<NodeId> order = problem.Order();
  const auto layer = std::ranges::find_if(order, [&](NodeId id) { return IsOp<Conv>(problem.node(id).op); });
  return layer == order.end() ? 0 : static_cast<size_t>(layer - order.begin());
}

// The nodes, in order, as one.
NodeId Join(Graph& graph, std::span<const NodeId> nodes) {
  const ValueId result = graph.node(nodes.back()).outputs[0];
  if (nodes.size() > 1) MakeGroup(graph, nodes);
  return graph.value(result).producer;
}

struct Halves {
  NodeId head;
  NodeId tail;
};

Halves JoinHalves(Graph& graph, std::span<const NodeId> nodes, size_t head) {
  const NodeId tail = Join(graph, nodes.subspan(head));
  return {Join(graph, nodes.first(head)), tail};
}

// The head and the others by themselves are faster, measured where the planner measures.
bool HeadBetterApart(const Graph& problem, size_t head, const PlannerOptions& options,
                     const RoundingLimit& rounding) {
  if (!HasStaticTypes(problem)) return true;
  const auto choose = [&](const Graph& p) {
    return ChooseKernel(p, options.target, options.tuner, rounding);
  };
  const Choice whole = choose(problem);
  if (whole.last_resort) return true;
  const std::unique_ptr<Graph> parts = problem.Clone();
  const Halves halves = JoinHalves(*parts, parts->Order(), head);
  std::vector<ValueId> ignored;
  const Choice first = choose(*ExtractProblem(*parts, halves.head, &ignored));
  const Choice second = choose(*ExtractProblem(*parts, halves.tail, &ignored));
  if (first.last_resort || second.last_resort) return false;
  return first.time_ns + second.time_ns < whole.time_ns * kSplitGain;
}

}  // namespace

std::vector<NodeId> SplitGroup(Graph& graph, NodeId id) {
  const std::unique_ptr<Graph> body = graph.node(id).bodies.at(0)->Clone();
  const std::vector<ValueId> outer_inputs = graph.node(id).inputs;
  const std::vector<ValueId> outer_outputs = graph.node(id).outputs;
  std::unordered_map<ValueId, ValueId> mapped;
  for (size_t i = 0; i < outer_inputs.size(); ++i) mapped[body->inputs()[i]] = outer_inputs[i];
  const std::vector<NodeId> nodes = CopyBody(graph, *body, &mapped);
  const std::vector<NodeId> order = body->Order();
  for (size_t i = 0; i < nodes.size(); ++i) {
    const std::vector<ValueId>& inner = body->node(order[i]).outputs;
    for (size_t k = 0; k < inner.size(); ++k) {
      graph.value(graph.node(nodes[i]).outputs[k]).type = body->value(inner[k]).type;
    }
  }
  for (size_t i = 0; i < outer_outputs.size(); ++i)
    graph.ReplaceUses(outer_outputs[i], mapped.at(body->outputs()[i]));
  graph.RemoveNode(id);
  return nodes;
}

std::vector<NodeId> SplitIfGroup(Graph& graph, NodeId node) {
  if (IsOp<Group>(graph.node(node).op)) return SplitGroup(graph, node);
  return {node};
}

const Op& FirstOp(const Graph& graph, NodeId node) {
  if (!IsOp<Group>(graph.node(node).op)) return graph.node(node).op;
  const Graph& body = *graph.node(node).bodies[0];
  return body.node(body.Order()[0]).op;
}

RoundingLimit LimitOf(const Graph& graph, NodeId id, std::span<const double> most_rounding,
                      const PlannerOptions& options) {
  const bool beside_bf16 = options.bf16_throughout && options.target.isa != options.target.PlainIsa();
  const double most = most_rounding[static_cast<size_t>(id)];
  return {beside_bf16 ? std::max(most, kMostBesideBf16) : most,
          options.bf16_refusal ? options.bf16_refusal(graph.node(id).name) : std::nullopt};
}

std::unique_ptr<Graph> JoinProblems(const Graph& graph, std::span<const NodeId> nodes, JoinedOutputs outputs,
                                    std::vector<ValueId>* outside) {
  std::vector<ValueId> outer;
  std::unique_ptr<Graph> problem = ExtractProblem(graph, nodes[0], &outer);
  if (outside != nullptr) *outside = outer;
  std::unordered_map<ValueId, ValueId> known;  // of the graph's values, those in the problem
  for (size_t i = 0; i < outer.size(); ++i) known[outer[i]] = problem->inputs()[i];
  std::vector<ValueId> results = {problem->outputs()[0]};
  known[graph.node(nodes[0]).outputs[0]] = results[0];
  for (const NodeId id : nodes.subspan(1)) {
    const std::unique_ptr<Graph> next = ExtractProblem(graph, id, &outer);
    std::unordered_map<ValueId, ValueId> mapped;
    for (size_t i = 0; i < outer.size(); ++i) {
      const ValueId inner = next->inputs()[i];
      const auto [at, is_new] = known.try_emplace(outer[i], kNoValue);
      if (is_new) {
        at->second = problem->AddInput(next->value(inner).name, next->value(inner).type);
        if (outside != nullptr) outside->push_back(outer[i]);
      }
      mapped[inner] = at->second;
    }
    CopyBody(*problem, *next, &mapped);
    results.push_back(mapped.at(next->outputs()[0]));
    known[graph.node(id).outputs[0]] = results.back();
  }
  if (outputs == JoinedOutputs::kLast) results = {results.back()};
  problem->SetOutputs(results);
  return problem;
}

void JoinNodes(Graph& graph, std::span<const NodeId> nodes, JoinedOutputs outputs) {
  std::vector<NodeId> parts;
  std::vector<NodeId> shown;
  for (const NodeId id : nodes) {
    const std::vector<NodeId> split = SplitIfGroup(graph, id);
    parts.insert(parts.end(), split.begin(), split.end());
    shown.push_back(split.back());
  }
  if (outputs == JoinedOutputs::kLast) shown = {shown.back()};
  MakeGroup(graph, parts, shown);
}

Choice ChooseAlone(const Graph& graph, NodeId node, std::span<const double> most_rounding,
                   const PlannerOptions& options) {
  std::vector<ValueId> inputs;
  const std::unique_ptr<Graph> problem = ExtractProblem(graph, node, &inputs);
  return ChooseEitherStorage(graph, *problem, inputs, graph.node(node).outputs, options,
                             LimitOf(graph, node, most_rounding, options));
}

std::optional<Choice> ChooseJoined(const Graph& graph, std::span<const NodeId> nodes, JoinedOutputs outputs,
                                   std::span<const double> most_rounding, const PlannerOptions& options) {
  std::vector<ValueId> inputs;
  const std::unique_ptr<Graph> problem = JoinProblems(graph, nodes, outputs, &inputs);
  if (!HasStaticTypes(*problem)) return std::nullopt;
  const RoundingLimit first_limit = LimitOf(graph, nodes[0], most_rounding, options);
  RoundingLimit limit = first_limit;
  std::vector<ValueId> results = graph.node(nodes[0]).outputs;
  for (const NodeId id : nodes.subspan(1)) {
    const RoundingLimit next = LimitOf(graph, id, most_rounding, options);
    if (next.bf16.has_value() != limit.bf16.has_value()) return std::nullopt;
    limit.most = std::min(limit.most, next.most);
    if (outputs == JoinedOutputs::kLast) results.clear();
    results.push_back(graph.node(id).outputs[0]);
  }
  std::vector<ValueId> ignored;
  const std::unique_ptr<Graph> first = ExtractProblem(graph, nodes[0], &ignored);
  const Choice alone = ChooseKernel(*first, options.target, options.tuner, first_limit);
  const Yardstick beside{first.get(), alone.kernel, alone.time_ns};
  Choice joined = ChooseEitherStorage(graph, *problem, inputs, results, options, limit,
                                      alone.last_resort ? nullptr : &beside);
  if (joined.last_resort) return std::nullopt;
  return joined;
}

int SettleGroups(Graph& graph, const PlannerOptions& options) {
  int split = 0;
  const std::vector<NodeId> order = graph.Order();
  const std::vector<double> most_rounding = MostRounding(graph);
  for (size_t i = 0; i < order.size(); ++i) {
    const NodeId id = order[i];
    if (options.cancelled && options.cancelled()) throw Error(ErrorCode::kInterrupted, "interrupted");
    if (options.progress) {
      options.progress("choosing kernels", static_cast<double>(i) / static_cast<double>(order.size()));
    }
    if (!IsOp<Group>(graph.node(id).op)) {
      for (const auto& body : graph.node(id).bodies) split += SettleGroups(*body, options);
      continue;
    }
    const RoundingLimit limit = LimitOf(graph, id, most_rounding, options);
    std::vector<ValueId> ignored;
    std::unique_ptr<Graph> problem = ExtractProblem(graph, id, &ignored);
    NodeId group = id;
    if (const size_t head = HeadLength(*problem); head > 0) {
      if (!HeadBetterApart(*problem, head, options, limit)) continue;
      group = JoinHalves(graph, SplitGroup(graph, id), head).tail;
      ++split;
      if (!IsOp<Group>(graph.node(group).op)) continue;
      problem = ExtractProblem(graph, group, &ignored);
    }
    if (BetterApart(*problem, options, limit)) {
      SplitGroup(graph, group);
      ++split;
    }
  }
  return split;
}

}  // namespace floe
