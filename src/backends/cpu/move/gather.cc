// Slices of a tensor picked by an index or by a tuple of them.
#include <algorithm>
#include <atomic>
#include <cstring>

#include "backends/cpu/kernels.h"
#include "backends/cpu/planned.h"
#include "backends/cpu/problem.h"
#include "base/error.h"

namespace floe::cpu {
namespace {

// Indices come in tuples, one index for each of `lengths`: the addressed dimensions. Gather addresses one and
// has dimensions between the batch and it; GatherND addresses those that follow the batch.
struct Plan {
  int64_t batch = 1;
  int64_t outer = 1;
  std::vector<int64_t> lengths;
  int64_t inner_bytes = 1;
  int64_t count = 1;  // tuples of one batch entry
  bool allow_negative = false;
  bool wide = false;  // int64 indices
};

int64_t Product(std::span<const int64_t> dims, size_t begin, size_t end) {
  int64_t product = 1;
  for (size_t i = begin; i < end; ++i) product *= dims[i];
  return product;
}

Refusal PlanGather(const Gather& op, std::span<const int64_t> dims, std::span<const int64_t> places,
                   Plan* plan) {
  const auto rank = static_cast<int64_t>(dims.size());
  const int64_t axis = op.axis < 0 ? op.axis + rank : op.axis;
  const int64_t batch =
      op.batch_dims < 0 ? op.batch_dims + static_cast<int64_t>(places.size()) : op.batch_dims;
  if (axis < 0 || axis >= rank || batch < 0 || batch > axis || batch > static_cast<int64_t>(places.size())) {
    return "axis out of range";
  }
  const auto a = static_cast<size_t>(axis);
  const auto b = static_cast<size_t>(batch);
  if (!std::equal(dims.begin(), dims.begin() + batch, places.begin())) return "batches do not agree";
  plan->batch = Product(dims, 0, b);
  plan->outer = Product(dims, b, a);
  plan->lengths = {dims[a]};
  plan->inner_bytes = Product(dims, a + 1, dims.size());
  plan->count = Product(places, b, places.size());
  plan->allow_negative = op.allow_negative;
  return std::nullopt;
}

Refusal PlanGatherND(const GatherND& op, std::span<const int64_t> dims, std::span<const int64_t> places,
                     Plan* plan) {
  if (places.empty() || op.batch_dims < 0 || op.batch_dims >= static_cast<int64_t>(places.size()) ||
      op.batch_dims + places.back() > static_cast<int64_t>(dims.size())) {
    return "axis out of range";
  }
  const auto b = static_cast<size_t>(op.batch_dims);
  const auto end = b + static_cast<size_t>(places.back());
  if (!std::equal(dims.begin(), dims.begin() + op.batch_dims, places.begin())) return "batches do not agree";
  plan->batch = Product(dims, 0, b);
  plan->lengths.assign(dims.begin() + op.batch_dims, dims.begin() + static_cast<int64_t>(end));
  plan->inner_bytes = Product(dims, end, dims.size());
  plan->count = Product(places, b, places.size() - 1);
  plan->allow_negative = true;
  return std::nullopt;
}

Refusal MakePlan(const Graph& problem, Plan* plan) {
  const Gather* slices = OnlyOp<Gather>(problem);
  const GatherND* tuples = OnlyOp<GatherND>(problem);
  if (slices == nullptr && tuples == nullptr) return "not one gather";
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
  const Refusal refusal =
      slices != nullptr ? PlanGather(*slices, dims, places, plan) : PlanGatherND(*tuples, dims, places, plan);
  if (refusal) return refusal;
  const TensorType& y = problem.value(node.outputs[0]).type;
  if (y.dtype != x.dtype ||
      SizeOf(problem, node.outputs[0]) != plan->batch * plan->outer * plan->count * plan->inner_bytes) {
    return "output shape";
  }
  plan->inner_bytes *= static_cast<int64_t>(DTypeSize(x.dtype));
  plan->wide = indices.dtype == DType::kInt64;
  return std::nullopt;
}

class GatherSlices : public Executable {
 public:
  static constexpr std::string_view kName = "cpu.gather";

  GatherSlices(const PrepareArgs& args, const Plan& plan)
      : plan_(plan),
        slices_(Product(plan.lengths, 0, plan.lengths.size())),
        name_(OnlyNode(args.problem)->name),
        input_(args.problem, OnlyNode(args.problem)->inputs[0]),
        indices_(args.problem, OnlyNode(args.problem)->inputs[1]) {}

  void Run(const RunArgs& args) const override {
    const char* x = static_cast<const char*>(input_.raw(args));
    char* y = static_cast<char*>(args.outputs[0].raw());
    const void* indices = indices_.raw(args);
    const int64_t results = plan_.batch * plan_.outer * plan_.count;
    const int64_t grain = 65536 / (plan_.inner_bytes + 16) + 1;
    args.pool->ParallelFor(results, grain, [&](int64_t begin, int64_t end, int) {
      // A copy of a size that the compiler knows is one instruction.
      switch (plan_.inner_bytes) {
        case 4:
          return Copy<4>(x, indices, begin, end, y);
        case 8:
          return Copy<8>(x, indices, begin, end, y);
        case 12:
          return Copy<12>(x, indices, begin, end, y);
        default:
          return Copy<0>(x, indices, begin, end, y);
      }
    });
  }

 private:
  template <int64_t kBytes>
  void Copy(const char* x, const void* indices, int64_t begin, int64_t end, char* y) const {
    const int64_t bytes = kBytes > 0 ? kBytes : plan_.inner_bytes;
    while (begin < end) {
      const int64_t row = begin / plan_.count;
      const int64_t stop = std::min(end, (row + 1) * plan_.count);
      const int64_t tuples = (row / plan_.outer - row) * plan_.count;
      for (; begin < stop; ++begin) {
        const int64_t at = row * slices_ + SliceAt(indices, tuples + begin);
        std::memcpy(y + begin * bytes, x + at * bytes, static_cast<size_t>(bytes));
      }
    }
  }

  int64_t SliceAt(const void* indices, int64_t tuple) const {
    const size_t width = plan_.lengths.size();
    int64_t slice = 0;
    for (size_t d = 0; d < width; ++d) {
      const int64_t length = plan_.lengths[d];
      slice = slice * length +
              IndexAt(indices, tuple * static_cast<int64_t>(width) + static_cast<int64_t>(d), length);
    }
    return slice;
  }

  int64_t IndexAt(const void* indices, int64_t i, int64_t length) const {
    const int64_t given =
        plan_.wide ? static_cast<const int64_t*>(indices)[i] : static_cast<const int32_t*>(indices)[i];
    const int64_t index = given < 0 && plan_.allow_negative ? given + length : given;
    if (index < 0 || index >= length) {
      Throw(ErrorCode::kUsage, "Gather '{}': index {} is out of range for a dimension of {}", name_, given,
            length);
    }
    return index;
  }

  Plan plan_;
  int64_t slices_;  // that tuples choose from
  std::string name_;
  Operand input_;
  Operand indices_;
};

double Estimate(const Graph& problem, const Target&) {
  return 500 + 2.0 * static_cast<double>(problem.value(problem.outputs()[0]).type.StaticBytes()) * 0.06;
}

using Row = Planned<Plan, MakePlan, GatherSlices>;

}  // namespace

Kernel GatherKernel() {
  return {.name = GatherSlices::kName,
          .version = 2,
          .refuses = Row::Refuses,
          .estimate_ns = Estimate,
          .prepare = Row::Prepare};
}

}  // namespace floe::cpu
