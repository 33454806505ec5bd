// Convolution as a product of packed weights with pixels: gathered ones, or, where these are few floats, as
// they lie.
#include <algorithm>
#include <vector>

#include "backends/cpu/kernels.h"
#include "backends/cpu/packed/product.h"
#include "base/check.h"

namespace floe::cpu {

// Pixels of so few floats are read where they lie.
constexpr int64_t kFewChannels = 8;

bool IsDirect(const Window& window) {
  return window.channels <= kFewChannels && window.dilation[2] == 1;
}

namespace {

bool IsEveryPixelAlone(const Window& w) {
  const auto inside = [&](int d) { return w.pad[d] == 0 && (w.output[d] - 1) * w.stride[d] < w.input[d]; };
  return w.taps() == 1 && inside(1) && inside(2);
}

}  // namespace

Refusal PlanConv(const Graph& problem, ProductPlan* plan) {
  std::string why;
  const std::optional<HeadedGroups> headed = MatchHeadedGroups(problem, &why);
  if (!headed) return why;
  if (Refusal refusal = PlanProducts(problem, *headed, PlanConvGroup, plan)) return refusal;
  if (headed->head.plain()) return std::nullopt;
  if (!IsEveryPixelAlone(plan->window)) return "a scale, or the like, before a window";
  if (!PartsAreWhole(problem, headed->head.parts)) return kRaggedParts;
  plan->head = headed->head;
  return std::nullopt;
}

Refusal PlanConvGroup(const Graph& problem, const FusedGroup& group, ProductPlan* plan) {
  plan->head.parts = {group.main->inputs[0]};
  const Window& w = plan->window;
  if (Refusal refusal = ReadConv(problem, group, &plan->window)) return refusal;
  if (w.groups != 1) return "grouped convolution";
  if (w.kernel[0] != 1 || w.input[0] != 1 || w.pad[0] != 0) return "three spatial dimensions";
  const int64_t depth = w.taps() * w.channels;
  plan->products = {{group, {w.output_pixels(), depth, w.output_channels}, depth}};
  return std::nullopt;
}

Refusal PlanProducts(const Graph& problem, const HeadedGroups& headed,
                     Refusal (*plan_group)(const Graph&, const FusedGroup&, ProductPlan*),
                     ProductPlan* plan) {
  for (const FusedGroup& group : headed.groups) {
    ProductPlan next;
    if (Refusal refusal = plan_group(problem, group, &next)) return refusal;
    if (plan->products.empty()) {
      *plan = next;
      continue;
    }
    next.window.output_channels = plan->window.output_channels;
    if (next.window != plan->window) return "layers whose windows differ";
    plan->products.push_back(next.products[0]);
  }
  return std::nullopt;
}

Packed PackProducts(const Graph& problem, const ProductPlan& plan, const PackedCode& code) {
  Packed packed;
  for (const Product& p : plan.products) {
    const ValueId weights = p.group.main->inputs[1];
    const WeightView view{ConstantOf(problem, weights)->data<float>(), p.column_stride, p.depth_stride};
    packed.tensors.push_back(PackWeights(p.shape, code, view));
    if (problem.value(weights).users.size() == 1) packed.consumed.push_back(weights);
  }
  return packed;
}

void CheckPackedProducts(std::span<const Tensor> packed, const ProductPlan& plan, const PackedCode& code,
                         std::string_view kernel) {
  CheckPackedCount(packed, plan.products.size(), kernel);
  for (size_t i = 0; i < packed.size(); ++i) {
    CheckPackedWeights(packed[i], plan.products[i].shape, code, kernel);
  }
}

namespace {

constexpr std::string_view kName = "cpu.conv_packed";
constexpr std::string_view kFewName = "cpu.conv_few_channels";
constexpr std::string_view kFewBf16Name = "cpu.conv_few_channels_bf16";

Refusal PlanFew(const Graph& problem, ProductPlan* plan) {
  if (Refusal refusal = PlanConv(problem, plan)) return refusal;
  if (!plan->head.plain()) return "a scale, or the like, before it";
  if (plan->products.size() > 1) return "several layers";
  if (!IsDirect(plan->window)) return "more than 8 channels, or dilated";
  return std::nullopt;
}

class ConvFew : public PackedProduct {
 public:
  using PackedProduct::PackedProduct;

  size_t WorkspaceBytes(int threads) const override {
    return static_cast<size_t>(threads * EdgeFloats()) * sizeof(float);
  }

  void Run(const RunArgs& args) const override {
    const PackedCall call = CallFor(args, 0);
    const float* input = input_.floats(args);
    float* edges = static_cast<float*>(args.workspace);
    constexpr int64_t kPieceRows = 8;  // that a thread takes at a time
    args.pool->ParallelFor(window_.batch * window_.output[1], {1, kPieceRows},
                           [&](int64_t begin, int64_t end, int thread) {
                             code_.direct(call, window_, input, begin, end, edges + thread * EdgeFloats());
                           });
  }

 private:
  int64_t EdgeFloats() const { return RoundUp(DirectEdgeFloats(window_, code_), code_.vector); }
};

Refusal Refuses(const Graph& problem, const Target&) {
  ProductPlan plan;
  return PlanConv(problem, &plan);
}

Refusal RefusesMany(const Graph& problem, const Target&) {
  ProductPlan plan;
  return PlanFew(problem, &plan);
}

double Estimate(const Graph& problem, const Target& target) {
  ProductPlan plan;
  PlanConv(problem, &plan);
  const Isa isa = IsaOf(target);
  const PackedCode& code = PackedCodeFor(isa);
  return EstimatePackedNs(plan.WholeShape(code), code, isa) + BytesMoved(problem) * 0.02;
}

double EstimateFew(const Graph& problem, const Target& target) {
  return Estimate(problem, target) * 0.8;
}

Packed Pack(const Graph& problem, const Target& target) {
  ProductPlan plan;
  CHECK(!PlanConv(problem, &plan));
  return PackProducts(problem, plan, PackedCodeFor(IsaOf(target)));
}

template <typename Conv>
std::unique_ptr<Executable> PrepareConv(const PrepareArgs& args, const ProductPlan& plan,
                                        std::string_view name) {
  const PackedCode& code = PackedCodeFor(IsaOf(args.target));
  CheckPackedProducts(args.packed, plan, code, name);
  return std::make_unique<Conv>(args, StoredProblem(args.problem), plan, code);
}

std::unique_ptr<Executable> Prepare(const PrepareArgs& args) {
  ProductPlan plan;
  CHECK(!PlanConv(args.problem, &plan));
  return PrepareConv<PackedProduct>(args, plan, kName);
}

std::unique_ptr<Executable> PrepareFew(const PrepareArgs& args) {
  ProductPlan plan;
  CHECK(!PlanFew(args.problem, &plan));
  return PrepareConv<ConvFew>(args, plan, kFewName);
}

// The pixels are float32: an image, as it comes; what they become may lie in memory as bf16.
Refusal PlanFewBf16(const StoredProblem& stored, ProductPlan* plan) {
  if (Refusal refusal = PlanFew(stored.graph(), plan)) return refusal;
  if (stored.bf16_input(Operand(stored.graph(), plan->head.parts[0]).input())) return "pixels in bf16";
  plan->products[0].shape = DirectBf16Shape(plan->window);
  return std::nullopt;
}

Refusal RefusesFewBf16(const Graph& problem, const Target& target) {
  ProductPlan plan;
  if (Refusal refusal = PlanFewBf16(StoredProblem(problem), &plan)) return refusal;
  if (!HasBf16(target)) return kNotForBf16;
  return std::nullopt;
}

double EstimateFewBf16(const Graph& problem, const Target& target) {
  const StoredProblem stored(problem);
  ProductPlan plan;
  PlanFewBf16(stored, &plan);
  return EstimatePackedNs(plan.products[0].shape, PackedBf16Code(), IsaOf(target)) +
         BytesMoved(problem) * 0.02;
}

Packed PackFewBf16(const Graph& problem, const Target&) {
  const StoredProblem stored(problem);
  ProductPlan plan;
  CHECK(!PlanFewBf16(stored, &plan));
  const ValueId filter = plan.products[0].group.main->inputs[1];
  Packed packed{{PackDirectBf16(plan.window, ConstantOf(problem, filter)->data<float>())}, {}};
  if (problem.value(filter).users.size() == 1) packed.consumed.push_back(filter);
  return packed;
}

std::unique_ptr<Executable> PrepareFewBf16(const PrepareArgs& args) {
  const StoredProblem stored(args.problem);
  ProductPlan plan;
  CHECK(!PlanFewBf16(stored, &plan));
  CheckPackedProducts(args.packed, plan, PackedBf16Code(), kFewBf16Name);
  return std::make_unique<ConvFew>(args, stored, plan, PackedBf16Code());
}

}  // namespace

PackedShape DirectBf16Shape(const Window& w) {
  return {w.output_pixels(), w.kernel[1] * RoundUp(w.kernel[2] * w.channels, 2), w.output_channels};
}

Tensor PackDirectBf16(const Window& w, const float* filter) {
  const PackedShape shape = DirectBf16Shape(w);
  const int64_t run = w.kernel[2] * w.channels;
  const int64_t padded = RoundUp(run, 2);
  std::vector<float> rows(static_cast<size_t>(shape.columns * shape.depth), 0.0f);
  for (int64_t r = 0; r < shape.columns * w.kernel[1]; ++r) {
    std::copy_n(filter + r * run, run, rows.data() + r * padded);
  }
  return PackWeights(shape, PackedBf16Code(), {rows.data(), shape.depth});
}

Kernel ConvPackedKernel() {
  return {.name = kName,
          .version = 5,
          .refuses = Refuses,
          .estimate_ns = Estimate,
          .pack = Pack,
          .prepare = Prepare,
          .in_place = ResidualInPlace,
          .error_bound = 2e-5};
}

Kernel ConvFewChannelsKernel() {
  return {.name = kFewName,
          .version = 3,
          .refuses = RefusesMany,
          .estimate_ns = EstimateFew,
          .pack = Pack,
          .prepare = PrepareFew,
          .in_place = ResidualInPlace,
          .error_bound = 2e-5};
}

Kernel ConvFewChannelsBf16Kernel() {
  return {.name = kFewBf16Name,
          .version = 3,
          .refuses = RefusesFewBf16,
          .estimate_ns = EstimateFewBf16,
          .pack = PackFewBf16,
          .prepare = PrepareFewBf16,
          .in_place = StoredResidualInPlace,
          .error_bound = 1e-2,
          .arithmetic = DType::kBFloat16};
}

}  // namespace floe::cpu
