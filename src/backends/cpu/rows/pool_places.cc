// Maximum pooling with the places of the maxima: encoders whose decoders put pixels back where they came
// from.
#include <algorithm>

#include "backends/cpu/kernels.h"
#include "backends/cpu/planned.h"
#include "backends/cpu/problem.h"
#include "backends/cpu/rows/rows.h"
#include "backends/cpu/window.h"

namespace floe::cpu {
namespace {

// A place is image * n + pixel * pixels + channel * channels.
struct Numbers {
  int64_t image = 0;
  int64_t pixel = 1;
  int64_t channel = 1;
};

struct Plan {
  Window window;
  Numbers numbers;
};

Refusal MakePlan(const Graph& problem, Plan* plan) {
  const MaxPool* op = OnlyOp<MaxPool>(problem);
  if (op == nullptr) return "not a maximum pooling";
  if (OnlyNode(problem)->outputs.size() < 2) return "places are not asked for";
  Window& w = plan->window;
  if (Refusal refusal = ReadPool(problem, &w)) return refusal;
  const ValueId places = OnlyNode(problem)->outputs[1];
  if (problem.value(places).type.dtype != DType::kInt64) return "places that are no int64";
  if (SizeOf(problem, places) != SizeOf(problem, OnlyNode(problem)->outputs[0])) return "output shape";
  if (SeesOnlyPadding(w)) return "a window lies outside the image";
  const int64_t pixels = w.input[0] * w.input[1] * w.input[2];
  if (pixels > INT32_MAX) return "an image of too many pixels";
  if (op->argmax_index == ArgmaxIndex::kOnnx) {
    plan->numbers = {pixels * w.channels, 1, pixels};
  } else {
    const bool batch = op->argmax_index == ArgmaxIndex::kTensorFlowBatch;
    plan->numbers = {batch ? pixels * w.channels : 0, w.channels, 1};
  }
  return std::nullopt;
}

class PoolPlaces : public Executable {
 public:
  static constexpr std::string_view kName = "cpu.pool_places";

  PoolPlaces(const PrepareArgs& args, const Plan& plan)
      : plan_(plan),
        code_(RowCodeFor(IsaOf(args.target))),
        input_(args.problem, OnlyNode(args.problem)->inputs[0]),
        values_(OutputOf(args.problem, OnlyNode(args.problem)->outputs[0])),
        places_(OutputOf(args.problem, OnlyNode(args.problem)->outputs[1])) {
    for (int d = 0; d < 3; ++d) reach_[d] = ReachOf(plan_.window, d);
  }

  void Run(const RunArgs& args) const override {
    const Window& w = plan_.window;
    const int64_t work = w.output[2] * w.channels * (w.taps() + 2);
    args.pool->ParallelFor(w.batch * w.output[0] * w.output[1], 20000 / work + 1,
                           [&](int64_t begin, int64_t end, int) {
                             for (int64_t i = begin * w.output[2]; i < end * w.output[2]; ++i) {
                               for (int64_t c = 0; c < w.channels; c += kChannels)
                                 RunWindow(args, i, c, std::min(kChannels, w.channels - c));
                             }
                           });
  }

 private:
  static constexpr int64_t kChannels = 256;  // that are compared at a time

  void RunWindow(const RunArgs& args, int64_t at, int64_t channel, int64_t channels) const {
    const Window& w = plan_.window;
    const Reach& rx = reach_[2][static_cast<size_t>(at % w.output[2])];
    const Reach& ry = reach_[1][static_cast<size_t>(at / w.output[2] % w.output[1])];
    const Reach& rz = reach_[0][static_cast<size_t>(at / w.output[2] / w.output[1] % w.output[0])];
    const int64_t image = at / w.output[2] / w.output[1] / w.output[0];
    const float* x =
        input_.floats(args) + image * w.input[0] * w.input[1] * w.input[2] * w.channels + channel;
    float best[kChannels];
    int32_t pixels[kChannels];
    bool first = true;
    for (int64_t z = 0; z < rz.count; ++z) {
      for (int64_t y = 0; y < ry.count; ++y) {
        const int64_t row = (rz.begin + z * w.dilation[0]) * w.input[1] + ry.begin + y * w.dilation[1];
        for (int64_t k = 0; k < rx.count; ++k) {
          const int64_t pixel = row * w.input[2] + rx.begin + k * w.dilation[2];
          const float* from = x + pixel * w.channels;
          if (first) {
            std::copy_n(from, channels, best);
            std::fill_n(pixels, channels, static_cast<int32_t>(pixel));
            first = false;
          } else {
            code_.take_place(true, false, from, static_cast<int32_t>(pixel), best, pixels, channels);
          }
        }
      }
    }
    const int64_t to = at * w.channels + channel;
    if (values_ >= 0)
      std::copy_n(best, channels, static_cast<float*>(args.outputs[static_cast<size_t>(values_)].raw()) + to);
    if (places_ < 0) return;
    int64_t* places = static_cast<int64_t*>(args.outputs[static_cast<size_t>(places_)].raw()) + to;
    const Numbers& n = plan_.numbers;
    for (int64_t c = 0; c < channels; ++c)
      places[c] = image * n.image + pixels[c] * n.pixel + (channel + c) * n.channel;
  }

  Plan plan_;
  const RowCode& code_;
  Operand input_;
  int values_;
  int places_;
  std::vector<Reach> reach_[3];
};

double Estimate(const Graph& problem, const Target&) {
  return 500 + BytesMoved(problem) * 0.2;
}

using Row = Planned<Plan, MakePlan, PoolPlaces>;

}  // namespace

Kernel PoolPlacesKernel() {
  return {
      .name = PoolPlaces::kName, .refuses = Row::Refuses, .estimate_ns = Estimate, .prepare = Row::Prepare};
}

}  // namespace floe::cpu
