// How two vectors of a reduction become one, compiled once for each instruction set (see simd.h).
#ifndef FLOE_BACKENDS_CPU_ROWS_FOLD_IMPL_H_
#define FLOE_BACKENDS_CPU_ROWS_FOLD_IMPL_H_

#include "backends/cpu/rows/rows.h"
#include "backends/cpu/simd_math.h"

namespace floe::cpu::FLOE_CPU_ISA {

FLOE_INLINE float StartOf(Fold fold) {
  switch (fold) {
    case Fold::kMax:
      return -kInfinity;
    case Fold::kMin:
      return kInfinity;
    case Fold::kProduct:
      return 1;
    default:
      return 0;
  }
}

// nan wins in maxima and minima.
template <Fold kFold>
FLOE_INLINE Vec Combine(Vec acc, Vec x) {
  if constexpr (kFold == Fold::kSum) return acc + x;
  if constexpr (kFold == Fold::kSumOfSquares) return Fma(x, x, acc);
  if constexpr (kFold == Fold::kSumOfMagnitudes) return acc + Abs(x);
  if constexpr (kFold == Fold::kMax) return Larger(acc, x);
  if constexpr (kFold == Fold::kMin) return Smaller(acc, x);
  if constexpr (kFold == Fold::kProduct) return acc * x;
}

}  // namespace floe::cpu::FLOE_CPU_ISA

#endif  // FLOE_BACKENDS_CPU_ROWS_FOLD_IMPL_H_
