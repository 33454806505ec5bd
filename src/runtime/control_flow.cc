// If and Loop.
#include <cstring>
#include <span>

#include "base/check.h"
#include "base/error.h"
#include "runtime/executor.h"
#include "runtime/executor_state.h"

namespace floe {
namespace {

bool Truth(const Tensor& t, const std::string& name) {
  if (t.size() != 1)
    Throw(ErrorCode::kUsage, "{}: expected a condition of one element, got {}", name, DimsToString(t.dims()));
  return *t.data<bool>();
}

// The tensors of all iterations under a new first dimension.
Tensor Stack(const std::vector<Tensor>& parts, const TensorType& element, const std::string& name) {
  std::vector<int64_t> dims;
  if (!parts.empty()) {
    dims = parts[0].dims();
  } else {
    for (const Dim& d : element.shape.dims()) dims.push_back(d.known() ? d.value() : 0);
  }
  dims.insert(dims.begin(), static_cast<int64_t>(parts.size()));
  Tensor out(element.dtype, dims);
  for (size_t i = 0; i < parts.size(); ++i) {
    const Tensor& part = parts[i];
    if (part.dims() != parts[0].dims()) {
      Throw(ErrorCode::kUsage, "{}: iterations give shapes {} and {}, which cannot be stacked", name,
            DimsToString(parts[0].dims()), DimsToString(part.dims()));
    }
    if (part.dtype() == DType::kString) {
      std::copy_n(part.data<std::string>(), part.size(),
                  out.data<std::string>() + static_cast<int64_t>(i) * part.size());
    } else if (part.size() > 0) {
      std::memcpy(static_cast<uint8_t*>(out.raw()) + i * part.size_bytes(), part.raw(), part.size_bytes());
    }
  }
  return out;
}

uint32_t RootOf(const Plan& plan, uint32_t id) {
  return plan.values[id].place == Place::kAlias ? plan.values[id].index : id;
}

// Whether the value's memory is the caller's to give: elsewhere a result may share memory with others.
bool IsPlaced(const Plan& plan, uint32_t id) {
  return plan.values[RootOf(plan, id)].place != Place::kDynamic;
}

// How often the plan's steps and outputs read each value, aliases counted for what they are of.
std::vector<int> CountReads(const Plan& plan) {
  std::vector<int> reads(plan.values.size(), 0);
  const auto count = [&](std::span<const uint32_t> ids) {
    for (const uint32_t id : ids) ++reads[RootOf(plan, id)];
  };
  count(plan.outputs);
  for (const Step& step : plan.steps) {
    if (const auto* kernel = std::get_if<KernelStep>(&step.action)) {
      count(kernel->inputs);
    } else if (const auto* branch = std::get_if<IfStep>(&step.action)) {
      count(branch->inputs);
      count({{branch->condition}});
    } else {
      const LoopStep& loop = std::get<LoopStep>(step.action);
      count(loop.carried);
      count(loop.captured);
      if (loop.trip_count != LoopStep::kNone) count({{loop.trip_count}});
      if (loop.condition != LoopStep::kNone) count({{loop.condition}});
    }
  }
  return reads;
}

}  // namespace

std::vector<bool> WrittenOverThemselves(const LoopStep& loop) {
  const Plan& body = *loop.body;
  const std::vector<int> reads = CountReads(body);
  std::vector<bool> over(loop.carried.size(), false);
  for (const Step& step : body.steps) {
    const auto* action = std::get_if<KernelStep>(&step.action);
    if (action == nullptr || action->dynamic) continue;
    const Kernel* kernel = FindKernel(action->kernel);
    if (kernel == nullptr || kernel->in_place == nullptr) continue;
    for (const InPlace& pair : kernel->in_place(*action->problem)) {
      if (pair.input >= action->inputs.size() || pair.output >= action->outputs.size()) continue;
      const uint32_t from = RootOf(body, action->inputs[pair.input]);
      const TensorType& from_type = body.values[from].type;
      const PlanValue& to = body.values[action->outputs[pair.output]];
      if (body.values[from].place != Place::kInput || to.place != Place::kOutput || reads[from] != 1)
        continue;
      // Inputs: iteration, condition, carried; outputs: condition, carried.
      const size_t i = to.index - size_t{1};
      if (to.index >= 1 && i < over.size() && body.values[from].index == i + 2 && from_type.IsStatic() &&
          from_type.StaticBytes() == to.type.StaticBytes())
        over[i] = true;
    }
  }
  return over;
}

Tensor Executor::Own(uint32_t id) const {
  const Tensor& t = values_[id];
  CHECK(!t.empty(), plan_.values[id].name);
  return t;
}

void Executor::Store(uint32_t id, const Tensor& tensor) {
  const PlanValue& v = plan_.values[id];
  if (v.place == Place::kDynamic) {
    values_[id] = tensor;
    return;
  }
  Tensor& to = values_[id];
  if (to.dtype() != tensor.dtype() || to.dims() != tensor.dims()) {
    Throw(ErrorCode::kUsage, "'{}': expected {}, control flow gave {}", v.name, v.type.ToString(),
          DimsToString(tensor.dims()));
  }
  if (tensor.size() > 0) std::memcpy(to.raw(), tensor.raw(), tensor.size_bytes());
}

void Executor::RunIf(size_t step, const IfStep& action, const ExecutorOptions& options) {
  const bool condition = Truth(Own(action.condition), plan_.steps[step].name);
  std::vector<Tensor> inputs;
  for (const uint32_t id : action.inputs) inputs.push_back(Own(id));
  std::vector<Tensor> outputs(action.outputs.size());
  steps_[step].bodies[condition ? 0 : 1]->Run(inputs, outputs, options);
  for (size_t i = 0; i < outputs.size(); ++i) Store(action.outputs[i], outputs[i]);
}

void Executor::RunLoop(size_t step, const LoopStep& action, const ExecutorOptions& options) {
  const std::string& name = plan_.steps[step].name;
  Executor& body = *steps_[step].bodies[0];
  int64_t trips = INT64_MAX;
  if (action.trip_count != LoopStep::kNone) {
    const Tensor count = Own(action.trip_count);
    if (count.size() != 1) {
      Throw(ErrorCode::kUsage, "{}: expected one number of iterations, got {}", name,
            DimsToString(count.dims()));
    }
    trips = *count.data<int64_t>();
  }
  bool condition = action.condition == LoopStep::kNone || Truth(Own(action.condition), name);
  const size_t carried = action.carried.size();
  const size_t scanned = action.outputs.size() - carried;

  std::vector<Tensor> inputs(2 + carried + action.captured.size());
  for (size_t i = 0; i < carried; ++i) inputs[2 + i] = Own(action.carried[i]);
  for (size_t i = 0; i < action.captured.size(); ++i) inputs[2 + carried + i] = Own(action.captured[i]);
  std::vector<std::vector<Tensor>> scans(scanned);
  // What an iteration wrote is free again when the next one has read it.
  const std::vector<bool>& over_itself = steps_[step].over_itself;
  std::vector<Tensor> buffers[2] = {std::vector<Tensor>(carried), std::vector<Tensor>(carried)};
  for (int64_t iteration = 0; iteration < trips && condition; ++iteration) {
    inputs[0] = Tensor::Scalar<int64_t>(iteration);
    inputs[1] = Tensor::Scalar<bool>(condition);
    std::vector<Tensor> outputs(1 + action.outputs.size());
    std::vector<Tensor>& mine = buffers[iteration % 2];
    for (size_t i = 0; i < carried; ++i)
      outputs[1 + i] = over_itself[i] && iteration > 0 ? inputs[2 + i] : mine[i];
    body.Run(inputs, outputs, options);
    condition = Truth(outputs[0], name);
    for (size_t i = 0; i < carried; ++i) {
      inputs[2 + i] = outputs[1 + i];
      if (IsPlaced(*action.body, action.body->outputs[1 + i])) mine[i] = outputs[1 + i];
    }
    for (size_t i = 0; i < scanned; ++i) scans[i].push_back(outputs[1 + carried + i]);
  }
  for (size_t i = 0; i < carried; ++i) Store(action.outputs[i], inputs[2 + i]);
  for (size_t i = 0; i < scanned; ++i) {
    const Plan& plan = *action.body;
    const TensorType& element = plan.values[plan.outputs[1 + carried + i]].type;
    Store(action.outputs[carried + i], Stack(scans[i], element, name));
  }
}

}  // namespace floe
