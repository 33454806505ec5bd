// Functions of one element.
#include <bit>
#include <cmath>

#include "backends/reference/kernels.h"
#include "backends/reference/special_math.h"
#include "backends/reference/value_io.h"
#include "base/element_type.h"

namespace floe::reference {
namespace {

constexpr int64_t kBlock = 512;

// T is double or Complex.
template <typename T>
bool AnalyticFunction(UnaryKind kind, T x, T* y) {
  switch (kind) {
    case UnaryKind::kIdentity:
      return *y = x, true;
    case UnaryKind::kNeg:
      return *y = -x, true;
    case UnaryKind::kSqrt:
      return *y = std::sqrt(x), true;
    case UnaryKind::kRsqrt:
      return *y = 1.0 / std::sqrt(x), true;
    case UnaryKind::kReciprocal:
      return *y = 1.0 / x, true;
    case UnaryKind::kSquare:
      return *y = x * x, true;
    case UnaryKind::kExp:
      return *y = std::exp(x), true;
    case UnaryKind::kLog:
      return *y = std::log(x), true;
    case UnaryKind::kSin:
      return *y = std::sin(x), true;
    case UnaryKind::kCos:
      return *y = std::cos(x), true;
    case UnaryKind::kTan:
      return *y = std::tan(x), true;
    case UnaryKind::kAsin:
      return *y = std::asin(x), true;
    case UnaryKind::kAcos:
      return *y = std::acos(x), true;
    case UnaryKind::kAtan:
      return *y = std::atan(x), true;
    case UnaryKind::kSinh:
      return *y = std::sinh(x), true;
    case UnaryKind::kCosh:
      return *y = std::cosh(x), true;
    case UnaryKind::kTanh:
      return *y = std::tanh(x), true;
    case UnaryKind::kAsinh:
      return *y = std::asinh(x), true;
    case UnaryKind::kAcosh:
      return *y = std::acosh(x), true;
    case UnaryKind::kAtanh:
      return *y = std::atanh(x), true;
    default:
      return false;
  }
}

// Complex numbers have no order and no rounding; these functions are theirs too.
bool ComplexFunction(UnaryKind kind, Complex x, Complex* y) {
  switch (kind) {
    case UnaryKind::kSign:
      return *y = x == Complex(0, 0) ? Complex(0, 0) : x / std::abs(x), true;
    case UnaryKind::kExpm1:
      return *y = std::exp(x) - 1.0, true;
    case UnaryKind::kLog1p:
      return *y = std::log(1.0 + x), true;
    case UnaryKind::kSigmoid:
      return *y = 1.0 / (1.0 + std::exp(-x)), true;
    case UnaryKind::kConj:
      return *y = std::conj(x), true;
    default:
      return AnalyticFunction(kind, x, y);
  }
}

bool BesselFunction(UnaryKind kind, double x, double* y) {
  switch (kind) {
    case UnaryKind::kNdtri:
      return *y = NormalQuantile(x), true;
    case UnaryKind::kBesselI0:
      return *y = BesselI(0, x, false), true;
    case UnaryKind::kBesselI0e:
      return *y = BesselI(0, x, true), true;
    case UnaryKind::kBesselI1:
      return *y = BesselI(1, x, false), true;
    case UnaryKind::kBesselI1e:
      return *y = BesselI(1, x, true), true;
    case UnaryKind::kBesselJ0:
      return *y = ::j0(x), true;
    case UnaryKind::kBesselJ1:
      return *y = ::j1(x), true;
    case UnaryKind::kBesselK0:
      return *y = BesselK(0, x, false), true;
    case UnaryKind::kBesselK0e:
      return *y = BesselK(0, x, true), true;
    case UnaryKind::kBesselK1:
      return *y = BesselK(1, x, false), true;
    case UnaryKind::kBesselK1e:
      return *y = BesselK(1, x, true), true;
    case UnaryKind::kBesselY0:
      return *y = x < 0 ? NAN : ::y0(x), true;
    case UnaryKind::kBesselY1:
      return *y = x < 0 ? NAN : ::y1(x), true;
    case UnaryKind::kDawsn:
      return *y = Dawson(x), true;
    case UnaryKind::kExpint:
      return *y = x < 0 ? NAN : std::expint(x), true;
    case UnaryKind::kFresnelCos:
      return *y = Fresnel(x).real(), true;
    case UnaryKind::kFresnelSin:
      return *y = Fresnel(x).imag(), true;
    case UnaryKind::kSpence:
      return *y = Spence(x), true;
    default:
      return false;
  }
}

bool RealFunction(UnaryKind kind, double x, double* y) {
  switch (kind) {
    case UnaryKind::kIdentity:
    case UnaryKind::kConj:
    case UnaryKind::kReal:
      return *y = x, true;
    case UnaryKind::kImag:
      return *y = 0, true;
    case UnaryKind::kAngle:
      return *y = std::isnan(x) ? x : (x < 0 ? M_PI : 0), true;
    case UnaryKind::kAbs:
      return *y = std::fabs(x), true;
    case UnaryKind::kSign:
      return *y = std::isnan(x) ? x : (x > 0) - (x < 0), true;
    case UnaryKind::kCeil:
      return *y = std::ceil(x), true;
    case UnaryKind::kFloor:
      return *y = std::floor(x), true;
    case UnaryKind::kRound:
      return *y = std::nearbyint(x), true;
    case UnaryKind::kTrunc:
      return *y = std::trunc(x), true;
    case UnaryKind::kExpm1:
      return *y = std::expm1(x), true;
    case UnaryKind::kLog1p:
      return *y = std::log1p(x), true;
    case UnaryKind::kErf:
      return *y = std::erf(x), true;
    case UnaryKind::kErfc:
      return *y = std::erfc(x), true;
    case UnaryKind::kErfinv:
      return *y = ErfInverse(x), true;
    case UnaryKind::kLgamma:
      return *y = LogGamma(x), true;
    case UnaryKind::kDigamma:
      return *y = Digamma(x), true;
    case UnaryKind::kSigmoid:
      return *y = Sigmoid(x), true;
    case UnaryKind::kSoftplus:
      return *y = Softplus(x), true;
    case UnaryKind::kSoftsign:
      return *y = x / (1 + std::fabs(x)), true;
    case UnaryKind::kRelu:
      return *y = x < 0 ? 0 : x, true;
    case UnaryKind::kHardSwish:
      return *y = x * std::fmin(std::fmax(x + 3, 0), 6) / 6, true;
    case UnaryKind::kSilu:
      return *y = x * Sigmoid(x), true;
    case UnaryKind::kMish:
      return *y = x * std::tanh(Softplus(x)), true;
    default:
      return AnalyticFunction(kind, x, y) || BesselFunction(kind, x, y);
  }
}

// T is int64_t or uint64_t.
template <typename T>
bool IntegerFunction(const OpCall& call, UnaryKind kind, T x, T* y) {
  switch (kind) {
    case UnaryKind::kIdentity:
    case UnaryKind::kConj:
    case UnaryKind::kReal:
    case UnaryKind::kCeil:
    case UnaryKind::kFloor:
    case UnaryKind::kRound:
    case UnaryKind::kTrunc:
      return *y = x, true;
    case UnaryKind::kImag:
      return *y = 0, true;
    case UnaryKind::kAbs:
      return *y = x < T(0) ? WrapSub(T(0), x) : x, true;
    case UnaryKind::kNeg:
      return *y = WrapSub(T(0), x), true;
    case UnaryKind::kSign:
      return *y = static_cast<T>((x > T(0)) - (x < T(0))), true;
    case UnaryKind::kSquare:
      return *y = WrapMul(x, x), true;
    case UnaryKind::kRelu:
      return *y = x < T(0) ? T(0) : x, true;
    case UnaryKind::kBitwiseNot:
      return *y = ~x, true;
    case UnaryKind::kReciprocal:
      if (x == 0) call.FailValue("integer division by zero");
      return *y = x == T(1) || x == static_cast<T>(-1) ? x : 0, true;
    default:
      return false;
  }
}

int64_t BitsOf(DType dtype) {
  return static_cast<int64_t>(DTypeSize(dtype)) * 8;
}

// Loads, maps and stores blockwise; `map` says whether the type has the function.
template <typename From, typename To, typename F>
void MapBlocks(OpCall& call, DType to, F map) {
  const Tensor& x = call.in(0);
  Tensor& y = call.Out(0, to, x.dims());
  From in[kBlock];
  To out[kBlock];
  for (int64_t begin = 0; begin < x.size(); begin += kBlock) {
    const int64_t count = std::min(kBlock, x.size() - begin);
    Load(x, begin, count, in);
    for (int64_t i = 0; i < count; ++i) {
      if (!map(in[i], &out[i])) call.FailType(0);
    }
    Store(&y, begin, count, out);
  }
}

void RunOnComplex(const Unary& op, OpCall& call) {
  const DType dtype = call.in(0).dtype();
  const DType part = RealOf(dtype);
  const auto to_real = [&](auto function) {
    MapBlocks<Complex, double>(call, part, [&](Complex x, double* y) { return *y = function(x), true; });
  };
  switch (op.kind) {
    case UnaryKind::kAbs:
      return to_real([](Complex x) { return std::abs(x); });
    case UnaryKind::kReal:
      return to_real([](Complex x) { return x.real(); });
    case UnaryKind::kImag:
      return to_real([](Complex x) { return x.imag(); });
    case UnaryKind::kAngle:
      return to_real([](Complex x) { return std::arg(x); });
    default:
      MapBlocks<Complex, Complex>(call, dtype,
                                  [&](Complex x, Complex* y) { return ComplexFunction(op.kind, x, y); });
  }
}

// IsNaN, IsInf, IsFinite: bool from a float.
void RunClassification(const Unary& op, OpCall& call) {
  if (!IsFloat(call.in(0).dtype())) call.FailType(0);
  MapBlocks<double, uint64_t>(call, DType::kBool, [&](double x, uint64_t* y) {
    *y = op.kind == UnaryKind::kIsNaN   ? std::isnan(x)
         : op.kind == UnaryKind::kIsInf ? std::isinf(x)
                                        : std::isfinite(x);
    return true;
  });
}

}  // namespace

void Run(const Unary& op, OpCall& call) {
  const DType dtype = call.in(0).dtype();
  if (op.kind == UnaryKind::kIdentity) return call.Give(0, call.in(0));
  if (op.kind >= UnaryKind::kIsNaN && op.kind <= UnaryKind::kIsFinite) return RunClassification(op, call);
  if (IsComplex(dtype)) return RunOnComplex(op, call);
  if (op.kind == UnaryKind::kNot) {
    if (dtype != DType::kBool) call.FailType(0);
    return MapBlocks<uint64_t, uint64_t>(call, dtype,
                                         [](uint64_t x, uint64_t* y) { return *y = x == 0, true; });
  }
  if (dtype == DType::kBool || dtype == DType::kString) call.FailType(0);
  if (op.kind == UnaryKind::kPopulationCount && IsInteger(dtype)) {
    const uint64_t mask = BitsOf(dtype) == 64 ? ~uint64_t{0} : (uint64_t{1} << BitsOf(dtype)) - 1;
    const auto count = [&](auto x, uint64_t* y) {
      return *y = static_cast<uint64_t>(std::popcount(static_cast<uint64_t>(x) & mask)), true;
    };
    if (IsSigned(dtype)) return MapBlocks<int64_t, uint64_t>(call, DType::kUInt8, count);
    return MapBlocks<uint64_t, uint64_t>(call, DType::kUInt8, count);
  }
  if (IsFloat(dtype)) {
    MapBlocks<double, double>(call, dtype, [&](double x, double* y) { return RealFunction(op.kind, x, y); });
  } else if (IsSigned(dtype)) {
    MapBlocks<int64_t, int64_t>(call, dtype,
                                [&](int64_t x, int64_t* y) { return IntegerFunction(call, op.kind, x, y); });
  } else {
    MapBlocks<uint64_t, uint64_t>(
        call, dtype, [&](uint64_t x, uint64_t* y) { return IntegerFunction(call, op.kind, x, y); });
  }
}

}  // namespace floe::reference
