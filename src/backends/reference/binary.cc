// Functions of two elements, with broadcasting.
#include <algorithm>
#include <cmath>

#include "backends/reference/broadcast.h"
#include "backends/reference/kernels.h"
#include "backends/reference/special_math.h"
#include "backends/reference/value_io.h"

namespace floe::reference {
namespace {

bool IsComparison(BinaryKind kind) {
  return kind >= BinaryKind::kEqual && kind <= BinaryKind::kGreaterOrEqual;
}

template <typename T>
bool Compare(BinaryKind kind, T a, T b) {
  switch (kind) {
    case BinaryKind::kEqual:
      return a == b;
    case BinaryKind::kNotEqual:
      return a != b;
    case BinaryKind::kLess:
      return a < b;
    case BinaryKind::kLessOrEqual:
      return a <= b;
    case BinaryKind::kGreater:
      return a > b;
    default:
      return a >= b;
  }
}

// The remainder with the sign of the divisor.
double FloorModulo(double a, double b) {
  const double r = std::fmod(a, b);
  return r != 0 && (b < 0) != (r < 0) ? r + b : r;
}

double Larger(double a, double b) {
  return std::isnan(a) || std::isnan(b) ? NAN : std::max(a, b);
}
double Smaller(double a, double b) {
  return std::isnan(a) || std::isnan(b) ? NAN : std::min(a, b);
}

// The next value of the type after a, towards b.
double NextAfter(DType dtype, double a, double b) {
  if (dtype == DType::kFloat64) return std::nextafter(a, b);
  return std::nextafter(static_cast<float>(a), static_cast<float>(b));
}

// T is double or Complex.
template <typename T>
bool FieldFunction(BinaryKind kind, T a, T b, T* y) {
  constexpr T kZero(0);
  switch (kind) {
    case BinaryKind::kAdd:
      return *y = a + b, true;
    case BinaryKind::kSub:
      return *y = a - b, true;
    case BinaryKind::kMul:
      return *y = a * b, true;
    case BinaryKind::kDiv:
      return *y = a / b, true;
    case BinaryKind::kDivNoNan:
      return *y = b == kZero ? kZero : a / b, true;
    case BinaryKind::kMulNoNan:
      return *y = b == kZero ? kZero : a * b, true;
    case BinaryKind::kPow:
      return *y = std::pow(a, b), true;
    case BinaryKind::kXdivy:
      return *y = a == kZero ? kZero : a / b, true;
    case BinaryKind::kXlogy:
      return *y = a == kZero ? kZero : a * std::log(b), true;
    default:
      return false;
  }
}

bool RealFunction(BinaryKind kind, DType dtype, double a, double b, double* y) {
  switch (kind) {
    case BinaryKind::kFloorDiv:
      return *y = std::floor(RoundTo(dtype, a / b)), true;
    case BinaryKind::kFloorMod:
      return *y = FloorModulo(a, b), true;
    case BinaryKind::kTruncMod:
      return *y = std::fmod(a, b), true;
    case BinaryKind::kMin:
      return *y = Smaller(a, b), true;
    case BinaryKind::kMax:
      return *y = Larger(a, b), true;
    case BinaryKind::kAtan2:
      return *y = std::atan2(a, b), true;
    case BinaryKind::kXlog1py:
      return *y = a == 0 ? 0 : a * std::log1p(b), true;
    case BinaryKind::kSquaredDifference:
      return *y = (a - b) * (a - b), true;
    case BinaryKind::kNextAfter:
      return *y = NextAfter(dtype, a, b), true;
    case BinaryKind::kIgamma:
      return *y = Igamma(a, b), true;
    case BinaryKind::kIgammac:
      return *y = Igammac(a, b), true;
    case BinaryKind::kZeta:
      return *y = Zeta(a, b), true;
    case BinaryKind::kPolygamma:
      return *y = Polygamma(a, b), true;
    default:
      return FieldFunction(kind, a, b, y);
  }
}

bool ComplexFunction(BinaryKind kind, Complex a, Complex b, Complex* y) {
  switch (kind) {
    case BinaryKind::kXlog1py:
      return *y = a == Complex(0) ? Complex(0) : a * std::log(1.0 + b), true;
    case BinaryKind::kSquaredDifference:
      return *y = (a - b) * std::conj(a - b), true;
    default:
      return FieldFunction(kind, a, b, y);
  }
}

// Quotient toward zero and its remainder; the one overflow there is wraps.
template <typename T>
T Quotient(const OpCall& call, T a, T b) {
  if (b == 0) call.FailValue("integer division by zero");
  if constexpr (std::is_signed_v<T>) {
    if (b == -1) return WrapSub(T(0), a);
  }
  return a / b;
}
template <typename T>
T Remainder(const OpCall& call, T a, T b) {
  return WrapSub(a, WrapMul(Quotient(call, a, b), b));
}

template <typename T>
T FloorQuotient(const OpCall& call, T a, T b) {
  const T q = Quotient(call, a, b);
  return WrapMul(q, b) != a && (a < T(0)) != (b < T(0)) ? WrapSub(q, T(1)) : q;
}
template <typename T>
T FloorRemainder(const OpCall& call, T a, T b) {
  const T r = Remainder(call, a, b);
  return r != 0 && (r < T(0)) != (b < T(0)) ? WrapAdd(r, b) : r;
}

template <typename T>
T Power(const OpCall& call, T base, T exponent) {
  if (exponent < T(0)) call.FailValue("an integer to the negative power {}", exponent);
  T result = 1;
  for (uint64_t e = static_cast<uint64_t>(exponent); e != 0; e >>= 1) {
    if (e & 1) result = WrapMul(result, base);
    base = WrapMul(base, base);
  }
  return result;
}

template <typename T>
int ShiftAmount(DType dtype, T amount) {
  const T most = static_cast<T>(DTypeSize(dtype) * 8 - 1);
  return static_cast<int>(std::clamp(amount, T(0), most));
}

// T is int64_t or uint64_t.
template <typename T>
bool IntegerFunction(const OpCall& call, BinaryKind kind, DType dtype, T a, T b, T* y) {
  switch (kind) {
    case BinaryKind::kAdd:
      return *y = WrapAdd(a, b), true;
    case BinaryKind::kSub:
      return *y = WrapSub(a, b), true;
    case BinaryKind::kMul:
      return *y = WrapMul(a, b), true;
    case BinaryKind::kDiv:
      return *y = Quotient(call, a, b), true;
    case BinaryKind::kFloorDiv:
      return *y = FloorQuotient(call, a, b), true;
    case BinaryKind::kFloorMod:
      return *y = FloorRemainder(call, a, b), true;
    case BinaryKind::kTruncMod:
      return *y = Remainder(call, a, b), true;
    case BinaryKind::kDivNoNan:
      return *y = b == 0 ? 0 : Quotient(call, a, b), true;
    case BinaryKind::kMulNoNan:
      return *y = WrapMul(a, b), true;
    case BinaryKind::kPow:
      return *y = Power(call, a, b), true;
    case BinaryKind::kMin:
      return *y = std::min(a, b), true;
    case BinaryKind::kMax:
      return *y = std::max(a, b), true;
    case BinaryKind::kSquaredDifference:
      return *y = WrapMul(WrapSub(a, b), WrapSub(a, b)), true;
    case BinaryKind::kBitwiseAnd:
      return *y = a & b, true;
    case BinaryKind::kBitwiseOr:
      return *y = a | b, true;
    case BinaryKind::kBitwiseXor:
      return *y = a ^ b, true;
    case BinaryKind::kLeftShift:
      return *y = static_cast<T>(static_cast<uint64_t>(a) << ShiftAmount(dtype, b)), true;
    case BinaryKind::kRightShift:
      return *y = a >> ShiftAmount(dtype, b), true;
    default:
      return false;
  }
}

bool BoolFunction(BinaryKind kind, uint64_t a, uint64_t b, uint64_t* y) {
  switch (kind) {
    case BinaryKind::kAnd:
      return *y = a & b, true;
    case BinaryKind::kOr:
      return *y = a | b, true;
    case BinaryKind::kXor:
      return *y = a ^ b, true;
    default:
      return false;
  }
}

template <typename T>
void RunComparison(BinaryKind kind, OpCall& call) {
  MapPairs<T, uint64_t>(call, DType::kBool, [kind](T a, T b, uint64_t* y) {
    if constexpr (std::is_same_v<T, Complex>) {
      if (kind != BinaryKind::kEqual && kind != BinaryKind::kNotEqual) return false;
      *y = (a == b) == (kind == BinaryKind::kEqual);
    } else {
      *y = Compare(kind, a, b);
    }
    return true;
  });
}

template <typename T>
void RunArithmetic(BinaryKind kind, OpCall& call) {
  const DType dtype = call.in(0).dtype();
  MapPairs<T, T>(call, dtype, [&](T a, T b, T* y) {
    if constexpr (std::is_same_v<T, Complex>) {
      return ComplexFunction(kind, a, b, y);
    } else if constexpr (std::is_same_v<T, double>) {
      return RealFunction(kind, dtype, a, b, y);
    } else {
      if constexpr (std::is_same_v<T, uint64_t>) {
        if (dtype == DType::kBool) return BoolFunction(kind, a, b, y);
      }
      return IntegerFunction(call, kind, dtype, a, b, y);
    }
  });
}

// Strings compare for equality, and Add joins them.
void RunOnStrings(BinaryKind kind, OpCall& call) {
  if (kind != BinaryKind::kAdd && kind != BinaryKind::kEqual && kind != BinaryKind::kNotEqual)
    call.FailType(0);
  const std::string* a = call.in(0).data<std::string>();
  const std::string* b = call.in(1).data<std::string>();
  const Dims shapes[] = {call.in(0).dims(), call.in(1).dims()};
  const Dims dims = BroadcastDims(call, shapes);
  Tensor& y = call.Out(0, kind == BinaryKind::kAdd ? DType::kString : DType::kBool, dims);
  ForEachRun({dims,
              {RowMajorStrides(dims), BroadcastStrides(shapes[0], dims), BroadcastStrides(shapes[1], dims)},
              {0, 0, 0}},
             [&](std::span<const int64_t> at, std::span<const int64_t> step, int64_t length) {
               for (int64_t i = 0; i < length; ++i) {
                 const std::string& x0 = a[at[1] + i * step[1]];
                 const std::string& x1 = b[at[2] + i * step[2]];
                 const int64_t o = at[0] + i * step[0];
                 if (kind == BinaryKind::kAdd) {
                   y.data<std::string>()[o] = x0 + x1;
                 } else {
                   y.data<bool>()[o] = (x0 == x1) == (kind == BinaryKind::kEqual);
                 }
               }
             });
}

void RunComplexFromParts(OpCall& call) {
  const DType part = call.in(0).dtype();
  if (part != DType::kFloat32 && part != DType::kFloat64) call.FailType(0);
  const DType to = part == DType::kFloat32 ? DType::kComplex64 : DType::kComplex128;
  MapPairs<double, Complex>(call, to,
                            [](double a, double b, Complex* y) { return *y = Complex(a, b), true; });
}

}  // namespace

void Run(const Binary& op, OpCall& call) {
  call.RequireSameType(0, 1);
  const DType dtype = call.in(0).dtype();
  if (dtype == DType::kString) return RunOnStrings(op.kind, call);
  if (op.kind == BinaryKind::kComplex) return RunComplexFromParts(call);
  VisitComputingType(dtype, [&](auto type) {
    using T = typename decltype(type)::type;
    if (IsComparison(op.kind)) {
      RunComparison<T>(op.kind, call);
    } else {
      RunArithmetic<T>(op.kind, call);
    }
  });
}

}  // namespace floe::reference
