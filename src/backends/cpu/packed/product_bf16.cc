// The same products with pixels and weights rounded to bf16: half the bytes of weights, and twice the
// multiply-adds an instruction. Sums, bias, residual and activation stay float32; input, residual and output
// may lie in memory as bf16.
#include <algorithm>

#include "backends/cpu/isa.h"
#include "backends/cpu/kernels.h"
#include "backends/cpu/packed/product.h"
#include "base/check.h"

namespace floe::cpu {
namespace {

constexpr std::string_view kName = "cpu.product_bf16";

// Every matrix of a is multiplied with the same constant one.
Refusal PlanMatMul(const Graph& problem, const FusedGroup& group, ProductPlan* plan) {
  if (Refusal refusal = RefuseUnlessFloat32(problem)) return refusal;
  const Node& node = *group.main;
  const MatMul* matmul = OpCast<MatMul>(node.op);
  if (matmul == nullptr) return "not a matrix product";
  const MatMul& op = *matmul;
  if (ConstantOf(problem, node.inputs[1]) == nullptr) return "second matrix is not constant";
  const std::vector<int64_t> a = DimsOf(problem, node.inputs[0]);
  const std::vector<int64_t> b = DimsOf(problem, node.inputs[1]);
  if (a.size() < 2 || b.size() != 2) return "a vector, or a batch of second matrices";
  if (op.transpose_a) return "first matrix is transposed";
  const int64_t depth = b[op.transpose_b ? 1 : 0];
  const int64_t columns = b[op.transpose_b ? 0 : 1];
  const int64_t rows = SizeOf(problem, node.inputs[0]) / a.back();
  if (a.back() != depth || SizeOf(problem, node.outputs[0]) != rows * columns) return "shapes do not agree";
  if (node.inputs.size() > 2 && node.inputs[2] != kNoValue && SizeOf(problem, node.inputs[2]) != columns) {
    return "bias does not fit";
  }
  plan->head.parts = {node.inputs[0]};
  plan->window.input[2] = plan->window.output[2] = rows;
  plan->window.channels = depth;
  plan->window.output_channels = columns;
  plan->products = {
      {group, {rows, depth, columns}, op.transpose_b ? depth : 1, op.transpose_b ? 1 : columns}};
  return std::nullopt;
}

Refusal PlanProduct(const Graph& problem, ProductPlan* plan) {
  std::string why;
  const std::optional<HeadedGroups> headed = MatchHeadedGroups(problem, &why);
  if (!headed) return why;
  if (IsOp<Conv>(headed->groups[0].main->op)) return PlanConv(problem, plan);
  if (!IsOp<MatMul>(headed->groups[0].main->op)) return "neither a convolution nor a matrix product";
  if (!headed->head.plain()) return "a scale, or the like, before a matrix product";
  return PlanProducts(problem, *headed, PlanMatMul, plan);
}

Refusal Refuses(const Graph& problem, const Target& target) {
  const StoredProblem stored(problem);
  ProductPlan plan;
  if (Refusal refusal = PlanProduct(stored.graph(), &plan)) return refusal;
  if (!HasBf16(target)) return kNotForBf16;
  // What scales the pixels, and the like, is read as float32.
  const PixelHead& head = plan.head;
  for (const ValueId id : {head.scale, head.offset}) {
    if (stored.bf16_input(Operand(stored.graph(), id).input())) return "a scale, or the like, in bf16";
  }
  return std::nullopt;
}

double Estimate(const Graph& problem, const Target& target) {
  const StoredProblem stored(problem);
  ProductPlan plan;
  PlanProduct(stored.graph(), &plan);
  const PackedCode& code = PackedBf16Code();
  return EstimatePackedNs(plan.WholeShape(code), code, IsaOf(target)) + BytesMoved(problem) * 0.02;
}

Packed Pack(const Graph& problem, const Target&) {
  const StoredProblem stored(problem);
  ProductPlan plan;
  CHECK(!PlanProduct(stored.graph(), &plan));
  return PackProducts(stored.graph(), plan, PackedBf16Code());
}

size_t PackedBytes(const Graph& problem, const Target&) {
  const StoredProblem stored(problem);
  ProductPlan plan;
  CHECK(!PlanProduct(stored.graph(), &plan));
  size_t bytes = 0;
  for (const Product& p : plan.products) bytes += PackedWeightBytes(p.shape, PackedBf16Code());
  return bytes;
}

std::unique_ptr<Executable> Prepare(const PrepareArgs& args) {
  const StoredProblem stored(args.problem);
  ProductPlan plan;
  CHECK(!PlanProduct(stored.graph(), &plan));
  CheckPackedProducts(args.packed, plan, PackedBf16Code(), kName);
  return std::make_unique<PackedProduct>(args, stored, plan, PackedBf16Code());
}

}  // namespace

Kernel ProductBf16Kernel() {
  return {.name = kName,
          .version = 6,
          .refuses = Refuses,
          .estimate_ns = Estimate,
          .pack = Pack,
          .packed_bytes = PackedBytes,
          .prepare = Prepare,
          .in_place = StoredResidualInPlace,
          .error_bound = 1e-2,
          .arithmetic = DType::kBFloat16};
}

}  // namespace floe::cpu
