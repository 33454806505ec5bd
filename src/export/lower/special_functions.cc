#include "export/lower/special_functions.h"

#include <array>
#include <cmath>
#include <limits>
#include <numbers>
#include <span>

namespace floe {
namespace {

using enum UnaryKind;
using enum BinaryKind;

ValueId Wide(Lowering& l, ValueId x) {
  return l.b().CastTo(x, DType::kFloat64);
}

ValueId Horner(Lowering& l, ValueId x, std::span<const double> coefficients) {
  ValueId p = l.Num(coefficients[0], x);
  for (const double c : coefficients.subspan(1)) p = l.Bin(kAdd, l.Bin(kMul, p, x), l.Num(c, x));
  return p;
}

// log(erfc(z) exp(z^2)), from the asymptotic series where erfc itself is tiny (A. and S. 7.1.23).
double LogScaledErfc(double z) {
  if (z < 12) return std::log(std::erfc(z)) + z * z;
  double term = 1, sum = 1;
  for (int k = 1; k < 12; ++k) {
    term *= -(2.0 * k - 1) / (2 * z * z);
    sum += term;
  }
  return std::log(sum / (z * std::sqrt(std::numbers::pi)));
}

constexpr size_t kErfcTerms = 28;

// Chebyshev coefficients of log(erfc(z) exp(z^2) / t) over t = 2 / (2 + z) in (0, 1].
std::array<double, kErfcTerms> ErfcCoefficients() {
  constexpr int kNodes = 64;
  std::array<double, kErfcTerms> c{};
  for (int k = 0; k < kNodes; ++k) {
    const double angle = std::numbers::pi * (k + 0.5) / kNodes;
    const double t = (std::cos(angle) + 1) / 2;
    const double f = LogScaledErfc(2 / t - 2) - std::log(t);
    for (size_t j = 0; j < kErfcTerms; ++j)
      c[j] += 2.0 / kNodes * f * std::cos(static_cast<double>(j) * angle);
  }
  c[0] /= 2;
  return c;
}

// sum c_j T_j(x) by Clenshaw's recurrence.
ValueId Chebyshev(Lowering& l, ValueId x, std::span<const double> c) {
  const ValueId twice = l.Bin(kAdd, x, x);
  ValueId b1 = l.Num(c.back(), x), b2 = l.Num(0, x);
  for (size_t j = c.size() - 2; j > 0; --j) {
    const ValueId b0 = l.Bin(kAdd, l.Bin(kSub, l.Bin(kMul, twice, b1), b2), l.Num(c[j], x));
    b2 = b1;
    b1 = b0;
  }
  return l.Bin(kAdd, l.Bin(kSub, l.Bin(kMul, x, b1), b2), l.Num(c[0], x));
}

// log gamma of x >= 0.5 (Lanczos with g = 7 and nine terms, as in Godfrey's note).
ValueId LogGammaRight(Lowering& l, ValueId x) {
  static constexpr std::array kTerms = {676.5203681218851,     -1259.1392167224028,  771.32342877765313,
                                        -176.61502916214059,   12.507343278686905,   -0.13857109526572012,
                                        9.9843695780195716e-6, 1.5056327351493116e-7};
  const ValueId z = l.Bin(kSub, x, l.Num(1, x));
  ValueId sum = l.Num(0.99999999999980993, x);
  for (size_t i = 0; i < kTerms.size(); ++i) {
    const ValueId below = l.Bin(kAdd, z, l.Num(static_cast<double>(i) + 1, x));
    sum = l.Bin(kAdd, sum, l.Bin(kDiv, l.Num(kTerms[i], x), below));
  }
  const ValueId t = l.Bin(kAdd, z, l.Num(7.5, x));
  const ValueId power = l.Bin(kMul, l.Bin(kAdd, z, l.Num(0.5, x)), l.Un(kLog, t));
  const ValueId half_log = l.Num(0.5 * std::log(2 * std::numbers::pi), x);
  return l.Bin(kAdd, l.Bin(kAdd, half_log, l.Un(kLog, sum)), l.Bin(kSub, power, t));
}

// x pi with x brought to [-0.5, 0.5] by whole numbers, so that sine and tangent keep their zeros.
ValueId ReducedAngle(Lowering& l, ValueId x) {
  return l.Bin(kMul, l.Bin(kSub, x, l.Un(kRound, x)), l.Num(std::numbers::pi, x));
}

}  // namespace

ValueId ErfcOf(Lowering& l, ValueId narrow) {
  static const std::array<double, kErfcTerms> kCoefficients = ErfcCoefficients();
  const ValueId x = Wide(l, narrow);
  const ValueId z = l.Un(kAbs, x);
  const ValueId two = l.Num(2, x);
  const ValueId t = l.Bin(kDiv, two, l.Bin(kAdd, two, z));
  const ValueId place = l.Bin(kSub, l.Bin(kAdd, t, t), l.Num(1, x));
  const ValueId exponent = l.Bin(kSub, Chebyshev(l, place, kCoefficients), l.Bin(kMul, z, z));
  const ValueId right = l.Bin(kMul, t, l.Un(kExp, exponent));
  const ValueId y = l.If(l.Bin(kLess, x, l.Num(0, x)), l.Bin(kSub, two, right), right);
  return l.b().CastTo(y, l.b().dtype(narrow));
}

ValueId LgammaOf(Lowering& l, ValueId narrow) {
  const ValueId x = Wide(l, narrow);
  const ValueId one = l.Num(1, x);
  const ValueId is_left = l.Bin(kLess, x, l.Num(0.5, x));
  const ValueId mirrored = l.If(is_left, l.Bin(kSub, one, x), x);
  const ValueId right = LogGammaRight(l, mirrored);
  const ValueId sine = l.Un(kAbs, l.Un(kSin, ReducedAngle(l, x)));
  const ValueId left =
      l.Bin(kSub, l.Bin(kSub, l.Num(std::log(std::numbers::pi), x), l.Un(kLog, sine)), right);
  ValueId y = l.If(is_left, left, right);
  const ValueId infinity = l.Num(std::numeric_limits<double>::infinity(), x);
  y = l.If(l.Un(kIsInf, x), infinity, y);
  return l.b().CastTo(y, l.b().dtype(narrow));
}

// Ten steps of the recurrence, then the asymptotic series (A. and S. 6.3.18); reflection at 0.
ValueId DigammaOf(Lowering& l, ValueId narrow) {
  static constexpr std::array kSeries = {1.0 / 12,  -691.0 / 32760, 1.0 / 132, -1.0 / 240,
                                         1.0 / 252, -1.0 / 120,     1.0 / 12};
  const ValueId x = Wide(l, narrow);
  const ValueId one = l.Num(1, x);
  const ValueId zero = l.Num(0, x);
  const ValueId is_left = l.Bin(kLess, x, zero);
  const ValueId start = l.If(is_left, l.Bin(kSub, one, x), x);
  ValueId steps = zero;
  for (int k = 0; k < 10; ++k) steps = l.Bin(kAdd, steps, l.Un(kReciprocal, l.Bin(kAdd, start, l.Num(k, x))));
  const ValueId far = l.Bin(kAdd, start, l.Num(10, x));
  const ValueId inverse = l.Un(kReciprocal, far);
  const ValueId z = l.Bin(kMul, inverse, inverse);
  const ValueId series = l.Bin(kMul, Horner(l, z, kSeries), z);
  const ValueId half = l.Bin(kMul, inverse, l.Num(0.5, x));
  const ValueId right = l.Bin(kSub, l.Bin(kSub, l.Bin(kSub, l.Un(kLog, far), half), series), steps);
  const ValueId angle = ReducedAngle(l, x);
  const ValueId cotangent = l.Bin(kDiv, l.Un(kCos, angle), l.Un(kSin, angle));
  const ValueId left = l.Bin(kSub, right, l.Bin(kMul, l.Num(std::numbers::pi, x), cotangent));
  const ValueId nan = l.Num(std::numeric_limits<double>::quiet_NaN(), x);
  const ValueId at_pole = l.Bin(kAnd, l.Bin(kLessOrEqual, x, zero), l.Bin(kEqual, x, l.Un(kFloor, x)));
  return l.b().CastTo(l.If(at_pole, nan, l.If(is_left, left, right)), l.b().dtype(narrow));
}

ValueId ErfinvOf(Lowering& l, ValueId narrow) {
  static constexpr std::array kCentre = {2.81022636e-08,  3.43273939e-07, -3.5233877e-06,
                                         -4.39150654e-06, 0.00021858087,  -0.00125372503,
                                         -0.00417768164,  0.246640727,    1.50140941};
  static constexpr std::array kTail = {-0.000200214257, 0.000100950558, 0.00134934322,
                                       -0.00367342844,  0.00573950773,  -0.0076224613,
                                       0.00943887047,   1.00167406,     2.83297682};
  if (l.b().dtype(narrow) == DType::kFloat64) {
    l.Refuse("ONNX has no inverse error function, and its replacement is of single precision",
             "cast to float32 in the model");
    return kNoValue;
  }
  const ValueId x = Wide(l, narrow);
  const ValueId one = l.Num(1, x);
  const ValueId w = l.Un(kNeg, l.Un(kLog, l.Bin(kMul, l.Bin(kSub, one, x), l.Bin(kAdd, one, x))));
  const ValueId centre = Horner(l, l.Bin(kSub, w, l.Num(2.5, x)), kCentre);
  const ValueId tail = Horner(l, l.Bin(kSub, l.Un(kSqrt, w), l.Num(3, x)), kTail);
  const ValueId p = l.If(l.Bin(kLess, w, l.Num(5, x)), centre, tail);
  const ValueId infinity = l.Bin(kMul, x, l.Num(std::numeric_limits<double>::infinity(), x));
  const ValueId at_end = l.Bin(kEqual, l.Un(kAbs, x), one);
  return l.b().CastTo(l.If(at_end, infinity, l.Bin(kMul, p, x)), l.b().dtype(narrow));
}

}  // namespace floe
