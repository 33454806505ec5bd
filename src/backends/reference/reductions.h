// The arithmetic of the reductions, a run of elements at a time, for Reduce and the segment reductions.
#ifndef FLOE_BACKENDS_REFERENCE_REDUCTIONS_H_
#define FLOE_BACKENDS_REFERENCE_REDUCTIONS_H_

#include <cmath>
#include <cstdint>

#include "backends/reference/value_io.h"
#include "graph/ops/reduce.h"

namespace floe::reference {

// What a reduction of no elements gives before ReductionEnd. Float extremes start at infinity, integer ones
// at the type's limits.
template <typename T>
T ReductionStart(ReduceKind kind, DType dtype) {
  if constexpr (std::is_same_v<T, double>) {
    if (kind == ReduceKind::kMax) return -HUGE_VAL;
    if (kind == ReduceKind::kMin) return HUGE_VAL;
  } else if constexpr (!std::is_same_v<T, Complex>) {
    if (kind == ReduceKind::kMax) return LowestOf<T>(dtype);
    if (kind == ReduceKind::kMin) return HighestOf<T>(dtype);
  }
  return kind == ReduceKind::kProd || kind == ReduceKind::kAll ? T(1) : T(0);
}

// Folds a run of elements into sums, with `each` into one each, else all into the first. false when the type
// has no such reduction (or it is no fold: LogSumExp). For the four computing types.
template <typename T>
bool ReductionRun(ReduceKind kind, DType dtype, const T* values, int64_t count, bool each, T* sums);

// The result from the sum over `count` elements. Means of integers divide toward zero.
template <typename T>
T ReductionEnd(ReduceKind kind, T sum, int64_t count) {
  constexpr bool kInteger = std::is_integral_v<T>;
  if (kind == ReduceKind::kMean) {
    if constexpr (kInteger) {
      return count == 0 ? T(0) : static_cast<T>(sum / static_cast<T>(count));
    } else {
      return sum / static_cast<double>(count);
    }
  }
  if constexpr (kInteger) {
    if (kind == ReduceKind::kL2) return static_cast<T>(std::sqrt(static_cast<double>(sum)));
    if (kind == ReduceKind::kLogSum) return static_cast<T>(std::log(static_cast<double>(sum)));
  } else {
    if (kind == ReduceKind::kL2) return std::sqrt(sum);
    if (kind == ReduceKind::kLogSum || kind == ReduceKind::kLogSumExp) return std::log(sum);
  }
  return sum;
}

}  // namespace floe::reference

#endif  // FLOE_BACKENDS_REFERENCE_REDUCTIONS_H_
