// Reductions over any axes, a pass for each run of neighbouring reduced ones.
#include <algorithm>
#include <cmath>
#include <limits>

#include "backends/cpu/kernels.h"
#include "backends/cpu/planned.h"
#include "backends/cpu/problem.h"
#include "backends/cpu/rows/rows.h"

namespace floe::cpu {
namespace {

// Columns that are folded together stay in registers' reach: the input is walked row by row.
constexpr int64_t kColumns = 256;

// One pass: [outer, reduced, inner] to [outer, inner].
struct Pass {
  int64_t outer = 1;
  int64_t reduced = 1;
  int64_t inner = 1;

  int64_t results() const { return outer * inner; }
};

struct Plan {
  ReduceKind kind = ReduceKind::kSum;
  int64_t elements = 1;      // that make one result
  std::vector<Pass> passes;  // at least one
};

// Neighbouring dimensions of one kind, taken together.
struct Run {
  bool reduced;
  int64_t size;
};

std::vector<Run> RunsOf(const std::vector<int64_t>& dims, const std::vector<bool>& reduced) {
  std::vector<Run> runs;
  for (size_t i = 0; i < dims.size(); ++i) {
    if (dims[i] == 1) continue;
    if (runs.empty() || runs.back().reduced != reduced[i]) runs.push_back({reduced[i], 1});
    runs.back().size *= dims[i];
  }
  return runs;
}

// A long pass with few results is cut in two, for the sake of threads and of exact sums. Where, the shape
// alone decides: bits must not depend on the number of threads.
void AddPass(const Pass& pass, std::vector<Pass>& passes) {
  constexpr int64_t kLong = 1 << 15;
  constexpr int64_t kMostParts = 16;
  int64_t parts = 1;
  if (DivideUp(pass.inner, kColumns) * pass.outer < kMostParts && pass.reduced * pass.inner >= kLong) {
    for (int64_t n = 2; n <= kMostParts; ++n) {
      if (pass.reduced % n == 0) parts = n;
    }
  }
  if (parts > 1) passes.push_back({pass.outer * parts, pass.reduced / parts, pass.inner});
  passes.push_back({pass.outer, parts > 1 ? parts : pass.reduced, pass.inner});
}

// The longest run goes first, so that the other passes have little left to read.
std::vector<Pass> PassesOver(std::vector<Run> runs) {
  std::vector<Pass> passes;
  for (;;) {
    auto longest = runs.end();
    for (auto run = runs.begin(); run != runs.end(); ++run) {
      if (run->reduced && (longest == runs.end() || run->size > longest->size)) longest = run;
    }
    if (longest == runs.end() && !passes.empty()) return passes;
    Pass pass;
    for (auto run = runs.begin(); run != longest; ++run) pass.outer *= run->size;
    if (longest == runs.end()) return {pass};  // nothing to fold
    pass.reduced = longest->size;
    for (auto run = longest + 1; run != runs.end(); ++run) pass.inner *= run->size;
    AddPass(pass, passes);
    runs.erase(longest);
  }
}

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
  const std::vector<Run> runs = RunsOf(dims, reduced);
  for (const Run& run : runs) plan->elements *= run.reduced ? run.size : 1;
  plan->passes = PassesOver(runs);
  if (SizeOf(problem, node.outputs[0]) != plan->passes.back().results()) return "output shape";
  return std::nullopt;
}

class ReducePasses : public Executable {
 public:
  static constexpr std::string_view kName = "cpu.reduce";

  ReducePasses(const PrepareArgs& args, Plan plan)
      : plan_(std::move(plan)),
        fold_(FoldOf(plan_.kind)),
        code_(RowCodeFor(IsaOf(args.target))),
        input_(args.problem, OnlyNode(args.problem)->inputs[0]) {}

  // What passes but the last give: each reads the one before, and the sizes fall.
  size_t WorkspaceBytes(int) const override {
    int64_t floats = 0;
    for (size_t i = 0; i + 1 < plan_.passes.size(); ++i) floats += plan_.passes[i].results();
    return static_cast<size_t>(floats) * sizeof(float);
  }

  void Run(const RunArgs& args) const override {
    const float* x = input_.floats(args);
    float* scratch = static_cast<float*>(args.workspace);
    Fold fold = fold_;
    for (size_t i = 0; i < plan_.passes.size(); ++i) {
      const Pass& pass = plan_.passes[i];
      const bool last = i + 1 == plan_.passes.size();
      float* y = last ? static_cast<float*>(args.outputs[0].raw()) : scratch;
      RunPass(fold, pass, last, x, y, *args.pool);
      if (last) return;  // one pass has no scratch
      x = y;
      scratch += pass.results();
      if (IsSum(fold)) fold = Fold::kSum;
    }
  }

 private:
  static bool IsSum(Fold fold) {
    return fold == Fold::kSum || fold == Fold::kSumOfSquares || fold == Fold::kSumOfMagnitudes;
  }

  void RunPass(Fold fold, const Pass& pass, bool last, const float* x, float* y, ThreadPool& pool) const {
    const int64_t row = pass.reduced * pass.inner;
    const int64_t grain = 30000 / std::max<int64_t>(row, 1) + 1;
    if (pass.inner == 1) {
      pool.ParallelFor(pass.outer, grain, [&](int64_t begin, int64_t end, int) {
        for (int64_t o = begin; o < end; ++o) y[o] = code_.reduce(fold, x + o * row, row);
        if (last) Finish(y + begin, end - begin);
      });
      return;
    }
    const int64_t blocks = DivideUp(pass.inner, kColumns);
    pool.ParallelFor(pass.outer * blocks, grain, [&](int64_t begin, int64_t end, int) {
      for (int64_t i = begin; i < end; ++i) {
        const int64_t o = i / blocks;
        const int64_t c = i % blocks * kColumns;
        const int64_t columns = std::min(kColumns, pass.inner - c);
        float* to = y + o * pass.inner + c;
        FoldColumns(fold, pass, x + o * row + c, columns, to);
        if (last) Finish(to, columns);
      }
    });
  }

  void FoldColumns(Fold fold, const Pass& pass, const float* x, int64_t columns, float* y) const {
    // Partial sums of a few dozen rows keep long sums exact enough.
    constexpr int64_t kRows = 64;
    float part[kColumns];
    const float start = fold == Fold::kMax       ? -std::numeric_limits<float>::infinity()
                        : fold == Fold::kMin     ? std::numeric_limits<float>::infinity()
                        : fold == Fold::kProduct ? 1.0f
                                                 : 0.0f;
    std::fill_n(y, columns, start);
    for (int64_t r = 0; r < pass.reduced; r += kRows) {
      std::fill_n(part, columns, start);
      const int64_t end = std::min(pass.reduced, r + kRows);
      for (int64_t i = r; i < end; ++i) code_.accumulate(fold, part, x + i * pass.inner, columns);
      code_.accumulate(IsSum(fold) ? Fold::kSum : fold, y, part, columns);
    }
  }

  void Finish(float* y, int64_t count) const {
    if (plan_.kind == ReduceKind::kMean) {
      for (int64_t i = 0; i < count; ++i) y[i] /= static_cast<float>(plan_.elements);
    } else if (plan_.kind == ReduceKind::kL2) {
      for (int64_t i = 0; i < count; ++i) y[i] = std::sqrt(y[i]);
    } else if (plan_.kind == ReduceKind::kLogSum) {
      for (int64_t i = 0; i < count; ++i) y[i] = std::log(y[i]);
    }
  }

  Plan plan_;
  Fold fold_;
  const RowCode& code_;
  Operand input_;
};

double Estimate(const Graph& problem, const Target&) {
  return 500 + BytesMoved(problem) * 0.06;
}

using Row = Planned<Plan, MakePlan, ReducePasses>;

}  // namespace

Kernel ReduceKernel() {
  return {.name = ReducePasses::kName,
          .version = 2,
          .refuses = Row::Refuses,
          .estimate_ns = Estimate,
          .prepare = Row::Prepare,
          .error_bound = 1e-5};
}

}  // namespace floe::cpu
