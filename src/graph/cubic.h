// Cubic kernels of resampling: as numbers, and as computations for graphs that find their weights at run
// time.
#ifndef FLOE_GRAPH_CUBIC_H_
#define FLOE_GRAPH_CUBIC_H_

#include <array>

#include "graph/builder.h"

namespace floe {

// Coefficients, of the highest power first.
using CubicPiece = std::array<double, 4>;

// The kernel at distances up to 1, and from there to 2, where it ends.
struct CubicKernel {
  CubicPiece near, far;
};

// Keys' convolution kernel with its parameter: -0.5 in his paper, -0.75 elsewhere.
constexpr CubicKernel KeysKernel(double a) {
  return {{a + 2, -(a + 3), 0, 1}, {a, -5 * a, 8 * a, -4 * a}};
}
constexpr CubicKernel kMitchellKernel = {{7.0 / 6, -2, 0, 8.0 / 9}, {-7.0 / 18, 2, -10.0 / 3, 16.0 / 9}};

constexpr double ValueAt(const CubicPiece& piece, double x) {
  double y = 0;
  for (const double c : piece) y = y * x + c;
  return y;
}
constexpr double ValueAt(const CubicKernel& kernel, double distance) {
  if (distance >= 2) return 0;
  return ValueAt(distance <= 1 ? kernel.near : kernel.far, distance);
}

// The same of a float tensor, in its own arithmetic.
ValueId ValueAt(Builder& b, const CubicPiece& piece, ValueId x);

}  // namespace floe

#endif  // FLOE_GRAPH_CUBIC_H_
