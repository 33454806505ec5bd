#include "backends/cpu/problem.h"

#include <algorithm>

#include "base/error.h"

namespace floe::cpu {
namespace {

constexpr int64_t kMostElements = int64_t{1} << 40;

Refusal RefuseType(const TensorType& type) {
  if (!type.IsStatic()) return "shapes are not known";
  int64_t count = 1;
  for (const Dim& dim : type.shape.dims()) {
    if (dim.value() == 0) return "empty tensor";
    if (dim.value() > kMostElements / count) return "tensor too large";
    count *= dim.value();
  }
  return std::nullopt;
}

}  // namespace

std::vector<int64_t> DimsOf(const Graph& problem, ValueId value) {
  return problem.value(value).type.shape.Static();
}

int64_t SizeOf(const Graph& problem, ValueId value) {
  int64_t count = 1;
  for (const int64_t dim : DimsOf(problem, value)) count *= dim;
  return count;
}

Refusal RefuseUnlessStatic(const Graph& problem) {
  for (const ValueId id : problem.Values()) {
    const Value& value = problem.value(id);
    // Constants such as empty lists of axes are the kernels' own business.
    if (value.is_constant() && value.constant.size() == 0) continue;
    if (Refusal refusal = RefuseType(value.type)) return refusal;
  }
  return std::nullopt;
}

Refusal RefuseUnlessFloat32(const Graph& problem) {
  if (Refusal refusal = RefuseUnlessStatic(problem)) return refusal;
  for (const ValueId id : problem.Values()) {
    const Value& value = problem.value(id);
    const DType dtype = value.type.dtype;
    if (dtype == DType::kFloat32 || (value.is_constant() && IsInteger(dtype))) continue;
    return std::string(DTypeName(dtype)) + ": float32 only";
  }
  return std::nullopt;
}

const Node* OnlyNode(const Graph& problem) {
  const std::vector<NodeId> order = problem.Order();
  return order.size() == 1 ? &problem.node(order[0]) : nullptr;
}

int OutputOf(const Graph& problem, ValueId value) {
  const auto& outputs = problem.outputs();
  const auto at = std::find(outputs.begin(), outputs.end(), value);
  return at == outputs.end() ? -1 : static_cast<int>(at - outputs.begin());
}

Operand::Operand(const Graph& problem, ValueId value) {
  if (value == kNoValue) return;
  const auto& inputs = problem.inputs();
  const auto at = std::ranges::find(inputs, value);
  if (at != inputs.end()) {
    input_ = static_cast<int>(at - inputs.begin());
  } else if (const Tensor* constant = ConstantOf(problem, value)) {
    constant_ = constant->raw();
  }
}

void CheckPackedCount(std::span<const Tensor> packed, size_t count, std::string_view kernel) {
  if (packed.size() == count) return;
  Throw(ErrorCode::kEngine, "engine: {} packed constants for {}, expected {}; build the engine again",
        packed.size(), kernel, count);
}

void CheckPacked(const Tensor& tensor, DType dtype, int64_t elements, std::string_view kernel) {
  if (tensor.dtype() == dtype && tensor.size() == elements && tensor.raw() != nullptr) return;
  Throw(ErrorCode::kEngine, "engine: packed constant of {} is {}{}, expected {}[{}]; build the engine again",
        kernel, DTypeName(tensor.dtype()), DimsToString(tensor.dims()), DTypeName(dtype), elements);
}

void CheckPackedFloats(const Tensor& tensor, int64_t floats, std::string_view kernel) {
  CheckPacked(tensor, DType::kFloat32, floats, kernel);
}

double BytesMoved(const Graph& problem) {
  double bytes = 0;
  for (const ValueId id : problem.inputs()) {
    bytes += static_cast<double>(problem.value(id).type.StaticBytes());
  }
  for (const ValueId id : problem.outputs()) {
    bytes += static_cast<double>(problem.value(id).type.StaticBytes());
  }
  return bytes;
}

int64_t DivideUp(int64_t value, int64_t divisor) {
  return (value + divisor - 1) / divisor;
}

int64_t RoundUp(int64_t value, int64_t multiple) {
  return DivideUp(value, multiple) * multiple;
}

}  // namespace floe::cpu
