// The largest or smallest along an axis, in order, with their places: scores of detections, beams, sorting.
//
// A value becomes a key, an int32 whose order is the wanted one, and a key with its place below it one int64:
// no two are equal, and of equal values the one of the lower place comes first.
#include <algorithm>
#include <bit>
#include <climits>
#include <cstring>

#include "backends/cpu/kernels.h"
#include "backends/cpu/planned.h"
#include "backends/cpu/problem.h"

namespace floe::cpu {
namespace {

struct Plan {
  bool largest = true;
  DType dtype = DType::kFloat32;
  int64_t outer = 1;
  int64_t length = 1;
  int64_t inner = 1;
  int64_t k = 1;
};

Refusal MakePlan(const Graph& problem, Plan* plan) {
  const TopK* op = OnlyOp<TopK>(problem);
  if (op == nullptr) return "no top k";
  if (Refusal refusal = RefuseUnlessStatic(problem)) return refusal;
  const Node& node = *OnlyNode(problem);
  const DType dtype = problem.value(node.inputs[0]).type.dtype;
  if (dtype != DType::kFloat32 && dtype != DType::kInt32)
    return std::string(DTypeName(dtype)) + ": float32 and int32 only";
  if (op->index_type != DType::kInt64 && op->index_type != DType::kInt32)
    return "places as " + std::string(DTypeName(op->index_type));
  if (ConstantOf(problem, node.inputs[1]) == nullptr) return "k is not constant";
  const std::vector<int64_t> dims = DimsOf(problem, node.inputs[0]);
  const auto rank = static_cast<int64_t>(dims.size());
  if (op->axis < -rank || op->axis >= rank) return "axis out of range";
  const auto axis = static_cast<size_t>(op->axis < 0 ? op->axis + rank : op->axis);
  *plan = {.largest = op->largest, .dtype = dtype, .length = dims[axis]};
  for (size_t i = 0; i < axis; ++i) plan->outer *= dims[i];
  for (size_t i = axis + 1; i < dims.size(); ++i) plan->inner *= dims[i];
  if (plan->length > INT32_MAX) return "axis too long";
  std::vector<int64_t> results = dims;
  results[axis] = plan->k = DimsOf(problem, node.outputs[0])[axis];
  if (plan->k > plan->length) return "more than there are";
  for (const ValueId output : node.outputs) {
    if (DimsOf(problem, output) != results) return "output shape";
  }
  return std::nullopt;
}

// Ascending with the value; zeros are equal whatever their sign.
int32_t Order(float v) {
  const auto bits = std::bit_cast<int32_t>(v + 0.0F);
  return bits ^ (bits >> 31 & INT32_MAX);
}
int32_t Order(int32_t v) {
  return v;
}
bool IsNan(float v) {
  return v != v;
}
bool IsNan(int32_t) {
  return false;
}

int64_t Join(int32_t key, int64_t place) {
  return int64_t{key} * (int64_t{1} << 32) + place;
}

// The memory in which one thread selects.
class Selection {
 public:
  // Rows of which at least a quarter is wanted are sorted whole; others pass a list of those that may belong
  // to the k, which is cut to k whenever it is full.
  explicit Selection(const Plan& plan)
      : plan_(plan), whole_(plan.k > plan.length / 4), room_(whole_ ? plan.length : 2 * plan.k + kBlock) {}

  int64_t Bytes() const {
    return RoundUp(
        room_ * (whole_ ? 2 : 1) * int64_t{sizeof(int64_t)} + plan_.length * int64_t{sizeof(int32_t)}, 64);
  }

  // The k first in order, in memory; x is one column of the problem.
  template <typename T>
  const int64_t* Select(const T* x, void* memory) const {
    auto* list = static_cast<int64_t*>(memory);
    auto* keys = reinterpret_cast<int32_t*>(list + room_ * (whole_ ? 2 : 1));
    MakeKeys(x, keys);
    if (!whole_) return Filter(keys, list);
    for (int64_t i = 0; i < plan_.length; ++i) list[i] = Join(keys[i], i);
    return plan_.length < kFewestForRadix ? SortFirst(list, plan_.length) : SortByDigits(list, list + room_);
  }

 private:
  template <typename T>
  void MakeKeys(const T* x, int32_t* keys) const {
    const int32_t flip = plan_.largest ? -1 : 0;
    for (int64_t i = 0; i < plan_.length; ++i) {
      const T v = x[i * plan_.inner];
      keys[i] = IsNan(v) ? INT32_MIN : Order(v) ^ flip;
    }
  }

  const int64_t* Filter(const int32_t* keys, int64_t* list) const {
    int64_t count = 0;
    int32_t limit = INT32_MAX;  // of those that still matter; before the first cut all do
    bool cut = false;
    for (int64_t i = 0; i < plan_.length; i += kBlock) {
      const int64_t end = std::min(plan_.length, i + kBlock);
      if (cut && !AnyBelow(limit, keys + i, end - i)) continue;
      if (count + kBlock > room_) {
        std::nth_element(list, list + plan_.k - 1, list + count);
        count = plan_.k;
        limit = static_cast<int32_t>(list[plan_.k - 1] >> 32);
        cut = true;
      }
      for (int64_t j = i; j < end; ++j) {
        list[count] = Join(keys[j], j);
        count += !cut || keys[j] < limit;
      }
    }
    return SortFirst(list, count);
  }

  const int64_t* SortFirst(int64_t* list, int64_t count) const {
    if (plan_.k < count) std::nth_element(list, list + plan_.k - 1, list + count);
    std::sort(list, list + plan_.k);
    return list;
  }

  static bool AnyBelow(int32_t limit, const int32_t* keys, int64_t count) {
    int32_t any = 0;
    for (int64_t i = 0; i < count; ++i) any |= keys[i] < limit ? 1 : 0;
    return any != 0;
  }

  // By eleven bits of the key at a time, the lowest first; the places ascend as they come.
  const int64_t* SortByDigits(int64_t* from, int64_t* to) const {
    constexpr int kBits = 11;
    for (int shift = 32; shift < 64; shift += kBits) {
      const auto digit = [shift](int64_t v) {
        return (static_cast<uint64_t>(v) ^ uint64_t{1} << 63) >> shift & ((1U << kBits) - 1);
      };
      int32_t starts[1 << kBits] = {};
      for (int64_t i = 0; i < plan_.length; ++i) ++starts[digit(from[i])];
      int32_t next = 0;
      for (int32_t& start : starts) {
        const int32_t count = start;
        start = next;
        next += count;
      }
      for (int64_t i = 0; i < plan_.length; ++i) to[starts[digit(from[i])]++] = from[i];
      std::swap(from, to);
    }
    return from;
  }

  static constexpr int64_t kBlock = 64;
  static constexpr int64_t kFewestForRadix = 512;
  Plan plan_;
  bool whole_;
  int64_t room_;  // of a list
};

class TopKRows : public Executable {
 public:
  static constexpr std::string_view kName = "cpu.top_k";

  TopKRows(const PrepareArgs& args, const Plan& plan)
      : plan_(plan),
        selection_(plan),
        input_(args.problem, OnlyNode(args.problem)->inputs[0]),
        values_(OutputOf(args.problem, OnlyNode(args.problem)->outputs[0])),
        places_(OutputOf(args.problem, OnlyNode(args.problem)->outputs[1])) {}

  size_t WorkspaceBytes(int threads) const override {
    return static_cast<size_t>(threads * selection_.Bytes());
  }

  void Run(const RunArgs& args) const override {
    args.pool->ParallelFor(plan_.outer * plan_.inner, 8000 / plan_.length + 1,
                           [&](int64_t begin, int64_t end, int thread) {
                             for (int64_t i = begin; i < end; ++i) {
                               if (plan_.dtype == DType::kFloat32) {
                                 RunColumn<float>(args, i, thread);
                               } else {
                                 RunColumn<int32_t>(args, i, thread);
                               }
                             }
                           });
  }

 private:
  template <typename T>
  void RunColumn(const RunArgs& args, int64_t column, int thread) const {
    const int64_t outer = column / plan_.inner;
    const int64_t inner = column % plan_.inner;
    const T* x = static_cast<const T*>(input_.raw(args)) + outer * plan_.length * plan_.inner + inner;
    char* memory = static_cast<char*>(args.workspace) + thread * selection_.Bytes();
    const int64_t* first = selection_.Select(x, memory);
    const int64_t to = outer * plan_.k * plan_.inner + inner;
    const auto place = [first](int64_t i) { return first[i] & UINT32_MAX; };
    if (values_ >= 0) {
      T* y = static_cast<T*>(args.outputs[static_cast<size_t>(values_)].raw()) + to;
      for (int64_t i = 0; i < plan_.k; ++i) y[i * plan_.inner] = x[place(i) * plan_.inner];
    }
    if (places_ < 0) return;
    Tensor& places = args.outputs[static_cast<size_t>(places_)];
    if (places.dtype() == DType::kInt32) {
      int32_t* y = static_cast<int32_t*>(places.raw()) + to;
      for (int64_t i = 0; i < plan_.k; ++i) y[i * plan_.inner] = static_cast<int32_t>(place(i));
    } else {
      int64_t* y = static_cast<int64_t*>(places.raw()) + to;
      for (int64_t i = 0; i < plan_.k; ++i) y[i * plan_.inner] = place(i);
    }
  }

  Plan plan_;
  Selection selection_;
  Operand input_;
  int values_;
  int places_;
};

double Estimate(const Graph& problem, const Target&) {
  return 500 + BytesMoved(problem) * 0.5;
}

using Row = Planned<Plan, MakePlan, TopKRows>;

}  // namespace

Kernel TopKKernel() {
  return {.name = TopKRows::kName, .refuses = Row::Refuses, .estimate_ns = Estimate, .prepare = Row::Prepare};
}

}  // namespace floe::cpu
