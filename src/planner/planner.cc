#include "planner/planner.h"

#include <algorithm>
#include <map>
#include <unordered_map>

#include "base/check.h"
#include "base/error.h"
#include "engine/format.h"
#include "planner/chains.h"
#include "planner/choose.h"
#include "planner/groups.h"
#include "planner/means.h"
#include "planner/memory.h"
#include "planner/rounding.h"
#include "planner/siblings.h"
#include "planner/storage.h"
#include "planner/weight_limit.h"

namespace floe {
namespace {

bool IsDynamic(const TensorType& type) {
  return !type.IsStatic() || type.dtype == DType::kString;
}

bool IsControlFlow(const Op& op) {
  return IsOp<If>(op) || IsOp<Loop>(op);
}

// An op that only renames bytes takes no step.
bool IsAlias(const Op& op) {
  return InfoOf(op).traits.alias || IsUnary(op, UnaryKind::kIdentity);
}

// The kernels of all nodes with static shapes, bodies of If and Loop included, chosen with a view to all of
// them.
class Choices {
 public:
  Choices(const Graph& graph, const PlannerOptions& options) : options_(options) {
    Choose(graph);
    if (options.max_weight_growth > 0) LimitWeights(contests_, options.target, options.max_weight_growth);
  }

  Choice Take(const Graph& graph, NodeId id) { return std::move(contests_[index_.at({&graph, id})].choice); }

 private:
  void Choose(const Graph& graph) {
    const std::vector<double> most_rounding = MostRounding(graph);
    for (const NodeId id : graph.Order()) {
      if (options_.cancelled && options_.cancelled()) throw Error(ErrorCode::kInterrupted, "interrupted");
      const Node& node = graph.node(id);
      if (IsControlFlow(node.op)) {
        for (const auto& body : node.bodies) Choose(*body);
        continue;
      }
      std::vector<ValueId> inputs;
      std::unique_ptr<Graph> problem = ExtractProblem(graph, id, &inputs);
      if (!HasStaticTypes(*problem)) continue;
      Choice choice = ChooseKernel(*problem, options_.target, options_.tuner,
                                   LimitOf(graph, id, most_rounding, options_));
      index_[{&graph, id}] = contests_.size();
      contests_.push_back({std::move(problem), std::move(choice)});
    }
  }

  const PlannerOptions& options_;
  std::map<std::pair<const Graph*, NodeId>, size_t> index_;
  std::vector<Contest> contests_;
};

class Lowering {
 public:
  Lowering(const Graph& graph, Choices& choices, ConstantPool& constants, const PlannerOptions& options)
      : graph_(graph), choices_(choices), constants_(constants), options_(options) {}

  Plan Run() {
    for (const ValueId id : graph_.inputs()) {
      const uint32_t value = AddValue(id, Place::kInput, static_cast<uint32_t>(plan_.inputs.size()));
      plan_.inputs.push_back(value);
    }
    for (const NodeId id : graph_.Order()) {
      if (options_.cancelled && options_.cancelled()) throw Error(ErrorCode::kInterrupted, "interrupted");
      LowerNode(id);
    }
    for (const ValueId id : graph_.outputs()) plan_.outputs.push_back(ValueOf(id));
    PlaceOutputs();
    AssignMemory(plan_);
    return std::move(plan_);
  }

 private:
  uint32_t AddValue(ValueId id, Place place, uint32_t index) {
    const Value& v = graph_.value(id);
    const auto at = static_cast<uint32_t>(plan_.values.size());
    plan_.values.push_back({v.name, v.type, place, 0, index, v.sources});
    value_of_[id] = at;
    return at;
  }

  // The plan's value; a constant gets one when a step first asks for it as a value.
  uint32_t ValueOf(ValueId id) {
    const auto at = value_of_.find(id);
    if (at != value_of_.end()) return at->second;
    const Value& v = graph_.value(id);
    CHECK(v.is_constant(), v.name);
    return AddValue(id, Place::kConstant, constants_.Add(v.constant));
  }

  std::vector<uint32_t> ValuesOf(std::span<const ValueId> ids) {
    std::vector<uint32_t> out;
    for (const ValueId id : ids) out.push_back(ValueOf(id));
    return out;
  }

  std::vector<uint32_t> AddOutputs(const Node& node) {
    std::vector<uint32_t> out;
    for (const ValueId id : node.outputs) {
      out.push_back(AddValue(id, IsDynamic(graph_.value(id).type) ? Place::kDynamic : Place::kArena, 0));
    }
    return out;
  }

  void LowerNode(NodeId id) {
    const Node& node = graph_.node(id);
    if (IsOp<If>(node.op)) return LowerIf(node);
    if (IsOp<Loop>(node.op)) return LowerLoop(node);
    if (LowerAlias(node)) return;
    LowerKernel(id);
  }

  bool LowerAlias(const Node& node) {
    if (!IsAlias(node.op)) return false;
    if (IsDynamic(graph_.value(node.outputs[0]).type) || IsDynamic(graph_.value(node.inputs[0]).type))
      return false;
    uint32_t root = ValueOf(node.inputs[0]);
    if (plan_.values[root].place == Place::kAlias) root = plan_.values[root].index;
    if (plan_.values[root].place == Place::kDynamic) return false;
    if (plan_.values[root].place == Place::kConstant) {
      AddValue(node.outputs[0], Place::kConstant, plan_.values[root].index);
    } else {
      AddValue(node.outputs[0], Place::kAlias, root);
    }
    return true;
  }

  void LowerKernel(NodeId id) {
    const Node& node = graph_.node(id);
    KernelStep step;
    std::vector<ValueId> inputs;
    step.problem = ExtractProblem(graph_, id, &inputs);
    step.inputs = ValuesOf(inputs);
    step.outputs = AddOutputs(node);
    step.dynamic = !HasStaticTypes(*step.problem);
    if (step.dynamic) {
      const Kernel* reference = FindKernel("reference.graph");
      step.kernel = reference->name;
      step.version = reference->version;
    } else {
      Choice choice = choices_.Take(graph_, id);
      step.kernel = choice.kernel->name;
      step.version = choice.kernel->version;
      step.candidates = std::move(choice.candidates);
      if (choice.kernel->pack != nullptr) PackConstants(*choice.kernel, step);
    }
    ShareConstants(*step.problem);
    plan_.steps.push_back({node.name, node.sources, std::move(step)});
  }

  void PackConstants(const Kernel& kernel, KernelStep& step) {
    const Packed packed = kernel.pack(*step.problem, options_.target);
    for (const Tensor& t : packed.tensors) step.packed.push_back(constants_.Add(t));
    for (const ValueId v : packed.consumed) {
      Tensor& constant = step.problem->value(v).constant;
      constant = Tensor::ConstView(constant.dtype(), constant.dims(), nullptr);
    }
  }

  // Large constants live in the pool, and the problem refers to them there.
  void ShareConstants(Graph& problem) {
    for (const ValueId id : problem.Values()) {
      Value& v = problem.value(id);
      if (!v.is_constant() || v.constant.raw() == nullptr || v.constant.size_bytes() <= kInlineConstantBytes)
        continue;
      v.constant = constants_.at(constants_.Add(v.constant));
    }
  }

  std::unique_ptr<Plan> LowerBody(const Graph& body) {
    return std::make_unique<Plan>(Lowering(body, choices_, constants_, options_).Run());
  }

  void LowerIf(const Node& node) {
    IfStep step;
    step.condition = ValueOf(node.inputs[0]);
    step.inputs = ValuesOf(std::span(node.inputs).subspan(1));
    step.then_plan = LowerBody(*node.bodies[0]);
    step.else_plan = LowerBody(*node.bodies[1]);
    step.outputs = AddOutputs(node);
    plan_.steps.push_back({node.name, node.sources, std::move(step)});
  }

  void LowerLoop(const Node& node) {
    const size_t carried = static_cast<size_t>(OpAs<Loop>(node.op).carried);
    LoopStep step;
    if (node.inputs[0] != kNoValue) step.trip_count = ValueOf(node.inputs[0]);
    if (node.inputs[1] != kNoValue) step.condition = ValueOf(node.inputs[1]);
    step.carried = ValuesOf(std::span(node.inputs).subspan(2, carried));
    step.captured = ValuesOf(std::span(node.inputs).subspan(2 + carried));
    step.body = LowerBody(*node.bodies[0]);
    step.outputs = AddOutputs(node);
    plan_.steps.push_back({node.name, node.sources, std::move(step)});
  }

  // A graph output that a step writes goes straight to the caller's buffer; the runtime copies the others.
  void PlaceOutputs() {
    for (size_t i = 0; i < plan_.outputs.size(); ++i) {
      PlanValue& v = plan_.values[plan_.outputs[i]];
      PlanValue& root = v.place == Place::kAlias ? plan_.values[v.index] : v;
      if (root.place != Place::kArena) continue;
      root.place = Place::kOutput;
      root.index = static_cast<uint32_t>(i);
    }
  }

  const Graph& graph_;
  Choices& choices_;
  ConstantPool& constants_;
  const PlannerOptions& options_;
  Plan plan_;
  std::unordered_map<ValueId, uint32_t> value_of_;
};

}  // namespace

Plan MakePlan(Graph& graph, ConstantPool& constants, const PlannerOptions& options) {
  if (options.settle) {
    SettleGroups(graph, options);
    MergeChains(graph, options);
    MergeMeans(graph, options);
    MergeSiblings(graph, options);
  }
  StoreInBf16(graph, options);
  graph.Compact();
  Choices choices(graph, options);
  return Lowering(graph, choices, constants, options).Run();
}

}  // namespace floe
