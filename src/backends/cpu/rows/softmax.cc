// Softmax, LogSoftmax and local response normalisation: rows along the last axis.
#include <algorithm>

#include "backends/cpu/kernels.h"
#include "backends/cpu/problem.h"
#include "backends/cpu/rows/rows.h"
#include "base/check.h"

namespace floe::cpu {
namespace {

// Applies `row(x, y)` to each row of the last axis.
template <typename F>
class RowMap : public Executable {
 public:
  RowMap(const Graph& problem, double ns_per_element, F row)
      : input_(problem, OnlyNode(problem)->inputs[0]),
        columns_(DimsOf(problem, problem.outputs()[0]).back()),
        rows_(SizeOf(problem, problem.outputs()[0]) / columns_),
        grain_(static_cast<int64_t>(8000 / (ns_per_element * static_cast<double>(columns_))) + 1),
        row_(row) {}

  void Run(const RunArgs& args) const override {
    const float* x = input_.floats(args);
    float* y = static_cast<float*>(args.outputs[0].raw());
    args.pool->ParallelFor(rows_, grain_, [&](int64_t begin, int64_t end, int) {
      for (int64_t r = begin; r < end; ++r) row_(x + r * columns_, y + r * columns_);
    });
  }

 private:
  Operand input_;
  int64_t columns_;
  int64_t rows_;
  int64_t grain_;
  F row_;
};

template <typename F>
std::unique_ptr<Executable> MakeRowMap(const Graph& problem, double ns_per_element, F row) {
  return std::make_unique<RowMap<F>>(problem, ns_per_element, row);
}

// Rows shorter than some vectors, turned so that they are columns of a tile.
class ShortSoftmax : public Executable {
 public:
  static constexpr int64_t kLongest = 32;

  ShortSoftmax(const Graph& problem, const RowCode& code, bool log)
      : input_(problem, OnlyNode(problem)->inputs[0]),
        length_(DimsOf(problem, problem.outputs()[0]).back()),
        rows_(SizeOf(problem, problem.outputs()[0]) / length_),
        code_(code),
        log_(log) {}

  void Run(const RunArgs& args) const override {
    const float* x = input_.floats(args);
    float* y = static_cast<float*>(args.outputs[0].raw());
    args.pool->ParallelFor(DivideUp(rows_, kRows), 8000 / (kRows * length_) + 1,
                           [&](int64_t begin, int64_t end, int) {
                             for (int64_t i = begin; i < end; ++i) RunTile(x, y, i * kRows);
                           });
  }

 private:
  void RunTile(const float* x, float* y, int64_t row) const {
    float tile[kLongest * kRows];
    const int64_t rows = std::min(kRows, rows_ - row);
    x += row * length_;
    y += row * length_;
    for (int64_t r = 0; r < kRows; ++r) {
      for (int64_t i = 0; i < length_; ++i) tile[i * kRows + r] = r < rows ? x[r * length_ + i] : 0;
    }
    code_.softmax_columns(log_, tile, length_, kRows);
    for (int64_t r = 0; r < rows; ++r) {
      for (int64_t i = 0; i < length_; ++i) y[r * length_ + i] = tile[i * kRows + r];
    }
  }

  static constexpr int64_t kRows = 64;
  Operand input_;
  int64_t length_;
  int64_t rows_;
  const RowCode& code_;
  bool log_;
};

Refusal RefuseAxis(const Graph& problem, int64_t axis) {
  if (Refusal refusal = RefuseUnlessFloat32(problem)) return refusal;
  const Node& node = *OnlyNode(problem);
  const auto rank = static_cast<int64_t>(DimsOf(problem, node.inputs[0]).size());
  if (axis != -1 && axis != rank - 1) return "axis is not the last";
  if (rank < 1 || DimsOf(problem, node.inputs[0]) != DimsOf(problem, node.outputs[0])) return "output shape";
  return std::nullopt;
}

Refusal RefusesSoftmax(const Graph& problem, const Target&) {
  if (const auto* op = OnlyOp<Softmax>(problem)) return RefuseAxis(problem, op->axis);
  if (const auto* op = OnlyOp<LogSoftmax>(problem)) return RefuseAxis(problem, op->axis);
  return "not a softmax";
}

double EstimateSoftmax(const Graph& problem, const Target& target) {
  return 500 + static_cast<double>(SizeOf(problem, problem.outputs()[0])) * 12 / MaddsPerNs(IsaOf(target));
}

std::unique_ptr<Executable> PrepareSoftmax(const PrepareArgs& args) {
  CHECK(!RefusesSoftmax(args.problem, args.target));
  CheckPackedCount(args.packed, 0, "cpu.softmax");
  const RowCode* code = &RowCodeFor(IsaOf(args.target));
  const bool log = OnlyOp<LogSoftmax>(args.problem) != nullptr;
  const int64_t columns = DimsOf(args.problem, args.problem.outputs()[0]).back();
  const int64_t rows = SizeOf(args.problem, args.problem.outputs()[0]) / columns;
  if (columns <= ShortSoftmax::kLongest && rows > 4) {
    return std::make_unique<ShortSoftmax>(args.problem, *code, log);
  }
  return MakeRowMap(args.problem, 0.5, [=](const float* x, float* y) { code->softmax(log, x, y, columns); });
}

Refusal RefusesLrn(const Graph& problem, const Target&) {
  const auto* op = OnlyOp<LRN>(problem);
  if (op == nullptr) return "not a local response normalisation";
  if (op->layout != Layout::kNhwc) return "NCHW layout";
  if (op->size < 1 || op->size > 1024) return "size out of range";
  return RefuseAxis(problem, -1);
}

double EstimateLrn(const Graph& problem, const Target& target) {
  const double size = static_cast<double>(OnlyOp<LRN>(problem)->size);
  return 500 +
         static_cast<double>(SizeOf(problem, problem.outputs()[0])) * (size + 12) / MaddsPerNs(IsaOf(target));
}

std::unique_ptr<Executable> PrepareLrn(const PrepareArgs& args) {
  CHECK(!RefusesLrn(args.problem, args.target));
  CheckPackedCount(args.packed, 0, "cpu.lrn");
  const LRN& op = *OnlyOp<LRN>(args.problem);
  const RowCode* code = &RowCodeFor(IsaOf(args.target));
  LrnRow row{};
  row.channels = DimsOf(args.problem, args.problem.outputs()[0]).back();
  row.before = (op.size - 1) / 2;
  row.after = op.size - 1 - row.before;
  row.alpha = static_cast<float>(op.alpha / static_cast<double>(op.size));
  row.beta = static_cast<float>(op.beta);
  row.bias = static_cast<float>(op.bias);
  return MakeRowMap(args.problem, 1, [=](const float* x, float* y) {
    LrnRow mine = row;
    mine.x = x;
    mine.y = y;
    code->lrn(mine);
  });
}

std::vector<InPlace> FirstInPlace(const Graph&) {
  return {{0, 0}};
}

}  // namespace

Kernel SoftmaxKernel() {
  return {.name = "cpu.softmax",
          .version = 2,
          .refuses = RefusesSoftmax,
          .estimate_ns = EstimateSoftmax,
          .prepare = PrepareSoftmax,
          .in_place = FirstInPlace,
          .error_bound = 2e-6};
}

Kernel LrnKernel() {
  return {.name = "cpu.lrn",
          .refuses = RefusesLrn,
          .estimate_ns = EstimateLrn,
          .prepare = PrepareLrn,
          .error_bound = 2e-6};
}

}  // namespace floe::cpu
