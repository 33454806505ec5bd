// Convolution as a product of packed weights with pixels: gathered ones, or, where these are few floats, as
// they lie.
#include <algorithm>

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
    args.pool->ParallelFor(window_.batch * window_.output[1], 1, [&](int64_t begin, int64_t end, int thread) {
      code_.direct(call, window_, input, begin, end, edges + thread * EdgeFloats());
    });
  }

 private:
  int64_t EdgeFloats() const { return RoundUp(DirectEdgeFloats(window_, code_.tile_rows), code_.vector); }
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
  return std::make_unique<Conv>(args, plan, code);
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

}  // namespace

Kernel ConvPackedKernel() {
  return {.name = kName,
          .version = 4,
          .refuses = Refuses,
          .estimate_ns = Estimate,
          .pack = Pack,
          .prepare = Prepare,
          .in_place = ResidualInPlace,
          .error_bound = 2e-5};
}

Kernel ConvFewChannelsKernel() {
  return {.name = kFewName,
          .version = 2,
          .refuses = RefusesMany,
          .estimate_ns = EstimateFew,
          .pack = Pack,
          .prepare = PrepareFew,
          .in_place = ResidualInPlace,
          .error_bound = 2e-5};
}

}  // namespace floe::cpu
