// A depthwise convolution and the pointwise one that follows it, in one: a block of the product's rows is not
// gathered but computed, straight into the packed layout, so that what lies between the two never leaves the
// cache.
#include "backends/cpu/conv/epilogue.h"
#include "backends/cpu/depthwise/depthwise.h"
#include "backends/cpu/kernels.h"
#include "backends/cpu/packed/division.h"
#include "backends/cpu/window.h"
#include "base/check.h"

namespace floe::cpu {
namespace {

constexpr std::string_view kName = "cpu.depthwise_pointwise";

struct PairPlan {
  FusedPair pair;
  Window depthwise;
  Window pointwise;
  PackedShape shape;
};

bool IsPointwise(const Window& w) {
  return w.groups == 1 && w.taps() == 1 && w.stride[0] * w.stride[1] * w.stride[2] == 1 &&
         w.output_pixels() == w.input_pixels();
}

Refusal MakePlan(const Graph& problem, PairPlan* plan) {
  std::string why;
  const std::optional<FusedPair> pair = MatchFusedPair(problem, &why);
  if (!pair) return why;
  plan->pair = *pair;
  const Window& w = plan->depthwise;
  if (Refusal refusal = ReadConv(problem, pair->first, &plan->depthwise)) return refusal;
  if (Refusal refusal = ReadConv(problem, pair->second, &plan->pointwise)) return refusal;
  if (w.groups != w.channels || w.channels != w.output_channels) return "the first is not depthwise";
  if (pair->first.residual != kNoValue) return "an addition between the two";
  if (w.kernel[0] != 1 || w.input[0] != 1 || w.pad[0] != 0) return "three spatial dimensions";
  if (w.kernel[1] > kMostFilterRows) return "filter too high";
  if (!IsPointwise(plan->pointwise)) return "the second is not pointwise";
  plan->shape = {w.output_pixels(), w.channels, plan->pointwise.output_channels, w.output[2], true};
  return std::nullopt;
}

class DepthwisePointwise : public Executable {
 public:
  DepthwisePointwise(const PrepareArgs& args, const PairPlan& plan)
      : window_(plan.depthwise),
        shape_(plan.shape),
        code_(PackedCodeFor(IsaOf(args.target))),
        depthwise_(DepthwiseCodeFor(IsaOf(args.target))),
        input_(args.problem, plan.pair.first.main->inputs[0]),
        between_(args.problem, plan.pair.first),
        epilogue_(args.problem, plan.pair.second),
        filter_(args.packed[0]),
        packed_(args.packed[1]) {}

  size_t WorkspaceBytes(int threads) const override {
    return PackedWorkspaceFloats(shape_, code_, threads) * sizeof(float);
  }

  void Run(const RunArgs& args) const override {
    PackedCall call;
    call.words = WordsOf(shape_, code_);
    call.columns = shape_.columns;
    call.weights = packed_.data<float>();
    call.bias = epilogue_.bias.floats(args);
    call.residual = epilogue_.residual.floats(args);
    call.output = static_cast<float*>(args.outputs[0].raw());
    call.activation = epilogue_.activation;

    DepthwiseCall rows;
    rows.window = &window_;
    rows.input = input_.floats(args);
    rows.weights = filter_.data<float>();
    rows.bias = between_.bias.floats(args);
    rows.activation = between_.activation;
    rows.pixel_pitch = code_.vector;
    rows.channel_end = shape_.depth;
    const auto fill = [&](const RowBlock& block, int64_t begin, int64_t end, float*) {
      DepthwiseCall mine = rows;
      mine.output = block.rows;
      mine.channel_pitch = block.count;
      mine.first_row = block.first / shape_.unit;
      mine.row_begin = (block.first + begin) / shape_.unit;
      mine.row_end = (block.first + end) / shape_.unit;
      depthwise_(mine);
    };
    RunPacked(shape_, code_, call, fill, static_cast<float*>(args.workspace), *args.pool);
  }

 private:
  Window window_;
  PackedShape shape_;
  const PackedCode& code_;
  DepthwiseCode depthwise_;
  Operand input_;
  Epilogue between_;
  Epilogue epilogue_;
  Tensor filter_;
  Tensor packed_;
};

Refusal Refuses(const Graph& problem, const Target&) {
  PairPlan plan;
  return MakePlan(problem, &plan);
}

double Estimate(const Graph& problem, const Target& target) {
  PairPlan plan;
  MakePlan(problem, &plan);
  const Isa isa = IsaOf(target);
  const PackedCode& code = PackedCodeFor(isa);
  const Window& w = plan.depthwise;
  const double vectors =
      static_cast<double>(w.output_pixels() * RoundUp(w.output_channels, code.vector) * w.taps());
  return EstimatePackedNs(plan.shape, code, isa) + vectors / (0.6 * MaddsPerNs(isa)) +
         BytesMoved(problem) * 0.02;
}

Packed Pack(const Graph& problem, const Target& target) {
  PairPlan plan;
  CHECK(!MakePlan(problem, &plan));
  const PackedCode& code = PackedCodeFor(IsaOf(target));
  const ValueId filter = plan.pair.first.main->inputs[1];
  const ValueId weights = plan.pair.second.main->inputs[1];
  Tensor packed(DType::kFloat32, {PackedWeightFloats(plan.shape, code)});
  PackWeights(plan.shape, code, {ConstantOf(problem, weights)->data<float>(), plan.shape.depth},
              packed.data<float>());
  const float* taps = ConstantOf(problem, filter)->data<float>();
  Packed out{{PackDepthwise(plan.depthwise, taps), packed}, {}};
  // One constant may be more than one of the problem's operands.
  for (const ValueId v : {filter, weights}) {
    if (problem.value(v).users.size() == 1) out.consumed.push_back(v);
  }
  return out;
}

std::unique_ptr<Executable> Prepare(const PrepareArgs& args) {
  PairPlan plan;
  CHECK(!MakePlan(args.problem, &plan));
  const Window& w = plan.depthwise;
  CheckPackedCount(args.packed, 2, kName);
  CheckPackedFloats(args.packed[0], w.taps() * w.output_channels, kName);
  CheckPackedFloats(args.packed[1], PackedWeightFloats(plan.shape, PackedCodeFor(IsaOf(args.target))), kName);
  return std::make_unique<DepthwisePointwise>(args, plan);
}

// The residual of the second, as in other groups; the first's input is read until the last output is written.
std::vector<InPlace> InPlaceOf(const Graph& problem) {
  std::string why;
  const std::optional<FusedPair> pair = MatchFusedPair(problem, &why);
  return pair ? ResidualInPlace(problem, pair->second) : std::vector<InPlace>{};
}

}  // namespace

Kernel DepthwisePointwiseKernel() {
  return {.name = kName,
          .refuses = Refuses,
          .estimate_ns = Estimate,
          .pack = Pack,
          .prepare = Prepare,
          .in_place = InPlaceOf,
          .error_bound = 3e-5};
}

}  // namespace floe::cpu
