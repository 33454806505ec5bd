#include "backends/reference/op_call.h"

#include <unistd.h>

#include <algorithm>
#include <cstring>

#include "backends/reference/value_io.h"

namespace floe::reference {
namespace {

// Half of the machine's memory: nothing larger can be worked on.
size_t MostBytes() {
  static const size_t bytes =
      static_cast<size_t>(sysconf(_SC_PHYS_PAGES)) * static_cast<size_t>(sysconf(_SC_PAGE_SIZE)) / 2;
  return bytes;
}

}  // namespace

OpCall::OpCall(const Node& node, std::span<const Tensor> inputs, std::span<Tensor> outputs, ThreadPool* pool)
    : node_(node), inputs_(inputs), outputs_(outputs), pool_(pool) {
  CheckCounts();
}

void OpCall::CheckCounts() const {
  const OpTraits& traits = InfoOf(node_.op).traits;
  const int inputs = static_cast<int>(inputs_.size());
  const int outputs = static_cast<int>(outputs_.size());
  if (inputs < traits.min_inputs || inputs > traits.max_inputs) Fail("cannot take {} inputs", inputs);
  if (outputs < traits.min_outputs || outputs > traits.max_outputs) Fail("cannot give {} outputs", outputs);
  if (static_cast<int>(node_.bodies.size()) != traits.bodies) {
    Fail("expected {} bodies, found {}", traits.bodies, node_.bodies.size());
  }
  for (const auto& body : node_.bodies) {
    if (body == nullptr) Fail("a body is missing");
  }
}

std::string OpCall::subject() const {
  return fmt::format("{} '{}'", OpName(node_.op), node_.name);
}

void OpCall::FailText(ErrorCode code, const std::string& text) const {
  Throw(code, "{}: {}", subject(), text);
}

void OpCall::FailType(size_t i) const {
  Fail("does not take {} as input {}", DTypeName(in(i).dtype()), i);
}

const Tensor& OpCall::in(size_t i) const {
  if (!has(i)) Fail("input {} is missing", i);
  return inputs_[i];
}

Tensor& OpCall::Out(size_t i, DType dtype, Dims dims) {
  Tensor& out = outputs_[i];
  if (out.empty()) {
    const int64_t count = ElementCount(dims);
    if (static_cast<size_t>(count) > MostBytes() / DTypeSize(dtype)) {
      Throw(ErrorCode::kResource, "{}: an output of {}{} is too large for this machine's memory", subject(),
            DTypeName(dtype), DimsToString(dims));
    }
    out = Tensor(dtype, std::move(dims));
  } else if (out.dtype() != dtype || out.dims() != dims) {
    Fail("output {} is {}{}, but the graph expects {}{}", i, DTypeName(dtype), DimsToString(dims),
         DTypeName(out.dtype()), DimsToString(out.dims()));
  }
  return out;
}

void OpCall::Give(size_t i, const Tensor& tensor) {
  if (outputs_[i].empty()) {
    outputs_[i] = tensor;
    return;
  }
  Tensor& out = Out(i, tensor.dtype(), tensor.dims());
  if (tensor.dtype() == DType::kString) {
    std::copy_n(tensor.data<std::string>(), tensor.size(), out.data<std::string>());
  } else if (tensor.size() > 0 && out.raw() != tensor.raw()) {
    std::memmove(out.raw(), tensor.raw(), tensor.size_bytes());
  }
}

std::vector<int64_t> OpCall::Ints(size_t i) const {
  const Tensor& t = in(i);
  if (!IsInteger(t.dtype())) FailType(i);
  if (t.rank() > 1) Fail("input {} must be of rank 0 or 1, found {}", i, DimsToString(t.dims()));
  return LoadAll<int64_t>(t);
}

int64_t OpCall::Int(size_t i) const {
  const Tensor& t = in(i);
  if (!IsInteger(t.dtype())) FailType(i);
  if (t.size() != 1) Fail("input {} must have one element, found {}", i, DimsToString(t.dims()));
  return LoadOne<int64_t>(t, 0);
}

double OpCall::Number(size_t i) const {
  const Tensor& t = in(i);
  if (!IsInteger(t.dtype()) && !IsFloat(t.dtype())) FailType(i);
  if (t.size() != 1) Fail("input {} must have one element, found {}", i, DimsToString(t.dims()));
  return LoadOne<double>(t, 0);
}

size_t OpCall::Axis(int64_t axis, size_t rank) const {
  const int64_t r = static_cast<int64_t>(rank);
  if (axis < -r || axis >= r) Fail("axis {} is outside a tensor of rank {}", axis, rank);
  return static_cast<size_t>(axis < 0 ? axis + r : axis);
}

std::vector<bool> OpCall::AxisFlags(std::span<const int64_t> axes, size_t rank) const {
  std::vector<bool> flags(rank, false);
  for (const int64_t axis : axes) {
    const size_t a = Axis(axis, rank);
    if (flags[a]) Fail("axis {} is listed twice", axis);
    flags[a] = true;
  }
  return flags;
}

void OpCall::RequireRank(size_t i, size_t rank) const {
  if (in(i).rank() != rank)
    Fail("input {} must be of rank {}, found {}", i, rank, DimsToString(in(i).dims()));
}

void OpCall::RequireSameType(size_t i, size_t j) const {
  if (in(i).dtype() != in(j).dtype()) {
    Fail("inputs {} and {} must be of one type, found {} and {}", i, j, DTypeName(in(i).dtype()),
         DTypeName(in(j).dtype()));
  }
}

void OpCall::RequireDims(size_t i, const Dims& dims) const {
  if (in(i).dims() != dims) {
    Fail("input {} must have shape {}, found {}", i, DimsToString(dims), DimsToString(in(i).dims()));
  }
}

int64_t OpCall::Size(int64_t value, std::string_view what) const {
  if (value < 0 || value > (int64_t{1} << 40)) FailValue("{} {} is out of range", what, value);
  return value;
}

void ForRange(const OpCall& call, int64_t count, const std::function<void(int64_t, int64_t)>& body) {
  if (call.pool() == nullptr) {
    if (count > 0) body(0, count);
    return;
  }
  call.pool()->ParallelFor(count, 1, [&](int64_t begin, int64_t end, int) {
    if (begin < end) body(begin, end);
  });
}

void ForRange(const OpCall& call, int64_t count, int64_t elements,
              const std::function<void(int64_t, int64_t)>& body) {
  constexpr int64_t kLittle = 1 << 14;
  if (elements >= kLittle) return ForRange(call, count, body);
  if (count > 0) body(0, count);
}

}  // namespace floe::reference
