#include "backends/cpu/depthwise/depthwise_bf16.h"

#include <algorithm>

#include "backends/cpu/conv/epilogue.h"
#include "backends/cpu/depthwise/depthwise.h"
#include "backends/cpu/isa.h"
#include "backends/cpu/kernels.h"
#include "backends/cpu/packed/bf16.h"
#include "backends/cpu/problem.h"
#include "backends/cpu/storage.h"
#include "base/check.h"

namespace floe::cpu {
namespace {

constexpr int64_t kVector = 16;

// Of two output rows' filter, which is one row higher.
int64_t PairsOf(const Window& w) {
  return w.kernel[1] / 2 + 1;
}

}  // namespace

DepthwiseBf16Code DepthwiseCodeForBf16() {
#if defined(__x86_64__)
  return avx512_bf16::kDepthwiseBf16Code;
#else
  return nullptr;
#endif
}

Refusal RefuseDepthwiseBf16(const Window& w) {
  if (w.kernel[0] != 1 || w.input[0] != 1 || w.pad[0] != 0) return "three spatial dimensions";
  if (w.groups != w.channels || w.channels != w.output_channels) return "not a depthwise convolution";
  if (w.kernel[1] > kMostBf16FilterRows) return "filter too high";
  if (w.dilation[1] != 1 || w.dilation[2] != 1) return "dilated";
  const int64_t width = w.kernel[2];
  const int64_t stride = w.stride[2];
  if ((width == 3 || width == 5) && stride <= 2) return std::nullopt;
  if (width == 7 && stride == 1) return std::nullopt;
  return "a filter neither 3, 5 nor 7 wide, or a large stride";
}

int64_t PackedDepthwiseBf16Elements(const Window& w) {
  return 2 * PairsOf(w) * w.kernel[2] * RoundUp(w.output_channels, kVector) * 2;
}

Tensor PackDepthwiseBf16(const Window& w, const float* filter) {
  Tensor packed(DType::kBFloat16, {PackedDepthwiseBf16Elements(w)});
  auto* to = static_cast<float*>(packed.raw());
  const int64_t filled = RoundUp(w.output_channels, kVector);
  const auto at = [&](int64_t c, int64_t y, int64_t x) {
    if (c >= w.output_channels || y < 0 || y >= w.kernel[1]) return 0.0f;
    return filter[c * w.taps() + y * w.kernel[2] + x];
  };
  for (int64_t which = 0; which < 2; ++which) {
    for (int64_t pair = 0; pair < PairsOf(w); ++pair) {
      const int64_t y = 2 * pair - which;
      for (int64_t x = 0; x < w.kernel[2]; ++x) {
        for (int64_t c = 0; c < filled; ++c) *to++ = Bf16Word(at(c, y, x), at(c, y + 1, x));
      }
    }
  }
  return packed;
}

namespace {

constexpr std::string_view kName = "cpu.depthwise_bf16";

// One output in bf16, or that and the mean over space of what it is before it is rounded.
Refusal MakePlan(const StoredProblem& stored, FusedGroup* group, Window* window) {
  std::string why;
  const Graph& problem = stored.graph();
  const std::vector<FusedGroup> matched = MatchChainPerhapsWithMean(problem, &why);
  if (matched.empty()) return why;
  if (matched.size() != 1) return "more than one layer";
  *group = matched[0];
  if (Refusal refusal = ReadConv(problem, *group, window)) return refusal;
  if (Refusal refusal = RefuseDepthwiseBf16(*window)) return refusal;
  if (group->residual != kNoValue) return "a residual";
  const Operand input(problem, group->main->inputs[0]);
  if (!stored.bf16_input(input.input()) || !stored.bf16_output(0)) return "pixels in float32";
  if (problem.outputs().size() == 2 && stored.bf16_output(1)) return "a mean in bf16";
  return std::nullopt;
}

class DepthwiseBf16 : public Executable {
 public:
  DepthwiseBf16(const PrepareArgs& args, const StoredProblem& stored, const FusedGroup& group,
                const Window& window)
      : window_(window),
        row_code_(RowCodeFor(IsaOf(args.target))),
        has_mean_(args.problem.outputs().size() == 2),
        input_(stored.graph(), group.main->inputs[0]),
        epilogue_(stored.graph(), group),
        packed_(args.packed[0]) {}

  size_t WorkspaceBytes(int) const override {
    return has_mean_ ? static_cast<size_t>(rows() * window_.channels) * sizeof(float) : 0;
  }

  void Run(const RunArgs& args) const override {
    DepthwiseBf16Call call;
    call.window = &window_;
    call.input = static_cast<const uint16_t*>(input_.raw(args));
    call.weights = static_cast<const uint32_t*>(packed_.raw());
    call.bias = epilogue_.bias.floats(args);
    call.output = static_cast<uint16_t*>(args.outputs[0].raw());
    call.pixel_pitch = window_.channels;
    call.activation = epilogue_.activation;
    if (has_mean_) call.row_sums = static_cast<float*>(args.workspace);
    RunParts(call, *args.pool);
    if (has_mean_)
      MeanOfRowSums(window_, row_code_, call.row_sums, static_cast<float*>(args.outputs[1].raw()));
  }

 private:
  int64_t rows() const { return window_.batch * window_.output[1]; }

  // Few rows of many channels are split by channels, so that the parts are equal.
  void RunParts(const DepthwiseBf16Call& call, ThreadPool& pool) const {
    constexpr int64_t kBlock = 2 * kVector;
    const int64_t channels = window_.channels;
    const bool small = rows() * window_.output[2] * channels * window_.taps() < 40000;
    const int64_t blocks = DivideUp(channels, kBlock);
    const bool by_channel = rows() < 8 * pool.threads() && blocks >= 2 * pool.threads();
    const int64_t count = by_channel ? blocks : rows();
    pool.ParallelFor(count, small ? count : 1, [&](int64_t begin, int64_t end, int) {
      DepthwiseBf16Call mine = call;
      mine.row_begin = by_channel ? 0 : begin;
      mine.row_end = by_channel ? rows() : end;
      mine.channel_begin = by_channel ? begin * kBlock : 0;
      mine.channel_end = by_channel ? std::min(end * kBlock, channels) : channels;
      code_(mine);
    });
  }

  Window window_;
  DepthwiseBf16Code code_ = DepthwiseCodeForBf16();
  const RowCode& row_code_;
  bool has_mean_;
  Operand input_;
  Epilogue epilogue_;
  Tensor packed_;
};

Refusal Refuses(const Graph& problem, const Target& target) {
  FusedGroup group;
  Window w;
  if (Refusal refusal = MakePlan(StoredProblem(problem), &group, &w)) return refusal;
  if (!HasBf16(target)) return kNotForBf16;
  return std::nullopt;
}

double Estimate(const Graph& problem, const Target& target) {
  FusedGroup group;
  Window w;
  MakePlan(StoredProblem(problem), &group, &w);
  const double vectors =
      static_cast<double>(w.output_pixels() * RoundUp(w.output_channels, kVector) * w.taps());
  return 500 + vectors / MaddsPerNs(IsaOf(target)) + BytesMoved(problem) * 0.03;
}

Packed Pack(const Graph& problem, const Target&) {
  const StoredProblem stored(problem);
  FusedGroup group;
  Window w;
  CHECK(!MakePlan(stored, &group, &w));
  const ValueId filter = group.main->inputs[1];
  return {{PackDepthwiseBf16(w, ConstantOf(problem, filter)->data<float>())}, {filter}};
}

std::unique_ptr<Executable> Prepare(const PrepareArgs& args) {
  const StoredProblem stored(args.problem);
  FusedGroup group;
  Window w;
  CHECK(!MakePlan(stored, &group, &w));
  CheckPackedCount(args.packed, 1, kName);
  CheckPacked(args.packed[0], DType::kBFloat16, PackedDepthwiseBf16Elements(w), kName);
  return std::make_unique<DepthwiseBf16>(args, stored, group, w);
}

}  // namespace

Kernel DepthwiseBf16Kernel() {
  return {.name = kName,
          .version = 2,
          .refuses = Refuses,
          .estimate_ns = Estimate,
          .pack = Pack,
          .prepare = Prepare,
          .error_bound = 1e-2,
          .arithmetic = DType::kBFloat16};
}

}  // namespace floe::cpu
