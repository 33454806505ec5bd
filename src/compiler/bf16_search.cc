#include "compiler/bf16_search.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <memory>
#include <set>

#include "base/check.h"
#include "base/error.h"
#include "base/log.h"
#include "base/made_up.h"
#include "compiler/difference.h"
#include "floe/session.h"
#include "planner/memory.h"

namespace floe {
namespace {

constexpr int kMostRounds = 8;

// By the step's name, nullopt where it may compute in bf16.
using Bf16Refusals = std::map<std::string, Refusal>;

constexpr const char* kSlower = "float32 is faster";

bool InBf16(const KernelStep& step) {
  return ArithmeticOf(step) == DType::kBFloat16;
}

void CollectBf16(const Plan& plan, std::set<std::string>* names) {
  for (const Step& step : plan.steps) {
    if (const auto* kernel = std::get_if<KernelStep>(&step.action)) {
      if (InBf16(*kernel)) names->insert(step.name);
    } else if (const auto* branch = std::get_if<IfStep>(&step.action)) {
      CollectBf16(*branch->then_plan, names);
      CollectBf16(*branch->else_plan, names);
    } else {
      CollectBf16(*std::get<LoopStep>(step.action).body, names);
    }
  }
}

// The time that bf16 saves against the best kernel in float32.
double GainNs(const KernelStep& step) {
  double float32 = INFINITY;
  double bf16 = INFINITY;
  for (const KernelCandidate& c : step.candidates) {
    const double ns = c.time_ns >= 0 ? c.time_ns : c.estimate_ns;
    if (!c.refusal.empty() || ns < 0) continue;
    double& best = FindKernel(c.kernel)->arithmetic == DType::kBFloat16 ? bf16 : float32;
    best = std::min(best, ns);
  }
  return std::isfinite(float32) ? float32 - bf16 : 0;
}

struct Layer {
  size_t step = 0;
  double gain_ns = 0;
  double error = 0;  // when it alone is in bf16
};

class Search {
 public:
  Search(Graph& graph, const Bf16SearchArgs& args) : args_(args) {
    MakePlans(graph);
    CollectBf16(narrow_, &inner_);
    for (size_t i = 0; i < narrow_.steps.size(); ++i) {
      const auto* kernel = std::get_if<KernelStep>(&narrow_.steps[i].action);
      if (kernel == nullptr || !InBf16(*kernel)) continue;
      layers_.push_back({i, GainNs(*kernel)});
      inner_.erase(narrow_.steps[i].name);
    }
    for (const IoSpec& input : args_.inputs) {
      inputs_.push_back(
          MadeUpTensor(input.type.dtype, input.type.shape.Static(), static_cast<uint32_t>(inputs_.size())));
    }
  }

  Bf16Choice Run(const Graph& graph) {
    const auto refusals = std::make_shared<const Bf16Refusals>(ChooseSteps());
    Bf16Choice choice;
    choice.refusal = [refusals](const std::string& step) -> Refusal {
      const auto at = refusals->find(step);
      return at == refusals->end() ? "its error was not measured" : at->second;
    };
    if (!want_.empty()) choice.may_store = ChooseStored(graph, refusals, choice.refusal);
    return choice;
  }

 private:
  Bf16Refusals ChooseSteps() {
    Bf16Refusals refusals;
    for (const std::string& name : inner_)
      refusals[name] = "within a loop or a branch its error is not measured";
    for (const Step& step : narrow_.steps) {
      const auto* kernel = std::get_if<KernelStep>(&step.action);
      if (kernel != nullptr && !InBf16(*kernel)) refusals[step.name] = kSlower;
    }
    std::set<size_t> chosen;
    if (!layers_.empty() && MeasureAlone()) chosen = ChooseTogether();
    for (const Layer& layer : layers_) {
      if (!chosen.contains(layer.step)) refusals[NameOf(layer)] = ReasonOf(layer);
    }
    for (const Layer& layer : layers_) refusals.emplace(NameOf(layer), std::nullopt);
    return refusals;
  }

  // Values that no step touches which its error keeps in float32; of these all, or, if they come to too much,
  // those between steps in bf16, which would round most of what they read anyhow.
  std::function<bool(const Graph&, ValueId)> ChooseStored(
      const Graph& graph, const std::shared_ptr<const Bf16Refusals>& refusals,
      const std::function<Refusal(const std::string&)>& refusal) {
    for (const bool beside_float32 : {true, false}) {
      const auto may_touch = [refusals, beside_float32](const Graph& g, NodeId id) {
        const auto at = refusals->find(g.node(id).name);
        return at != refusals->end() && (!at->second || (beside_float32 && *at->second == kSlower));
      };
      const auto may_store = [may_touch](const Graph& g, ValueId id) {
        const Value& v = g.value(id);
        return may_touch(g, v.producer) &&
               std::ranges::all_of(v.users, [&](NodeId user) { return may_touch(g, user); });
      };
      PlannerOptions options = args_.planner;
      options.bf16_refusal = refusal;
      options.store_bf16 = true;
      options.may_store = may_store;
      options.settle = false;
      const std::unique_ptr<Graph> trial = graph.Clone();
      const double error = Worst(OutputsOf(MakePlan(*trial, constants_, options)));
      LogInfo("bf16: with values in memory as bf16 the outputs move by {:.2g} of their range", error);
      if (error <= args_.budget) return may_store;
    }
    return nullptr;
  }

  const std::string& NameOf(const Layer& layer) const { return narrow_.steps[layer.step].name; }

  std::string ReasonOf(const Layer& layer) const {
    if (want_.empty()) return "made-up inputs cannot run this model, so its error is not measured";
    if (layer.error > args_.budget) {
      return fmt::format("alone it moves an output by {:.2g} of its range, and the budget is {:.2g}",
                         layer.error, args_.budget);
    }
    return fmt::format("it moves an output by {:.2g} of its range, and others leave no more of the {:.2g}",
                       layer.error, args_.budget);
  }

  // Both of the same steps: groups are those that pay beside bf16.
  void MakePlans(Graph& graph) {
    narrow_ = MakePlan(graph, constants_, args_.planner);
    PlannerOptions float32 = args_.planner;
    float32.bf16_refusal = [](const std::string&) { return "for comparison"; };
    float32.settle = false;
    wide_ = MakePlan(graph, constants_, float32);
    CHECK(wide_.steps.size() == narrow_.steps.size());
  }

  void CheckCancelled() const {
    if (args_.planner.cancelled && args_.planner.cancelled())
      throw Error(ErrorCode::kInterrupted, "interrupted");
  }

  // Of the network with those steps in bf16.
  std::vector<Tensor> Outputs(const std::set<size_t>& in_bf16) {
    Plan plan = ClonePlan(wide_);
    for (const size_t i : in_bf16) plan.steps[i] = CloneStep(narrow_.steps[i]);
    return OutputsOf(std::move(plan));
  }

  std::vector<Tensor> OutputsOf(Plan plan) {
    CheckCancelled();
    EngineData data;
    data.target = args_.planner.target;
    data.inputs = args_.inputs;
    data.outputs = args_.outputs;
    data.constants = constants_.tensors();
    AssignMemory(plan);
    data.profiles.push_back(std::move(plan));
    std::vector<Tensor> outputs(args_.outputs.size());
    Session session(std::make_shared<const Engine>(std::move(data)), {args_.threads, nullptr});
    session.RunInto(inputs_, outputs);
    return outputs;
  }

  double ErrorOf(const std::set<size_t>& in_bf16) { return Worst(Outputs(in_bf16)); }
  // The largest error of an output, of its range.
  double Worst(const std::vector<Tensor>& have) const {
    double worst = 0;
    for (size_t i = 0; i < want_.size(); ++i) worst = std::max(worst, Relative(have[i], want_[i]));
    return worst;
  }

  static double Relative(const Tensor& have, const Tensor& want) {
    if (!IsFloat(want.dtype()) || have.dims() != want.dims()) return SameContents(have, want) ? 0 : INFINITY;
    const Difference d = CompareFloats(have, want);
    return d.largest == 0 ? 0 : d.range > 0 ? d.largest / d.range : INFINITY;
  }

  // False when made-up inputs cannot run the model.
  bool MeasureAlone() {
    try {
      want_ = Outputs({});
    } catch (const Error& error) {
      if (error.code() != ErrorCode::kUsage) throw;
      return false;
    }
    for (size_t i = 0; i < layers_.size(); ++i) {
      Layer& layer = layers_[i];
      layer.error = ErrorOf({layer.step});
      LogInfo("bf16: {} alone moves the outputs by {:.2g} of their range and saves {:.3f} ms", NameOf(layer),
              layer.error, layer.gain_ns * 1e-6);
      if (args_.planner.progress) {
        args_.planner.progress("measuring errors of bf16",
                               static_cast<double>(i + 1) / static_cast<double>(layers_.size()));
      }
    }
    return true;
  }

  // The steps that together gain the most, as long as the guess at their error is below the limit: errors of
  // different layers add like those of independent chances.
  std::set<size_t> GuessWithin(double limit, double* gain_ns, double* guess) const {
    std::vector<Layer> order = layers_;
    const auto worth = [](const Layer& l) { return l.gain_ns / std::max(l.error * l.error, 1e-18); };
    std::ranges::stable_sort(order, [&](const Layer& a, const Layer& b) { return worth(a) > worth(b); });
    std::set<size_t> chosen;
    double sum = 0;
    *gain_ns = 0;
    for (const Layer& layer : order) {
      if (layer.gain_ns <= 0 || sum + layer.error * layer.error > limit * limit) continue;
      sum += layer.error * layer.error;
      *gain_ns += layer.gain_ns;
      chosen.insert(layer.step);
    }
    *guess = std::sqrt(sum);
    return chosen;
  }

  // What guesses really come to is measured, and the limit corrected.
  std::set<size_t> ChooseTogether() {
    std::set<size_t> best;
    double best_gain = 0;
    std::set<std::set<size_t>> tried;
    double limit = args_.budget;
    double passed = 0;
    double failed = INFINITY;
    for (int round = 0; round < kMostRounds; ++round) {
      double gain = 0;
      double guess = 0;
      const std::set<size_t> chosen = GuessWithin(limit, &gain, &guess);
      if (chosen.empty() || !tried.insert(chosen).second) break;
      const double error = ErrorOf(chosen);
      LogInfo("bf16: {} of {} steps together move the outputs by {:.2g} of their range", chosen.size(),
              layers_.size(), error);
      const bool within = error <= args_.budget;
      if (within && gain > best_gain) {
        best = chosen;
        best_gain = gain;
      }
      if (!within) limit = guess;  // it may have been far below: what must shrink is this
      (within ? passed : failed) = limit;
      limit = passed > 0 && std::isfinite(failed)
                  ? (passed + failed) / 2
                  : limit * std::clamp(0.95 * args_.budget / std::max(error, 1e-18), 0.25, 2.0);
    }
    return best;
  }

  Bf16SearchArgs args_;
  ConstantPool constants_;
  Plan narrow_;
  Plan wide_;
  std::vector<Layer> layers_;
  std::set<std::string> inner_;  // names of steps in bf16 within loops and branches
  std::vector<Tensor> inputs_;
  std::vector<Tensor> want_;
};

}  // namespace

Bf16Choice ChooseBf16(Graph& graph, const Bf16SearchArgs& args) {
  return Search(graph, args).Run(graph);
}

}  // namespace floe
