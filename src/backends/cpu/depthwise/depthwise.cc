#include "backends/cpu/depthwise/depthwise.h"

#include <algorithm>

#include "backends/cpu/conv/epilogue.h"
#include "backends/cpu/isa.h"
#include "backends/cpu/kernels.h"
#include "backends/cpu/problem.h"
#include "base/check.h"

namespace floe::cpu {

DepthwiseCode DepthwiseCodeFor(Isa isa) {
  return CodeFor<generic::kDepthwiseCode, avx2::kDepthwiseCode, avx512::kDepthwiseCode, neon::kDepthwiseCode>(
      isa);
}

Tensor PackDepthwise(const Window& w, const float* filter) {
  Tensor packed(DType::kFloat32, {w.taps(), w.output_channels});
  float* to = packed.data<float>();
  for (int64_t tap = 0; tap < w.taps(); ++tap) {
    for (int64_t c = 0; c < w.output_channels; ++c) *to++ = filter[c * w.taps() + tap];
  }
  return packed;
}

void MeanOfRowSums(const Window& w, const RowCode& code, const float* sums, float* mean) {
  const int64_t channels = w.output_channels;
  const int64_t image_rows = w.output[0] * w.output[1];
  const float factor = 1.0f / static_cast<float>(image_rows * w.output[2]);
  for (int64_t n = 0; n < w.batch; ++n, mean += channels) {
    std::fill_n(mean, channels, 0.0f);
    for (int64_t r = 0; r < image_rows; ++r, sums += channels) {
      code.accumulate(Fold::kSum, mean, sums, channels);
    }
    code.scale(factor, mean, channels);
  }
}

namespace {

// One output, or two: the second is the mean over space of the first.
Refusal Match(const Graph& problem, FusedGroup* group, Window* window) {
  std::string why;
  const std::vector<FusedGroup> matched = MatchChainPerhapsWithMean(problem, &why);
  if (matched.empty()) return why;
  if (matched.size() != 1) return "more than one layer";
  *group = matched[0];
  if (Refusal refusal = ReadConv(problem, *group, window)) return refusal;
  if (window->groups != window->channels) return "not a depthwise convolution";
  if (window->kernel[0] * window->kernel[1] > kMostFilterRows) return "filter too high";
  return std::nullopt;
}

class Depthwise : public Executable {
 public:
  Depthwise(const PrepareArgs& args, const FusedGroup& group, const Window& window)
      : window_(window),
        code_(DepthwiseCodeFor(IsaOf(args.target))),
        row_code_(RowCodeFor(IsaOf(args.target))),
        has_mean_(args.problem.outputs().size() == 2),
        input_(args.problem, group.main->inputs[0]),
        epilogue_(args.problem, group),
        packed_(args.packed[0]) {}

  size_t WorkspaceBytes(int) const override {
    const int64_t sums = has_mean_ ? rows() * window_.output_channels : 0;
    return static_cast<size_t>(RepeatedFloats() + sums) * sizeof(float);
  }

  void Run(const RunArgs& args) const override {
    DepthwiseCall call;
    call.window = &window_;
    call.input = multiplier() == 1 ? input_.floats(args) : RepeatChannels(args);
    call.weights = packed_.data<float>();
    call.bias = epilogue_.bias.floats(args);
    call.residual = epilogue_.residual.floats(args);
    call.output = static_cast<float*>(args.outputs[0].raw());
    call.pixel_pitch = window_.output_channels;
    call.activation = epilogue_.activation;
    if (has_mean_) call.row_sums = static_cast<float*>(args.workspace) + RepeatedFloats();
    RunParts(call, *args.pool);
    if (has_mean_)
      MeanOfRowSums(window_, row_code_, call.row_sums, static_cast<float*>(args.outputs[1].raw()));
  }

 private:
  int64_t multiplier() const { return window_.output_channels / window_.channels; }
  int64_t rows() const { return window_.batch * window_.output[0] * window_.output[1]; }
  int64_t RepeatedFloats() const {
    return multiplier() == 1 ? 0 : RoundUp(window_.input_pixels() * window_.output_channels, 16);
  }

  // By rows, as most layers in front are, so that a thread finds what it reads in its own cache; by channels
  // where some thread would have over a sixth more rows than its share.
  void RunParts(const DepthwiseCall& call, ThreadPool& pool) const {
    constexpr int64_t kBlock = 64;
    constexpr int64_t kPieceWork = 200'000;  // multiply-adds that a thread takes at a time
    const int64_t rows = this->rows();
    const int64_t channels = window_.output_channels;
    const int64_t row_work = window_.output[2] * channels * window_.taps();
    const bool small = rows * row_work < 20000;
    const int64_t most = DivideUp(rows, int64_t{pool.threads()});
    const bool by_channel = most * pool.threads() * 6 > rows * 7 && channels >= kBlock * pool.threads();
    const int64_t count = by_channel ? channels : rows;
    const int64_t grain = small ? count : by_channel ? kBlock : 1;
    const int64_t piece = by_channel ? 0 : DivideUp(kPieceWork, row_work);
    pool.ParallelFor(count, {grain, piece}, [&](int64_t begin, int64_t end, int) {
      DepthwiseCall mine = call;
      mine.row_begin = by_channel ? 0 : begin;
      mine.row_end = by_channel ? rows : end;
      mine.channel_begin = by_channel ? begin : 0;
      mine.channel_end = by_channel ? end : channels;
      code_(mine);
    });
  }

  // Output channel c * multiplier + m reads input channel c.
  const float* RepeatChannels(const RunArgs& args) const {
    const float* input = input_.floats(args);
    float* repeated = static_cast<float*>(args.workspace);
    const int64_t times = multiplier();
    args.pool->ParallelFor(window_.input_pixels() * window_.channels, 4096,
                           [&](int64_t begin, int64_t end, int) {
                             float* to = repeated + begin * times;
                             for (int64_t i = begin; i < end; ++i) to = std::fill_n(to, times, input[i]);
                           });
    return repeated;
  }

  Window window_;
  DepthwiseCode code_;
  const RowCode& row_code_;
  bool has_mean_;
  Operand input_;
  Epilogue epilogue_;
  Tensor packed_;
};

Refusal Refuses(const Graph& problem, const Target&) {
  FusedGroup group;
  Window window;
  return Match(problem, &group, &window);
}

double Estimate(const Graph& problem, const Target& target) {
  FusedGroup group;
  Window w;
  Match(problem, &group, &w);
  const double vectors = static_cast<double>(
      w.output_pixels() * RoundUp(w.output_channels, VectorFloats(IsaOf(target))) * w.taps());
  const double repeat =
      w.output_channels == w.channels ? 0 : static_cast<double>(w.input_pixels() * w.output_channels);
  return 500 + vectors / (0.6 * MaddsPerNs(IsaOf(target))) + repeat + BytesMoved(problem) * 0.03;
}

Packed Pack(const Graph& problem, const Target&) {
  FusedGroup group;
  Window w;
  CHECK(!Match(problem, &group, &w));
  const ValueId filter = group.main->inputs[1];
  return {{PackDepthwise(w, ConstantOf(problem, filter)->data<float>())}, {filter}};
}

std::unique_ptr<Executable> Prepare(const PrepareArgs& args) {
  FusedGroup group;
  Window w;
  CHECK(!Match(args.problem, &group, &w));
  CheckPackedCount(args.packed, 1, "cpu.depthwise");
  CheckPackedFloats(args.packed[0], w.taps() * w.output_channels, "cpu.depthwise");
  return std::make_unique<Depthwise>(args, group, w);
}

std::vector<InPlace> InPlaceOf(const Graph& problem) {
  FusedGroup group;
  Window w;
  return Match(problem, &group, &w) ? std::vector<InPlace>{} : ResidualInPlace(problem, group);
}

}  // namespace

Kernel DepthwiseKernel() {
  return {.name = "cpu.depthwise",
          .version = 4,
          .refuses = Refuses,
          .estimate_ns = Estimate,
          .pack = Pack,
          .prepare = Prepare,
          .in_place = InPlaceOf,
          .error_bound = 1e-5};
}

}  // namespace floe::cpu
