// Reductions over neighbouring axes: the dimensions before, the reduced ones, and those after.
#include <algorithm>
#include <cmath>
#include <limits>

#include "backends/cpu/kernels.h"
#include "backends/cpu/problem.h"
#include "backends/cpu/rows/rows.h"
#include "base/check.h"

namespace floe::cpu {
namespace {

struct Plan {
  ReduceKind kind = ReduceKind::kSum;
  int64_t outer = 1;
  int64_t reduced = 1;
  int64_t inner = 1;
};

Fold FoldOf(ReduceKind kind) {
  switch (kind) {
    case ReduceKind::kMax:
      return Fold::kMax;
    case ReduceKind::kMin:
      return Fold::kMin;
    case ReduceKind::kProd:
      return Fold::kProduct;
    case ReduceKind::kL1:
      return Fold::kSumOfMagnitudes;
    case ReduceKind::kL2:
    case ReduceKind::kSumSquare:
      return Fold::kSumOfSquares;
    default:
      return Fold::kSum;
  }
}

Refusal MakePlan(const Graph& problem, Plan* plan) {
  const Reduce* op = OnlyOp<Reduce>(problem);
  if (op == nullptr) return "not one reduction";
  if (Refusal refusal = RefuseUnlessFloat32(problem)) return refusal;
  if (op->kind == ReduceKind::kAll || op->kind == ReduceKind::kAny || op->kind == ReduceKind::kLogSumExp) {
    return "kind of reduction";
  }
  plan->kind = op->kind;
  const Node& node = *OnlyNode(problem);
  const std::vector<int64_t> dims = DimsOf(problem, node.inputs[0]);
  const auto rank = static_cast<int64_t>(dims.size());
  std::vector<bool> reduced(dims.size(), false);
  for (const int64_t axis : op->axes) {
    if (axis < -rank || axis >= rank) return "axis out of range";
    reduced[static_cast<size_t>(axis < 0 ? axis + rank : axis)] = true;
  }
  int stage = 0;  // before, within, after the reduced dimensions
  for (size_t i = 0; i < dims.size(); ++i) {
    if (dims[i] == 1) continue;
    if (reduced[i]) {
      if (stage == 2) return "reduced axes are no neighbours";
      stage = 1;
      plan->reduced *= dims[i];
    } else {
      if (stage == 1) stage = 2;
      (stage == 0 ? plan->outer : plan->inner) *= dims[i];
    }
  }
  if (SizeOf(problem, node.outputs[0]) != plan->outer * plan->inner) return "output shape";
  return std::nullopt;
}

class ReduceRows : public Executable {
 public:
  ReduceRows(const PrepareArgs& args, const Plan& plan)
      : plan_(plan),
        fold_(FoldOf(plan.kind)),
        code_(RowCodeFor(IsaOf(args.target))),
        input_(args.problem, OnlyNode(args.problem)->inputs[0]) {}

  void Run(const RunArgs& args) const override {
    const float* x = input_.floats(args);
    float* y = static_cast<float*>(args.outputs[0].raw());
    const int64_t row = plan_.reduced * plan_.inner;
    if (plan_.inner == 1) {
      args.pool->ParallelFor(plan_.outer, 20000 / row + 1, [&](int64_t begin, int64_t end, int) {
        for (int64_t o = begin; o < end; ++o) y[o] = Finish(code_.reduce(fold_, x + o * row, row));
      });
      return;
    }
    // Columns in blocks that stay in registers' reach: the input is walked row by row.
    constexpr int64_t kColumns = 256;
    const int64_t blocks = DivideUp(plan_.inner, kColumns);
    args.pool->ParallelFor(plan_.outer * blocks, 40000 / row + 1, [&](int64_t begin, int64_t end, int) {
      for (int64_t i = begin; i < end; ++i) {
        const int64_t o = i / blocks;
        const int64_t c = i % blocks * kColumns;
        FoldColumns(x + o * row + c, std::min(kColumns, plan_.inner - c), y + o * plan_.inner + c);
      }
    });
  }

 private:
  void FoldColumns(const float* x, int64_t columns, float* y) const {
    // Partial sums of a few dozen rows keep long sums exact enough.
    constexpr int64_t kRows = 64;
    float part[256];
    const float start = fold_ == Fold::kMax       ? -std::numeric_limits<float>::infinity()
                        : fold_ == Fold::kMin     ? std::numeric_limits<float>::infinity()
                        : fold_ == Fold::kProduct ? 1.0f
                                                  : 0.0f;
    const bool sums = fold_ == Fold::kSum || fold_ == Fold::kSumOfSquares || fold_ == Fold::kSumOfMagnitudes;
    std::fill_n(y, columns, start);
    for (int64_t r = 0; r < plan_.reduced; r += kRows) {
      std::fill_n(part, columns, start);
      const int64_t end = std::min(plan_.reduced, r + kRows);
      for (int64_t i = r; i < end; ++i) code_.accumulate(fold_, part, x + i * plan_.inner, columns);
      code_.accumulate(sums ? Fold::kSum : fold_, y, part, columns);
    }
    if (plan_.kind == ReduceKind::kMean) {
      code_.scale(1.0f / static_cast<float>(plan_.reduced), y, columns);
    } else if (plan_.kind == ReduceKind::kL2 || plan_.kind == ReduceKind::kLogSum) {
      for (int64_t c = 0; c < columns; ++c) y[c] = Finish(y[c]);
    }
  }

  float Finish(float sum) const {
    switch (plan_.kind) {
      case ReduceKind::kMean:
        return sum / static_cast<float>(plan_.reduced);
      case ReduceKind::kL2:
        return std::sqrt(sum);
      case ReduceKind::kLogSum:
        return std::log(sum);
      default:
        return sum;
    }
  }

  Plan plan_;
  Fold fold_;
  const RowCode& code_;
  Operand input_;
};

Refusal Refuses(const Graph& problem, const Target&) {
  Plan plan;
  return MakePlan(problem, &plan);
}

double Estimate(const Graph& problem, const Target&) {
  return 500 + BytesMoved(problem) * 0.06;
}

std::unique_ptr<Executable> Prepare(const PrepareArgs& args) {
  Plan plan;
  CHECK(!MakePlan(args.problem, &plan));
  CheckPackedCount(args.packed, 0, "cpu.reduce");
  return std::make_unique<ReduceRows>(args, plan);
}

}  // namespace

Kernel ReduceKernel() {
  return {.name = "cpu.reduce",
          .refuses = Refuses,
          .estimate_ns = Estimate,
          .prepare = Prepare,
          .error_bound = 1e-5};
}

}  // namespace floe::cpu
