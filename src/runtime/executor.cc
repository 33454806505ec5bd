#include "runtime/executor.h"

#include <chrono>
#include <cstring>

#include "base/check.h"
#include "base/error.h"
#include "runtime/executor_state.h"

namespace floe {
namespace {

double NowMs() {
  return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

bool Fits(const Tensor& buffer, const TensorType& type) {
  return !buffer.empty() && buffer.dtype() == type.dtype && type.IsStatic() &&
         buffer.dims() == type.shape.Static();
}

void CopyInto(const Tensor& from, Tensor& to) {
  if (from.raw() == to.raw() || from.size() == 0) return;
  if (from.dtype() == DType::kString) {
    std::copy_n(from.data<std::string>(), from.size(), to.data<std::string>());
  } else {
    std::memcpy(to.raw(), from.raw(), from.size_bytes());
  }
}

}  // namespace

Executor::Executor(const EngineData& data, const PreparedPlan& prepared)
    : data_(data),
      prepared_(prepared),
      plan_(*prepared.plan),
      values_(plan_.values.size()),
      uses_(plan_.values.size()) {
  arena_ = Tensor(DType::kUInt8, {static_cast<int64_t>(plan_.arena_bytes)});
  output_buffers_.resize(plan_.outputs.size());
  steps_.resize(plan_.steps.size());
  BindStatic();
  for (size_t i = 0; i < plan_.steps.size(); ++i) {
    if (const auto* loop = std::get_if<LoopStep>(&plan_.steps[i].action))
      steps_[i].over_itself = WrittenOverThemselves(*loop);
    for (const auto& body : prepared_.bodies[i]) {
      steps_[i].bodies.push_back(std::make_unique<Executor>(data_, *body));
    }
    const auto* kernel = std::get_if<KernelStep>(&plan_.steps[i].action);
    if (kernel == nullptr) continue;
    for (const uint32_t id : kernel->inputs) {
      uses_[id].push_back({static_cast<uint32_t>(i), false, static_cast<uint32_t>(steps_[i].inputs.size())});
      steps_[i].inputs.push_back(values_[id]);
    }
    for (const uint32_t id : kernel->outputs) {
      uses_[id].push_back({static_cast<uint32_t>(i), true, static_cast<uint32_t>(steps_[i].outputs.size())});
      steps_[i].outputs.push_back(values_[id]);
    }
  }
}

Executor::~Executor() = default;

// Gives every value of known size its view; inputs and outputs get theirs when the buffers are known.
void Executor::BindStatic() {
  const auto view = [&](const PlanValue& v, const PlanValue& root) -> Tensor {
    void* data = nullptr;
    if (root.place == Place::kArena) data = arena_.data<uint8_t>() + root.offset;
    if (root.place == Place::kConstant) {
      return data_.constants[root.index].Reshaped(v.type.shape.Static());
    }
    return Tensor::View(v.type.dtype, v.type.shape.Static(), data);
  };
  for (size_t i = 0; i < plan_.values.size(); ++i) {
    const PlanValue& v = plan_.values[i];
    const PlanValue& root = v.place == Place::kAlias ? plan_.values[v.index] : v;
    if (root.place == Place::kDynamic || !v.type.IsStatic()) continue;
    values_[i] = view(v, root);
  }
}

void Executor::Rebind(uint32_t id, void* data) {
  values_[id].Rebind(data);
  for (const Use& use : uses_[id]) {
    StepState& step = steps_[use.step];
    (use.output ? step.outputs : step.inputs)[use.slot].Rebind(data);
  }
}

void Executor::BindInputs(std::span<const Tensor> inputs) {
  CHECK(inputs.size() == plan_.inputs.size());
  for (size_t i = 0; i < plan_.values.size(); ++i) {
    const PlanValue& v = plan_.values[i];
    const PlanValue& root = v.place == Place::kAlias ? plan_.values[v.index] : v;
    if (root.place != Place::kInput) continue;
    const Tensor& input = inputs[root.index];
    if (input.dtype() != v.type.dtype || (v.type.IsStatic() && input.size() != values_[i].size())) {
      Throw(ErrorCode::kUsage, "'{}': expected {}, got {}{}", v.name, v.type.ToString(),
            DTypeName(input.dtype()), DimsToString(input.dims()));
    }
    if (v.type.IsStatic() && v.type.dtype != DType::kString) {
      Rebind(static_cast<uint32_t>(i), const_cast<void*>(input.raw()));
    } else {
      values_[i] = v.place == Place::kAlias ? input.Reshaped(v.type.shape.Static()) : input;
      for (const Use& use : uses_[i]) steps_[use.step].inputs[use.slot] = values_[i];
    }
  }
}

void Executor::BindOutputs(std::span<Tensor> outputs) {
  CHECK(outputs.size() == plan_.outputs.size());
  for (size_t i = 0; i < plan_.values.size(); ++i) {
    const PlanValue& v = plan_.values[i];
    const PlanValue& root = v.place == Place::kAlias ? plan_.values[v.index] : v;
    if (root.place != Place::kOutput) continue;
    const TensorType& type = plan_.values[plan_.outputs[root.index]].type;
    Tensor& buffer = outputs[root.index];
    if (!Fits(buffer, type)) buffer = Tensor(type.dtype, type.shape.Static());
    Rebind(static_cast<uint32_t>(i), buffer.raw());
  }
}

// Outputs that no step writes straight into the caller's buffer.
void Executor::FinishOutputs(std::span<Tensor> outputs) {
  for (size_t i = 0; i < outputs.size(); ++i) {
    const uint32_t id = plan_.outputs[i];
    const PlanValue& v = plan_.values[id];
    const PlanValue& root = v.place == Place::kAlias ? plan_.values[v.index] : v;
    if (root.place == Place::kOutput && root.index == i) continue;
    const Tensor& value = values_[id];
    CHECK(!value.empty(), v.name);
    if (Fits(outputs[i], {value.dtype(), Shape::Of(value.dims())})) {
      CopyInto(value, outputs[i]);
    } else {
      outputs[i] = root.place == Place::kDynamic ? value : value.Clone();
    }
  }
}

void* Executor::Workspace(size_t bytes) {
  if (bytes == 0) return nullptr;
  if (workspace_.empty() || workspace_.size_bytes() < bytes) {
    workspace_ = Tensor(DType::kUInt8, {static_cast<int64_t>(bytes)});
  }
  return workspace_.raw();
}

void Executor::Run(std::span<const Tensor> inputs, std::span<Tensor> outputs,
                   const ExecutorOptions& options) {
  BindInputs(inputs);
  BindOutputs(outputs);
  const bool timed = static_cast<bool>(options.observer);
  ExecutorOptions inner = options;
  if (timed) inner.observer = nullptr;
  for (size_t i = 0; i < plan_.steps.size(); ++i) {
    if (options.cancelled != nullptr && *options.cancelled && (*options.cancelled)()) {
      throw Error(ErrorCode::kInterrupted, "interrupted");
    }
    const double start = timed ? NowMs() : 0;
    const auto& action = plan_.steps[i].action;
    if (const auto* kernel = std::get_if<KernelStep>(&action)) {
      RunKernel(i, *kernel, options);
    } else if (const auto* branch = std::get_if<IfStep>(&action)) {
      RunIf(i, *branch, inner);
    } else {
      RunLoop(i, std::get<LoopStep>(action), inner);
    }
    if (timed) options.observer(i, NowMs() - start, values_);
  }
  FinishOutputs(outputs);
}

void Executor::RunKernel(size_t step, const KernelStep& action, const ExecutorOptions& options) {
  StepState& state = steps_[step];
  for (size_t i = 0; i < action.inputs.size(); ++i) {
    if (plan_.values[action.inputs[i]].place == Place::kDynamic) state.inputs[i] = values_[action.inputs[i]];
  }
  for (size_t i = 0; i < action.outputs.size(); ++i) {
    if (plan_.values[action.outputs[i]].place == Place::kDynamic) state.outputs[i] = Tensor();
  }
  if (action.dynamic) {
    RunDynamic(step, action, options);
  } else {
    const Executable& kernel = *prepared_.kernels[step];
    kernel.Run({state.inputs, state.outputs, Workspace(kernel.WorkspaceBytes(options.pool->threads())),
                options.pool});
  }
  for (size_t i = 0; i < action.outputs.size(); ++i) {
    if (plan_.values[action.outputs[i]].place == Place::kDynamic)
      values_[action.outputs[i]] = state.outputs[i];
  }
}

void Executor::RunDynamic(size_t step, const KernelStep& action, const ExecutorOptions& options) {
  StepState& state = steps_[step];
  std::vector<std::vector<int64_t>> dims;
  for (const Tensor& input : state.inputs) dims.push_back(input.dims());
  if (state.dynamic == nullptr || state.dynamic->dims != dims) {
    state.dynamic = std::make_unique<DynamicKernel>(data_, action, std::move(dims));
  }
  const DynamicKernel& dynamic = *state.dynamic;
  for (size_t i = 0; dynamic.is_static && i < state.outputs.size(); ++i) {
    const TensorType& type = dynamic.problem->value(dynamic.problem->outputs()[i]).type;
    Tensor& output = state.outputs[i];
    if (output.empty()) output = Tensor(type.dtype, type.shape.Static());
    if (!Fits(output, type)) {
      Throw(ErrorCode::kUsage, "step '{}': expected {}, the shapes that arrived make it {}",
            plan_.steps[step].name, DimsToString(output.dims()), type.ToString());
    }
  }
  const Executable& kernel = *dynamic.kernel;
  kernel.Run(
      {state.inputs, state.outputs, Workspace(kernel.WorkspaceBytes(options.pool->threads())), options.pool});
}

Executor::DynamicKernel::DynamicKernel(const EngineData& data, const KernelStep& step,
                                       std::vector<std::vector<int64_t>> input_dims)
    : dims(std::move(input_dims)), problem(step.problem->Clone()) {
  for (size_t i = 0; i < dims.size(); ++i) {
    problem->value(problem->inputs()[i]).type.shape = Shape::Of(dims[i]);
    problem->value(problem->inputs()[i]).elements.reset();
  }
  problem->ReinferAll();
  for (const ValueId id : problem->Values()) is_static &= problem->value(id).type.IsStatic();
  const Kernel* row = is_static ? RankStatically(*problem, data.target) : FindKernel(step.kernel);
  CHECK(row != nullptr, step.kernel);
  if (const Refusal why = row->refuses(*problem, data.target)) {
    Throw(ErrorCode::kEngine, "step '{}': kernel {} refuses it: {}", problem->name(), row->name, *why);
  }
  if (row->pack != nullptr) packed = row->pack(*problem, data.target).tensors;
  kernel = row->prepare({*problem, packed, data.target});
}

size_t Executor::MemoryBytes() const {
  size_t bytes = arena_.size_bytes() + (workspace_.empty() ? 0 : workspace_.size_bytes());
  for (const StepState& step : steps_) {
    for (const auto& body : step.bodies) bytes += body->MemoryBytes();
  }
  return bytes;
}

}  // namespace floe
