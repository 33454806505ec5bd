// One vector type for all instruction sets. A file compiled for one of them defines FLOE_CPU_ISA (generic,
// avx2, avx512 or neon: also the namespace) before it includes kernels (*_impl.h), and everything in those
// lives in floe::cpu::FLOE_CPU_ISA. They call no function of the standard library that is not a compiler
// built-in: an inline function compiled for AVX-512 could be the copy the linker keeps for everybody.
#ifndef FLOE_BACKENDS_CPU_SIMD_H_
#define FLOE_BACKENDS_CPU_SIMD_H_

#include <cstddef>
#include <cstdint>

#if defined(__AVX2__)
#include <immintrin.h>
#elif defined(FLOE_NEON)
#include <arm_neon.h>
#endif

#define FLOE_INLINE inline __attribute__((always_inline))

namespace floe::cpu::FLOE_CPU_ISA {

#if defined(__AVX512F__)
constexpr int kLanes = 16;
#elif defined(__AVX2__)
constexpr int kLanes = 8;
#else
constexpr int kLanes = 4;
#endif

#if defined(__AVX512F__) || defined(FLOE_NEON)
constexpr int kRegisters = 32;
#else
constexpr int kRegisters = 16;
#endif

// AtLeast and AtMost give nan where the limit is nan, too.
#if defined(FLOE_NEON)
constexpr bool kLimitsKeepNan = true;
#else
constexpr bool kLimitsKeepNan = false;
#endif

// One copy of the code, with masks, does for all numbers of lanes there.
constexpr bool kMasksAreFree = kLanes == 16;

typedef float Vec __attribute__((vector_size(4 * kLanes)));
typedef int32_t VecI __attribute__((vector_size(4 * kLanes)));
typedef float VecUnaligned __attribute__((vector_size(4 * kLanes), aligned(4), may_alias));

FLOE_INLINE Vec Load(const float* p) {
  return *reinterpret_cast<const VecUnaligned*>(p);
}
FLOE_INLINE void Store(float* p, Vec v) {
  *reinterpret_cast<VecUnaligned*>(p) = v;
}
FLOE_INLINE VecI Bits(Vec v) {
  return reinterpret_cast<VecI>(v);
}
FLOE_INLINE Vec FromBits(VecI v) {
  return reinterpret_cast<Vec>(v);
}

#if defined(__AVX512F__)

FLOE_INLINE Vec Splat(float x) {
  return _mm512_set1_ps(x);
}
FLOE_INLINE Vec Fma(Vec a, Vec b, Vec c) {
  return _mm512_fmadd_ps(a, b, c);
}
// x, but `limit` where x is below (above) it; nan stays nan.
FLOE_INLINE Vec AtLeast(Vec x, Vec limit) {
  return _mm512_max_ps(limit, x);
}
FLOE_INLINE Vec AtMost(Vec x, Vec limit) {
  return _mm512_min_ps(limit, x);
}
FLOE_INLINE Vec SelectLess(Vec a, Vec b, Vec yes, Vec no) {  // a < b ? yes : no; false for nan
  return _mm512_mask_blend_ps(_mm512_cmp_ps_mask(a, b, _CMP_LT_OQ), no, yes);
}
FLOE_INLINE Vec SelectEqual(Vec a, Vec b, Vec yes, Vec no) {
  return _mm512_mask_blend_ps(_mm512_cmp_ps_mask(a, b, _CMP_EQ_OQ), no, yes);
}
FLOE_INLINE Vec Sqrt(Vec x) {
  return _mm512_sqrt_ps(x);
}
FLOE_INLINE Vec RoundEven(Vec x) {
  return _mm512_roundscale_ps(x, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
}
FLOE_INLINE Vec Floor(Vec x) {
  return _mm512_roundscale_ps(x, _MM_FROUND_TO_NEG_INF | _MM_FROUND_NO_EXC);
}
FLOE_INLINE Vec Ceil(Vec x) {
  return _mm512_roundscale_ps(x, _MM_FROUND_TO_POS_INF | _MM_FROUND_NO_EXC);
}
FLOE_INLINE Vec Trunc(Vec x) {
  return _mm512_roundscale_ps(x, _MM_FROUND_TO_ZERO | _MM_FROUND_NO_EXC);
}
FLOE_INLINE VecI ToInt(Vec x) {
  return reinterpret_cast<VecI>(_mm512_cvttps_epi32(x));
}
FLOE_INLINE Vec ToFloat(VecI x) {
  return _mm512_cvtepi32_ps(reinterpret_cast<__m512i>(x));
}
FLOE_INLINE __mmask16 FirstLanes(int64_t n) {
  return static_cast<__mmask16>((1u << n) - 1);
}
// The first n <= kLanes elements; the others are zero, and their memory is not touched.
FLOE_INLINE Vec LoadPart(const float* p, int64_t n) {
  return _mm512_maskz_loadu_ps(FirstLanes(n), p);
}
FLOE_INLINE void StorePart(float* p, Vec v, int64_t n) {
  _mm512_mask_storeu_ps(p, FirstLanes(n), v);
}
// table[index modulo kLanes].
FLOE_INLINE VecI Lookup(VecI table, VecI index) {
  return reinterpret_cast<VecI>(
      _mm512_permutexvar_epi32(reinterpret_cast<__m512i>(index), reinterpret_cast<__m512i>(table)));
}

#elif defined(__AVX2__)

FLOE_INLINE Vec Splat(float x) {
  return _mm256_set1_ps(x);
}
FLOE_INLINE Vec Fma(Vec a, Vec b, Vec c) {
  return _mm256_fmadd_ps(a, b, c);
}
FLOE_INLINE Vec AtLeast(Vec x, Vec limit) {
  return _mm256_max_ps(limit, x);
}
FLOE_INLINE Vec AtMost(Vec x, Vec limit) {
  return _mm256_min_ps(limit, x);
}
FLOE_INLINE Vec SelectLess(Vec a, Vec b, Vec yes, Vec no) {
  return _mm256_blendv_ps(no, yes, _mm256_cmp_ps(a, b, _CMP_LT_OQ));
}
FLOE_INLINE Vec SelectEqual(Vec a, Vec b, Vec yes, Vec no) {
  return _mm256_blendv_ps(no, yes, _mm256_cmp_ps(a, b, _CMP_EQ_OQ));
}
FLOE_INLINE Vec Sqrt(Vec x) {
  return _mm256_sqrt_ps(x);
}
FLOE_INLINE Vec RoundEven(Vec x) {
  return _mm256_round_ps(x, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
}
FLOE_INLINE Vec Floor(Vec x) {
  return _mm256_floor_ps(x);
}
FLOE_INLINE Vec Ceil(Vec x) {
  return _mm256_ceil_ps(x);
}
FLOE_INLINE Vec Trunc(Vec x) {
  return _mm256_round_ps(x, _MM_FROUND_TO_ZERO | _MM_FROUND_NO_EXC);
}
FLOE_INLINE VecI ToInt(Vec x) {
  return reinterpret_cast<VecI>(_mm256_cvttps_epi32(x));
}
FLOE_INLINE Vec ToFloat(VecI x) {
  return _mm256_cvtepi32_ps(reinterpret_cast<__m256i>(x));
}
FLOE_INLINE __m256i FirstLanes(int64_t n) {
  return _mm256_cmpgt_epi32(_mm256_set1_epi32(static_cast<int>(n)),
                            _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7));
}
FLOE_INLINE Vec LoadPart(const float* p, int64_t n) {
  return _mm256_maskload_ps(p, FirstLanes(n));
}
FLOE_INLINE void StorePart(float* p, Vec v, int64_t n) {
  _mm256_maskstore_ps(p, FirstLanes(n), v);
}
FLOE_INLINE VecI Lookup(VecI table, VecI index) {
  return reinterpret_cast<VecI>(
      _mm256_permutevar8x32_epi32(reinterpret_cast<__m256i>(table), reinterpret_cast<__m256i>(index)));
}

#elif defined(FLOE_NEON)

FLOE_INLINE Vec Splat(float x) {
  return vdupq_n_f32(x);
}
FLOE_INLINE Vec Fma(Vec a, Vec b, Vec c) {
  return vfmaq_f32(c, a, b);
}
// a[kLane] * b + c
template <int kLane>
FLOE_INLINE Vec FmaByLane(Vec a, Vec b, Vec c) {
  return vfmaq_laneq_f32(c, b, a, kLane);
}
// Of zeros of both signs the instructions take the one that suits them.
FLOE_INLINE Vec AtLeast(Vec x, Vec limit) {
  return vmaxq_f32(x, limit);
}
FLOE_INLINE Vec AtMost(Vec x, Vec limit) {
  return vminq_f32(x, limit);
}
FLOE_INLINE Vec SelectLess(Vec a, Vec b, Vec yes, Vec no) {
  return vbslq_f32(vcltq_f32(a, b), yes, no);
}
FLOE_INLINE Vec SelectEqual(Vec a, Vec b, Vec yes, Vec no) {
  return vbslq_f32(vceqq_f32(a, b), yes, no);
}
FLOE_INLINE Vec Sqrt(Vec x) {
  return vsqrtq_f32(x);
}
FLOE_INLINE Vec RoundEven(Vec x) {
  return vrndnq_f32(x);
}
FLOE_INLINE Vec Floor(Vec x) {
  return vrndmq_f32(x);
}
FLOE_INLINE Vec Ceil(Vec x) {
  return vrndpq_f32(x);
}
FLOE_INLINE Vec Trunc(Vec x) {
  return vrndq_f32(x);
}
FLOE_INLINE VecI ToInt(Vec x) {
  return vcvtq_s32_f32(x);
}
FLOE_INLINE Vec ToFloat(VecI x) {
  return vcvtq_f32_s32(x);
}
// Calls: in place they are most of the code.
inline __attribute__((noinline)) Vec LoadPart(const float* p, int64_t n) {
  if (n >= kLanes) return Load(p);
  Vec v = Splat(0);
  if ((n & 2) != 0) v = vcombine_f32(vld1_f32(p), vdup_n_f32(0));
  if (n == 1) v = vld1q_lane_f32(p, v, 0);
  if (n == 3) v = vld1q_lane_f32(p + 2, v, 2);
  return v;
}
inline __attribute__((noinline)) void StorePart(float* p, Vec v, int64_t n) {
  if (n >= kLanes) return Store(p, v);
  if ((n & 2) != 0) vst1_f32(p, vget_low_f32(v));
  if (n == 1) vst1q_lane_f32(p, v, 0);
  if (n == 3) vst1q_lane_f32(p + 2, v, 2);
}

#else

FLOE_INLINE Vec Splat(float x) {
  return Vec{x, x, x, x};
}
FLOE_INLINE Vec Fma(Vec a, Vec b, Vec c) {
  return a * b + c;
}
FLOE_INLINE Vec SelectLess(Vec a, Vec b, Vec yes, Vec no) {
  const VecI m = a < b;
  return FromBits((Bits(yes) & m) | (Bits(no) & ~m));
}
FLOE_INLINE Vec SelectEqual(Vec a, Vec b, Vec yes, Vec no) {
  const VecI m = a == b;
  return FromBits((Bits(yes) & m) | (Bits(no) & ~m));
}
FLOE_INLINE Vec AtLeast(Vec x, Vec limit) {
  return SelectLess(x, limit, limit, x);
}
FLOE_INLINE Vec AtMost(Vec x, Vec limit) {
  return SelectLess(limit, x, limit, x);
}
FLOE_INLINE Vec Sqrt(Vec x) {
  for (int i = 0; i < kLanes; ++i) x[i] = __builtin_sqrtf(x[i]);
  return x;
}
FLOE_INLINE Vec RoundEven(Vec x) {
  for (int i = 0; i < kLanes; ++i) x[i] = __builtin_rintf(x[i]);
  return x;
}
FLOE_INLINE Vec Floor(Vec x) {
  for (int i = 0; i < kLanes; ++i) x[i] = __builtin_floorf(x[i]);
  return x;
}
FLOE_INLINE Vec Ceil(Vec x) {
  for (int i = 0; i < kLanes; ++i) x[i] = __builtin_ceilf(x[i]);
  return x;
}
FLOE_INLINE Vec Trunc(Vec x) {
  for (int i = 0; i < kLanes; ++i) x[i] = __builtin_truncf(x[i]);
  return x;
}
FLOE_INLINE VecI ToInt(Vec x) {
  return __builtin_convertvector(x, VecI);
}
FLOE_INLINE Vec ToFloat(VecI x) {
  return __builtin_convertvector(x, Vec);
}
// Calls: in place they are most of the code, and what is portable is not fast.
inline __attribute__((noinline)) Vec LoadPart(const float* p, int64_t n) {
  Vec v = Splat(0);
  for (int64_t i = 0; i < n; ++i) v[i] = p[i];
  return v;
}
inline __attribute__((noinline)) void StorePart(float* p, Vec v, int64_t n) {
  for (int64_t i = 0; i < n; ++i) p[i] = v[i];
}

#endif

FLOE_INLINE VecI SplatInt(int32_t x) {
  return VecI{} + x;
}
FLOE_INLINE Vec Abs(Vec x) {
  return FromBits(Bits(x) & SplatInt(0x7fffffff));
}
// |x| with the sign of `sign`.
FLOE_INLINE Vec CopySign(Vec x, Vec sign) {
  return FromBits((Bits(x) & SplatInt(0x7fffffff)) | (Bits(sign) & SplatInt(INT32_MIN)));
}
FLOE_INLINE float SumLanes(Vec x) {
  float sum = 0;
  for (int i = 0; i < kLanes; ++i) sum += x[i];
  return sum;
}

}  // namespace floe::cpu::FLOE_CPU_ISA

#endif  // FLOE_BACKENDS_CPU_SIMD_H_
