// Fourier transforms over the last dimensions: spectra of sound and of pictures. Each axis is one step; a
// step over what is complex runs in place.
#include <algorithm>

#include "backends/cpu/fft/transform.h"
#include "backends/cpu/kernels.h"
#include "backends/cpu/planned.h"
#include "backends/cpu/problem.h"

namespace floe::cpu {
namespace {

struct Plan {
  FftKind kind = FftKind::kFft;
  std::vector<Axis> axes;  // the last one first
};

// The transformed lengths: the input's own, or those that the second input gives.
Refusal ReadLengths(const Graph& problem, const Node& node, std::span<int64_t> lengths) {
  if (node.inputs.size() < 2 || node.inputs[1] == kNoValue) return std::nullopt;
  const Tensor* given = ConstantOf(problem, node.inputs[1]);
  if (given == nullptr || given->raw() == nullptr) return "length is not constant";
  if (given->size() != static_cast<int64_t>(lengths.size())) return "not a length for each dimension";
  for (size_t i = 0; i < lengths.size(); ++i)
    lengths[i] = given->dtype() == DType::kInt32 ? given->data<int32_t>()[i] : given->data<int64_t>()[i];
  return std::nullopt;
}

Refusal AddAxis(FftKind kind, std::span<const int64_t> dims, size_t at, int64_t out, int64_t length,
                Plan* plan) {
  const bool real = IsReal(kind);
  if (!real && length != dims[at]) return "a length of its own";
  if (out != (kind == FftKind::kRfft ? length / 2 + 1 : length)) return "output shape";
  if (!real && length == 1) return std::nullopt;
  if (!HasTransform(length)) return "length out of range, or with a prime factor above 31";
  Axis axis{.kind = kind, .in = dims[at], .out = out, .length = length};
  for (size_t i = 0; i < at; ++i) axis.outer *= dims[i];
  for (size_t i = at + 1; i < dims.size(); ++i) axis.inner *= dims[i];
  plan->axes.push_back(axis);
  return std::nullopt;
}

Refusal MakePlan(const Graph& problem, Plan* plan) {
  const Fft* op = OnlyOp<Fft>(problem);
  if (op == nullptr) return "no Fourier transform";
  if (Refusal refusal = RefuseUnlessStatic(problem)) return refusal;
  const Node& node = *OnlyNode(problem);
  const DType from = problem.value(node.inputs[0]).type.dtype;
  const DType to = problem.value(node.outputs[0]).type.dtype;
  plan->kind = op->kind;
  if (from != (op->kind == FftKind::kRfft ? DType::kFloat32 : DType::kComplex64) ||
      to != (op->kind == FftKind::kIrfft ? DType::kFloat32 : DType::kComplex64)) {
    return std::string(DTypeName(from)) + " to " + std::string(DTypeName(to));
  }
  // Other axes see the spectrum: of a transform to real numbers its input, of others its output.
  const std::vector<int64_t> in = DimsOf(problem, node.inputs[0]);
  const std::vector<int64_t> out = DimsOf(problem, node.outputs[0]);
  const std::vector<int64_t>& spectrum = op->kind == FftKind::kIrfft ? in : out;
  if (op->dims < 1 || op->dims > static_cast<int64_t>(in.size()) || in.size() != out.size())
    return "output shape";
  const size_t first = in.size() - static_cast<size_t>(op->dims);
  std::vector<int64_t> lengths(in.begin() + static_cast<int64_t>(first), in.end());
  if (op->kind == FftKind::kIrfft) lengths.back() = 2 * (in.back() - 1);
  if (Refusal refusal = ReadLengths(problem, node, lengths)) return refusal;
  if (!std::equal(in.begin(), in.end() - 1, out.begin())) return "a length of its own";
  if (Refusal refusal = AddAxis(op->kind, in, in.size() - 1, out.back(), lengths.back(), plan))
    return refusal;
  const FftKind other = IsInverse(op->kind) ? FftKind::kIfft : FftKind::kFft;
  for (size_t i = in.size() - 1; i-- > first;) {
    if (Refusal refusal = AddAxis(other, spectrum, i, spectrum[i], lengths[i - first], plan)) return refusal;
  }
  if (plan->axes.empty()) return "lengths of 1";
  return std::nullopt;
}

class FourierTransform : public Executable {
 public:
  static constexpr std::string_view kName = "cpu.fft";

  FourierTransform(const PrepareArgs& args, const Plan& plan)
      : kind_(plan.kind),
        input_(args.problem, OnlyNode(args.problem)->inputs[0]),
        input_bytes_(args.problem.value(OnlyNode(args.problem)->inputs[0]).type.StaticBytes()) {
    for (const Axis& axis : plan.axes) axes_.emplace_back(axis);
  }

  size_t WorkspaceBytes(int threads) const override {
    size_t bytes = 0;
    for (const Transform& axis : axes_) bytes = std::max(bytes, axis.WorkspaceBytes(threads));
    return bytes + (KeepsSpectrum() ? AlignedInputBytes() : 0);
  }

  void Run(const RunArgs& args) const override {
    const float* x = input_.floats(args);
    float* y = static_cast<float*>(args.outputs[0].raw());
    if (!KeepsSpectrum()) {
      for (const Transform& axis : axes_) {
        axis.Run(x, y, args.workspace, *args.pool);
        x = y;
      }
      return;
    }
    auto* spectrum = static_cast<float*>(args.workspace);
    void* rest = static_cast<char*>(args.workspace) + AlignedInputBytes();
    for (size_t i = 1; i < axes_.size(); ++i) {
      axes_[i].Run(x, spectrum, rest, *args.pool);
      x = spectrum;
    }
    axes_[0].Run(x, y, rest, *args.pool);
  }

 private:
  // Back to real numbers the last axis goes last, and the others have the spectrum to themselves.
  bool KeepsSpectrum() const { return kind_ == FftKind::kIrfft && axes_.size() > 1; }
  size_t AlignedInputBytes() const {
    return static_cast<size_t>(RoundUp(static_cast<int64_t>(input_bytes_), 64));
  }

  FftKind kind_;
  Operand input_;
  size_t input_bytes_;
  std::vector<Transform> axes_;
};

double Estimate(const Graph& problem, const Target&) {
  return 1000 + BytesMoved(problem);
}

using Row = Planned<Plan, MakePlan, FourierTransform>;

}  // namespace

Kernel FftKernel() {
  return {.name = FourierTransform::kName,
          .version = 3,
          .refuses = Row::Refuses,
          .estimate_ns = Estimate,
          .prepare = Row::Prepare,
          .error_bound = 2e-7};
}

}  // namespace floe::cpu
