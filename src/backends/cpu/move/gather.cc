// Slices of a tensor picked by index.
#include <algorithm>
#include <atomic>
#include <cstring>

#include "backends/cpu/kernels.h"
#include "backends/cpu/problem.h"
#include "base/check.h"
#include "base/error.h"

namespace floe::cpu {
namespace {

struct Plan {
  int64_t batch = 1;
  int64_t outer = 1;
  int64_t length = 1;  // of the axis
  int64_t inner_bytes = 1;
  int64_t count = 1;  // indices of one batch entry
  bool allow_negative = false;
  bool wide = false;  // int64 indices
};

int64_t Product(std::span<const int64_t> dims, size_t begin, size_t end) {
  int64_t product = 1;
  for (size_t i = begin; i < end; ++i) product *= dims[i];
  return product;
}

Refusal MakePlan(const Graph& problem, Plan* plan) {
  const Gather* op = OnlyOp<Gather>(problem);
  if (op == nullptr) return "not one gather";
  if (Refusal refusal = RefuseUnlessStatic(problem)) return refusal;
  const Node& node = *OnlyNode(problem);
  const TensorType& x = problem.value(node.inputs[0]).type;
  const TensorType& indices = problem.value(node.inputs[1]).type;
  if (x.dtype == DType::kString) return "strings";
  if (indices.dtype != DType::kInt32 && indices.dtype != DType::kInt64)
    return "indices are no int32 or int64";
  for (const ValueId input : node.inputs) {
    const Tensor* constant = ConstantOf(problem, input);
    if (constant != nullptr && constant->raw() == nullptr) return "a constant has no contents";
  }
  const std::vector<int64_t> dims = x.shape.Static();
  const std::vector<int64_t> places = indices.shape.Static();
  const auto rank = static_cast<int64_t>(dims.size());
  const int64_t axis = op->axis < 0 ? op->axis + rank : op->axis;
  const int64_t batch =
      op->batch_dims < 0 ? op->batch_dims + static_cast<int64_t>(places.size()) : op->batch_dims;
  if (axis < 0 || axis >= rank || batch < 0 || batch > axis || batch > static_cast<int64_t>(places.size())) {
    return "axis out of range";
  }
  const auto a = static_cast<size_t>(axis);
  const auto b = static_cast<size_t>(batch);
  if (!std::equal(dims.begin(), dims.begin() + batch, places.begin())) return "batches do not agree";
  plan->batch = Product(dims, 0, b);
  plan->outer = Product(dims, b, a);
  plan->length = dims[a];
  const int64_t inner = Product(dims, a + 1, dims.size());
  plan->inner_bytes = inner * static_cast<int64_t>(DTypeSize(x.dtype));
  plan->count = Product(places, b, places.size());
  plan->allow_negative = op->allow_negative;
  plan->wide = indices.dtype == DType::kInt64;
  const TensorType& y = problem.value(node.outputs[0]).type;
  if (y.dtype != x.dtype ||
      SizeOf(problem, node.outputs[0]) != plan->batch * plan->outer * plan->count * inner) {
    return "output shape";
  }
  return std::nullopt;
}

class GatherSlices : public Executable {
 public:
  GatherSlices(const Graph& problem, const Plan& plan)
      : plan_(plan),
        name_(OnlyNode(problem)->name),
        input_(problem, OnlyNode(problem)->inputs[0]),
        indices_(problem, OnlyNode(problem)->inputs[1]) {}

  void Run(const RunArgs& args) const override {
    const char* x = static_cast<const char*>(input_.raw(args));
    char* y = static_cast<char*>(args.outputs[0].raw());
    const void* indices = indices_.raw(args);
    const int64_t slices = plan_.batch * plan_.outer * plan_.count;
    const int64_t grain = 65536 / plan_.inner_bytes + 1;
    args.pool->ParallelFor(slices, grain, [&](int64_t begin, int64_t end, int) {
      for (int64_t i = begin; i < end; ++i) {
        const int64_t n = i / plan_.count / plan_.outer;
        const int64_t row = i / plan_.count;
        const int64_t at = IndexAt(indices, n * plan_.count + i % plan_.count);
        std::memcpy(y + i * plan_.inner_bytes, x + (row * plan_.length + at) * plan_.inner_bytes,
                    static_cast<size_t>(plan_.inner_bytes));
      }
    });
  }

 private:
  int64_t IndexAt(const void* indices, int64_t i) const {
    const int64_t given =
        plan_.wide ? static_cast<const int64_t*>(indices)[i] : static_cast<const int32_t*>(indices)[i];
    const int64_t index = given < 0 && plan_.allow_negative ? given + plan_.length : given;
    if (index < 0 || index >= plan_.length) {
      Throw(ErrorCode::kUsage, "Gather '{}': index {} is out of range for a dimension of {}", name_, given,
            plan_.length);
    }
    return index;
  }

  Plan plan_;
  std::string name_;
  Operand input_;
  Operand indices_;
};

Refusal Refuses(const Graph& problem, const Target&) {
  Plan plan;
  return MakePlan(problem, &plan);
}

double Estimate(const Graph& problem, const Target&) {
  return 500 + 2.0 * static_cast<double>(problem.value(problem.outputs()[0]).type.StaticBytes()) * 0.06;
}

std::unique_ptr<Executable> Prepare(const PrepareArgs& args) {
  Plan plan;
  CHECK(!MakePlan(args.problem, &plan));
  CheckPackedCount(args.packed, 0, "cpu.gather");
  return std::make_unique<GatherSlices>(args.problem, plan);
}

}  // namespace

Kernel GatherKernel() {
  return {.name = "cpu.gather", .refuses = Refuses, .estimate_ns = Estimate, .prepare = Prepare};
}

}  // namespace floe::cpu
