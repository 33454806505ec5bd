// If and Loop.
#include <cstring>

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

}  // namespace

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
  for (int64_t iteration = 0; iteration < trips && condition; ++iteration) {
    inputs[0] = Tensor::Scalar<int64_t>(iteration);
    inputs[1] = Tensor::Scalar<bool>(condition);
    std::vector<Tensor> outputs(1 + action.outputs.size());
    body.Run(inputs, outputs, options);
    condition = Truth(outputs[0], name);
    for (size_t i = 0; i < carried; ++i) inputs[2 + i] = outputs[1 + i];
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
