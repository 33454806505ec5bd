// Functions of one real number that TensorFlow has beside those of special_math.cc.
#include <cmath>
#include <complex>
#include <limits>

#include "backends/reference/special_math.h"

namespace floe::reference {
namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr double kInf = std::numeric_limits<double>::infinity();
constexpr double kLarge = 30;  // from here the asymptotic series are exact to the last bits

// Sum over k of sign^k a_k(order) / x^k (Abramowitz and Stegun 9.7.1 and 9.7.2), smallest term last.
double AsymptoticSeries(int order, double x, int sign) {
  const double mu = 4.0 * order * order;
  double term = 1, sum = 1;
  for (int k = 1; k < 40; ++k) {
    const double odd = 2.0 * k - 1;
    const double next = term * sign * (mu - odd * odd) / (k * 8 * x);
    if (std::fabs(next) >= std::fabs(term)) break;
    sum += term = next;
  }
  return sum;
}

// Li2(z) for z in [0, 1/2] by its power series.
double DilogarithmSeries(double z) {
  double power = 1, sum = 0;
  for (int k = 1; k < 70; ++k) {
    power *= z;
    sum += power / (static_cast<double>(k) * k);
  }
  return sum;
}

double Dilogarithm(double z) {
  if (z == 1) return M_PI * M_PI / 6;
  if (z > 0.5) return M_PI * M_PI / 6 - std::log(z) * std::log1p(-z) - Dilogarithm(1 - z);
  if (z >= 0) return DilogarithmSeries(z);
  if (z >= -1) {  // Landen
    const double log = std::log1p(-z);
    return -DilogarithmSeries(z / (z - 1)) - 0.5 * log * log;
  }
  const double log = std::log(-z);
  return -M_PI * M_PI / 6 - 0.5 * log * log - Dilogarithm(1 / z);
}

using Complex = std::complex<double>;

Complex ErfSeries(Complex z) {
  Complex term = z, sum = z;
  for (int k = 1; k < 80; ++k) {
    term *= -z * z / static_cast<double>(k);
    sum += term / static_cast<double>(2 * k + 1);
  }
  return sum * 2.0 / std::sqrt(M_PI);
}

// A. and S. 7.1.14, from the back.
Complex ErfcFraction(Complex z) {
  Complex fraction = z;
  for (int k = 160; k > 0; --k) fraction = z + 0.5 * k / fraction;
  return std::exp(-z * z) / std::sqrt(M_PI) / fraction;
}

}  // namespace

// Newton's method on the logarithm, whose slope is tame in the tail.
double NormalQuantile(double p) {
  if (std::isnan(p) || p < 0 || p > 1) return kNan;
  if (p == 0 || p == 1) return p == 0 ? -kInf : kInf;
  if (p > 0.5) return -NormalQuantile(1 - p);
  double x = p > 1e-3 ? std::sqrt(2) * ErfInverse(2 * p - 1) : -std::sqrt(-2 * std::log(p));
  for (int i = 0; i < 30; ++i) {
    const double value = 0.5 * std::erfc(-x / std::sqrt(2));
    const double density = std::exp(-0.5 * x * x) / std::sqrt(2 * M_PI);
    const double step = (std::log(value) - std::log(p)) * value / density;
    x -= step;
    if (std::fabs(step) <= 1e-15 * std::fabs(x)) break;
  }
  return x;
}

double BesselI(int order, double x, bool scaled) {
  const double sign = order == 1 && x < 0 ? -1 : 1;
  const double a = std::fabs(x);
  if (std::isnan(x)) return x;
  if (std::isinf(x)) return scaled ? 0 : sign * kInf;
  if (a <= kLarge) return sign * std::cyl_bessel_i(order, a) * (scaled ? std::exp(-a) : 1);
  const double tame = AsymptoticSeries(order, a, -1) / std::sqrt(2 * M_PI * a);
  return sign * (scaled ? tame : tame * std::exp(a));
}

double BesselK(int order, double x, bool scaled) {
  if (std::isnan(x) || x < 0) return kNan;
  if (x == 0) return kInf;
  if (x <= kLarge) return std::cyl_bessel_k(order, x) * (scaled ? std::exp(x) : 1);
  if (std::isinf(x)) return 0;
  const double tame = AsymptoticSeries(order, x, 1) * std::sqrt(M_PI / (2 * x));
  return scaled ? tame : tame * std::exp(-x);
}

// Rybicki's sampled sum (Press et al., "Numerical Recipes", 6.10); its error with this step is below e^-61.
double Dawson(double x) {
  if (std::isnan(x)) return x;
  const double a = std::fabs(x);
  if (a < 0.25) {
    double term = x, sum = x;
    for (int k = 1; k < 20; ++k) sum += term *= -2 * x * x / (2 * k + 1);
    return sum;
  }
  if (a > 1e8) return 0.5 / x;
  constexpr double kStep = 0.2;
  const auto centre = static_cast<int64_t>(std::floor(a / kStep));
  double sum = 0;
  for (int64_t n = centre - 36; n <= centre + 36; ++n) {
    if (n % 2 == 0) continue;
    const double distance = a - static_cast<double>(n) * kStep;
    sum += std::exp(-distance * distance) / static_cast<double>(n);
  }
  return std::copysign(sum / std::sqrt(M_PI), x);
}

std::complex<double> Fresnel(double x) {
  if (std::isnan(x)) return {x, x};
  const double a = std::fabs(x);
  Complex value(0.5, 0.5);
  if (!std::isinf(x)) {
    const Complex z = std::sqrt(M_PI) / 2 * Complex(1, -1) * a;
    value = Complex(0.5, 0.5) * (a < 1.8 ? ErfSeries(z) : 1.0 - ErfcFraction(z));
  }
  return x < 0 ? -value : value;
}

double Spence(double x) {
  return std::isnan(x) || x < 0 ? kNan : Dilogarithm(1 - x);
}

}  // namespace floe::reference
