// The arithmetic of the reductions, one step at a time, for Reduce and the segment reductions.
#ifndef FLOE_BACKENDS_REFERENCE_REDUCTIONS_H_
#define FLOE_BACKENDS_REFERENCE_REDUCTIONS_H_

#include <algorithm>
#include <cmath>

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

// false when the type has no such reduction.
template <typename T>
bool ReductionStep(ReduceKind kind, DType dtype, T v, T* sum) {
  constexpr bool kComplex = std::is_same_v<T, Complex>;
  switch (kind) {
    case ReduceKind::kSum:
    case ReduceKind::kMean:
    case ReduceKind::kLogSum:
      return *sum = WrapAdd(*sum, v), true;
    case ReduceKind::kProd: {
      *sum = WrapMul(*sum, v);
      return true;
    }
    case ReduceKind::kSumSquare:
    case ReduceKind::kL2:
      return *sum = WrapAdd(*sum, WrapMul(v, v)), true;
    case ReduceKind::kL1:
      if constexpr (kComplex) return false;
      if constexpr (!kComplex) *sum = WrapAdd(*sum, v < T(0) ? WrapSub(T(0), v) : v);
      return true;
    case ReduceKind::kMax:
    case ReduceKind::kMin:
      if constexpr (kComplex) return false;
      if constexpr (std::is_same_v<T, double>) {
        if (std::isnan(v) || std::isnan(*sum)) return *sum = NAN, true;
      }
      if constexpr (!kComplex) *sum = kind == ReduceKind::kMax ? std::max(*sum, v) : std::min(*sum, v);
      return true;
    case ReduceKind::kLogSumExp:
      return false;
    case ReduceKind::kAll:
    case ReduceKind::kAny:
      if constexpr (std::is_same_v<T, uint64_t>) {
        *sum = kind == ReduceKind::kAll ? (*sum & v) : (*sum | v);
        return dtype == DType::kBool;
      }
      return false;
  }
  return false;
}

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
