// TensorFlow's segment reductions: rows of one id are reduced together.
#include <algorithm>
#include <cmath>

#include "backends/reference/indexing.h"
#include "backends/reference/kernels.h"
#include "backends/reference/reductions.h"
#include "backends/reference/value_io.h"

namespace floe::reference {
namespace {

// Which rows of x go where; ids below 0 are dropped.
struct Plan {
  ReduceKind kind = ReduceKind::kSum;
  std::vector<int64_t> rows;
  std::vector<int64_t> ids;
  int64_t segments = 0;
  int64_t row_size = 0;
  bool sqrt_n = false;
  bool extreme_when_empty = false;  // empty segments of Max and Min: the type's limit, else 0
};

// A sorted list of ids: its segments, or the number given in input `count_input`.
int64_t CountSorted(const OpCall& call, const std::vector<int64_t>& ids, size_t count_input) {
  for (size_t i = 0; i < ids.size(); ++i) {
    if (ids[i] < 0 || (i > 0 && ids[i] < ids[i - 1]))
      call.FailValue("segment ids are not increasing at {}", i);
  }
  const int64_t needed = ids.empty() ? 0 : call.Size(ids.back(), "segment id") + 1;
  if (!call.has(count_input)) return needed;
  const int64_t given = call.Size(call.Int(count_input), "number of segments");
  if (given < needed) call.FailValue("segment id {} is not in [0, {})", needed - 1, given);
  return given;
}

template <typename T>
T EmptySegment(const Plan& plan, DType dtype) {
  if (plan.kind == ReduceKind::kProd) return T(1);
  if constexpr (!std::is_same_v<T, Complex>) {
    if (plan.extreme_when_empty && plan.kind == ReduceKind::kMax) return LowestOf<T>(dtype);
    if (plan.extreme_when_empty && plan.kind == ReduceKind::kMin) return HighestOf<T>(dtype);
  }
  return T(0);
}

template <typename T>
void ReduceSegments(const Plan& plan, OpCall& call, Tensor* y) {
  const Tensor& x = call.in(0);
  const DType dtype = x.dtype();
  const size_t row_size = static_cast<size_t>(plan.row_size);
  std::vector<T> sums(static_cast<size_t>(y->size()), ReductionStart<T>(plan.kind, dtype));
  std::vector<int64_t> counts(static_cast<size_t>(plan.segments), 0);
  for (const int64_t id : plan.ids) {
    if (id >= 0) ++counts[static_cast<size_t>(id)];
  }
  // Each thread has columns of its own.
  const auto reduce = [&](int64_t begin, int64_t end) {
    std::vector<T> row(static_cast<size_t>(end - begin));
    for (size_t i = 0; i < plan.rows.size(); ++i) {
      if (plan.ids[i] < 0) continue;
      Load(x, plan.rows[i] * plan.row_size + begin, end - begin, row.data());
      T* to = sums.data() + plan.ids[i] * plan.row_size + begin;
      if (!ReductionRun(plan.kind, dtype, row.data(), end - begin, true, to)) call.FailType(0);
    }
  };
  ForRange(call, plan.row_size, static_cast<int64_t>(plan.rows.size()) * plan.row_size, reduce);
  for (size_t id = 0; id < counts.size(); ++id) {
    for (size_t k = 0; k < row_size; ++k) {
      T& sum = sums[id * row_size + k];
      if (counts[id] == 0) {
        sum = EmptySegment<T>(plan, dtype);
        continue;
      }
      sum = ReductionEnd(plan.kind, sum, counts[id]);
      if constexpr (!std::is_integral_v<T>) {
        if (plan.sqrt_n) sum = sum / std::sqrt(static_cast<double>(counts[id]));
      }
    }
  }
  StoreAll(y, sums);
}

void RunPlan(Plan& plan, OpCall& call, size_t id_rank) {
  const Tensor& x = call.in(0);
  if (x.dtype() == DType::kBool) call.FailType(0);
  Dims dims(x.dims().begin() + static_cast<int64_t>(id_rank), x.dims().end());
  plan.row_size = Product(dims, 0, dims.size());
  dims.insert(dims.begin(), plan.segments);
  Tensor& y = call.Out(0, x.dtype(), dims);
  const bool numeric = VisitComputingType(
      x.dtype(), [&](auto type) { ReduceSegments<typename decltype(type)::type>(plan, call, &y); });
  if (!numeric) call.FailType(0);
}

}  // namespace

void Run(const SegmentReduce& op, OpCall& call) {
  const Dims& x = call.in(0).dims();
  const Tensor& ids = call.in(1);
  if (!IsInteger(ids.dtype())) call.FailType(1);
  if (ids.rank() > x.size() || !std::equal(ids.dims().begin(), ids.dims().end(), x.begin())) {
    call.Fail("segment ids {} for a tensor of {}", DimsToString(ids.dims()), DimsToString(x));
  }
  Plan plan;
  plan.kind = op.reduction;
  plan.ids = LoadAll<int64_t>(ids);
  if (op.sorted) {
    call.RequireRank(1, 1);
    plan.segments = CountSorted(call, plan.ids, 2);
  } else {
    plan.extreme_when_empty = true;
    plan.segments = call.Size(call.Int(2), "number of segments");
    for (const int64_t id : plan.ids) {
      if (id >= plan.segments) call.FailValue("segment id {} is not in [0, {})", id, plan.segments);
    }
  }
  for (int64_t i = 0; i < ids.size(); ++i) plan.rows.push_back(i);
  RunPlan(plan, call, ids.rank());
}

void Run(const SparseSegmentReduce& op, OpCall& call) {
  const Tensor& x = call.in(0);
  if (x.rank() == 0) call.Fail("expected at least one dimension");
  call.RequireRank(1, 1);
  call.RequireRank(2, 1);
  call.RequireDims(2, call.in(1).dims());
  Plan plan;
  plan.kind = op.reduction;
  plan.sqrt_n = op.sqrt_n;
  plan.rows = call.Ints(1);
  plan.ids = call.Ints(2);
  plan.segments = CountSorted(call, plan.ids, 3);
  for (const int64_t row : plan.rows) {
    if (row < 0 || row >= x.dims()[0]) call.FailValue("index {} is not in [0, {})", row, x.dims()[0]);
  }
  RunPlan(plan, call, 1);
}

}  // namespace floe::reference
