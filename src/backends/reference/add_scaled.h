// The inner loops of products and eliminations.
#ifndef FLOE_BACKENDS_REFERENCE_ADD_SCALED_H_
#define FLOE_BACKENDS_REFERENCE_ADD_SCALED_H_

#include <cstdint>

#include "backends/reference/value_io.h"

namespace floe::reference {

// y[i] += factor * x[i]; integers wrap. For the four computing types.
template <typename T>
void AddScaled(T factor, const T* x, int64_t count, T* y);

// `rows` times in that order: y[i] += factors[k * step] * x[k * count + i].
template <typename T>
void AddScaledRows(const T* factors, int64_t step, const T* x, int64_t rows, int64_t count, T* y);

// For eliminations that are written once for real and complex numbers.
inline double Conjugate(double v) {
  return v;
}
inline Complex Conjugate(Complex v) {
  return std::conj(v);
}

}  // namespace floe::reference

#endif  // FLOE_BACKENDS_REFERENCE_ADD_SCALED_H_
