#include "planner/storage.h"

#include <algorithm>
#include <limits>
#include <map>
#include <set>
#include <span>

#include "base/error.h"
#include "base/log.h"
#include "passes/make_group.h"
#include "planner/groups.h"
#include "planner/rounding.h"

namespace floe {
namespace {

// Smaller ones cost nothing anyhow, and statistics and gates are among them.
constexpr int64_t kFewestElements = 4096;
// A value that many read would be tried with each.
constexpr size_t kMostUsers = 4;
// Values of a step that are tried in all combinations.
constexpr size_t kMostTogether = 4;
// What no kernel takes.
constexpr double kNever = 1e15;
constexpr int kMostRounds = 8;
// In a network values come from another core's cache or from the last one, and go where lines must be
// fetched first; a step that is measured alone has them near. A quarter of what a byte takes then.
constexpr double kHandOverNsPerByte = 0.004;
constexpr double kNearBytes = 512 * 1024;  // fewer stay in the cores' own caches there, too

void NarrowInput(Graph& problem, ValueId input) {
  Value& v = problem.value(input);
  v.type.dtype = DType::kBFloat16;
  const std::vector<NodeId> users = v.users;
  if (users.empty()) return;
  const ValueId wide = problem.Add(Cast{DType::kFloat32}, {input});
  for (const NodeId user : users) {
    for (size_t i = 0; i < problem.node(user).inputs.size(); ++i) {
      if (problem.node(user).inputs[i] == input) problem.SetInput(user, i, wide);
    }
  }
}

void NarrowOutput(Graph& problem, size_t index) {
  std::vector<ValueId> outputs = problem.outputs();
  outputs[index] = problem.Add(Cast{DType::kBFloat16}, {outputs[index]});
  problem.SetOutputs(std::move(outputs));
}

void Narrow(Graph& problem, const std::vector<ValueId>& inputs, const std::vector<ValueId>& outputs,
            const std::function<bool(ValueId)>& stored) {
  for (size_t i = 0; i < inputs.size(); ++i) {
    if (stored(inputs[i])) NarrowInput(problem, problem.inputs()[i]);
  }
  for (size_t i = 0; i < outputs.size(); ++i) {
    if (stored(outputs[i])) NarrowOutput(problem, i);
  }
}

bool IsStep(const Graph& graph, NodeId id) {
  const Op& op = graph.node(id).op;
  return !IsOp<If>(op) && !IsOp<Loop>(op);
}

// The narrow problem's kernels are measured beside the best of the wide one, of which they are a variant.
Choice ChooseNarrow(const Graph& narrow, const Graph& wide, const Choice& chosen,
                    const PlannerOptions& options, const RoundingLimit& rounding) {
  const Yardstick yardstick{&wide, chosen.kernel, chosen.time_ns};
  return ChooseKernel(narrow, options.target, options.tuner, rounding,
                      chosen.last_resort ? nullptr : &yardstick);
}

class Storage {
 public:
  Storage(Graph& graph, const PlannerOptions& options)
      : graph_(graph), options_(options), most_rounding_(MostRounding(graph)) {
    for (const NodeId id : graph.Order()) {
      for (const ValueId out : graph.node(id).outputs) {
        if (MayBeStored(graph, out, options)) candidates_.insert(out);
      }
    }
    for (const NodeId id : graph.Order()) {
      if (!IsStep(graph, id)) continue;
      const std::vector<ValueId> incident = IncidentTo(id);
      if (!incident.empty()) steps_.push_back({id, incident});
    }
  }

  int Run() {
    if (candidates_.empty()) return 0;
    const std::set<ValueId> from_all = Improve(WithoutRefused(candidates_));
    const std::set<ValueId> from_none = Improve({});
    const double all_ns = Total(from_all);
    const double none_ns = Total(from_none);
    const std::set<ValueId>& best = all_ns <= none_ns ? from_all : from_none;
    LogInfo("{} of {} values lie in memory as bf16: {:.3f} ms instead of {:.3f}", best.size(),
            candidates_.size(), std::min(all_ns, none_ns) * 1e-6, Total({}) * 1e-6);
    Apply(best);
    return static_cast<int>(best.size());
  }

 private:
  struct StepValues {
    NodeId node;
    std::vector<ValueId> values;  // that may be stored
  };
  using Stored = std::set<ValueId>;

  // Each once.
  std::vector<ValueId> IncidentTo(NodeId id) const {
    std::vector<ValueId> found;
    for (const auto& ids : {graph_.node(id).inputs, graph_.node(id).outputs}) {
      for (const ValueId v : ids) {
        if (candidates_.contains(v) && std::ranges::find(found, v) == found.end()) found.push_back(v);
      }
    }
    return found;
  }

  void CheckCancelled() const {
    if (options_.cancelled && options_.cancelled()) throw Error(ErrorCode::kInterrupted, "interrupted");
  }

  // What steps that are measured alone do not show.
  double HandingOver(const StepValues& step, const Stored& stored) const {
    double bytes = 0;
    for (const ValueId v : step.values) {
      const auto wide = static_cast<double>(graph_.value(v).type.StaticBytes());
      if (wide >= kNearBytes) bytes += stored.contains(v) ? wide / 2 : wide;
    }
    return bytes * kHandOverNsPerByte;
  }

  double TimeOf(const StepValues& step, const Stored& stored) {
    std::vector<bool> which;
    for (const ValueId v : step.values) which.push_back(stored.contains(v));
    const auto [at, is_new] = times_.try_emplace({step.node, which}, kNever);
    if (!is_new) return at->second;
    CheckCancelled();
    std::vector<ValueId> inputs;
    const std::unique_ptr<Graph> problem = ExtractProblem(graph_, step.node, &inputs);
    if (!HasStaticTypes(*problem)) return at->second;
    const RoundingLimit limit = LimitOf(graph_, step.node, most_rounding_, options_);
    const Choice wide = ChooseKernel(*problem, options_.target, options_.tuner, limit);
    const double handed_over = HandingOver(step, stored);
    if (std::ranges::find(which, true) == which.end()) return at->second = wide.time_ns + handed_over;
    const auto is_stored = [&](ValueId v) { return stored.contains(v); };
    const Choice narrow =
        ChooseNarrow(*WithStored(*problem, inputs, graph_.node(step.node).outputs, is_stored), *problem, wide,
                     options_, limit);
    if (!narrow.last_resort) at->second = narrow.time_ns + handed_over;
    return at->second;
  }

  // Less all that a step touches which no kernel takes so, until there is none.
  Stored WithoutRefused(Stored stored) {
    for (bool changed = true; changed;) {
      changed = false;
      for (const StepValues& step : steps_) {
        if (TimeOf(step, stored) < kNever) continue;
        for (const ValueId v : step.values) changed |= stored.erase(v) > 0;
      }
    }
    return stored;
  }

  double Total(const Stored& stored) {
    double ns = 0;
    for (const StepValues& step : steps_) ns += TimeOf(step, stored);
    return ns;
  }

  // Of the steps that compute or read one of the values.
  double TotalAround(std::span<const ValueId> values, const Stored& stored) {
    double ns = 0;
    for (const StepValues& step : steps_) {
      const bool touches = std::ranges::any_of(
          step.values, [&](ValueId v) { return std::ranges::find(values, v) != values.end(); });
      if (touches) ns += TimeOf(step, stored);
    }
    return ns;
  }

  // Step by step the best combination of its values while all others stay as they are, until none is better.
  Stored Improve(Stored stored) {
    for (int round = 0; round < kMostRounds; ++round) {
      bool changed = false;
      for (size_t i = 0; i < steps_.size(); ++i) {
        if (options_.progress) {
          options_.progress("choosing what lies in memory as bf16",
                            static_cast<double>(i) / static_cast<double>(steps_.size()));
        }
        changed |= ImproveStep(steps_[i], &stored);
      }
      if (!changed) break;
    }
    return stored;
  }

  bool ImproveStep(const StepValues& step, Stored* stored) {
    const std::span<const ValueId> values =
        std::span(step.values).last(std::min(step.values.size(), kMostTogether));
    Stored best = *stored;
    double least = TotalAround(step.values, best);
    const auto consider = [&](Stored trial) {
      const double ns = TotalAround(step.values, trial);
      if (ns >= least) return;
      least = ns;
      best = std::move(trial);
    };
    for (size_t mask = 0; mask < size_t{1} << values.size(); ++mask) {
      Stored trial = *stored;
      for (size_t i = 0; i < values.size(); ++i) {
        if ((mask >> i & 1) != 0) {
          trial.insert(values[i]);
        } else {
          trial.erase(values[i]);
        }
      }
      consider(std::move(trial));
    }
    if (values.size() < step.values.size()) {  // all of a concatenation of many
      Stored all = *stored;
      Stored none = *stored;
      for (const ValueId v : step.values) {
        all.insert(v);
        none.erase(v);
      }
      consider(std::move(all));
      consider(std::move(none));
    }
    if (best == *stored) return false;
    *stored = std::move(best);
    return true;
  }

  void Apply(const Stored& stored) {
    const auto is_stored = [&](ValueId v) { return stored.contains(v); };
    for (const StepValues& step : steps_) {
      if (std::ranges::none_of(step.values, is_stored)) continue;
      NodeId id = step.node;
      if (!IsOp<Group>(graph_.node(id).op)) {
        const ValueId output = graph_.node(id).outputs[0];
        MakeGroup(graph_, std::span(&id, 1));
        id = graph_.value(output).producer;
      }
      const Node& group = graph_.node(id);
      Narrow(*group.bodies[0], group.inputs, group.outputs, is_stored);
    }
    for (const ValueId v : stored) graph_.value(v).type.dtype = DType::kBFloat16;
  }

  Graph& graph_;
  const PlannerOptions& options_;
  std::vector<double> most_rounding_;
  Stored candidates_;
  std::vector<StepValues> steps_;
  std::map<std::pair<NodeId, std::vector<bool>>, double> times_;
};

}  // namespace

bool MayStoreBf16(const PlannerOptions& options) {
  return options.store_bf16 && options.target.isa != options.target.PlainIsa() && options.tuner != nullptr;
}

bool MayBeStored(const Graph& graph, ValueId id, const PlannerOptions& options) {
  const Value& v = graph.value(id);
  if (v.producer == kNoNode || v.type.dtype != DType::kFloat32 || !v.type.IsStatic()) return false;
  if (graph.IsOutput(id) || v.users.empty() || v.users.size() > kMostUsers) return false;
  int64_t elements = 1;
  for (const Dim& dim : v.type.shape.dims()) elements *= dim.value();
  const auto takes = [&](NodeId node) { return IsStep(graph, node); };
  if (elements < kFewestElements || !takes(v.producer) || !std::ranges::all_of(v.users, takes)) return false;
  return !options.may_store || options.may_store(graph, id);
}

std::unique_ptr<Graph> WithStored(const Graph& problem, const std::vector<ValueId>& inputs,
                                  const std::vector<ValueId>& outputs,
                                  const std::function<bool(ValueId)>& stored) {
  std::unique_ptr<Graph> narrow = problem.Clone();
  Narrow(*narrow, inputs, outputs, stored);
  return narrow;
}

Choice ChooseEitherStorage(const Graph& graph, const Graph& problem, const std::vector<ValueId>& inputs,
                           const std::vector<ValueId>& outputs, const PlannerOptions& options,
                           const RoundingLimit& rounding, const Yardstick* beside) {
  Choice wide = ChooseKernel(problem, options.target, options.tuner, rounding, beside);
  if (!MayStoreBf16(options)) return wide;
  const auto stored = [&](ValueId v) { return MayBeStored(graph, v, options); };
  if (std::ranges::none_of(inputs, stored) && std::ranges::none_of(outputs, stored)) return wide;
  Choice narrow =
      ChooseNarrow(*WithStored(problem, inputs, outputs, stored), problem, wide, options, rounding);
  const bool better = !narrow.last_resort && (wide.last_resort || narrow.time_ns < wide.time_ns);
  return better ? std::move(narrow) : std::move(wide);
}

int StoreInBf16(Graph& graph, const PlannerOptions& options) {
  if (!MayStoreBf16(options)) return 0;
  int stored = 0;
  for (const NodeId id : graph.Order()) {
    if (IsStep(graph, id)) continue;
    for (const auto& body : graph.node(id).bodies) stored += StoreInBf16(*body, options);
  }
  return stored + Storage(graph, options).Run();
}

}  // namespace floe
