// Transposed convolution: output pixels of one phase (their places modulo the strides) meet the same taps of
// the filter, so each phase is a product of its own over input pixels addressed in place.
#include <algorithm>

#include "backends/cpu/conv/epilogue.h"
#include "backends/cpu/conv/taps.h"
#include "backends/cpu/gemm/pack.h"
#include "backends/cpu/kernels.h"
#include "backends/cpu/window.h"
#include "base/check.h"

namespace floe::cpu {
namespace {

constexpr int64_t kMostPhases = 256;

struct Phase {
  int64_t first[3];              // output place
  std::vector<int64_t> taps[3];  // filter places that reach it
  GemmShape shape;               // without tables
};

struct Plan {
  FusedGroup group;
  Window window;
  std::vector<Phase> phases;
  int64_t packed_floats = 0;
};

// Output place o takes filter place t where o + pad - t * dilation is a multiple of the stride.
std::vector<int64_t> TapsOf(const Window& w, int d, int64_t phase) {
  std::vector<int64_t> taps;
  for (int64_t t = 0; t < w.kernel[d]; ++t) {
    if ((phase + w.pad[d] - t * w.dilation[d]) % w.stride[d] == 0) taps.push_back(t);
  }
  return taps;
}

Phase MakePhase(const Window& w, const GemmCode& code, const int64_t (&first)[3]) {
  Phase phase;
  GemmShape& s = phase.shape;
  s.batch = w.batch;
  int64_t pixel = w.output_channels;
  for (int d = 2; d >= 0; --d) {
    phase.first[d] = first[d];
    phase.taps[d] = TapsOf(w, d, first[d]);
    s.grid[d] = DivideUp(w.output[d] - first[d], w.stride[d]);
    s.taps[d] = static_cast<int64_t>(phase.taps[d].size());
    s.output_pixel[d] = pixel * w.stride[d];
    pixel *= w.output[d];
  }
  s.output_image = pixel;
  s.input_image = w.input[0] * w.input[1] * w.input[2] * w.channels;
  s.depth = s.input_group = w.channels / w.groups;
  s.groups = w.groups;
  s.group_columns = w.output_channels / w.groups;
  SetPanels(code, &s);
  return phase;
}

Refusal MakePlan(const Graph& problem, const Target& target, Plan* plan) {
  std::string why;
  const std::optional<FusedGroup> group = MatchFusedGroup(problem, &why);
  if (!group) return why;
  plan->group = *group;
  Window& w = plan->window;
  if (Refusal refusal = ReadConvTranspose(problem, *group, &w)) return refusal;
  int64_t phases[3];
  for (int d = 0; d < 3; ++d) phases[d] = std::min(w.stride[d], w.output[d]);
  if (phases[0] > kMostPhases || phases[1] > kMostPhases || phases[2] > kMostPhases ||
      phases[0] * phases[1] * phases[2] > kMostPhases) {
    return "strides too large";
  }
  int64_t first[3];
  for (first[0] = 0; first[0] < phases[0]; ++first[0]) {
    for (first[1] = 0; first[1] < phases[1]; ++first[1]) {
      for (first[2] = 0; first[2] < phases[2]; ++first[2]) {
        plan->phases.push_back(MakePhase(w, GemmCodeFor(IsaOf(target)), first));
        plan->packed_floats += PackedFloats(plan->phases.back().shape);
      }
    }
  }
  return std::nullopt;
}

// tables[d] of a phase: input places of its outputs' taps.
std::vector<int64_t> PhaseTaps(const Window& w, const Phase& phase, int d, int64_t pitch) {
  std::vector<int64_t> table;
  for (int64_t i = 0; i < phase.shape.grid[d]; ++i) {
    const int64_t output = phase.first[d] + i * w.stride[d];
    for (const int64_t t : phase.taps[d]) {
      const int64_t scaled = output + w.pad[d] - t * w.dilation[d];
      const int64_t at = scaled / w.stride[d];
      table.push_back(scaled >= 0 && at < w.input[d] ? at * pitch : kOutside);
    }
  }
  return table;
}

class ConvTransposeGemm : public Executable {
 public:
  ConvTransposeGemm(const PrepareArgs& args, Plan plan)
      : plan_(std::move(plan)),
        code_(GemmCodeFor(IsaOf(args.target))),
        input_(args.problem, plan_.group.main->inputs[0]),
        epilogue_(args.problem, plan_.group),
        packed_(args.packed[0]),
        tables_(plan_.phases.size()) {
    const Window& w = plan_.window;
    for (size_t i = 0; i < tables_.size(); ++i) {
      int64_t pitch = w.channels;
      for (int d = 2; d >= 0; --d) {
        tables_[i].tables[static_cast<size_t>(d)] = PhaseTaps(w, plan_.phases[i], d, pitch);
        pitch *= w.input[d];
      }
      tables_[i].zeros.assign(static_cast<size_t>(w.channels / w.groups), 0.0f);
      tables_[i].Bind(&plan_.phases[i].shape);
    }
  }

  void Run(const RunArgs& args) const override {
    const Window& w = plan_.window;
    GemmCall call;
    call.input = input_.floats(args);
    call.bias = epilogue_.bias.floats(args);
    call.activation = epilogue_.activation;
    const float* residual = epilogue_.residual.floats(args);
    float* output = static_cast<float*>(args.outputs[0].raw());
    const float* packed = packed_.data<float>();
    for (const Phase& phase : plan_.phases) {
      const int64_t at = ((phase.first[0] * w.output[1] + phase.first[1]) * w.output[2] + phase.first[2]) *
                         w.output_channels;
      call.shape = &phase.shape;
      call.packed = packed;
      call.residual = residual == nullptr ? nullptr : residual + at;
      call.output = output + at;
      RunGemm(code_, call, *args.pool);
      packed += PackedFloats(phase.shape);
    }
  }

 private:
  Plan plan_;
  const GemmCode& code_;
  Operand input_;
  Epilogue epilogue_;
  Tensor packed_;
  std::vector<TapTables> tables_;
};

// The filter is [input channels, z, y, x, output channels of a group]; a phase takes [its taps][channels].
void PackPhase(const Window& w, const Phase& phase, const GemmCode& code, const float* filter,
               float* packed) {
  const int64_t columns = phase.shape.group_columns;
  const int64_t depth = phase.shape.depth;
  std::vector<float> weights(static_cast<size_t>(phase.shape.taps_in_all() * depth * columns));
  for (int64_t g = 0; g < w.groups; ++g) {
    float* to = weights.data();
    for (const int64_t z : phase.taps[0]) {
      for (const int64_t y : phase.taps[1]) {
        for (const int64_t x : phase.taps[2]) {
          const int64_t tap = (z * w.kernel[1] + y) * w.kernel[2] + x;
          for (int64_t c = g * depth; c < (g + 1) * depth; ++c) {
            to = std::copy_n(filter + (c * w.taps() + tap) * columns, columns, to);
          }
        }
      }
    }
    PackGroup(phase.shape, code, weights.data(), columns, 1, packed + g * phase.shape.packed_group);
  }
}

Refusal Refuses(const Graph& problem, const Target& target) {
  Plan plan;
  return MakePlan(problem, target, &plan);
}

double Estimate(const Graph& problem, const Target& target) {
  Plan plan;
  MakePlan(problem, target, &plan);
  double ns = BytesMoved(problem) * 0.02;
  for (const Phase& phase : plan.phases) ns += EstimateGemmNs(phase.shape, IsaOf(target));
  return ns;
}

Packed Pack(const Graph& problem, const Target& target) {
  Plan plan;
  CHECK(!MakePlan(problem, target, &plan));
  const ValueId filter = plan.group.main->inputs[1];
  Tensor packed(DType::kFloat32, {plan.packed_floats});
  float* to = packed.data<float>();
  for (const Phase& phase : plan.phases) {
    PackPhase(plan.window, phase, GemmCodeFor(IsaOf(target)), ConstantOf(problem, filter)->data<float>(), to);
    to += PackedFloats(phase.shape);
  }
  return {{packed}, {filter}};
}

std::unique_ptr<Executable> Prepare(const PrepareArgs& args) {
  Plan plan;
  CHECK(!MakePlan(args.problem, args.target, &plan));
  CheckPackedCount(args.packed, 1, "cpu.conv_transpose");
  CheckPackedFloats(args.packed[0], plan.packed_floats, "cpu.conv_transpose");
  return std::make_unique<ConvTransposeGemm>(args, std::move(plan));
}

}  // namespace

Kernel ConvTransposeKernel() {
  return {.name = "cpu.conv_transpose",
          .version = 2,
          .refuses = Refuses,
          .estimate_ns = Estimate,
          .pack = Pack,
          .prepare = Prepare,
          .in_place = ResidualInPlace,
          .error_bound = 2e-5};
}

}  // namespace floe::cpu
