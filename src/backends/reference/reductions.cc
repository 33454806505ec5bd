#include "backends/reference/reductions.h"

#include <type_traits>

namespace floe::reference {
namespace {

template <typename T, typename Combine>
bool Fold(const T* values, int64_t count, bool each, T* sums, Combine combine) {
  if (each) {
    for (int64_t i = 0; i < count; ++i) sums[i] = combine(sums[i], values[i]);
    return true;
  }
  T sum = *sums;
  for (int64_t i = 0; i < count; ++i) sum = combine(sum, values[i]);
  *sums = sum;
  return true;
}

// A nan stays.
template <typename T>
T Larger(T a, T b) {
  return a != a || a > b ? a : b;
}
template <typename T>
T Smaller(T a, T b) {
  return a != a || a < b ? a : b;
}

}  // namespace

template <typename T>
bool ReductionRun(ReduceKind kind, DType dtype, const T* values, int64_t count, bool each, T* sums) {
  const auto fold = [&](auto combine) { return Fold(values, count, each, sums, combine); };
  switch (kind) {
    case ReduceKind::kSum:
    case ReduceKind::kMean:
    case ReduceKind::kLogSum:
      return fold(WrapAdd<T>);
    case ReduceKind::kProd:
      return fold(WrapMul<T>);
    case ReduceKind::kSumSquare:
    case ReduceKind::kL2:
      return fold([](T sum, T v) { return WrapAdd(sum, WrapMul(v, v)); });
    default:
      break;
  }
  if constexpr (!std::is_same_v<T, Complex>) {
    switch (kind) {
      case ReduceKind::kL1:
        return fold([](T sum, T v) { return WrapAdd(sum, v < T(0) ? WrapSub(T(0), v) : v); });
      case ReduceKind::kMax:
        return fold([](T best, T v) { return Larger(best, v); });
      case ReduceKind::kMin:
        return fold([](T best, T v) { return Smaller(best, v); });
      default:
        break;
    }
  }
  if constexpr (std::is_same_v<T, uint64_t>) {
    if (dtype != DType::kBool) return false;
    if (kind == ReduceKind::kAll) return fold([](T all, T v) { return all & v; });
    if (kind == ReduceKind::kAny) return fold([](T any, T v) { return any | v; });
  }
  return false;
}

template bool ReductionRun(ReduceKind, DType, const double*, int64_t, bool, double*);
template bool ReductionRun(ReduceKind, DType, const int64_t*, int64_t, bool, int64_t*);
template bool ReductionRun(ReduceKind, DType, const uint64_t*, int64_t, bool, uint64_t*);
template bool ReductionRun(ReduceKind, DType, const Complex*, int64_t, bool, Complex*);

}  // namespace floe::reference
