#include "backends/reference/add_scaled.h"

namespace floe::reference {

template <typename T>
void AddScaled(T factor, const T* x, int64_t count, T* y) {
  for (int64_t i = 0; i < count; ++i) y[i] = WrapAdd(y[i], WrapMul(factor, x[i]));
}

// By its parts: the library's product asks after each whether it is a nan.
template <>
void AddScaled(Complex factor, const Complex* x, int64_t count, Complex* y) {
  const double re = factor.real(), im = factor.imag();
  for (int64_t i = 0; i < count; ++i) {
    const double a = x[i].real(), b = x[i].imag();
    y[i] += Complex(re * a - im * b, re * b + im * a);
  }
}

template void AddScaled(double, const double*, int64_t, double*);
template void AddScaled(int64_t, const int64_t*, int64_t, int64_t*);
template void AddScaled(uint64_t, const uint64_t*, int64_t, uint64_t*);

}  // namespace floe::reference
