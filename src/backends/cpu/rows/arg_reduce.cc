// The places of extremes along an axis: class maps of segmentation networks, heat maps, labels.
#include <algorithm>

#include "backends/cpu/kernels.h"
#include "backends/cpu/planned.h"
#include "backends/cpu/problem.h"
#include "backends/cpu/rows/rows.h"

namespace floe::cpu {
namespace {

struct Plan {
  bool largest = true;
  bool last = false;  // of equal ones
  int64_t outer = 1;
  int64_t length = 1;
  int64_t inner = 1;
};

Refusal MakePlan(const Graph& problem, Plan* plan) {
  const ArgReduce* op = OnlyOp<ArgReduce>(problem);
  if (op == nullptr) return "not the place of an extreme";
  if (Refusal refusal = RefuseUnlessStatic(problem)) return refusal;
  const Node& node = *OnlyNode(problem);
  const DType from = problem.value(node.inputs[0]).type.dtype;
  const DType to = problem.value(node.outputs[0]).type.dtype;
  if (from != DType::kFloat32) return std::string(DTypeName(from)) + ": float32 only";
  if (to != DType::kInt64 && to != DType::kInt32) return "places as " + std::string(DTypeName(to));
  const std::vector<int64_t> dims = DimsOf(problem, node.inputs[0]);
  const auto rank = static_cast<int64_t>(dims.size());
  if (op->axis < -rank || op->axis >= rank) return "axis out of range";
  const auto axis = static_cast<size_t>(op->axis < 0 ? op->axis + rank : op->axis);
  *plan = {.largest = op->kind == ArgKind::kArgMax, .last = op->select_last, .length = dims[axis]};
  for (size_t i = 0; i < axis; ++i) plan->outer *= dims[i];
  for (size_t i = axis + 1; i < dims.size(); ++i) plan->inner *= dims[i];
  if (plan->length > INT32_MAX) return "axis too long";
  if (SizeOf(problem, node.outputs[0]) != plan->outer * plan->inner) return "output shape";
  return std::nullopt;
}

class ArgReduceRows : public Executable {
 public:
  static constexpr std::string_view kName = "cpu.arg_reduce";

  ArgReduceRows(const PrepareArgs& args, const Plan& plan)
      : plan_(plan),
        code_(RowCodeFor(IsaOf(args.target))),
        input_(args.problem, OnlyNode(args.problem)->inputs[0]) {}

  void Run(const RunArgs& args) const override {
    Tensor& y = args.outputs[0];
    if (y.dtype() == DType::kInt32) {
      RunTo(args, static_cast<int32_t*>(y.raw()));
    } else {
      RunTo(args, static_cast<int64_t*>(y.raw()));
    }
  }

 private:
  template <typename T>
  void RunTo(const RunArgs& args, T* y) const {
    const float* x = input_.floats(args);
    if (plan_.inner == 1 && plan_.length <= kShort) {
      args.pool->ParallelFor(DivideUp(plan_.outer, kTogether), 10000 / (plan_.length * kTogether) + 1,
                             [&](int64_t begin, int64_t end, int) {
                               for (int64_t i = begin; i < end; ++i) RunShort(x, i * kTogether, y);
                             });
      return;
    }
    if (plan_.inner == 1) {
      args.pool->ParallelFor(plan_.outer, 10000 / plan_.length + 1, [&](int64_t begin, int64_t end, int) {
        for (int64_t o = begin; o < end; ++o) y[o] = static_cast<T>(PlaceInRow(x + o * plan_.length));
      });
      return;
    }
    const int64_t blocks = DivideUp(plan_.inner, kColumns);
    const int64_t grain = 20000 / (plan_.length * std::min(kColumns, plan_.inner)) + 1;
    args.pool->ParallelFor(plan_.outer * blocks, grain, [&](int64_t begin, int64_t end, int) {
      for (int64_t i = begin; i < end; ++i) {
        const int64_t o = i / blocks;
        const int64_t c = i % blocks * kColumns;
        const int64_t columns = std::min(kColumns, plan_.inner - c);
        int32_t places[kColumns];
        PlacesInColumns(x + o * plan_.length * plan_.inner + c, plan_.inner, columns, places);
        std::copy_n(places, columns, y + o * plan_.inner + c);
      }
    });
  }

  // Short rows, some of them at once: turned, they are long columns.
  template <typename T>
  void RunShort(const float* x, int64_t row, T* y) const {
    float columns[kShort * kTogether];
    const int64_t rows = std::min(kTogether, plan_.outer - row);
    for (int64_t r = 0; r < rows; ++r) {
      const float* from = x + (row + r) * plan_.length;
      for (int64_t i = 0; i < plan_.length; ++i) columns[i * rows + r] = from[i];
    }
    int32_t places[kTogether];
    PlacesInColumns(columns, rows, rows, places);
    std::copy_n(places, rows, y + row);
  }

  // The extreme first, by whole vectors, then where it is: nan is the extreme where there is one.
  int64_t PlaceInRow(const float* x) const {
    const float best = code_.reduce(plan_.largest ? Fold::kMax : Fold::kMin, x, plan_.length);
    const auto is_best = [&](float v) { return v == best || (v != v && best != best); };
    if (plan_.last) {
      int64_t i = plan_.length - 1;
      while (i > 0 && !is_best(x[i])) --i;
      return i;
    }
    return std::find_if(x, x + plan_.length, is_best) - x;
  }

  void PlacesInColumns(const float* x, int64_t step, int64_t columns, int32_t* places) const {
    float best[kColumns];
    std::copy_n(x, columns, best);
    std::fill_n(places, columns, 0);
    for (int64_t i = 1; i < plan_.length; ++i) {
      code_.take_place(plan_.largest, plan_.last, x + i * step, static_cast<int32_t>(i), best, places,
                       columns);
    }
  }

  static constexpr int64_t kColumns = 512;
  static constexpr int64_t kShort = 128;
  static constexpr int64_t kTogether = 64;  // rows
  Plan plan_;
  const RowCode& code_;
  Operand input_;
};

double Estimate(const Graph& problem, const Target&) {
  return 500 + BytesMoved(problem) * 0.1;
}

using Row = Planned<Plan, MakePlan, ArgReduceRows>;

}  // namespace

Kernel ArgReduceKernel() {
  return {.name = ArgReduceRows::kName,
          .version = 2,
          .refuses = Row::Refuses,
          .estimate_ns = Estimate,
          .prepare = Row::Prepare};
}

}  // namespace floe::cpu
