// Resizing NHWC images by weighted sums of any number of pixels: cubic, area, Lanczos, antialiased. Each
// output row is first the weighted sum of whole input rows, then each of its pixels one of pixels of that.
#include <algorithm>

#include "backends/cpu/kernels.h"
#include "backends/cpu/planned.h"
#include "backends/cpu/problem.h"
#include "backends/cpu/rows/rows.h"
#include "backends/resampling.h"

namespace floe::cpu {
namespace {

// A pixel of a side has taps in a table, many times as large as a byte of the image may be.
constexpr int64_t kMostSide = int64_t{1} << 16;

struct Plan {
  const Resize* resize = nullptr;
  const ScaleAndTranslate* scaled = nullptr;
  std::vector<int64_t> input;
  std::vector<int64_t> output;
  bool bytes = false;  // uint8 in
};

Refusal RefuseConstantInputs(const Graph& problem, const Node& node) {
  for (const size_t i : {1, 2, 3}) {
    const Tensor* constant = ConstantOf(problem, node.inputs[i]);
    if (constant == nullptr || constant->raw() == nullptr)
      return "size, scale or translation is not constant";
    if (constant->size() != 2) return "not two scales";
    if (i > 1 && constant->dtype() != DType::kFloat32)
      return "scales of " + std::string(DTypeName(constant->dtype()));
  }
  const float* scales = ConstantOf(problem, node.inputs[2])->data<float>();
  if (!(scales[0] > 0 && scales[1] > 0)) return "a scale that is not above 0";
  return std::nullopt;
}

Refusal RefuseMode(const Graph& problem, const Node& node, const Resize& op) {
  if (op.layout != Layout::kNhwc) return "NCHW layout";
  if (node.inputs.size() < 2 || node.inputs[1] == kNoValue) return "scales in place of sizes";
  if (op.mode == ResizeMode::kNearest) return "mode of interpolation";
  if (op.mode == ResizeMode::kLinear && !op.antialias &&
      problem.value(node.inputs[0]).type.dtype == DType::kFloat32)
    return "bilinear";
  return std::nullopt;
}

Refusal MakePlan(const Graph& problem, Plan* plan) {
  plan->resize = OnlyOp<Resize>(problem);
  plan->scaled = OnlyOp<ScaleAndTranslate>(problem);
  if (plan->resize == nullptr && plan->scaled == nullptr) return "not one resize";
  if (Refusal refusal = RefuseUnlessStatic(problem)) return refusal;
  const Node& node = *OnlyNode(problem);
  if (Refusal refusal = plan->resize != nullptr ? RefuseMode(problem, node, *plan->resize)
                                                : RefuseConstantInputs(problem, node)) {
    return refusal;
  }
  const DType from = problem.value(node.inputs[0]).type.dtype;
  const DType to = problem.value(node.outputs[0]).type.dtype;
  plan->bytes = from == DType::kUInt8;
  if ((from != DType::kFloat32 && !plan->bytes) || to != DType::kFloat32)
    return std::string(DTypeName(from)) + " to " + std::string(DTypeName(to));
  const Tensor* image = ConstantOf(problem, node.inputs[0]);
  if (image != nullptr && image->raw() == nullptr) return "a constant has no contents";
  plan->input = DimsOf(problem, node.inputs[0]);
  plan->output = DimsOf(problem, node.outputs[0]);
  if (plan->input.size() != 4 || plan->output.size() != 4) return "not two spatial dimensions";
  if (plan->input[0] != plan->output[0] || plan->input[3] != plan->output[3]) return "output shape";
  if (std::max({plan->output[1], plan->output[2], plan->input[1], plan->input[2]}) > kMostSide)
    return "a side of more than 65536 pixels";
  return std::nullopt;
}

// The taps of every output pixel of a dimension, one behind the other.
class TapTable {
 public:
  // `step`: elements from one pixel to the next.
  TapTable(const std::vector<ResampleTaps>& taps, int64_t step) {
    for (const ResampleTaps& pixel : taps) {
      for (const ResampleTap& tap : pixel) {
        starts_.push_back(tap.place * step);
        weights_.push_back(static_cast<float>(tap.weight));
      }
      ends_.push_back(static_cast<int64_t>(starts_.size()));
    }
  }

  WeighedRows Of(int64_t pixel) const {
    const auto i = static_cast<size_t>(pixel);
    const int64_t begin = i == 0 ? 0 : ends_[i - 1];
    return {starts_.data() + begin, weights_.data() + begin, ends_[i] - begin};
  }

 private:
  std::vector<int64_t> starts_;
  std::vector<float> weights_;
  std::vector<int64_t> ends_;
};

std::vector<ResampleTaps> TapsOfSide(const Graph& problem, const Plan& plan, size_t side) {
  const int64_t in = plan.input[side + 1], out = plan.output[side + 1];
  if (plan.resize != nullptr) return TapsOf(*plan.resize, ResizedAxis::OfSizes(*plan.resize, in, out));
  const Node& node = *OnlyNode(problem);
  return TapsOf(*plan.scaled, in, out, ConstantOf(problem, node.inputs[2])->data<float>()[side],
                ConstantOf(problem, node.inputs[3])->data<float>()[side]);
}

// One pixel of few channels.
template <int kChannels>
void WeighPixels(const float* x, const TapTable& taps, int64_t count, float* y) {
  for (int64_t i = 0; i < count; ++i, y += kChannels) {
    const WeighedRows pixels = taps.Of(i);
    float sums[kChannels] = {};
    for (int64_t k = 0; k < pixels.count; ++k) {
      for (int c = 0; c < kChannels; ++c) sums[c] += pixels.weights[k] * x[pixels.starts[k] + c];
    }
    std::copy_n(sums, kChannels, y);
  }
}

void WeighBytes(const uint8_t* x, const WeighedRows& rows, float* y, int64_t count) {
  std::fill_n(y, count, 0.0f);
  for (int64_t k = 0; k < rows.count; ++k) {
    const uint8_t* from = x + rows.starts[k];
    const float weight = rows.weights[k];
    for (int64_t i = 0; i < count; ++i) y[i] += weight * static_cast<float>(from[i]);
  }
}

class ResampleImage : public Executable {
 public:
  static constexpr std::string_view kName = "cpu.resample";

  ResampleImage(const PrepareArgs& args, const Plan& plan)
      : plan_(plan),
        code_(RowCodeFor(IsaOf(args.target))),
        input_(args.problem, OnlyNode(args.problem)->inputs[0]),
        rows_(TapsOfSide(args.problem, plan, 0), plan.input[2] * plan.input[3]),
        columns_(TapsOfSide(args.problem, plan, 1), plan.input[3]) {}

  size_t WorkspaceBytes(int threads) const override {
    return static_cast<size_t>(threads * RowFloats()) * sizeof(float);
  }

  void Run(const RunArgs& args) const override {
    const int64_t row_floats = plan_.output[2] * plan_.output[3];
    const int64_t image = plan_.input[1] * plan_.input[2] * plan_.input[3];
    args.pool->ParallelFor(plan_.output[0] * plan_.output[1], 4096 / row_floats + 1,
                           [&](int64_t begin, int64_t end, int thread) {
                             float* const row = static_cast<float*>(args.workspace) + thread * RowFloats();
                             for (int64_t r = begin; r < end; ++r) {
                               const int64_t from = r / plan_.output[1] * image;
                               const WeighedRows rows = rows_.Of(r % plan_.output[1]);
                               const int64_t count = plan_.input[2] * plan_.input[3];
                               if (plan_.bytes) {
                                 WeighBytes(static_cast<const uint8_t*>(input_.raw(args)) + from, rows, row,
                                            count);
                               } else {
                                 code_.weigh(input_.floats(args) + from, rows, row, count);
                               }
                               Across(row, static_cast<float*>(args.outputs[0].raw()) + r * row_floats);
                             }
                           });
  }

 private:
  int64_t RowFloats() const { return RoundUp(plan_.input[2] * plan_.input[3], 16); }

  void Across(const float* row, float* y) const {
    const int64_t channels = plan_.output[3];
    switch (channels) {
      case 1:
        return WeighPixels<1>(row, columns_, plan_.output[2], y);
      case 2:
        return WeighPixels<2>(row, columns_, plan_.output[2], y);
      case 3:
        return WeighPixels<3>(row, columns_, plan_.output[2], y);
      case 4:
        return WeighPixels<4>(row, columns_, plan_.output[2], y);
      default:
        for (int64_t i = 0; i < plan_.output[2]; ++i)
          code_.weigh(row, columns_.Of(i), y + i * channels, channels);
    }
  }

  Plan plan_;
  const RowCode& code_;
  Operand input_;
  TapTable rows_;
  TapTable columns_;
};

double Estimate(const Graph& problem, const Target&) {
  return 500 + BytesMoved(problem);
}

using Row = Planned<Plan, MakePlan, ResampleImage>;

}  // namespace

Kernel ResampleKernel() {
  return {.name = ResampleImage::kName,
          .refuses = Row::Refuses,
          .estimate_ns = Estimate,
          .prepare = Row::Prepare,
          .error_bound = 5e-6};
}

}  // namespace floe::cpu
