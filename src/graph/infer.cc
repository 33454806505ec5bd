#include "graph/infer.h"

#include <algorithm>

#include "base/check.h"
#include "base/error.h"
#include "graph/infer_ops.h"
#include "graph/infer_util.h"
#include "graph/visit_op.h"

namespace floe {
namespace {

std::string Bounds(int least, int most) {
  if (most >= kVariadic) return fmt::format("at least {}", least);
  return least == most ? std::to_string(least) : fmt::format("{} to {}", least, most);
}

void CheckArity(const Op& op, std::span<const InferredValue> inputs, size_t bodies, size_t outputs,
                const std::string& subject) {
  const OpTraits& traits = InfoOf(op).traits;
  const auto fits = [](size_t count, int least, int most) {
    return count >= static_cast<size_t>(least) && count <= static_cast<size_t>(most);
  };
  if (!fits(inputs.size(), traits.min_inputs, traits.max_inputs)) {
    Throw(ErrorCode::kModel, "{}: expected {} inputs, got {}", subject,
          Bounds(traits.min_inputs, traits.max_inputs), inputs.size());
  }
  if (!fits(outputs, traits.min_outputs, traits.max_outputs)) {
    Throw(ErrorCode::kModel, "{}: expected {} outputs, got {}", subject,
          Bounds(traits.min_outputs, traits.max_outputs), outputs);
  }
  if (bodies != static_cast<size_t>(traits.bodies)) {
    Throw(ErrorCode::kModel, "{}: expected {} bodies, got {}", subject, traits.bodies, bodies);
  }
  // Some inputs of the least number may be absent where the op says so.
  const bool may_lack = IsOp<Loop>(op) || IsOp<Resize>(op) || IsOp<Bincount>(op);
  for (size_t i = 0; i < std::min<size_t>(inputs.size(), static_cast<size_t>(traits.min_inputs)); ++i) {
    if (!inputs[i].present && !may_lack) Throw(ErrorCode::kModel, "{}: input {} is missing", subject, i);
  }
}

template <typename T>
std::vector<int64_t> ReadInts(const Tensor& t) {
  return std::vector<int64_t>(t.data<T>(), t.data<T>() + t.size());
}

std::optional<std::vector<int64_t>> SmallInts(const Tensor& t) {
  if (t.rank() > 1 || t.size() > kMaxElements) return std::nullopt;
  if (t.dtype() == DType::kInt64) return ReadInts<int64_t>(t);
  if (t.dtype() == DType::kInt32) return ReadInts<int32_t>(t);
  return std::nullopt;
}

}  // namespace

InferContext::InferContext(std::span<const InferredValue> inputs,
                           std::span<const std::unique_ptr<Graph>> bodies, size_t outputs,
                           std::string subject)
    : inputs_(inputs), bodies_(bodies), outputs_(outputs), subject_(std::move(subject)) {}

std::optional<std::vector<Dim>> InferContext::elements(size_t i) const {
  if (!has(i)) return std::nullopt;
  if (const Tensor* t = constant(i)) {
    const auto numbers = SmallInts(*t);
    if (!numbers) return std::nullopt;
    return std::vector<Dim>(numbers->begin(), numbers->end());
  }
  if (inputs_[i].elements) return inputs_[i].elements;
  const auto count = shape(i).rank() <= 1 ? shape(i).ElementCount() : std::nullopt;
  if (!count || *count > kMaxElements) return std::nullopt;
  return std::vector<Dim>(static_cast<size_t>(*count));
}

std::optional<std::vector<int64_t>> InferContext::ints(size_t i) const {
  if (!has(i)) return std::nullopt;
  if (const Tensor* t = constant(i)) return SmallInts(*t);
  if (!inputs_[i].elements) return std::nullopt;
  std::vector<int64_t> numbers;
  for (const Dim& d : *inputs_[i].elements) {
    if (!d.known()) return std::nullopt;
    numbers.push_back(d.value());
  }
  return numbers;
}

void InferContext::Set(size_t output, DType dtype, Shape shape) {
  if (output >= outputs_.size()) return;  // an optional output that nobody asked for
  if (shape.rank() > kMaxRank)
    Fail("a tensor of {} dimensions: at most {} are possible", shape.rank(), kMaxRank);
  int64_t count = 1;
  for (const Dim& d : shape.dims()) {
    if (d.known() && d.value() > 0 && __builtin_mul_overflow(count, d.value(), &count)) {
      Fail("a tensor of shape {} has too many elements", shape.ToString());
    }
  }
  outputs_[output].type = {dtype, std::move(shape)};
}

void InferContext::SetElements(size_t output, std::vector<Dim> elements) {
  if (output >= outputs_.size()) return;
  InferredValue& out = outputs_[output];
  if (out.type.dtype != DType::kInt32 && out.type.dtype != DType::kInt64) return;
  if (!out.type.shape.has_rank() || out.type.shape.rank() > 1) return;
  const auto count = out.type.shape.ElementCount();
  if (!count || *count != static_cast<int64_t>(elements.size())) return;
  if (std::ranges::all_of(elements, [](const Dim& d) { return !d.known() && d.symbol().empty(); }) &&
      *count > 0) {
    return;
  }
  out.elements = std::move(elements);
}

size_t InferContext::Axis(int64_t axis, size_t rank) const {
  const int64_t n = static_cast<int64_t>(rank);
  if (axis < -n || axis >= n) Fail("axis {} is outside a tensor of rank {}", axis, rank);
  return static_cast<size_t>(axis < 0 ? axis + n : axis);
}

void InferContext::RequireRank(size_t i, size_t rank) const {
  if (!shape(i).has_rank() || shape(i).rank() == rank) return;
  if (i == 0) Fail("expected {}-D input, got {}", rank, shape(i).ToString());
  Fail("expected {}-D input {}, got {}", rank, i, shape(i).ToString());
}

void InferContext::FailText(const std::string& text) const {
  Throw(ErrorCode::kModel, "{}: {}", subject_, text);
}

std::vector<InferredValue> InferOutputs(const Op& op, std::span<const InferredValue> inputs,
                                        std::span<const std::unique_ptr<Graph>> bodies, size_t outputs,
                                        const std::string& subject) {
  CheckArity(op, inputs, bodies.size(), outputs, subject);
  InferContext ctx(inputs, bodies, outputs, subject);
  VisitOp([&](const auto& alternative) { Infer(alternative, ctx); }, op);
  return ctx.TakeOutputs();
}

}  // namespace floe
