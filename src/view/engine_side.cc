#include "view/engine_side.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "engine/format.h"
#include "graph/cost.h"
#include "view/graph_side.h"
#include "view/op_text.h"
#include "view/sides.h"
#include "view/tensor_summary.h"

namespace floe::view {
namespace {

int64_t ProblemBytes(const Graph& problem) {
  int64_t bytes = 0;
  const auto add = [&](const TensorType& type) {
    if (type.IsStatic() && type.dtype != DType::kString) bytes += static_cast<int64_t>(type.StaticBytes());
  };
  for (const ValueId id : problem.inputs()) add(problem.value(id).type);
  for (const ValueId id : problem.outputs()) add(problem.value(id).type);
  for (const ValueId id : problem.Values()) {
    if (problem.value(id).is_constant()) add(problem.value(id).type);
  }
  return bytes;
}

class PlanNodes {
 public:
  PlanNodes(const EngineData& data, std::vector<Node>* nodes) : data_(data), nodes_(nodes), graphs_(nodes) {}

  // As GraphNodes::Add, for a plan.
  std::vector<std::vector<Source>> Add(const Plan& plan, const std::string& prefix,
                                       const std::vector<std::vector<Source>>& inputs) {
    Made made(plan.values.size());
    for (size_t i = 0; i < plan.inputs.size(); ++i) {
      if (i < inputs.size() && !inputs[i].empty()) {
        made[plan.inputs[i]] = inputs[i];
      } else {
        AddInput(plan, i, prefix, &made);
      }
    }
    for (const Step& step : plan.steps) AddStep(plan, step, prefix, &made);
    std::vector<std::vector<Source>> outputs;
    for (const uint32_t output : plan.outputs) outputs.push_back(Sources(plan, output, prefix, &made));
    return outputs;
  }

 private:
  using Made = std::vector<std::vector<Source>>;  // where each value of a plan comes from

  int32_t Append(Node node) {
    nodes_->push_back(std::move(node));
    return static_cast<int32_t>(nodes_->size() - 1);
  }

  void AddInput(const Plan& plan, size_t i, const std::string& prefix, Made* made) {
    const PlanValue& value = plan.values[plan.inputs[i]];
    Node node;
    const bool outermost = prefix.empty() && i < data_.inputs.size();
    node.name = graphs_.Unique(prefix + (outermost ? data_.inputs[i].name : value.name));
    node.op = "Input";
    node.role = outermost ? NodeRole::kInput : NodeRole::kOther;
    node.outputs = {value.type.ToString()};
    node.sources = value.sources;
    if (outermost) node.sources.push_back(data_.inputs[i].tensor);
    (*made)[plan.inputs[i]] = {{Append(std::move(node)), 0}};
  }

  const std::vector<Source>& Sources(const Plan& plan, uint32_t id, const std::string& prefix, Made* made) {
    std::vector<Source>& at = (*made)[id];
    if (!at.empty()) return at;
    const PlanValue& value = plan.values[id];
    if (value.place == Place::kAlias) {
      const std::vector<Source> aliased = Sources(plan, value.index, prefix, made);
      return (*made)[id] = aliased;
    }
    if (value.place == Place::kConstant && value.index < data_.constants.size()) {
      Node node;
      node.name = graphs_.Unique(prefix + value.name);
      node.op = "Constant";
      node.role = NodeRole::kConstant;
      node.outputs = {value.type.ToString()};
      node.sources = value.sources;
      node.tensor = Summarise(data_.constants[value.index]);
      at = {{Append(std::move(node)), 0}};
    }
    return at;
  }

  void AddStep(const Plan& plan, const Step& step, const std::string& prefix, Made* made) {
    Node node;
    node.name = graphs_.Unique(prefix + step.name);
    node.sources = step.sources;
    const std::string scope = node.name + "/";
    const auto taken = [&](const std::vector<uint32_t>& ids) {
      std::vector<std::vector<Source>> out;
      for (const uint32_t id : ids) out.push_back(Sources(plan, id, prefix, made));
      return out;
    };
    if (const auto* kernel = std::get_if<KernelStep>(&step.action)) {
      const std::vector<std::vector<Source>> inputs = taken(kernel->inputs);
      AddKernel(plan, *kernel, std::move(node), scope, inputs, made);
    } else if (const auto* branch = std::get_if<IfStep>(&step.action)) {
      node.op = "If";
      node.opens = true;
      node.inputs = Sources(plan, branch->condition, prefix, made);
      const std::vector<std::vector<Source>> inputs = taken(branch->inputs);
      Append(std::move(node));
      for (const auto& [name, body] :
           {std::pair("then/", &branch->then_plan), std::pair("else/", &branch->else_plan)}) {
        Join(branch->outputs, Add(**body, scope + name, inputs), 0, made);
      }
    } else {
      const LoopStep& loop = std::get<LoopStep>(step.action);
      node.op = "Loop";
      node.opens = true;
      std::vector<std::vector<Source>> inputs(2);  // the iteration and the condition become nodes of the body
      for (const auto& list : taken(loop.carried)) inputs.push_back(list);
      for (const auto& list : taken(loop.captured)) inputs.push_back(list);
      Append(std::move(node));
      Join(loop.outputs, Add(*loop.body, scope, inputs), 1,
           made);  // the body's first output is the condition
    }
  }

  static void Join(const std::vector<uint32_t>& outputs, const std::vector<std::vector<Source>>& results,
                   size_t skipped, Made* made) {
    for (size_t i = 0; i < outputs.size() && i + skipped < results.size(); ++i) {
      auto& to = (*made)[outputs[i]];
      to.insert(to.end(), results[i + skipped].begin(), results[i + skipped].end());
    }
  }

  void AddKernel(const Plan& plan, const KernelStep& step, Node node, const std::string& scope,
                 const std::vector<std::vector<Source>>& inputs, Made* made) {
    const Graph& problem = *step.problem;
    node.op = OpsText(problem);
    node.kernel = step.kernel;
    node.macs = MultiplyAccumulates(problem);
    node.bytes = ProblemBytes(problem);
    if (step.dynamic) node.note = "shapes are known only during a run: the kernel is chosen then";
    for (const KernelCandidate& c : step.candidates) {
      node.candidates.push_back({c.kernel, c.refusal, c.time_ns, c.estimate_ns});
      if (c.kernel == step.kernel && c.time_ns >= 0) node.ms = c.time_ns / 1e6;
    }
    for (const uint32_t output : step.outputs) node.outputs.push_back(plan.values[output].type.ToString());
    AddPacked(step, &node);
    const std::vector<NodeId> order = problem.Order();
    const bool opens = order.size() > 1 || (order.size() == 1 && !problem.node(order[0]).bodies.empty());
    node.opens = opens;
    const int32_t self = Append(std::move(node));
    AddOps(problem, self, opens, scope, inputs);
    for (size_t i = 0; i < step.outputs.size(); ++i) {
      (*made)[step.outputs[i]] = {opens && results_[i].node >= 0 ? results_[i]
                                                                 : Source{self, static_cast<int32_t>(i)}};
    }
  }

  // A fused kernel opens into its ops; a single op is the step itself.
  void AddOps(const Graph& problem, int32_t self, bool opens, const std::string& scope,
              const std::vector<std::vector<Source>>& inputs) {
    if (opens) {
      results_ = graphs_.Add(problem, scope, inputs, true);
      return;
    }
    std::vector<Node> ops;
    GraphNodes(&ops).Add(problem, "", std::vector<std::vector<Source>>(inputs.size()), true);
    for (const auto& list : inputs) {
      auto& to = (*nodes_)[static_cast<size_t>(self)].inputs;
      to.insert(to.end(), list.begin(), list.end());
    }
    for (Node& op : ops) {
      if (op.role == NodeRole::kConstant) {
        op.name = graphs_.Unique(scope + op.name);
        const int32_t id = Append(std::move(op));
        (*nodes_)[static_cast<size_t>(self)].inputs.push_back({id, 0});
      } else if (op.op != "Input") {
        auto& to = (*nodes_)[static_cast<size_t>(self)].attributes;
        to.insert(to.end(), op.attributes.begin(), op.attributes.end());
      }
    }
  }

  void AddPacked(const KernelStep& step, Node* node) const {
    for (const uint32_t id : step.packed) {
      if (id >= data_.constants.size()) continue;
      const Tensor& t = data_.constants[id];
      node->attributes.emplace_back("packed",
                                    fmt::format("{}{}", DTypeName(t.dtype()), DimsToString(t.dims())));
    }
  }

  const EngineData& data_;
  std::vector<Node>* nodes_;
  GraphNodes graphs_;
  std::vector<Source> results_;
};

uint64_t WeightBytes(const EngineData& data) {
  uint64_t bytes = 0;
  for (const Tensor& t : data.constants) bytes += t.size_bytes();
  return bytes;
}

void VisitValues(const Step& step, const auto& visit) {
  const auto all = [&](const std::vector<uint32_t>& ids) {
    for (const uint32_t id : ids) visit(id);
  };
  if (const auto* kernel = std::get_if<KernelStep>(&step.action)) {
    all(kernel->inputs);
    all(kernel->outputs);
  } else if (const auto* branch = std::get_if<IfStep>(&step.action)) {
    visit(branch->condition);
    all(branch->inputs);
    all(branch->outputs);
  } else {
    const LoopStep& loop = std::get<LoopStep>(step.action);
    if (loop.trip_count != LoopStep::kNone) visit(loop.trip_count);
    if (loop.condition != LoopStep::kNone) visit(loop.condition);
    all(loop.carried);
    all(loop.captured);
    all(loop.outputs);
  }
}

std::vector<Lifetime> Lifetimes(const Plan& plan) {
  std::vector<std::pair<int32_t, int32_t>> used(plan.values.size(), {-1, -1});
  const auto last_step = static_cast<int32_t>(plan.steps.size());
  const auto use = [&](uint32_t id, int32_t step) {
    while (id < plan.values.size() && plan.values[id].place == Place::kAlias) id = plan.values[id].index;
    if (id >= plan.values.size()) return;
    auto& [first, last] = used[id];
    if (first < 0) first = step;
    last = step;
  };
  for (int32_t i = 0; i < last_step; ++i) {
    VisitValues(plan.steps[static_cast<size_t>(i)], [&](uint32_t id) { use(id, i); });
  }
  for (const uint32_t output : plan.outputs) use(output, last_step - 1);
  std::vector<Lifetime> out;
  for (size_t i = 0; i < plan.values.size(); ++i) {
    const PlanValue& value = plan.values[i];
    if (value.place != Place::kArena || used[i].first < 0 || !value.type.IsStatic()) continue;
    out.push_back({value.name, value.offset, value.type.StaticBytes(), used[i].first, used[i].second});
  }
  return out;
}

std::string Io(const std::vector<IoSpec>& specs) {
  std::vector<std::string> parts;
  for (const IoSpec& spec : specs) parts.push_back(fmt::format("{} {}", spec.name, spec.type.ToString()));
  return fmt::format("{}", fmt::join(parts, "; "));
}

std::string Bytes(uint64_t bytes) {
  return bytes < 1'000'000 ? fmt::format("{:.1f} KB", static_cast<double>(bytes) / 1e3)
                           : fmt::format("{:.1f} MB", static_cast<double>(bytes) / 1e6);
}

const Plan& ProfileOf(const Engine& engine, const std::string& path, size_t profile) {
  const std::vector<Plan>& profiles = engine.data().profiles;
  if (profile < profiles.size()) return profiles[profile];
  Throw(ErrorCode::kUsage, "profile {}: {} has {}", profile, path,
        profiles.size() == 1 ? "profile 0 alone" : fmt::format("profiles 0 to {}", profiles.size() - 1));
}

std::string ShapesOf(const EngineData& data, const Plan& plan) {
  std::vector<std::string> shapes;
  for (size_t i = 0; i < plan.inputs.size(); ++i) {
    shapes.push_back(
        fmt::format("{} {}", data.inputs[i].name, plan.values[plan.inputs[i]].type.shape.ToString()));
  }
  return fmt::format("{}", fmt::join(shapes, "; "));
}

std::vector<std::pair<std::string, std::string>> Facts(const Engine& engine, const Plan& plan,
                                                       size_t profile) {
  const EngineData& data = engine.data();
  std::vector<std::pair<std::string, std::string>> facts = {
      {"target", engine.target()},
      {"precision", data.precision},
      {"built on", data.target.device + ", " + Counted(data.target.threads, "thread")},
      {"inputs", Io(data.inputs)},
      {"outputs", Io(data.outputs)},
      {"weights", Bytes(WeightBytes(data))},
  };
  if (data.profiles.size() > 1) {
    facts.emplace_back(
        "profile", fmt::format("{} of 0 to {}: {}", profile, data.profiles.size() - 1, ShapesOf(data, plan)));
  }
  int64_t macs = 0;
  for (const Step& step : plan.steps) {
    if (const auto* kernel = std::get_if<KernelStep>(&step.action))
      macs += MultiplyAccumulates(*kernel->problem);
  }
  facts.emplace_back("steps", std::to_string(plan.steps.size()));
  facts.emplace_back("multiply-accumulates", std::to_string(macs));
  facts.emplace_back("memory of a run", Bytes(plan.arena_bytes));
  if (!data.labels.empty()) facts.emplace_back("labels", std::to_string(data.labels.size()));
  return facts;
}

}  // namespace

Side EngineSide(const Engine& engine, const std::string& path, size_t profile) {
  const EngineData& data = engine.data();
  const Plan& plan = ProfileOf(engine, path, profile);
  Side side;
  side.title = FileName(path);
  side.kind = "Engine";
  side.facts = Facts(engine, plan, profile);
  for (const std::vector<Source>& output : PlanNodes(data, &side.nodes).Add(plan, "", {})) {
    for (const Source& source : output) {
      Node& node = side.nodes[static_cast<size_t>(source.node)];
      if (node.role == NodeRole::kOther) node.role = NodeRole::kOutput;
    }
  }
  return side;
}

Report EngineReport(const Engine& engine, const std::string& path, size_t profile) {
  const EngineData& data = engine.data();
  const Plan& plan = ProfileOf(engine, path, profile);
  Report report;
  report.summary = Facts(engine, plan, profile);
  report.summary.insert(report.summary.begin(), {"file", path});
  for (const auto& [key, value] : data.notes) report.provenance.emplace_back(key, value);
  report.preprocess_json = data.preprocess_json;
  report.digest = ComputeDigest(data);
  report.arena_bytes = plan.arena_bytes;
  report.lifetimes = Lifetimes(plan);
  return report;
}

}  // namespace floe::view
