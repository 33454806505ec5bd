#include "peak.h"

#include <algorithm>
#include <chrono>
#include <vector>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

#include "backends/cpu/isa.h"
#include "base/thread_pool.h"

namespace floe {
namespace {

constexpr int kSteps = 20000;

#if defined(__x86_64__)
// Twelve chains hide the latency of each addition.
__attribute__((target("avx512f"))) double WideLoop() {
  __m512 acc[12];
  for (__m512& a : acc) a = _mm512_set1_ps(0.5f);
  const __m512 factor = _mm512_set1_ps(0.999f);
  for (int i = 0; i < kSteps; ++i) {
#pragma GCC unroll 12
    for (int k = 0; k < 12; ++k) acc[k] = _mm512_fmadd_ps(acc[k], factor, factor);
  }
  double sum = 0;
  for (const __m512& a : acc) sum += static_cast<double>(_mm512_cvtss_f32(a));
  return sum;
}

__attribute__((target("avx2,fma"))) double NarrowLoop() {
  __m256 acc[12];
  for (__m256& a : acc) a = _mm256_set1_ps(0.5f);
  const __m256 factor = _mm256_set1_ps(0.999f);
  for (int i = 0; i < kSteps; ++i) {
#pragma GCC unroll 12
    for (int k = 0; k < 12; ++k) acc[k] = _mm256_fmadd_ps(acc[k], factor, factor);
  }
  double sum = 0;
  for (const __m256& a : acc) sum += static_cast<double>(_mm256_cvtss_f32(a));
  return sum;
}
#endif

#if defined(__x86_64__)
__attribute__((target("avx512f,avx512bf16"))) double Bf16Loop() {
  __m512 acc[12];
  for (__m512& a : acc) a = _mm512_set1_ps(0.5f);
  const __m512 ones = _mm512_set1_ps(1e-3f);
  const __m512bh factor = _mm512_cvtne2ps_pbh(ones, ones);
  for (int i = 0; i < kSteps; ++i) {
#pragma GCC unroll 12
    for (int k = 0; k < 12; ++k) acc[k] = _mm512_dpbf16_ps(acc[k], factor, factor);
  }
  double sum = 0;
  for (const __m512& a : acc) sum += static_cast<double>(_mm512_cvtss_f32(a));
  return sum;
}
#endif

double PlainLoop() {
  float acc[32];
  std::fill_n(acc, 32, 0.5f);
  for (int i = 0; i < kSteps; ++i) {
    for (float& a : acc) a = a * 0.999f + 0.999f;
  }
  double sum = 0;
  for (const float a : acc) sum += static_cast<double>(a);
  return sum;
}

struct PeakLoop {
  double (*run)();
  double flops;
};

PeakLoop LoopHere() {
#if defined(__x86_64__)
  const cpu::Isa isa = cpu::DetectIsa();
  if (isa == cpu::Isa::kAvx512) return {WideLoop, 2.0 * 12 * 16 * kSteps};
  if (isa == cpu::Isa::kAvx2) return {NarrowLoop, 2.0 * 12 * 8 * kSteps};
#endif
  return {PlainLoop, 2.0 * 32 * kSteps};
}

double Measure(const PeakLoop& loop) {
  double best = 0;
  volatile double sink = 0;
  for (int round = 0; round < 200; ++round) {
    const auto begin = std::chrono::steady_clock::now();
    sink = sink + loop.run();
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
    best = std::max(best, loop.flops / took.count() / 1e9);
  }
  return best;
}

double Median(std::vector<double> values) {
  std::nth_element(values.begin(), values.begin() + values.size() / 2, values.end());
  return values[values.size() / 2];
}

// Seconds of one call, over a few milliseconds of them.
template <typename Call>
double MeanSeconds(Call call) {
  constexpr int kCalls = 200;
  const auto begin = std::chrono::steady_clock::now();
  for (int i = 0; i < kCalls; ++i) call();
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
  return took.count() / kCalls;
}

}  // namespace

double PeakGflops() {
  static const double peak = Measure(LoopHere());
  return peak;
}

double PeakBf16Gflops() {
#if defined(__x86_64__)
  static const double peak = cpu::DetectBf16() ? Measure({Bf16Loop, 4.0 * 12 * 16 * kSteps}) : 0;
  return peak;
#else
  return 0;
#endif
}

double TimeTogether() {
  const PeakLoop loop = LoopHere();
  ThreadPool pool;
  struct alignas(64) Sum {
    volatile double value = 0;
  };
  std::vector<Sum> sums(static_cast<size_t>(pool.threads()));
  std::vector<double> alone;
  std::vector<double> together;
  for (int round = 0; round < 25; ++round) {
    alone.push_back(MeanSeconds([&] { sums[0].value = sums[0].value + loop.run(); }));
    together.push_back(MeanSeconds([&] {
      pool.RunOnAll([&](int thread) {
        Sum& sum = sums[static_cast<size_t>(thread)];
        sum.value = sum.value + loop.run();
      });
    }));
  }
  return Median(together) / Median(alone);
}

}  // namespace floe
