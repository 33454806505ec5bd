// Layer normalisation: rows of the last dimensions by their own mean and variance.
#include "backends/cpu/kernels.h"
#include "backends/cpu/planned.h"
#include "backends/cpu/problem.h"
#include "backends/cpu/rows/rows.h"

namespace floe::cpu {
namespace {

struct Plan {
  int64_t rows = 1;
  int64_t columns = 1;
  float epsilon = 0;
};

Refusal MakePlan(const Graph& problem, Plan* plan) {
  const auto* op = OnlyOp<LayerNormalization>(problem);
  if (op == nullptr) return "not a layer normalisation";
  if (Refusal refusal = RefuseUnlessFloat32(problem)) return refusal;
  const Node& node = *OnlyNode(problem);
  const std::vector<int64_t> dims = DimsOf(problem, node.inputs[0]);
  const auto rank = static_cast<int64_t>(dims.size());
  if (op->axis < -rank || op->axis >= rank) return "axis out of range";
  const auto axis = static_cast<size_t>(op->axis < 0 ? op->axis + rank : op->axis);
  for (size_t i = 0; i < dims.size(); ++i) (i < axis ? plan->rows : plan->columns) *= dims[i];
  for (size_t i = 1; i < node.inputs.size(); ++i) {
    if (node.inputs[i] != kNoValue && SizeOf(problem, node.inputs[i]) != plan->columns) {
      return "scale or bias of another size than a row";
    }
  }
  if (DimsOf(problem, node.outputs[0]) != dims) return "output shape";
  plan->epsilon = static_cast<float>(op->epsilon);
  return std::nullopt;
}

class LayerNorm : public Executable {
 public:
  static constexpr std::string_view kName = "cpu.layer_norm";

  LayerNorm(const PrepareArgs& args, const Plan& plan) : plan_(plan), code_(RowCodeFor(IsaOf(args.target))) {
    const std::vector<ValueId>& inputs = OnlyNode(args.problem)->inputs;
    for (size_t i = 0; i < inputs.size(); ++i) {
      if (inputs[i] != kNoValue) inputs_[i] = Operand(args.problem, inputs[i]);
    }
  }

  void Run(const RunArgs& args) const override {
    const float* x = inputs_[0].floats(args);
    const float* scale = inputs_[1].floats(args);
    const float* bias = inputs_[2].present() ? inputs_[2].floats(args) : nullptr;
    float* y = static_cast<float*>(args.outputs[0].raw());
    args.pool->ParallelFor(plan_.rows, 12000 / plan_.columns + 1, [&](int64_t begin, int64_t end, int) {
      for (int64_t r = begin; r < end; ++r) {
        const int64_t at = r * plan_.columns;
        code_.normalize(x + at, scale, bias, plan_.epsilon, y + at, plan_.columns);
      }
    });
  }

 private:
  Plan plan_;
  const RowCode& code_;
  Operand inputs_[3];  // bias may be absent
};

double Estimate(const Graph& problem, const Target& target) {
  return 500 + static_cast<double>(SizeOf(problem, problem.outputs()[0])) * 4 / MaddsPerNs(IsaOf(target));
}

std::vector<InPlace> Places(const Graph&) {
  return {{0, 0}};
}

using Row = Planned<Plan, MakePlan, LayerNorm>;

}  // namespace

Kernel LayerNormKernel() {
  return {.name = LayerNorm::kName,
          .refuses = Row::Refuses,
          .estimate_ns = Estimate,
          .prepare = Row::Prepare,
          .in_place = Places,
          .error_bound = 1e-5};
}

}  // namespace floe::cpu
