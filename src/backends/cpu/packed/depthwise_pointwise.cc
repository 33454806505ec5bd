// A depthwise convolution and the pointwise one that follows it, in one: a block of the product's rows is not
// gathered but computed, so that what lies between the two never leaves the cache.
#include "backends/cpu/conv/epilogue.h"
#include "backends/cpu/depthwise/depthwise.h"
#include "backends/cpu/depthwise/depthwise_bf16.h"
#include "backends/cpu/kernels.h"
#include "backends/cpu/packed/depthwise_chain.h"
#include "backends/cpu/storage.h"
#include "base/check.h"

namespace floe::cpu {
namespace {

constexpr std::string_view kName = "cpu.depthwise_pointwise";
constexpr std::string_view kBf16Name = "cpu.depthwise_pointwise_bf16";

struct PairPlan {
  FusedGroup first;
  FusedGroup second;
  Window depthwise;
  Window pointwise;
  PackedShape shape;
  bool bf16_input = false;  // which the depthwise convolution then computes in
  bool bf16_residual = false;
  bool bf16_output = false;
};

Refusal MakePlan(const StoredProblem& stored, DType arithmetic, PairPlan* plan) {
  if (arithmetic != DType::kBFloat16 && !stored.is_plain()) return "values in bf16";
  std::string why;
  const Graph& problem = stored.graph();
  const std::vector<FusedGroup> chain = MatchFusedChain(problem, &why);
  if (chain.empty()) return why;
  if (chain.size() != 2) return "not two layers";
  plan->first = chain[0];
  plan->second = chain[1];
  if (Refusal refusal = ReadChainDepthwise(problem, chain[0], &plan->depthwise)) return refusal;
  if (Refusal refusal = ReadChainPointwise(problem, chain[1], &plan->pointwise, &plan->shape)) return refusal;
  if (chain[0].residual != kNoValue) return "an addition between the two";
  plan->shape.unit = plan->depthwise.output[2];
  plan->shape.fill_once = true;
  plan->bf16_input = stored.bf16_input(Operand(problem, chain[0].main->inputs[0]).input());
  plan->bf16_residual = stored.bf16_input(Operand(problem, chain[1].residual).input());
  plan->bf16_output = stored.bf16_output(0);
  if (plan->bf16_input) return RefuseDepthwiseBf16(plan->depthwise);
  // A row of the image is computed in float32 first.
  if (arithmetic == DType::kBFloat16) plan->shape.scratch_rows = plan->shape.unit;
  return std::nullopt;
}

std::vector<ChainLayer> LayersOf(const PairPlan& plan, const PackedCode& code) {
  return {{plan.first, plan.depthwise, nullptr, nullptr, plan.bf16_input},
          {plan.second, plan.pointwise, &plan.shape, &code}};
}

class DepthwisePointwise : public Executable {
 public:
  DepthwisePointwise(const PrepareArgs& args, const StoredProblem& stored, const PairPlan& plan,
                     const PackedCode& code)
      : window_(plan.depthwise),
        pointwise_(plan.pointwise),
        shape_(plan.shape),
        code_(code),
        depthwise_(DepthwiseCodeFor(IsaOf(args.target))),
        depthwise_bf16_(plan.bf16_input ? DepthwiseCodeForBf16() : nullptr),
        input_(stored.graph(), plan.first.main->inputs[0]),
        between_(stored.graph(), plan.first),
        epilogue_(stored.graph(), plan.second),
        filter_(args.packed[0]),
        packed_(args.packed[1]),
        bf16_input_(plan.bf16_input),
        bf16_residual_(plan.bf16_residual),
        bf16_output_(plan.bf16_output) {}

  size_t WorkspaceBytes(int threads) const override {
    return PackedWorkspaceFloats(shape_, code_, threads) * sizeof(float);
  }

  void Run(const RunArgs& args) const override {
    PackedCall call;
    call.words = WordsOf(shape_, code_);
    call.columns = shape_.columns;
    call.weights = static_cast<const float*>(packed_.raw());
    call.bias = epilogue_.bias.floats(args);
    call.residual = epilogue_.residual.raw(args);
    call.output = args.outputs[0].raw();
    call.bf16_residual = bf16_residual_;
    call.bf16_output = bf16_output_;
    call.activation = epilogue_.activation;
    const FillRows fill = bf16_input_ ? FillInBf16(args) : Fill(args);
    RunPacked(shape_, code_, {&call, 1}, fill, static_cast<float*>(args.workspace), *args.pool);
  }

 private:
  FillRows Fill(const RunArgs& args) const {
    DepthwiseCall rows;
    rows.window = &window_;
    rows.input = input_.floats(args);
    rows.weights = filter_.data<float>();
    rows.bias = between_.bias.floats(args);
    rows.activation = between_.activation;
    rows.channel_end = shape_.depth;
    return [this, rows](const RowBlock& block, int64_t begin, int64_t end, float* scratch) {
      if (code_.depths == 1) {
        FillPacked(rows, block, begin, end);
      } else {
        FillThrough(rows, block, begin, end, scratch);
      }
    };
  }

  FillRows FillInBf16(const RunArgs& args) const {
    DepthwiseBf16Call rows;
    rows.window = &window_;
    rows.input = static_cast<const uint16_t*>(input_.raw(args));
    rows.weights = static_cast<const uint32_t*>(filter_.raw());
    rows.bias = between_.bias.floats(args);
    rows.activation = between_.activation;
    rows.channel_end = shape_.depth;
    rows.pixel_pitch = kBf16BlockDepths;
    rows.fills_up = true;
    return [this, rows](const RowBlock& block, int64_t begin, int64_t end, float*) {
      DepthwiseBf16Call call = rows;
      call.output = reinterpret_cast<uint16_t*>(block.rows);
      call.block_pitch = kBf16BlockDepths * block.count;
      call.first_row = block.first / shape_.unit;
      call.row_begin = (block.first + begin) / shape_.unit;
      call.row_end = (block.first + end) / shape_.unit;
      depthwise_bf16_(call);
    };
  }

  // Straight into the packed layout.
  void FillPacked(DepthwiseCall call, const RowBlock& block, int64_t begin, int64_t end) const {
    call.output = block.rows;
    call.pixel_pitch = code_.vector;
    call.channel_pitch = block.count;
    call.first_row = block.first / shape_.unit;
    call.row_begin = (block.first + begin) / shape_.unit;
    call.row_end = (block.first + end) / shape_.unit;
    depthwise_(call);
  }

  // Row by row of the image in float32, then rounded.
  void FillThrough(DepthwiseCall call, const RowBlock& block, int64_t begin, int64_t end, float* row) const {
    call.output = row;
    call.pixel_pitch = shape_.depth;
    for (int64_t at = begin; at < end; at += shape_.unit) {
      call.first_row = call.row_begin = (block.first + at) / shape_.unit;
      call.row_end = call.row_begin + 1;
      depthwise_(call);
      // The row's pixels as the first ones of an image.
      const RowBlock from_row{-at, block.count, block.rows};
      code_.gather(pointwise_, row, from_row, at, at + shape_.unit, nullptr);
    }
  }

  Window window_;
  Window pointwise_;
  PackedShape shape_;
  const PackedCode& code_;
  DepthwiseCode depthwise_;
  DepthwiseBf16Code depthwise_bf16_;
  Operand input_;
  Epilogue between_;
  Epilogue epilogue_;
  Tensor filter_;
  Tensor packed_;
  bool bf16_input_;
  bool bf16_residual_;
  bool bf16_output_;
};

template <DType kArithmetic>
Refusal Refuses(const Graph& problem, const Target& target) {
  PairPlan plan;
  if (Refusal refusal = MakePlan(StoredProblem(problem), kArithmetic, &plan)) return refusal;
  if (kArithmetic == DType::kBFloat16 && !HasBf16(target)) return kNotForBf16;
  return std::nullopt;
}

template <DType kArithmetic>
double Estimate(const Graph& problem, const Target& target) {
  PairPlan plan;
  MakePlan(StoredProblem(problem), kArithmetic, &plan);
  const Isa isa = IsaOf(target);
  return EstimatePackedNs(plan.shape, ChainCodeFor(kArithmetic, target), isa) +
         EstimateDepthwiseNs(plan.depthwise, isa) + BytesMoved(problem) * 0.02;
}

template <DType kArithmetic>
Packed Pack(const Graph& problem, const Target& target) {
  const StoredProblem stored(problem);
  PairPlan plan;
  CHECK(!MakePlan(stored, kArithmetic, &plan));
  return PackChain(problem, LayersOf(plan, ChainCodeFor(kArithmetic, target)));
}

template <DType kArithmetic>
std::unique_ptr<Executable> Prepare(const PrepareArgs& args) {
  const StoredProblem stored(args.problem);
  PairPlan plan;
  CHECK(!MakePlan(stored, kArithmetic, &plan));
  const PackedCode& code = ChainCodeFor(kArithmetic, args.target);
  CheckPackedChain(args.packed, LayersOf(plan, code), kArithmetic == DType::kBFloat16 ? kBf16Name : kName);
  return std::make_unique<DepthwisePointwise>(args, stored, plan, code);
}

template <DType kArithmetic>
Kernel Row(std::string_view name, int version, double error_bound) {
  return {.name = name,
          .version = version,
          .refuses = Refuses<kArithmetic>,
          .estimate_ns = Estimate<kArithmetic>,
          .pack = Pack<kArithmetic>,
          .prepare = Prepare<kArithmetic>,
          .in_place = ChainInPlace,
          .error_bound = error_bound,
          .arithmetic = kArithmetic};
}

}  // namespace

Kernel DepthwisePointwiseKernel() {
  return Row<DType::kFloat32>(kName, 5, 3e-5);
}

Kernel DepthwisePointwiseBf16Kernel() {
  return Row<DType::kBFloat16>(kBf16Name, 6, 1e-2);
}

}  // namespace floe::cpu
