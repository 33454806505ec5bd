#include "backends/reference/add_scaled.h"

#include <type_traits>

namespace floe::reference {
namespace {

// A complex product by its parts: the library's asks after each whether it is a nan.
template <typename T>
inline T PlusProduct(T sum, T a, T b) {
  if constexpr (std::is_same_v<T, Complex>) {
    return {sum.real() + (a.real() * b.real() - a.imag() * b.imag()),
            sum.imag() + (a.real() * b.imag() + a.imag() * b.real())};
  } else {
    return WrapAdd(sum, WrapMul(a, b));
  }
}

}  // namespace

template <typename T>
void AddScaled(T factor, const T* x, int64_t count, T* y) {
  for (int64_t i = 0; i < count; ++i) y[i] = PlusProduct(y[i], factor, x[i]);
}

// Four rows at a time, so that y is read and written as seldom.
template <typename T>
void AddScaledRows(const T* factors, int64_t step, const T* x, int64_t rows, int64_t count, T* y) {
  int64_t k = 0;
  for (; k + 4 <= rows; k += 4) {
    const T a = factors[k * step], b = factors[(k + 1) * step], c = factors[(k + 2) * step],
            d = factors[(k + 3) * step];
    const T *xa = x + k * count, *xb = xa + count, *xc = xb + count, *xd = xc + count;
    for (int64_t i = 0; i < count; ++i) {
      const T sum = PlusProduct(PlusProduct(y[i], a, xa[i]), b, xb[i]);
      y[i] = PlusProduct(PlusProduct(sum, c, xc[i]), d, xd[i]);
    }
  }
  for (; k < rows; ++k) AddScaled(factors[k * step], x + k * count, count, y);
}

template void AddScaled(double, const double*, int64_t, double*);
template void AddScaled(int64_t, const int64_t*, int64_t, int64_t*);
template void AddScaled(uint64_t, const uint64_t*, int64_t, uint64_t*);
template void AddScaled(Complex, const Complex*, int64_t, Complex*);
template void AddScaledRows(const double*, int64_t, const double*, int64_t, int64_t, double*);
template void AddScaledRows(const int64_t*, int64_t, const int64_t*, int64_t, int64_t, int64_t*);
template void AddScaledRows(const uint64_t*, int64_t, const uint64_t*, int64_t, int64_t, uint64_t*);
template void AddScaledRows(const Complex*, int64_t, const Complex*, int64_t, int64_t, Complex*);

}  // namespace floe::reference
