// Matrix products: the second matrix packed at build when it is constant, else in each run.
#include <algorithm>
#include <numeric>

#include "backends/cpu/conv/epilogue.h"
#include "backends/cpu/conv/taps.h"
#include "backends/cpu/gemm/pack.h"
#include "backends/cpu/kernels.h"
#include "base/check.h"

namespace floe::cpu {
namespace {

struct Plan {
  FusedGroup group;
  bool transpose_a = false;
  bool transpose_b = false;
  bool constant_b = false;
  int64_t m = 1;  // rows of one product; all rows when b is the same for every batch
  int64_t n = 1;
  int64_t k = 1;
  std::vector<int64_t> a_matrices;  // of each product, which matrix of a and b it takes
  std::vector<int64_t> b_matrices;
  GemmShape shape;
};

// Which matrix of an operand each of the batch's products takes.
std::vector<int64_t> MatrixOf(std::span<const int64_t> operand, std::span<const int64_t> batch) {
  const int64_t count = std::accumulate(batch.begin(), batch.end(), int64_t{1}, std::multiplies<>());
  std::vector<int64_t> result(static_cast<size_t>(count), 0);
  for (int64_t i = 0; i < count; ++i) {
    int64_t rest = i;
    int64_t stride = 1;
    for (size_t d = batch.size(), o = operand.size(); d-- > 0;) {
      const int64_t at = rest % batch[d];
      rest /= batch[d];
      if (o == 0) continue;
      --o;
      if (operand[o] != 1) result[static_cast<size_t>(i)] += at * stride;
      stride *= operand[o];
    }
  }
  return result;
}

bool BroadcastsTo(std::span<const int64_t> from, std::span<const int64_t> to) {
  if (from.size() > to.size()) return false;
  for (size_t i = 0; i < from.size(); ++i) {
    if (from[i] != 1 && from[i] != to[to.size() - from.size() + i]) return false;
  }
  return true;
}

Refusal MakePlan(const Graph& problem, const Target& target, Plan* plan) {
  std::string why;
  const std::optional<FusedGroup> group = MatchFusedGroup(problem, &why);
  if (!group) return why;
  plan->group = *group;
  const Node& node = *group->main;
  const MatMul* op = OpCast<MatMul>(node.op);
  if (op == nullptr) return "not a matrix product";
  if (Refusal refusal = RefuseUnlessFloat32(problem)) return refusal;
  const std::vector<int64_t> a = DimsOf(problem, node.inputs[0]);
  const std::vector<int64_t> b = DimsOf(problem, node.inputs[1]);
  const std::vector<int64_t> y = DimsOf(problem, node.outputs[0]);
  if (a.size() < 2 || b.size() < 2 || y.size() < 2) return "a vector";
  if (node.inputs.size() > 2 && node.inputs[2] != kNoValue && SizeOf(problem, node.inputs[2]) != y.back()) {
    return "bias does not fit";
  }
  plan->transpose_a = op->transpose_a;
  plan->transpose_b = op->transpose_b;
  plan->constant_b = ConstantOf(problem, node.inputs[1]) != nullptr;
  plan->m = y[y.size() - 2];
  plan->n = y.back();
  plan->k = a[a.size() - (op->transpose_a ? 2 : 1)];
  if (a[a.size() - (op->transpose_a ? 1 : 2)] != plan->m ||
      b[b.size() - (op->transpose_b ? 1 : 2)] != plan->k ||
      b[b.size() - (op->transpose_b ? 2 : 1)] != plan->n) {
    return "shapes do not agree";
  }
  const std::vector<int64_t> batch(y.begin(), y.end() - 2);
  const std::vector<int64_t> a_batch(a.begin(), a.end() - 2);
  const std::vector<int64_t> b_batch(b.begin(), b.end() - 2);
  if (!BroadcastsTo(a_batch, batch) || !BroadcastsTo(b_batch, batch)) return "shapes do not agree";
  plan->a_matrices = MatrixOf(a_batch, batch);
  plan->b_matrices = MatrixOf(b_batch, batch);
  const bool one_b = std::ranges::all_of(b_batch, [](int64_t d) { return d == 1; });
  if (plan->constant_b && !one_b) plan->constant_b = false;
  if (one_b && a_batch == batch && !op->transpose_a) {
    plan->m *= static_cast<int64_t>(plan->a_matrices.size());
    plan->a_matrices = {0};
    plan->b_matrices = {0};
  }
  GemmShape& s = plan->shape;
  s.grid[2] = plan->m;
  s.depth = plan->k;
  s.input_image = plan->m * plan->k;
  s.output_image = plan->m * plan->n;
  s.output_pixel[2] = plan->n;
  s.group_columns = plan->n;
  SetPanels(GemmCodeFor(IsaOf(target)), &s);
  return std::nullopt;
}

class MatMulGemm : public Executable {
 public:
  MatMulGemm(const PrepareArgs& args, const Plan& plan)
      : plan_(plan),
        code_(GemmCodeFor(IsaOf(args.target))),
        a_(args.problem, plan.group.main->inputs[0]),
        b_(args.problem, plan.group.main->inputs[1]),
        epilogue_(args.problem, plan.group) {
    if (plan_.constant_b) packed_ = args.packed[0];
    tables_.tables[0] = tables_.tables[1] = {0};
    tables_.tables[2] = ForwardTaps(plan_.m, 1, 1, 1, 0, plan_.m, plan_.k);
    tables_.Bind(&plan_.shape);
  }

  size_t WorkspaceBytes(int) const override {
    return static_cast<size_t>(PackedBFloats() + TransposedAFloats()) * sizeof(float);
  }

  void Run(const RunArgs& args) const override {
    GemmCall call;
    call.shape = &plan_.shape;
    call.bias = epilogue_.bias.floats(args);
    call.activation = epilogue_.activation;
    const float* a = a_.floats(args);
    const float* b = plan_.constant_b ? nullptr : b_.floats(args);
    const float* residual = epilogue_.residual.floats(args);
    float* y = static_cast<float*>(args.outputs[0].raw());
    int64_t packed_matrix = -1;
    for (size_t i = 0; i < plan_.a_matrices.size(); ++i) {
      const int64_t at = static_cast<int64_t>(i) * plan_.m * plan_.n;
      call.input = MatrixA(a + plan_.a_matrices[i] * plan_.m * plan_.k, args);
      if (!plan_.constant_b && plan_.b_matrices[i] != packed_matrix) {
        packed_matrix = plan_.b_matrices[i];
        PackB(b + packed_matrix * plan_.k * plan_.n, args);
      }
      call.packed = plan_.constant_b ? packed_.data<float>() : Workspace(args);
      call.residual = residual == nullptr ? nullptr : residual + at;
      call.output = y + at;
      RunGemm(code_, call, *args.pool);
    }
  }

 private:
  static float* Workspace(const RunArgs& args) { return static_cast<float*>(args.workspace); }
  int64_t PackedBFloats() const { return plan_.constant_b ? 0 : RoundUp(PackedFloats(plan_.shape), 16); }
  int64_t TransposedAFloats() const { return plan_.transpose_a ? plan_.m * plan_.k : 0; }

  const float* MatrixA(const float* a, const RunArgs& args) const {
    if (!plan_.transpose_a) return a;
    float* rows = Workspace(args) + PackedBFloats();
    args.pool->ParallelFor(plan_.m, 10000 / plan_.k + 1, [&](int64_t begin, int64_t end, int) {
      for (int64_t i = begin; i < end; ++i) {
        for (int64_t k = 0; k < plan_.k; ++k) rows[i * plan_.k + k] = a[k * plan_.m + i];
      }
    });
    return rows;
  }

  // Panels are packed by several threads, each a range of columns.
  void PackB(const float* b, const RunArgs& args) const {
    const GemmShape& s = plan_.shape;
    const int64_t k_stride = plan_.transpose_b ? 1 : plan_.n;
    const int64_t column_stride = plan_.transpose_b ? plan_.k : 1;
    args.pool->ParallelFor(s.group_panels, 10000 / (plan_.k * s.panel) + 1,
                           [&](int64_t begin, int64_t end, int) {
                             GemmShape part = s;
                             const int64_t first = begin * s.panel;
                             part.group_columns = std::min(end * s.panel, plan_.n) - first;
                             PackGroup(part, code_, b + first * column_stride, k_stride, column_stride,
                                       Workspace(args) + first * plan_.k);
                           });
  }

  Plan plan_;
  TapTables tables_;
  const GemmCode& code_;
  Operand a_;
  Operand b_;
  Epilogue epilogue_;
  Tensor packed_;
};

Refusal Refuses(const Graph& problem, const Target& target) {
  Plan plan;
  return MakePlan(problem, target, &plan);
}

double Estimate(const Graph& problem, const Target& target) {
  Plan plan;
  MakePlan(problem, target, &plan);
  const double products = static_cast<double>(plan.a_matrices.size());
  const double pack = plan.constant_b ? 0 : static_cast<double>(plan.k * plan.n);
  return products * (EstimateGemmNs(plan.shape, IsaOf(target)) + pack) + BytesMoved(problem) * 0.02;
}

Packed Pack(const Graph& problem, const Target& target) {
  Plan plan;
  CHECK(!MakePlan(problem, target, &plan));
  if (!plan.constant_b) return {};
  const ValueId b = plan.group.main->inputs[1];
  Tensor packed(DType::kFloat32, {PackedFloats(plan.shape)});
  PackGroup(plan.shape, GemmCodeFor(IsaOf(target)), ConstantOf(problem, b)->data<float>(),
            plan.transpose_b ? 1 : plan.n, plan.transpose_b ? plan.k : 1, packed.data<float>());
  // The same constant may be the first matrix or the residual too.
  const bool only_use = problem.value(b).users.size() == 1;
  return {{packed}, only_use ? std::vector<ValueId>{b} : std::vector<ValueId>{}};
}

std::unique_ptr<Executable> Prepare(const PrepareArgs& args) {
  Plan plan;
  CHECK(!MakePlan(args.problem, args.target, &plan));
  CheckPackedCount(args.packed, plan.constant_b ? 1 : 0, "cpu.matmul");
  if (plan.constant_b) CheckPackedFloats(args.packed[0], PackedFloats(plan.shape), "cpu.matmul");
  return std::make_unique<MatMulGemm>(args, plan);
}

}  // namespace

Kernel MatMulKernel() {
  return {.name = "cpu.matmul",
          .version = 2,
          .refuses = Refuses,
          .estimate_ns = Estimate,
          .pack = Pack,
          .prepare = Prepare,
          .in_place = ResidualInPlace,
          .error_bound = 2e-5};
}

}  // namespace floe::cpu
