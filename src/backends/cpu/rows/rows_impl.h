// Rows of float32, compiled once for each instruction set (see simd.h).
#ifndef FLOE_BACKENDS_CPU_ROWS_ROWS_IMPL_H_
#define FLOE_BACKENDS_CPU_ROWS_ROWS_IMPL_H_

#include "backends/cpu/rows/pool_impl.h"
#include "backends/cpu/rows/rows.h"
#include "backends/cpu/simd_math.h"

namespace floe::cpu::FLOE_CPU_ISA {

FLOE_INLINE float JoinLanes(Fold fold, Vec x) {
  float y = x[0];
  for (int i = 1; i < kLanes; ++i) {
    const float v = x[i];
    if (fold == Fold::kProduct) {
      y *= v;
    } else if (fold == Fold::kMax) {
      y = y != y || y > v ? y : v;
    } else if (fold == Fold::kMin) {
      y = y != y || y < v ? y : v;
    } else {
      y += v;
    }
  }
  return y;
}

// Four sums at a time: one alone would wait for each addition.
template <Fold kFold>
float ReduceRow(const float* x, int64_t count) {
  const float start = StartOf(kFold);
  Vec acc[4] = {Splat(start), Splat(start), Splat(start), Splat(start)};
  int64_t i = 0;
  for (; i + 4 * kLanes <= count; i += 4 * kLanes) {
    for (int k = 0; k < 4; ++k) acc[k] = Combine<kFold>(acc[k], Load(x + i + k * kLanes));
  }
  for (; i + kLanes <= count; i += kLanes) acc[0] = Combine<kFold>(acc[0], Load(x + i));
  if (i < count) {
    // Lanes beyond the end must not count: for products, maxima and minima zero is no neutral element.
    const Vec part = LoadPart(x + i, count - i);
    Vec tail = Splat(kFold == Fold::kMax || kFold == Fold::kMin || kFold == Fold::kProduct ? start : 0.0f);
    for (int64_t k = 0; k < count - i; ++k) tail[k] = part[k];
    acc[1] = Combine<kFold>(acc[1], tail);
  }
  constexpr Fold kJoin = kFold == Fold::kSumOfSquares || kFold == Fold::kSumOfMagnitudes ? Fold::kSum : kFold;
  const Vec all = Combine<kJoin>(Combine<kJoin>(acc[0], acc[1]), Combine<kJoin>(acc[2], acc[3]));
  return JoinLanes(kJoin, all);
}

inline float Reduce(Fold fold, const float* x, int64_t count) {
  switch (fold) {
    case Fold::kSum:
      return ReduceRow<Fold::kSum>(x, count);
    case Fold::kSumOfSquares:
      return ReduceRow<Fold::kSumOfSquares>(x, count);
    case Fold::kSumOfMagnitudes:
      return ReduceRow<Fold::kSumOfMagnitudes>(x, count);
    case Fold::kMax:
      return ReduceRow<Fold::kMax>(x, count);
    case Fold::kMin:
      return ReduceRow<Fold::kMin>(x, count);
    default:
      return ReduceRow<Fold::kProduct>(x, count);
  }
}

template <Fold kFold>
void AccumulateRow(float* acc, const float* x, int64_t count) {
  int64_t i = 0;
  for (; i + kLanes <= count; i += kLanes) Store(acc + i, Combine<kFold>(Load(acc + i), Load(x + i)));
  if (i == count) return;
  const int64_t left = count - i;
  StorePart(acc + i, Combine<kFold>(LoadPart(acc + i, left), LoadPart(x + i, left)), left);
}

inline void Accumulate(Fold fold, float* acc, const float* x, int64_t count) {
  switch (fold) {
    case Fold::kSum:
      return AccumulateRow<Fold::kSum>(acc, x, count);
    case Fold::kSumOfSquares:
      return AccumulateRow<Fold::kSumOfSquares>(acc, x, count);
    case Fold::kSumOfMagnitudes:
      return AccumulateRow<Fold::kSumOfMagnitudes>(acc, x, count);
    case Fold::kMax:
      return AccumulateRow<Fold::kMax>(acc, x, count);
    case Fold::kMin:
      return AccumulateRow<Fold::kMin>(acc, x, count);
    case Fold::kProduct:
      return AccumulateRow<Fold::kProduct>(acc, x, count);
  }
}

template <typename F>
FLOE_INLINE void MapTo(const float* x, float* y, int64_t count, F f) {
  int64_t i = 0;
  for (; i + kLanes <= count; i += kLanes) Store(y + i, f(Load(x + i)));
  if (i < count) StorePart(y + i, f(LoadPart(x + i, count - i)), count - i);
}

inline void Softmax(bool log, const float* x, float* y, int64_t count) {
  const Vec most = Splat(ReduceRow<Fold::kMax>(x, count));
  Vec sums = Splat(0.0f);
  int64_t i = 0;
  for (; i + kLanes <= count; i += kLanes) {
    const Vec e = Exp(Load(x + i) - most);
    if (!log) Store(y + i, e);
    sums += e;
  }
  float sum = SumLanes(sums);
  if (i < count) {
    const Vec e = Exp(LoadPart(x + i, count - i) - most);
    if (!log) StorePart(y + i, e, count - i);
    for (int64_t k = 0; k < count - i; ++k) sum += e[k];
  }
  if (log) {
    const Vec shift = Log(Splat(sum));
    MapTo(x, y, count, [&](Vec v) { return v - most - shift; });
  } else {
    const Vec factor = Splat(1.0f / sum);
    MapTo(y, y, count, [&](Vec v) { return v * factor; });
  }
}

inline void SoftmaxColumns(bool log, float* x, int64_t length, int64_t columns) {
  for (int64_t c = 0; c < columns; c += kLanes) {
    float* const end = x + length * columns;
    Vec most = Load(x + c);
    for (const float* v = x + c; v < end; v += columns) most = Larger(most, Load(v));
    Vec sum = Splat(0.0f);
    for (float* v = x + c; v < end; v += columns) {
      const Vec e = Exp(Load(v) - most);
      if (!log) Store(v, e);
      sum += e;
    }
    const Vec change = log ? most + Log(sum) : Splat(1.0f) / sum;
    for (float* v = x + c; v < end; v += columns) Store(v, log ? Load(v) - change : Load(v) * change);
  }
}

FLOE_INLINE Vec LoadCount(const float* p, int64_t lanes) {
  return lanes < kLanes ? LoadPart(p, lanes) : Load(p);
}

inline void Blend(const float* const corners[4], float fx, float fy, float* y, int64_t count) {
  const Vec wx = Splat(fx);
  const Vec wy = Splat(fy);
  for (int64_t i = 0; i < count; i += kLanes) {
    const int64_t lanes = count - i < kLanes ? count - i : kLanes;
    const Vec a = LoadCount(corners[0] + i, lanes);
    const Vec c = LoadCount(corners[2] + i, lanes);
    const Vec top = Fma(LoadCount(corners[1] + i, lanes) - a, wx, a);
    const Vec bottom = Fma(LoadCount(corners[3] + i, lanes) - c, wx, c);
    const Vec v = Fma(bottom - top, wy, top);
    if (lanes < kLanes) {
      StorePart(y + i, v, lanes);
    } else {
      Store(y + i, v);
    }
  }
}

inline void Scale(float factor, float* x, int64_t count) {
  const Vec f = Splat(factor);
  MapTo(x, x, count, [&](Vec v) { return v * f; });
}

// x^-beta for the sums of local response normalisation; the betas in use need no logarithm.
FLOE_INLINE Vec NegativePower(Vec x, float beta) {
  if (beta == 0.5f) return Splat(1.0f) / Sqrt(x);
  if (beta == 0.75f) {
    const Vec root = Sqrt(x);
    return Splat(1.0f) / (root * Sqrt(root));
  }
  if (beta == 1.0f) return Splat(1.0f) / x;
  return Exp(Splat(-beta) * Log(x));
}

inline void Lrn(const LrnRow& row) {
  for (int64_t i = 0; i < row.channels; i += kLanes) {
    const int64_t lanes = row.channels - i < kLanes ? row.channels - i : kLanes;
    Vec sum = Splat(0.0f);
    const bool inside = i >= row.before && i + kLanes + row.after <= row.channels;
    for (int64_t d = -row.before; d <= row.after; ++d) {
      Vec v = Splat(0.0f);
      if (inside) {
        v = Load(row.x + i + d);
      } else {
        for (int64_t k = 0; k < lanes; ++k) {
          const int64_t c = i + d + k;
          if (c >= 0 && c < row.channels) v[k] = row.x[c];
        }
      }
      sum = Fma(v, v, sum);
    }
    const Vec base = Fma(sum, Splat(row.alpha), Splat(row.bias));
    const Vec y = LoadCount(row.x + i, lanes) * NegativePower(base, row.beta);
    if (lanes < kLanes) {
      StorePart(row.y + i, y, lanes);
    } else {
      Store(row.y + i, y);
    }
  }
}

// Four sums at a time, as in ReduceRow; in two passes over x, which lies in the first cache: the difference
// of squares and squared sums would cancel.
inline float SumOfSquaredDistances(const float* x, float mean, int64_t count) {
  Vec acc[4] = {Splat(0.0f), Splat(0.0f), Splat(0.0f), Splat(0.0f)};
  const Vec m = Splat(mean);
  int64_t i = 0;
  for (; i + 4 * kLanes <= count; i += 4 * kLanes) {
    for (int k = 0; k < 4; ++k) {
      const Vec d = Load(x + i + k * kLanes) - m;
      acc[k] = Fma(d, d, acc[k]);
    }
  }
  for (; i + kLanes <= count; i += kLanes) {
    const Vec d = Load(x + i) - m;
    acc[0] = Fma(d, d, acc[0]);
  }
  float sum = JoinLanes(Fold::kSum, (acc[0] + acc[1]) + (acc[2] + acc[3]));
  for (; i < count; ++i) sum += (x[i] - mean) * (x[i] - mean);
  return sum;
}

inline void Normalize(const float* x, const float* scale, const float* bias, float epsilon, float* y,
                      int64_t count) {
  const float mean = ReduceRow<Fold::kSum>(x, count) / static_cast<float>(count);
  const float variance = SumOfSquaredDistances(x, mean, count) / static_cast<float>(count);
  const Vec m = Splat(mean);
  const Vec inverse = Splat(1.0f / __builtin_sqrtf(variance + epsilon));
  for (int64_t i = 0; i < count; i += kLanes) {
    const int64_t lanes = count - i < kLanes ? count - i : kLanes;
    const Vec s = LoadCount(scale + i, lanes) * inverse;
    const Vec b = bias != nullptr ? LoadCount(bias + i, lanes) : Splat(0.0f);
    const Vec v = Fma(LoadCount(x + i, lanes) - m, s, b);
    if (lanes < kLanes) {
      StorePart(y + i, v, lanes);
    } else {
      Store(y + i, v);
    }
  }
}

// So many vectors at a time that their sums hide each other's latency.
template <int kVectors>
FLOE_INLINE void WeighVectors(const float* x, const WeighedRows& rows, float* y) {
  Vec sums[kVectors];
  for (Vec& sum : sums) sum = Splat(0.0f);
  for (int64_t k = 0; k < rows.count; ++k) {
    const Vec weight = Splat(rows.weights[k]);
    const float* from = x + rows.starts[k];
    for (int v = 0; v < kVectors; ++v) sums[v] = Fma(weight, Load(from + v * kLanes), sums[v]);
  }
  for (int v = 0; v < kVectors; ++v) Store(y + v * kLanes, sums[v]);
}

inline void Weigh(const float* x, const WeighedRows& rows, float* y, int64_t count) {
  int64_t i = 0;
  for (; i + 6 * kLanes <= count; i += 6 * kLanes) WeighVectors<6>(x + i, rows, y + i);
  for (; i + kLanes <= count; i += kLanes) WeighVectors<1>(x + i, rows, y + i);
  if (i == count) return;
  Vec sum = Splat(0.0f);
  for (int64_t k = 0; k < rows.count; ++k)
    sum = Fma(Splat(rows.weights[k]), LoadCount(x + rows.starts[k] + i, count - i), sum);
  StorePart(y + i, sum, count - i);
}

template <bool kLargest, bool kLast>
void TakePlaceIf(const float* x, int32_t place, float* best, int32_t* places, int64_t count) {
  for (int64_t i = 0; i < count; ++i) {
    const float a = x[i];
    const float b = best[i];
    const bool beats = kLargest ? (kLast ? a >= b : a > b) : (kLast ? a <= b : a < b);
    // A nan gives way to none but, with kLast, another.
    const bool wins = (beats && b == b) || (a != a && (kLast || b == b));
    best[i] = wins ? a : b;
    places[i] = wins ? place : places[i];
  }
}

inline void TakePlace(bool largest, bool last, const float* x, int32_t place, float* best, int32_t* places,
                      int64_t count) {
  const auto code = largest ? (last ? TakePlaceIf<true, true> : TakePlaceIf<true, false>)
                            : (last ? TakePlaceIf<false, true> : TakePlaceIf<false, false>);
  code(x, place, best, places, count);
}

// One file an instruction set includes this, each in its own namespace.
// NOLINTNEXTLINE(misc-definitions-in-headers)
constinit const RowCode kRowCode = {Reduce, Accumulate, TakePlace, PoolAs<float>, Softmax,  SoftmaxColumns,
                                    Blend,  Weigh,      Scale,     Lrn,           Normalize};

}  // namespace floe::cpu::FLOE_CPU_ISA

#endif  // FLOE_BACKENDS_CPU_ROWS_ROWS_IMPL_H_
