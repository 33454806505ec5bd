// Maximum and average pooling, run by run of windows over their channels; of bf16 where input and output lie
// so in memory.
#include <algorithm>

#include "backends/cpu/kernels.h"
#include "backends/cpu/problem.h"
#include "backends/cpu/rows/rows.h"
#include "backends/cpu/storage.h"
#include "backends/cpu/window.h"
#include "base/check.h"

namespace floe::cpu {
namespace {

class Pool : public Executable {
 public:
  Pool(const PrepareArgs& args, const StoredProblem& stored, const Window& window)
      : window_(window),
        pool_(stored.is_plain() ? RowCodeFor(IsaOf(args.target)).pool : InBf16()),
        element_bytes_(stored.is_plain() ? sizeof(float) : sizeof(uint16_t)),
        input_(stored.graph(), OnlyNode(stored.graph())->inputs[0]) {
    const Node& node = *OnlyNode(stored.graph());
    const AveragePool* average = OpCast<AveragePool>(node.op);
    max_ = average == nullptr;
    count_padding_ = average != nullptr && average->count_include_pad;
    for (int d = 0; d < 3; ++d) reach_[d] = ReachOf(window_, d);
  }

  void Run(const RunArgs& args) const override {
    const Window& w = window_;
    const char* input = static_cast<const char*>(input_.raw(args));
    char* output = static_cast<char*>(args.outputs[0].raw());
    const int64_t rows = w.batch * w.output[0] * w.output[1];
    const int64_t work = w.output[2] * w.channels * w.taps();
    args.pool->ParallelFor(rows, 20000 / work + 1, [&](int64_t begin, int64_t end, int) {
      for (int64_t r = begin; r < end; ++r)
        RunRow(input, r, output + r * w.output[2] * w.channels * element_bytes_);
    });
  }

 private:
  static void (*InBf16())(const PoolRun&) {
#if defined(__x86_64__)
    return avx512_bf16::PoolInBf16;
#else
    return nullptr;
#endif
  }

  void RunRow(const char* input, int64_t row, char* out) const {
    const Window& w = window_;
    const int64_t pitch = w.input[2] * w.channels;
    const Reach& ry = reach_[1][static_cast<size_t>(row % w.output[1])];
    const Reach& rz = reach_[0][static_cast<size_t>(row / w.output[1] % w.output[0])];
    const int64_t n = row / w.output[1] / w.output[0];
    const int64_t origin = ((n * w.input[0] + rz.begin) * w.input[1] + ry.begin) * pitch;
    for (int64_t x = 0; x < w.output[2];) {
      const Reach& rx = reach_[2][static_cast<size_t>(x)];
      PoolRun run;
      run.max = max_;
      run.window = {input + (origin + rx.begin * w.channels) * element_bytes_,
                    {rz.count, ry.count, rx.count},
                    {w.dilation[0] * w.input[1] * pitch, w.dilation[1] * pitch, w.dilation[2] * w.channels}};
      run.count = rx.alike;
      run.step = w.stride[2] * w.channels;
      const int64_t counted =
          count_padding_ ? rz.padded * ry.padded * rx.padded : rz.count * ry.count * rx.count;
      run.scale = 1.0f / static_cast<float>(std::max<int64_t>(counted, 1));
      run.out = out + x * w.channels * element_bytes_;
      run.out_step = run.channels = w.channels;
      pool_(run);
      x += run.count;
    }
  }

  Window window_;
  void (*pool_)(const PoolRun&);
  int64_t element_bytes_;
  Operand input_;
  bool max_ = true;
  bool count_padding_ = false;
  std::vector<Reach> reach_[3];
};

Refusal Refuses(const Graph& problem, const Target& target) {
  const StoredProblem stored(problem);
  Window window;
  if (Refusal refusal = ReadPool(stored.graph(), &window)) return refusal;
  if (OnlyNode(stored.graph())->outputs.size() > 1) return "gives the places of the maxima";
  if (!stored.is_plain()) {
    if (!HasBf16(target)) return kNotForBf16;
    if (!stored.bf16_input(0) || !stored.bf16_output(0)) return "input and output of different types";
  }
  if (SeesOnlyPadding(window)) return "a window lies outside the image";
  return std::nullopt;
}

double Estimate(const Graph& problem, const Target& target) {
  const StoredProblem stored(problem);
  Window w;
  ReadPool(stored.graph(), &w);
  const double loads = static_cast<double>(w.output_pixels() * w.channels * w.taps());
  return 500 + loads / (0.5 * MaddsPerNs(IsaOf(target))) + BytesMoved(problem) * 0.05;
}

std::unique_ptr<Executable> Prepare(const PrepareArgs& args) {
  const StoredProblem stored(args.problem);
  Window window;
  CHECK(!ReadPool(stored.graph(), &window));
  CheckPackedCount(args.packed, 0, "cpu.pool");
  return std::make_unique<Pool>(args, stored, window);
}

}  // namespace

Kernel PoolKernel() {
  return {.name = "cpu.pool",
          .version = 2,
          .refuses = Refuses,
          .estimate_ns = Estimate,
          .prepare = Prepare,
          .error_bound = 5e-6};
}

}  // namespace floe::cpu
