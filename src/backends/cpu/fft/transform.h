// A Fourier transform along one axis of a tensor.
#ifndef FLOE_BACKENDS_CPU_FFT_TRANSFORM_H_
#define FLOE_BACKENDS_CPU_FFT_TRANSFORM_H_

#include <complex>
#include <cstdint>
#include <vector>

#include "base/thread_pool.h"
#include "graph/ops/misc.h"

namespace floe::cpu {

bool IsReal(FftKind kind);
bool IsInverse(FftKind kind);

// Whether the length has a transform here: up to 2^20, without large prime factors.
bool HasTransform(int64_t length);

// [outer, in, inner] to [outer, out, inner]. Transforms of real numbers have an inner of 1.
struct Axis {
  FftKind kind = FftKind::kFft;
  int64_t outer = 1;
  int64_t inner = 1;
  int64_t in = 1;      // elements of a row, real or complex
  int64_t out = 1;     // of a result
  int64_t length = 1;  // of the transform

  int64_t rows() const { return outer * inner; }
};

class Transform {
 public:
  // In double, so that a spectrum's zeros are zeros beside its peaks: float32 would be 1.3 times as fast.
  using Real = double;
  using Complex = std::complex<Real>;

  // One pass over n * stride elements: `stride` interleaved transforms of length n become radix times as many
  // of length n / radix.
  struct Pass {
    int64_t radix;
    int64_t parts;  // n / radix
    int64_t stride;
    std::vector<Complex> twiddles;  // radix - 1 of each part
    std::vector<Complex> roots;     // of one, the radix-th
  };

  explicit Transform(const Axis& axis);

  size_t WorkspaceBytes(int threads) const;
  // Complex rows are transformed in place where x is y.
  void Run(const float* x, float* y, void* workspace, ThreadPool& pool) const;

 private:
  int64_t BufferReals() const;
  template <int64_t kCount>
  void RunRows(const float* x, float* y, int64_t row, Real* memory) const;
  Complex Given(const float* x, int64_t i) const;
  Complex Mirrored(const float* x, int64_t k) const;
  Complex Joined(const float* x, int64_t k) const;
  template <int64_t kCount>
  void Load(const float* x, Real* re, Real* im) const;
  template <int64_t kCount>
  Complex Apart(const Real* re, const Real* im, int64_t k) const;
  template <int64_t kCount>
  void Store(const Real* re, const Real* im, float* y) const;

  Axis axis_;
  bool inverse_;
  // A real row of even length is one of half as many complex elements, whose spectrum is taken apart
  // afterwards.
  bool halved_;
  int64_t length_;  // of the passes
  int64_t lanes_;
  std::vector<Pass> passes_;
  std::vector<Complex> whole_;  // roots of one of the whole length
};

}  // namespace floe::cpu

#endif  // FLOE_BACKENDS_CPU_FFT_TRANSFORM_H_
