// Elementary functions on vectors of float32. Bounds are the largest errors measured over all floats (or a
// dense sample), in units in the last place of the exact result; see tests/backends/cpu/math_test.cc.
#ifndef FLOE_BACKENDS_CPU_SIMD_MATH_H_
#define FLOE_BACKENDS_CPU_SIMD_MATH_H_

#include "backends/cpu/simd.h"

namespace floe::cpu::FLOE_CPU_ISA {

constexpr float kInfinity = __builtin_inff();

// 2^n for whole n in [-126, 127].
FLOE_INLINE Vec PowerOfTwo(Vec n) {
  return FromBits((ToInt(n) + 127) << 23);
}

// nan where x is nan, else `result`.
FLOE_INLINE Vec KeepNan(Vec x, Vec result) {
  return SelectEqual(x, x, result, x);
}
// The larger (smaller) one; nan if either is.
FLOE_INLINE Vec Larger(Vec a, Vec b) {
  return kLimitsKeepNan ? AtLeast(a, b) : KeepNan(a, AtLeast(b, a));
}
FLOE_INLINE Vec Smaller(Vec a, Vec b) {
  return kLimitsKeepNan ? AtMost(a, b) : KeepNan(a, AtMost(b, a));
}

// x = n ln 2 + r, |r| <= ln 2 / 2: ln 2 in two parts (Cody and Waite), the polynomial of Cephes' expf.
FLOE_INLINE Vec ReduceExp(Vec x, Vec* n) {
  *n = RoundEven(x * Splat(1.44269504088896341f));
  const Vec r = Fma(*n, Splat(-0.693359375f), x);
  return Fma(*n, Splat(2.12194440e-4f), r);
}
// (exp(r) - 1 - r) / r^2
FLOE_INLINE Vec ExpTail(Vec r) {
  Vec p = Splat(1.9875691500e-4f);
  p = Fma(p, r, Splat(1.3981999507e-3f));
  p = Fma(p, r, Splat(8.3334519073e-3f));
  p = Fma(p, r, Splat(4.1665795894e-2f));
  p = Fma(p, r, Splat(1.6666665459e-1f));
  return Fma(p, r, Splat(5.0000001201e-1f));
}

// 2 ulp; results below 2^-126 become 0.
FLOE_INLINE Vec Exp(Vec x) {
  const Vec limited = AtMost(AtLeast(x, Splat(-104.0f)), Splat(89.0f));
  Vec n;
  const Vec r = ReduceExp(limited, &n);
  const Vec y = Fma(r * r, ExpTail(r), r) + Splat(1.0f);
  // Two factors, since n may be 128 where the result is still finite.
  const Vec half = Floor(n * Splat(0.5f));
  const Vec result = y * PowerOfTwo(half) * PowerOfTwo(n - half);
  return KeepNan(x, SelectLess(x, Splat(-87.33655f), Splat(0.0f), result));
}

// exp(x) - 1, 3 ulp, exact to first order near 0.
FLOE_INLINE Vec Expm1(Vec x) {
  const Vec limited = AtMost(AtLeast(x, Splat(-30.0f)), Splat(89.0f));
  Vec n;
  const Vec r = ReduceExp(limited, &n);
  const Vec small = Fma(r * r, ExpTail(r), r);
  const Vec half = Floor(n * Splat(0.5f));
  const Vec a = PowerOfTwo(half);
  const Vec b = PowerOfTwo(n - half);
  // 2^n - 1 is exact for n <= 24; beyond, the 1 no longer shows.
  const Vec result = Fma(small * a, b, Fma(a, b, Splat(-1.0f)));
  return KeepNan(x, SelectEqual(x, Splat(0.0f), x, result));
}

// ln of a normal or subnormal positive number, 2 ulp: Cephes' logf.
FLOE_INLINE Vec Log(Vec x) {
  const Vec tiny = Splat(1.17549435e-38f);
  const Vec scaled = SelectLess(x, tiny, x * Splat(0x1p24f), x);
  const Vec shift = SelectLess(x, tiny, Splat(-24.0f), Splat(0.0f));
  const VecI bits = Bits(scaled);
  Vec e = ToFloat(((bits >> 23) & 0xff) - 126) + shift;
  Vec m = FromBits((bits & 0x007fffff) | 0x3f000000);  // [0.5, 1)
  const Vec root = Splat(0.707106781186547524f);
  e = SelectLess(m, root, e - Splat(1.0f), e);
  m = SelectLess(m, root, m + m, m) - Splat(1.0f);
  const Vec z = m * m;
  Vec p = Splat(7.0376836292e-2f);
  p = Fma(p, m, Splat(-1.1514610310e-1f));
  p = Fma(p, m, Splat(1.1676998740e-1f));
  p = Fma(p, m, Splat(-1.2420140846e-1f));
  p = Fma(p, m, Splat(1.4249322787e-1f));
  p = Fma(p, m, Splat(-1.6668057665e-1f));
  p = Fma(p, m, Splat(2.0000714765e-1f));
  p = Fma(p, m, Splat(-2.4999993993e-1f));
  p = Fma(p, m, Splat(3.3333331174e-1f));
  Vec y = p * m * z;
  y = Fma(e, Splat(-2.12194440e-4f), y);
  y = Fma(z, Splat(-0.5f), y);
  Vec result = Fma(e, Splat(0.693359375f), m + y);
  result = SelectEqual(x, Splat(kInfinity), x, result);
  result = SelectEqual(x, Splat(0.0f), Splat(-kInfinity), result);
  return KeepNan(x, SelectLess(x, Splat(0.0f), Splat(__builtin_nanf("")), result));
}

// ln(1 + x), 3 ulp: the rounding of 1 + x is made good (Kahan).
FLOE_INLINE Vec Log1p(Vec x) {
  const Vec one = Splat(1.0f);
  const Vec u = x + one;
  const Vec d = u - one;
  const Vec corrected = Log(u) * (x / d);
  Vec result = SelectEqual(d, Splat(0.0f), x, corrected);
  return SelectEqual(u, Splat(kInfinity), u, result);
}

// What an activation needs of exp: x beyond these limits is taken for the limit, so that one factor 2^n does.
// It is infinite at the upper one and of no account at the lower one.
constexpr float kLeastPower = -87.33f;
constexpr float kMostPower = 88.7228f;
// Powers of two between 1 and 2 that are looked up; what is left of x is small, and so is the polynomial.
#if defined(__AVX512F__)
constexpr int kPowerStepBits = 5;
#elif defined(__AVX2__)
constexpr int kPowerStepBits = 3;
#else
constexpr int kPowerStepBits = 0;
#endif
constexpr int kPowerSteps = 1 << kPowerStepBits;
// Added to a number of powers, the sum's last bit counts steps, and its last bits are the step and 127 + n.
constexpr float kPowerRounder = 0x1.8p23f / kPowerSteps + 127;

// The fraction bits of 2^(k / steps), less what k itself adds where its bits lie, from the `first`-th step
// on.
FLOE_INLINE VecI PowerTable(int first) {
  constexpr int32_t kParts[32] = {0x000000, 0x02cd87, 0x05aac3, 0x08980f, 0x0b95c2, 0x0ea43a, 0x11c3d3,
                                  0x14f4f0, 0x1837f0, 0x1b8d3a, 0x1ef532, 0x227043, 0x25fed7, 0x29a15b,
                                  0x2d583f, 0x3123f6, 0x3504f3, 0x38fbaf, 0x3d08a4, 0x412c4d, 0x45672a,
                                  0x49b9be, 0x4e248c, 0x52a81e, 0x5744fd, 0x5bfbb8, 0x60ccdf, 0x65b907,
                                  0x6ac0c7, 0x6fe4ba, 0x75257d, 0x7a83b3};
  VecI table{};
  for (int i = 0; i < kLanes; ++i) {
    const int k = (first + i) % kPowerSteps;
    table[i] = kParts[k * 32 / kPowerSteps] - (k << (23 - kPowerStepBits));
  }
  return table;
}

// 2^n rounded to a step, of `sum` = n + kPowerRounder.
FLOE_INLINE Vec SteppedPower(Vec sum) {
  const VecI bits = Bits(sum);
#if defined(__AVX512F__)
  const auto low = reinterpret_cast<__m512i>(PowerTable(0));
  const auto high = reinterpret_cast<__m512i>(PowerTable(kLanes));
  const __m512i step = _mm512_permutex2var_epi32(low, reinterpret_cast<__m512i>(bits), high);
  return FromBits((bits << (23 - kPowerStepBits)) + reinterpret_cast<VecI>(step));
#elif defined(__AVX2__)
  return FromBits((bits << (23 - kPowerStepBits)) + Lookup(PowerTable(0), bits));
#else
  return FromBits(bits << 23);
#endif
}
// exp(r), or with sign = -1 exp(-r), for |r| up to half a step.
FLOE_INLINE Vec ExpOfRest(Vec r, float sign) {
#if defined(__AVX512F__)
  const Vec p = Fma(r, Splat(0.5f), Splat(sign * 1.0000146655f));
#elif defined(__AVX2__)
  const Vec p = Fma(r, Fma(r, Splat(sign * 0.16666859388f), Splat(0.50006461143f)), Splat(sign));
#else
  const Vec p = Fma(r, ExpTail(sign < 0 ? -r : r), Splat(sign));
#endif
  return Fma(r, p, Splat(1.0f));
}

// exp(x) for kLeastPower <= x <= kMostPower; nan stays nan.
FLOE_INLINE Vec ExpWithin(Vec x) {
  const Vec sum = Fma(x, Splat(1.44269504088896341f), Splat(kPowerRounder));
  const Vec n = sum - Splat(kPowerRounder);
  Vec r = Fma(n, Splat(-0.693359375f), x);
  r = Fma(n, Splat(2.12194440e-4f), r);
  return SteppedPower(sum) * ExpOfRest(r, 1);
}

// exp(x) - 1 for kLeastPower <= x <= 88: whole powers of two, since 1 is to cancel without rounding.
FLOE_INLINE Vec Expm1Within(Vec x) {
  Vec n;
  const Vec r = ReduceExp(x, &n);
  const Vec power = PowerOfTwo(n);
  return Fma(Fma(r * r, ExpTail(r), r), power, power - Splat(1.0f));
}

// 1 + exp(-x), infinite for x below -88.7. Where multiply-adds round once, ln 2 may be one float, which is
// right to 3e-9 of it.
FLOE_INLINE Vec OnePlusExpOfMinus(Vec x) {
  const Vec limited = AtMost(AtLeast(x, Splat(-kMostPower)), Splat(-kLeastPower));
  const Vec sum = Fma(limited, Splat(-1.44269504088896341f), Splat(kPowerRounder));
  const Vec n = sum - Splat(kPowerRounder);
#if defined(__AVX2__)
  const Vec r = Fma(n, Splat(0.693147180559945309f), limited);
#else
  const Vec r = Fma(n, Splat(-2.12194440e-4f), Fma(n, Splat(0.693359375f), limited));
#endif
  return Fma(SteppedPower(sum), ExpOfRest(r, -1), Splat(1.0f));
}

// 4 ulp, 7 ulp below -20; 0 below -88.7.
FLOE_INLINE Vec Sigmoid(Vec x) {
  return Splat(1.0f) / OnePlusExpOfMinus(x);
}

// 3 ulp, through expm1(2 |x|).
FLOE_INLINE Vec Tanh(Vec x) {
  const Vec a = AtMost(Abs(x), Splat(10.0f));
  const Vec e = Expm1Within(a + a);
  return CopySign(e / (e + Splat(2.0f)), x);
}

// 4 ulp: ln(1 + exp(x)) = max(x, 0) + ln(1 + u), u = exp(-|x|), and ln(1 + u) = 2 artanh(u / (2 + u)).
FLOE_INLINE Vec Softplus(Vec x) {
  const Vec power = -Abs(x);
  const Vec u =
      SelectLess(power, Splat(kLeastPower), Splat(0.0f), ExpWithin(AtLeast(power, Splat(kLeastPower))));
  const Vec s = u / Fma(u, Splat(0.5f), Splat(1.0f));  // not half of it, which might be subnormal
  const Vec z = s * s;
  Vec q = Splat(1.1860135e-4f);
  q = Fma(q, z, Splat(4.1856916e-4f));
  q = Fma(q, z, Splat(2.2356715e-3f));
  q = Fma(q, z, Splat(1.2499653e-2f));
  q = Fma(q, z, Splat(8.3333344e-2f));
  q = Fma(q, z, Splat(1.0f));
  return Fma(q, s, AtLeast(x, Splat(0.0f)));
}

// 5 ulp: x tanh(ln(1 + e)) = x e (e + 2) / (e (e + 2) + 2), e = exp(x).
FLOE_INLINE Vec Mish(Vec x) {
  const Vec e = ExpWithin(AtMost(AtLeast(x, Splat(kLeastPower)), Splat(20.0f)));
  const Vec product = e * (e + Splat(2.0f));
  return x * (SelectLess(x, Splat(kLeastPower), Splat(0.0f), product) / (product + Splat(2.0f)));
}

// Abramowitz and Stegun 7.1.26 is too coarse: a Taylor-like rational for |x| < 1 (Cephes' erff) and
// 1 - exp(-x^2) P(1/x)/x beyond (Cephes' erfcf), 4 ulp.
FLOE_INLINE Vec ErfcTail(Vec a) {  // erfc(a), 1 <= a <= 6
  const Vec z = ExpWithin(-a * a);
  const Vec q = Splat(1.0f) / a;
  const Vec y = q * q;
  Vec p = Splat(2.326819970068386E-2f);
  p = Fma(p, y, Splat(-1.387039388740657E-1f));
  p = Fma(p, y, Splat(3.687424674597105E-1f));
  p = Fma(p, y, Splat(-5.824733027278666E-1f));
  p = Fma(p, y, Splat(6.210004621745983E-1f));
  p = Fma(p, y, Splat(-4.944515323274145E-1f));
  p = Fma(p, y, Splat(3.404879937665872E-1f));
  p = Fma(p, y, Splat(-2.741127028184656E-1f));
  p = Fma(p, y, Splat(5.638259427386472E-1f));
  Vec r = Splat(-1.047766399936249E+1f);
  r = Fma(r, y, Splat(1.297719955372516E+1f));
  r = Fma(r, y, Splat(-7.495518717768503E+0f));
  r = Fma(r, y, Splat(2.921019019210786E+0f));
  r = Fma(r, y, Splat(-1.015265279202700E+0f));
  r = Fma(r, y, Splat(4.218463358204948E-1f));
  r = Fma(r, y, Splat(-2.820767439740514E-1f));
  r = Fma(r, y, Splat(5.641895067754075E-1f));
  return z * q * SelectLess(a, Splat(2.0f), p, r);
}
FLOE_INLINE Vec ErfCore(Vec x) {  // |x| <= 1
  const Vec z = x * x;
  Vec p = Splat(7.853861353153693E-5f);
  p = Fma(p, z, Splat(-8.010193625184903E-4f));
  p = Fma(p, z, Splat(5.188327685732524E-3f));
  p = Fma(p, z, Splat(-2.685381193529856E-2f));
  p = Fma(p, z, Splat(1.128358514861418E-1f));
  p = Fma(p, z, Splat(-3.761262582423300E-1f));
  p = Fma(p, z, Splat(1.128379165726710E+0f));
  return x * p;
}
FLOE_INLINE Vec Erf(Vec x) {
  const Vec a = Abs(x);
  const Vec limited = AtMost(AtLeast(a, Splat(1.0f)), Splat(6.0f));
  const Vec far = CopySign(Splat(1.0f) - ErfcTail(limited), x);
  return KeepNan(x, SelectLess(a, Splat(1.0f), ErfCore(x), far));
}

FLOE_INLINE Vec HardSwish(Vec x) {
  const Vec gate = AtMost(AtLeast(x + Splat(3.0f), Splat(0.0f)), Splat(6.0f));
  return x * (gate * Splat(1.0f / 6.0f));  // the product with a large x must not overflow first
}
FLOE_INLINE Vec Silu(Vec x) {
  return x / OnePlusExpOfMinus(x);
}
FLOE_INLINE Vec Elu(Vec x, Vec alpha) {
  return SelectLess(x, Splat(0.0f), alpha * Expm1Within(AtLeast(x, Splat(kLeastPower))), x);
}
FLOE_INLINE Vec Gelu(Vec x) {
  return Splat(0.5f) * x * (Splat(1.0f) + Erf(x * Splat(0.707106781186547524f)));
}
FLOE_INLINE Vec GeluTanh(Vec x) {
  const Vec inner = Splat(0.7978845608028654f) * Fma(Splat(0.044715f) * x * x, x, x);
  return Splat(0.5f) * x * (Splat(1.0f) + Tanh(inner));
}

}  // namespace floe::cpu::FLOE_CPU_ISA

#endif  // FLOE_BACKENDS_CPU_SIMD_MATH_H_
