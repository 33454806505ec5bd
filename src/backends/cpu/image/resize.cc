// Bilinear and nearest-neighbour resizing of NHWC images: where each output row and column comes from is a
// table, made once.
#include <algorithm>
#include <cstring>

#include "backends/cpu/kernels.h"
#include "backends/cpu/planned.h"
#include "backends/cpu/problem.h"
#include "backends/cpu/rows/rows.h"
#include "backends/resampling.h"

namespace floe::cpu {
namespace {

struct Tap {
  int64_t lower;
  int64_t upper;
  float fraction;  // weight of upper
};

// A pixel of a side has an entry in a table, many times as large as a byte of the image may be.
constexpr int64_t kMostSide = int64_t{1} << 20;

struct Plan {
  const Resize* op = nullptr;
  std::vector<int64_t> input;
  std::vector<int64_t> output;
  size_t element_bytes = 4;
};

Refusal MakePlan(const Graph& problem, Plan* plan) {
  plan->op = OnlyOp<Resize>(problem);
  if (plan->op == nullptr) return "not one resize";
  if (Refusal refusal = RefuseUnlessStatic(problem)) return refusal;
  const Node& node = *OnlyNode(problem);
  const Resize& op = *plan->op;
  if (op.layout != Layout::kNhwc) return "NCHW layout";
  if (node.inputs.size() < 2 || node.inputs[1] == kNoValue) return "scales in place of sizes";
  const DType from = problem.value(node.inputs[0]).type.dtype;
  const DType to = problem.value(node.outputs[0]).type.dtype;
  const bool linear = op.mode == ResizeMode::kLinear && !op.antialias;
  if (!linear && op.mode != ResizeMode::kNearest) return "mode of interpolation";
  if (from != to || from == DType::kString || (linear && from != DType::kFloat32)) {
    return std::string(DTypeName(from)) + " to " + std::string(DTypeName(to));
  }
  const Tensor* image = ConstantOf(problem, node.inputs[0]);
  if (image != nullptr && image->raw() == nullptr) return "a constant has no contents";
  plan->input = DimsOf(problem, node.inputs[0]);
  plan->output = DimsOf(problem, node.outputs[0]);
  plan->element_bytes = DTypeSize(from);
  if (plan->input.size() != 4 || plan->output.size() != 4) return "not two spatial dimensions";
  if (plan->input[0] != plan->output[0] || plan->input[3] != plan->output[3]) return "output shape";
  if (std::max(plan->output[1], plan->output[2]) > kMostSide) return "a side of more than a million pixels";
  return std::nullopt;
}

std::vector<Tap> PairsOf(const Resize& op, int64_t in, int64_t out) {
  std::vector<Tap> pairs;
  for (const ResampleTaps& taps : TapsOf(op, ResizedAxis::OfSizes(op, in, out))) {
    const float fraction = taps.size() > 1 ? static_cast<float>(taps.back().weight) : 0;
    pairs.push_back({taps.front().place, taps.back().place, fraction});
  }
  return pairs;
}

class ResizeImage : public Executable {
 public:
  static constexpr std::string_view kName = "cpu.resize";

  ResizeImage(const PrepareArgs& args, const Plan& plan)
      : plan_(plan),
        nearest_(plan.op->mode == ResizeMode::kNearest),
        code_(RowCodeFor(IsaOf(args.target))),
        input_(args.problem, OnlyNode(args.problem)->inputs[0]),
        rows_(PairsOf(*plan.op, plan.input[1], plan.output[1])),
        columns_(PairsOf(*plan.op, plan.input[2], plan.output[2])) {}

  void Run(const RunArgs& args) const override {
    const char* input = static_cast<const char*>(input_.raw(args));
    char* output = static_cast<char*>(args.outputs[0].raw());
    const int64_t rows = plan_.output[0] * plan_.output[1];
    const int64_t work = plan_.output[2] * plan_.output[3];
    args.pool->ParallelFor(rows, 8192 / work + 1, [&](int64_t begin, int64_t end, int) {
      for (int64_t r = begin; r < end; ++r) {
        if (nearest_) {
          CopyRow(input, output, r);
        } else {
          BlendRow(reinterpret_cast<const float*>(input), reinterpret_cast<float*>(output), r);
        }
      }
    });
  }

 private:
  int64_t InputRow(int64_t row, int64_t place) const {  // pixels
    return (row / plan_.output[1] * plan_.input[1] + place) * plan_.input[2];
  }

  void CopyRow(const char* input, char* output, int64_t row) const {
    const auto pixel = plan_.output[3] * static_cast<int64_t>(plan_.element_bytes);
    const char* from = input + InputRow(row, rows_[static_cast<size_t>(row % plan_.output[1])].lower) * pixel;
    char* to = output + row * plan_.output[2] * pixel;
    for (const Tap& column : columns_) {
      std::memcpy(to, from + column.lower * pixel, static_cast<size_t>(pixel));
      to += pixel;
    }
  }

  void BlendRow(const float* input, float* output, int64_t row) const {
    const int64_t channels = plan_.output[3];
    const Tap& y = rows_[static_cast<size_t>(row % plan_.output[1])];
    const float* top = input + InputRow(row, y.lower) * channels;
    const float* bottom = input + InputRow(row, y.upper) * channels;
    float* to = output + row * plan_.output[2] * channels;
    for (const Tap& x : columns_) {
      const float* const corners[4] = {top + x.lower * channels, top + x.upper * channels,
                                       bottom + x.lower * channels, bottom + x.upper * channels};
      code_.blend(corners, x.fraction, y.fraction, to, channels);
      to += channels;
    }
  }

  Plan plan_;
  bool nearest_;
  const RowCode& code_;
  Operand input_;
  std::vector<Tap> rows_;
  std::vector<Tap> columns_;
};

double Estimate(const Graph& problem, const Target&) {
  return 500 + BytesMoved(problem) * 0.1;
}

using Row = Planned<Plan, MakePlan, ResizeImage>;

}  // namespace

Kernel ResizeKernel() {
  return {.name = ResizeImage::kName,
          .refuses = Row::Refuses,
          .estimate_ns = Estimate,
          .prepare = Row::Prepare,
          .error_bound = 2e-6};
}

}  // namespace floe::cpu
