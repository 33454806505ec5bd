// Rows written or added to where tuples of indices say. Over itself where the tensor that receives them is
// not wanted any more: a loop's list then costs a row an iteration and not its whole length.
#include <algorithm>
#include <cstring>

#include "backends/cpu/kernels.h"
#include "backends/cpu/planned.h"
#include "backends/cpu/problem.h"
#include "base/error.h"

namespace floe::cpu {
namespace {

struct Plan {
  ScatterReduction reduction = ScatterReduction::kNone;
  DType type = DType::kFloat32;
  std::vector<int64_t> lengths;  // of the dimensions that indices address
  int64_t inner = 1;             // elements of a row
  int64_t count = 1;             // rows of the updates
  int64_t size = 1;              // elements of the tensor
  bool wide = false;             // int64 indices
};

Refusal MakePlan(const Graph& problem, Plan* plan) {
  const ScatterND* op = OnlyOp<ScatterND>(problem);
  if (op == nullptr) return "not one scatter";
  if (Refusal refusal = RefuseUnlessStatic(problem)) return refusal;
  const Node& node = *OnlyNode(problem);
  plan->reduction = op->reduction;
  plan->type = problem.value(node.inputs[0]).type.dtype;
  const bool adds = op->reduction != ScatterReduction::kNone;
  if (plan->type == DType::kString) return "strings";
  if (adds && plan->type != DType::kFloat32 && plan->type != DType::kInt32 && plan->type != DType::kInt64)
    return std::string(DTypeName(plan->type));
  const DType places = problem.value(node.inputs[1]).type.dtype;
  if (places != DType::kInt32 && places != DType::kInt64) return "indices are no int32 or int64";
  plan->wide = places == DType::kInt64;
  for (const ValueId input : node.inputs) {
    const Tensor* constant = ConstantOf(problem, input);
    if (constant != nullptr && constant->raw() == nullptr) return "a constant has no contents";
  }
  const std::vector<int64_t> dims = DimsOf(problem, node.inputs[0]);
  const std::vector<int64_t> tuples = DimsOf(problem, node.inputs[1]);
  if (tuples.empty() || tuples.back() > static_cast<int64_t>(dims.size())) return "axis out of range";
  const auto addressed = static_cast<size_t>(tuples.back());
  plan->lengths.assign(dims.begin(), dims.begin() + tuples.back());
  for (size_t i = addressed; i < dims.size(); ++i) plan->inner *= dims[i];
  for (size_t i = 0; i + 1 < tuples.size(); ++i) plan->count *= tuples[i];
  plan->size = SizeOf(problem, node.inputs[0]);
  if (problem.value(node.inputs[2]).type.dtype != plan->type ||
      problem.value(node.outputs[0]).type.dtype != plan->type ||
      SizeOf(problem, node.inputs[2]) != plan->count * plan->inner ||
      SizeOf(problem, node.outputs[0]) != plan->size) {
    return "shapes that do not agree";
  }
  return std::nullopt;
}

// Each as on the reference backend, whose result is the same to the bit.
template <typename T>
T Combine(ScatterReduction reduction, T value, T update) {
  // Integers wrap around.
  using Wrapping =
      typename std::conditional_t<std::is_integral_v<T>, std::make_unsigned<T>, std::type_identity<T>>::type;
  const auto a = static_cast<Wrapping>(value), b = static_cast<Wrapping>(update);
  switch (reduction) {
    case ScatterReduction::kAdd:
      return static_cast<T>(a + b);
    case ScatterReduction::kSub:
      return static_cast<T>(a - b);
    case ScatterReduction::kMul:
      return static_cast<T>(a * b);
    case ScatterReduction::kMin:
      return std::min(value, update);
    case ScatterReduction::kMax:
      return std::max(value, update);
    default:
      return update;
  }
}

class ScatterRows : public Executable {
 public:
  static constexpr std::string_view kName = "cpu.scatter";

  ScatterRows(const PrepareArgs& args, const Plan& plan)
      : plan_(plan),
        element_bytes_(static_cast<int64_t>(DTypeSize(plan.type))),
        name_(OnlyNode(args.problem)->name),
        input_(args.problem, OnlyNode(args.problem)->inputs[0]),
        indices_(args.problem, OnlyNode(args.problem)->inputs[1]),
        updates_(args.problem, OnlyNode(args.problem)->inputs[2]) {}

  size_t WorkspaceBytes(int) const override { return static_cast<size_t>(plan_.count) * sizeof(int64_t); }

  void Run(const RunArgs& args) const override {
    const void* x = input_.raw(args);
    void* y = args.outputs[0].raw();
    auto* rows = static_cast<int64_t*>(args.workspace);
    ReadIndices(indices_.raw(args), rows);
    if (x != y) std::memcpy(y, x, static_cast<size_t>(plan_.size * element_bytes_));
    // Each thread has columns of its own, so that rows which meet are combined in their order.
    const int64_t grain = std::max<int64_t>(16, 16384 / (plan_.count + 1));
    args.pool->ParallelFor(plan_.inner, grain, [&](int64_t begin, int64_t end, int) {
      const void* updates = updates_.raw(args);
      if (plan_.reduction == ScatterReduction::kNone) {
        Put(rows, static_cast<const char*>(updates), begin, end, static_cast<char*>(y));
      } else if (plan_.type == DType::kFloat32) {
        Add(rows, static_cast<const float*>(updates), begin, end, static_cast<float*>(y));
      } else if (plan_.type == DType::kInt32) {
        Add(rows, static_cast<const int32_t*>(updates), begin, end, static_cast<int32_t*>(y));
      } else {
        Add(rows, static_cast<const int64_t*>(updates), begin, end, static_cast<int64_t*>(y));
      }
    });
  }

 private:
  void ReadIndices(const void* indices, int64_t* rows) const {
    int64_t at = 0;
    for (int64_t i = 0; i < plan_.count; ++i) {
      rows[i] = 0;
      for (const int64_t length : plan_.lengths) {
        const int64_t given =
            plan_.wide ? static_cast<const int64_t*>(indices)[at] : static_cast<const int32_t*>(indices)[at];
        ++at;
        if (given < -length || given >= length) {
          Throw(ErrorCode::kUsage, "ScatterND '{}': index {} is not in [0, {})", name_, given, length);
        }
        rows[i] = rows[i] * length + (given < 0 ? given + length : given);
      }
    }
  }

  void Put(const int64_t* rows, const char* updates, int64_t begin, int64_t end, char* y) const {
    for (int64_t i = 0; i < plan_.count; ++i) {
      std::memcpy(y + (rows[i] * plan_.inner + begin) * element_bytes_,
                  updates + (i * plan_.inner + begin) * element_bytes_,
                  static_cast<size_t>((end - begin) * element_bytes_));
    }
  }

  template <typename T>
  void Add(const int64_t* rows, const T* updates, int64_t begin, int64_t end, T* y) const {
    for (int64_t i = 0; i < plan_.count; ++i) {
      T* to = y + rows[i] * plan_.inner;
      const T* from = updates + i * plan_.inner;
      for (int64_t c = begin; c < end; ++c) to[c] = Combine(plan_.reduction, to[c], from[c]);
    }
  }

  Plan plan_;
  int64_t element_bytes_;
  std::string name_;
  Operand input_;
  Operand indices_;
  Operand updates_;
};

double Estimate(const Graph& problem, const Target&) {
  return 500 + 0.1 * BytesMoved(problem);
}

using Row = Planned<Plan, MakePlan, ScatterRows>;

std::vector<InPlace> OverItself(const Graph& problem) {
  const Operand input(problem, OnlyNode(problem)->inputs[0]);
  if (!input.is_input()) return {};
  return {{.input = static_cast<size_t>(input.input()), .output = 0}};
}

}  // namespace

Kernel ScatterKernel() {
  return {.name = ScatterRows::kName,
          .refuses = Row::Refuses,
          .estimate_ns = Estimate,
          .prepare = Row::Prepare,
          .in_place = OverItself};
}

}  // namespace floe::cpu
