// Convolution as a product of packed weights with pixels addressed in place.
#include <algorithm>
#include <cstring>

#include "backends/cpu/conv/epilogue.h"
#include "backends/cpu/conv/taps.h"
#include "backends/cpu/gemm/pack.h"
#include "backends/cpu/kernels.h"
#include "backends/cpu/window.h"
#include "base/check.h"

namespace floe::cpu {
namespace {

// Up to so many channels the pixels of a filter row are read as one run of floats; where the window leaves
// the image sideways, from a copy with a margin.
constexpr int64_t kFewChannels = 8;

struct ConvPlan {
  FusedGroup group;
  Window window;
  GemmShape shape;         // without tables
  bool runs = false;       // a tap is a whole filter row
  int64_t copy_width = 0;  // pixels a row of the copy with margins, 0: none
};

bool LeavesSideways(const Window& w) {
  return w.pad[2] > 0 || (w.output[2] - 1) * w.stride[2] + w.kernel[2] - w.pad[2] > w.input[2];
}

Refusal MakePlan(const Graph& problem, const Target& target, ConvPlan* plan) {
  std::string why;
  const std::optional<FusedGroup> group = MatchFusedGroup(problem, &why);
  if (!group) return why;
  plan->group = *group;
  Window& w = plan->window;
  if (Refusal refusal = ReadConv(problem, *group, &w)) return refusal;
  const int64_t depth = w.channels / w.groups;
  const bool contiguous = w.groups == 1 && w.dilation[2] == 1 && w.kernel[2] > 1;
  const bool sideways = LeavesSideways(w);
  plan->runs = contiguous && (!sideways || w.channels <= kFewChannels);
  plan->copy_width = plan->runs && sideways ? (w.output[2] - 1) * w.stride[2] + w.kernel[2] : 0;

  GemmShape& s = plan->shape;
  s.batch = w.batch;
  std::copy_n(w.output, 3, s.grid);
  std::copy_n(w.kernel, 3, s.taps);
  s.depth = depth;
  if (plan->runs) {
    s.taps[2] = 1;
    s.depth = depth * w.kernel[2];
  }
  const int64_t width = plan->copy_width > 0 ? plan->copy_width : w.input[2];
  s.input_image = w.input[0] * w.input[1] * width * w.channels;
  s.input_group = depth;
  s.output_pixel[2] = w.output_channels;
  s.output_pixel[1] = w.output[2] * s.output_pixel[2];
  s.output_pixel[0] = w.output[1] * s.output_pixel[1];
  s.output_image = w.output[0] * s.output_pixel[0];
  s.groups = w.groups;
  s.group_columns = w.output_channels / w.groups;
  SetPanels(GemmCodeFor(IsaOf(target)), &s);
  return std::nullopt;
}

TapTables MakeTables(const ConvPlan& plan) {
  const Window& w = plan.window;
  const int64_t pixel = w.channels;
  const int64_t width = plan.copy_width > 0 ? plan.copy_width : w.input[2];
  const int64_t row = width * pixel;
  TapTables t;
  t.tables[0] = ForwardTaps(w.output[0], w.kernel[0], w.stride[0], w.dilation[0], w.pad[0], w.input[0],
                            w.input[1] * row);
  t.tables[1] = ForwardTaps(w.output[1], w.kernel[1], w.stride[1], w.dilation[1], w.pad[1], w.input[1], row);
  if (plan.runs) {
    t.tables[2] = ForwardTaps(w.output[2], 1, w.stride[2], 1, 0, width, pixel);
  } else {
    t.tables[2] =
        ForwardTaps(w.output[2], w.kernel[2], w.stride[2], w.dilation[2], w.pad[2], w.input[2], pixel);
  }
  t.zeros.assign(static_cast<size_t>(plan.shape.depth), 0.0f);
  return t;
}

class ConvGemm : public Executable {
 public:
  ConvGemm(const PrepareArgs& args, const ConvPlan& plan)
      : window_(plan.window),
        shape_(plan.shape),
        tables_(MakeTables(plan)),
        copy_width_(plan.copy_width),
        code_(GemmCodeFor(IsaOf(args.target))),
        input_(args.problem, plan.group.main->inputs[0]),
        epilogue_(args.problem, plan.group),
        packed_(args.packed[0]) {
    tables_.Bind(&shape_);
  }

  size_t WorkspaceBytes(int) const override {
    return copy_width_ == 0 ? 0 : static_cast<size_t>(shape_.batch * shape_.input_image) * sizeof(float);
  }

  void Run(const RunArgs& args) const override {
    GemmCall call;
    call.shape = &shape_;
    call.input = input_.floats(args);
    if (copy_width_ > 0) call.input = CopyWithMargins(call.input, args);
    call.packed = packed_.data<float>();
    call.bias = epilogue_.bias.floats(args);
    call.residual = epilogue_.residual.floats(args);
    call.output = static_cast<float*>(args.outputs[0].raw());
    call.activation = epilogue_.activation;
    cpu::RunGemm(code_, call, *args.pool);
  }

 private:
  const float* CopyWithMargins(const float* input, const RunArgs& args) const {
    float* copy = static_cast<float*>(args.workspace);
    const int64_t channels = window_.channels;
    const int64_t left = std::min(window_.pad[2], copy_width_);
    const int64_t middle = std::clamp<int64_t>(copy_width_ - left, 0, window_.input[2]);
    const int64_t right = copy_width_ - left - middle;
    const int64_t rows = window_.batch * window_.input[0] * window_.input[1];
    args.pool->ParallelFor(rows, 16, [&](int64_t begin, int64_t end, int) {
      for (int64_t r = begin; r < end; ++r) {
        float* to = copy + r * copy_width_ * channels;
        to = std::fill_n(to, left * channels, 0.0f);
        to = std::copy_n(input + r * window_.input[2] * channels, middle * channels, to);
        std::fill_n(to, right * channels, 0.0f);
      }
    });
    return copy;
  }

  Window window_;
  GemmShape shape_;
  TapTables tables_;
  int64_t copy_width_;
  const GemmCode& code_;
  Operand input_;
  Epilogue epilogue_;
  Tensor packed_;
};

Refusal Refuses(const Graph& problem, const Target& target) {
  ConvPlan plan;
  return MakePlan(problem, target, &plan);
}

double Estimate(const Graph& problem, const Target& target) {
  ConvPlan plan;
  MakePlan(problem, target, &plan);
  const double copy =
      plan.copy_width > 0 ? static_cast<double>(plan.shape.batch * plan.shape.input_image) : 0;
  return EstimateGemmNs(plan.shape, IsaOf(target)) + BytesMoved(problem) * 0.02 + copy * 0.2;
}

Packed Pack(const Graph& problem, const Target& target) {
  ConvPlan plan;
  CHECK(!MakePlan(problem, target, &plan));
  const ValueId filter = plan.group.main->inputs[1];
  const float* weights = ConstantOf(problem, filter)->data<float>();
  const GemmShape& s = plan.shape;
  const int64_t inner = s.taps_in_all() * s.depth;
  Tensor packed(DType::kFloat32, {PackedFloats(s)});
  for (int64_t g = 0; g < s.groups; ++g) {
    PackGroup(s, GemmCodeFor(IsaOf(target)), weights + g * s.group_columns * inner, 1, inner,
              packed.data<float>() + g * s.packed_group);
  }
  return {{packed}, {filter}};
}

std::unique_ptr<Executable> Prepare(const PrepareArgs& args) {
  ConvPlan plan;
  CHECK(!MakePlan(args.problem, args.target, &plan));
  CheckPackedCount(args.packed, 1, "cpu.conv_gemm");
  CheckPackedFloats(args.packed[0], PackedFloats(plan.shape), "cpu.conv_gemm");
  return std::make_unique<ConvGemm>(args, plan);
}

}  // namespace

Kernel ConvGemmKernel() {
  return {.name = "cpu.conv_gemm",
          .version = 2,
          .refuses = Refuses,
          .estimate_ns = Estimate,
          .pack = Pack,
          .prepare = Prepare,
          .in_place = ResidualInPlace,
          .error_bound = 2e-5};
}

}  // namespace floe::cpu
