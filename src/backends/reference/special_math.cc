#include "backends/reference/special_math.h"

#include <math.h>  // lgamma_r: std::lgamma writes a global

#include <cmath>
#include <initializer_list>
#include <limits>

namespace floe::reference {
namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr double kInf = std::numeric_limits<double>::infinity();
constexpr double kEpsilon = 0x1p-53;
constexpr int kMaxTerms = 100000;  // no argument may make a series run forever

// x^a e^-x / gamma(a)
double IgammaFactor(double a, double x) {
  const double log_factor = a * std::log(x) - x - LogGamma(a);
  return std::exp(log_factor);
}

// P(a, x) by its power series: converges fast for x < a + 1 (Abramowitz and Stegun 6.5.29).
double IgammaSeries(double a, double x) {
  double term = 1;
  double sum = 1;
  double r = a;
  for (int i = 0; i < kMaxTerms && std::fabs(term) > kEpsilon * std::fabs(sum); ++i) {
    r += 1;
    term *= x / r;
    sum += term;
  }
  return sum * IgammaFactor(a, x) / a;
}

// Q(a, x) by its continued fraction, evaluated by Lentz's method (A. and S. 6.5.31).
double IgammacFraction(double a, double x) {
  constexpr double kTiny = 1e-300;
  double b = x + 1 - a;
  double c = 1 / kTiny;
  double d = 1 / b;
  double h = d;
  for (int i = 1; i < kMaxTerms; ++i) {
    const double an = -i * (i - a);
    b += 2;
    d = an * d + b;
    if (std::fabs(d) < kTiny) d = kTiny;
    c = b + an / c;
    if (std::fabs(c) < kTiny) c = kTiny;
    d = 1 / d;
    h *= d * c;
    if (std::fabs(d * c - 1) < kEpsilon) break;
  }
  return h * IgammaFactor(a, x);
}

}  // namespace

double Sigmoid(double x) {
  return 1 / (1 + std::exp(-x));
}

double Softplus(double x) {
  return x > 0 ? x + std::log1p(std::exp(-x)) : std::log1p(std::exp(x));
}

// Giles, "Approximating the erfinv function" (single precision), polished by Newton's method.
double ErfInverse(double x) {
  if (std::isnan(x) || std::fabs(x) > 1) return kNan;
  if (std::fabs(x) == 1) return x * kInf;
  double w = -std::log((1 - x) * (1 + x));
  double p;
  if (w < 5) {
    w -= 2.5;
    p = 2.81022636e-08;
    for (const double c : {3.43273939e-07, -3.5233877e-06, -4.39150654e-06, 0.00021858087, -0.00125372503,
                           -0.00417768164, 0.246640727, 1.50140941}) {
      p = c + p * w;
    }
  } else {
    w = std::sqrt(w) - 3;
    p = -0.000200214257;
    for (const double c : {0.000100950558, 0.00134934322, -0.00367342844, 0.00573950773, -0.0076224613,
                           0.00943887047, 1.00167406, 2.83297682}) {
      p = c + p * w;
    }
  }
  double y = p * x;
  for (int i = 0; i < 3; ++i) {
    const double error = y >= 0 ? (1 - x) - std::erfc(y) : std::erfc(-y) - (1 + x);
    const double slope = 2 / std::sqrt(M_PI) * std::exp(-y * y);
    if (slope == 0) break;
    y -= error / slope;
  }
  return y;
}

double LogGamma(double x) {
  int sign = 0;
  return lgamma_r(x, &sign);
}

// Recurrence up to 10, then the asymptotic series (A. and S. 6.3.18); reflection below 0.
double Digamma(double x) {
  if (x == 0) return kNan;
  if (x < 0) {
    if (x == std::floor(x)) return kNan;
    return Digamma(1 - x) - M_PI / std::tan(M_PI * x);
  }
  double shift = 0;
  for (; x < 10; x += 1) shift += 1 / x;
  const double z = 1 / (x * x);
  double series = 0;
  for (const double c : {1.0 / 12, -691.0 / 32760, 1.0 / 132, -1.0 / 240, 1.0 / 252, -1.0 / 120, 1.0 / 12}) {
    series = series * z + c;
  }
  return std::log(x) - 0.5 / x - series * z - shift;
}

double Igamma(double a, double x) {
  if (std::isnan(a) || std::isnan(x) || x < 0 || a <= 0) return kNan;
  if (x == 0) return 0;
  if (std::isinf(x)) return std::isinf(a) ? kNan : 1;
  if (std::isinf(a)) return 0;
  return x > 1 && x > a ? 1 - IgammacFraction(a, x) : IgammaSeries(a, x);
}

double Igammac(double a, double x) {
  if (std::isnan(a) || std::isnan(x) || x < 0 || a <= 0) return kNan;
  if (x == 0) return 1;
  if (std::isinf(x)) return std::isinf(a) ? kNan : 0;
  if (std::isinf(a)) return 1;
  return x < 1 || x < a ? 1 - IgammaSeries(a, x) : IgammacFraction(a, x);
}

// Euler-Maclaurin summation as in Cephes (Moshier, "Methods and Programs for Mathematical Functions").
double Zeta(double x, double q) {
  static constexpr double kCoefficients[] = {12.0,
                                             -720.0,
                                             30240.0,
                                             -1209600.0,
                                             47900160.0,
                                             -1.8924375803183791606e9,
                                             7.47242496e10,
                                             -2.950130727918164224e12,
                                             1.1646782814350067249e14,
                                             -4.5979787224074726105e15,
                                             1.8152105401943546773e17,
                                             -7.1661652561756670113e18};
  if (x == 1) return kInf;
  if (x < 1 || std::isnan(x) || std::isnan(q)) return kNan;
  if (q <= 0) {
    if (q == std::floor(q)) return x == std::floor(x) && std::fmod(x, 2) == 0 ? kInf : kNan;
    if (x != std::floor(x)) return kNan;
  }
  double sum = std::pow(q, -x);
  double a = q;
  double b = 0;
  for (int i = 0; i < 9 || (a <= 9 && i < kMaxTerms); ++i) {
    a += 1;
    b = std::pow(a, -x);
    sum += b;
    if (std::fabs(b / sum) < kEpsilon) return sum;
  }
  sum += b * a / (x - 1) - 0.5 * b;
  double factor = 1;
  double k = 0;
  for (const double coefficient : kCoefficients) {
    factor *= x + k;
    b /= a;
    const double term = factor * b / coefficient;
    sum += term;
    if (std::fabs(term / sum) < kEpsilon) return sum;
    k += 1;
    factor *= x + k;
    b /= a;
    k += 1;
  }
  return sum;
}

double Polygamma(double n, double x) {
  if (n != std::floor(n) || n < 0) return kNan;
  if (n == 0) return Digamma(x);
  const double sign = std::fmod(n, 2) == 0 ? -1 : 1;
  return sign * std::exp(LogGamma(n + 1)) * Zeta(n + 1, x);
}

}  // namespace floe::reference
