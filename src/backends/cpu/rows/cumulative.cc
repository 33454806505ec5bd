// Running sums and products along an axis.
#include <algorithm>

#include "backends/cpu/kernels.h"
#include "backends/cpu/planned.h"
#include "backends/cpu/problem.h"

namespace floe::cpu {
namespace {

// [outer, length, inner]; the results run along length.
struct Plan {
  int64_t outer = 1;
  int64_t length = 1;
  int64_t inner = 1;
};

Refusal MakePlan(const Graph& problem, Plan* plan) {
  const Cumulative* op = OnlyOp<Cumulative>(problem);
  if (op == nullptr) return "not one running sum";
  if (op->kind == CumulativeKind::kCumLogSumExp) return "of exponentials";
  if (Refusal refusal = RefuseUnlessStatic(problem)) return refusal;
  const Node& node = *OnlyNode(problem);
  const DType type = problem.value(node.inputs[0]).type.dtype;
  if (type != DType::kFloat32 && type != DType::kInt32 && type != DType::kInt64)
    return std::string(DTypeName(type));
  const Tensor* given = ConstantOf(problem, node.inputs[1]);
  if (given == nullptr || given->raw() == nullptr || given->size() != 1) return "axis is not constant";
  const std::vector<int64_t> dims = DimsOf(problem, node.inputs[0]);
  const auto rank = static_cast<int64_t>(dims.size());
  int64_t axis = given->dtype() == DType::kInt32 ? *given->data<int32_t>() : *given->data<int64_t>();
  if (axis < 0) axis += rank;
  if (axis < 0 || axis >= rank) return "axis out of range";
  const TensorType& y = problem.value(node.outputs[0]).type;
  if (y.dtype != type || DimsOf(problem, node.outputs[0]) != dims) return "output shape";
  for (int64_t i = 0; i < axis; ++i) plan->outer *= dims[static_cast<size_t>(i)];
  plan->length = dims[static_cast<size_t>(axis)];
  for (int64_t i = axis + 1; i < rank; ++i) plan->inner *= dims[static_cast<size_t>(i)];
  return std::nullopt;
}

// Integers wrap around; of floats the running value is a double, as on the reference backend.
template <typename T>
struct RunningOf {
  using Type = std::make_unsigned_t<T>;
};
template <>
struct RunningOf<float> {
  using Type = double;
};

class CumulativeRows : public Executable {
 public:
  static constexpr std::string_view kName = "cpu.cumulative";

  CumulativeRows(const PrepareArgs& args, const Plan& plan)
      : plan_(plan),
        op_(*OnlyOp<Cumulative>(args.problem)),
        type_(args.problem.value(args.problem.outputs()[0]).type.dtype),
        input_(args.problem, OnlyNode(args.problem)->inputs[0]) {}

  void Run(const RunArgs& args) const override {
    switch (type_) {
      case DType::kInt32:
        return RunOf<int32_t>(args);
      case DType::kInt64:
        return RunOf<int64_t>(args);
      default:
        return RunOf<float>(args);
    }
  }

 private:
  // Columns that run beside each other, so that memory is read in its order.
  static constexpr int64_t kColumns = 16;

  template <typename T>
  void RunOf(const RunArgs& args) const {
    const T* x = static_cast<const T*>(input_.raw(args));
    T* y = static_cast<T*>(args.outputs[0].raw());
    const int64_t blocks = DivideUp(plan_.inner, kColumns);
    const int64_t grain = 8192 / (plan_.length * std::min(plan_.inner, kColumns) + 1) + 1;
    args.pool->ParallelFor(plan_.outer * blocks, grain, [&](int64_t begin, int64_t end, int) {
      for (int64_t i = begin; i < end; ++i) {
        const int64_t column = i % blocks * kColumns;
        const int64_t at = i / blocks * plan_.length * plan_.inner + column;
        RunColumns(x + at, std::min(plan_.inner - column, kColumns), y + at);
      }
    });
  }

  template <typename T>
  void RunColumns(const T* x, int64_t columns, T* y) const {
    using Running = typename RunningOf<T>::Type;
    const bool product = op_.kind == CumulativeKind::kCumProd;
    Running sums[kColumns];
    std::fill_n(sums, kColumns, product ? Running(1) : Running(0));
    for (int64_t i = 0; i < plan_.length; ++i) {
      const int64_t row = (op_.reverse ? plan_.length - 1 - i : i) * plan_.inner;
      for (int64_t c = 0; c < columns; ++c) {
        const Running before = sums[c];
        const auto v = static_cast<Running>(x[row + c]);
        sums[c] = product ? before * v : before + v;
        y[row + c] = static_cast<T>(op_.exclusive ? before : sums[c]);
      }
    }
  }

  Plan plan_;
  Cumulative op_;
  DType type_;
  Operand input_;
};

double Estimate(const Graph& problem, const Target&) {
  return 500 + BytesMoved(problem);
}

using Row = Planned<Plan, MakePlan, CumulativeRows>;

}  // namespace

Kernel CumulativeKernel() {
  return {.name = CumulativeRows::kName,
          .refuses = Row::Refuses,
          .estimate_ns = Estimate,
          .prepare = Row::Prepare,
          .error_bound = 2e-7};
}

}  // namespace floe::cpu
