#include "backends/cpu/elementwise/functions.h"

#include <cmath>
#include <complex>
#include <limits>
#include <type_traits>

#include "base/error.h"

namespace floe::cpu {
namespace {

template <typename In, typename Out, auto kFunction>
void Map1(const BlockArgs& args) {
  const In* a = static_cast<const In*>(args.in[0]);
  Out* out = static_cast<Out*>(args.out);
  for (int64_t i = 0; i < args.count; ++i) out[i] = static_cast<Out>(kFunction(a[i]));
}

template <typename In, typename Out, auto kFunction>
void Map2(const BlockArgs& args) {
  const In* a = static_cast<const In*>(args.in[0]);
  const In* b = static_cast<const In*>(args.in[1]);
  Out* out = static_cast<Out*>(args.out);
  for (int64_t i = 0; i < args.count; ++i) out[i] = static_cast<Out>(kFunction(a[i], b[i]));
}

// Signed overflow wraps, as in TensorFlow.
template <typename T>
auto Wrapping(T x) {
  if constexpr (std::is_floating_point_v<T>) {
    return x;
  } else {
    return static_cast<std::conditional_t<(sizeof(T) < 4), uint32_t, std::make_unsigned_t<T>>>(x);
  }
}

void CheckDivisor(bool zero) {
  if (zero) throw Error(ErrorCode::kUsage, "integer division by zero");
}

template <typename T>
T Quotient(T a, T b) {
  CheckDivisor(b == 0);
  if constexpr (std::is_signed_v<T>) {
    if (b == -1) return static_cast<T>(0 - Wrapping(a));
  }
  return static_cast<T>(a / b);
}
template <typename T>
T Remainder(T a, T b) {
  if constexpr (std::is_floating_point_v<T>) {
    return std::fmod(a, b);
  } else {
    return static_cast<T>(Wrapping(a) - Wrapping(Quotient(a, b)) * Wrapping(b));
  }
}
template <typename T>
T FloorRemainder(T a, T b) {
  const T r = Remainder(a, b);
  return r != 0 && (r < 0) != (b < 0) ? static_cast<T>(r + b) : r;
}
template <typename T>
T FloorQuotient(T a, T b) {
  if constexpr (std::is_floating_point_v<T>) {
    return std::floor(a / b);
  } else {
    const T r = Remainder(a, b);
    return static_cast<T>(Quotient(a, b) - (r != 0 && (r < 0) != (b < 0)));
  }
}
template <typename T>
T Larger(T a, T b) {
  return a != a || a > b ? a : b;
}
template <typename T>
T Smaller(T a, T b) {
  return a != a || a < b ? a : b;
}
template <typename T>
T Divide(T a, T b) {
  if constexpr (std::is_floating_point_v<T>) {
    return a / b;
  } else {
    return Quotient(a, b);
  }
}

template <typename T>
BlockFunction Comparison(BinaryKind kind) {
  switch (kind) {
    case BinaryKind::kEqual:
      return Map2<T, bool, [](T a, T b) { return a == b; }>;
    case BinaryKind::kNotEqual:
      return Map2<T, bool, [](T a, T b) { return a != b; }>;
    case BinaryKind::kLess:
      return Map2<T, bool, [](T a, T b) { return a < b; }>;
    case BinaryKind::kLessOrEqual:
      return Map2<T, bool, [](T a, T b) { return a <= b; }>;
    case BinaryKind::kGreater:
      return Map2<T, bool, [](T a, T b) { return (a > b); }>;
    case BinaryKind::kGreaterOrEqual:
      return Map2<T, bool, [](T a, T b) { return (a >= b); }>;
    default:
      return nullptr;
  }
}

template <typename T>
BlockFunction Arithmetic(BinaryKind kind) {
  switch (kind) {
    case BinaryKind::kAdd:
      return Map2<T, T, [](T a, T b) { return Wrapping(a) + Wrapping(b); }>;
    case BinaryKind::kSub:
      return Map2<T, T, [](T a, T b) { return Wrapping(a) - Wrapping(b); }>;
    case BinaryKind::kMul:
      return Map2<T, T, [](T a, T b) { return Wrapping(a) * Wrapping(b); }>;
    case BinaryKind::kMin:
      return Map2<T, T, Smaller<T>>;
    case BinaryKind::kMax:
      return Map2<T, T, Larger<T>>;
    case BinaryKind::kDiv:
      return Map2<T, T, Divide<T>>;
    case BinaryKind::kFloorDiv:
      return Map2<T, T, FloorQuotient<T>>;
    case BinaryKind::kFloorMod:
      return Map2<T, T, FloorRemainder<T>>;
    case BinaryKind::kTruncMod:
      return Map2<T, T, Remainder<T>>;
    default:
      break;
  }
  if constexpr (std::is_integral_v<T>) {
    switch (kind) {
      case BinaryKind::kBitwiseAnd:
        return Map2<T, T, [](T a, T b) { return a & b; }>;
      case BinaryKind::kBitwiseOr:
        return Map2<T, T, [](T a, T b) { return a | b; }>;
      case BinaryKind::kBitwiseXor:
        return Map2<T, T, [](T a, T b) { return a ^ b; }>;
      default:
        break;
    }
  }
  return Comparison<T>(kind);
}

BlockFunction Logic(BinaryKind kind) {
  switch (kind) {
    case BinaryKind::kAnd:
      return Map2<uint8_t, uint8_t, [](uint8_t a, uint8_t b) { return a & b; }>;
    case BinaryKind::kOr:
      return Map2<uint8_t, uint8_t, [](uint8_t a, uint8_t b) { return a | b; }>;
    case BinaryKind::kXor:
      return Map2<uint8_t, uint8_t, [](uint8_t a, uint8_t b) { return a ^ b; }>;
    case BinaryKind::kEqual:
      return Map2<uint8_t, uint8_t, [](uint8_t a, uint8_t b) { return a == b; }>;
    case BinaryKind::kNotEqual:
      return Map2<uint8_t, uint8_t, [](uint8_t a, uint8_t b) { return a != b; }>;
    default:
      return nullptr;
  }
}

// What has no vector code goes through the C library, in double where float would lose digits.
BlockFunction ScalarBinary(BinaryKind kind) {
  using F = float;
  switch (kind) {
    case BinaryKind::kPow:
      return Map2<F, F, [](F a, F b) { return std::pow(double{a}, double{b}); }>;
    case BinaryKind::kAtan2:
      return Map2<F, F, [](F a, F b) { return std::atan2(a, b); }>;
    case BinaryKind::kXdivy:
      return Map2<F, F, [](F a, F b) { return a == 0 ? 0 : a / b; }>;
    case BinaryKind::kXlogy:
      return Map2<F, F, [](F a, F b) { return a == 0 ? 0 : a * std::log(b); }>;
    case BinaryKind::kXlog1py:
      return Map2<F, F, [](F a, F b) { return a == 0 ? 0 : a * std::log1p(b); }>;
    case BinaryKind::kComplex:
      return Map2<F, std::complex<F>, [](F a, F b) { return std::complex<F>(a, b); }>;
    case BinaryKind::kFloorDiv:
      return Map2<F, F, FloorQuotient<F>>;
    case BinaryKind::kFloorMod:
      return Map2<F, F, FloorRemainder<F>>;
    case BinaryKind::kTruncMod:
      return Map2<F, F, Remainder<F>>;
    default:
      return Comparison<F>(kind);
  }
}

BlockFunction ScalarUnary(UnaryKind kind) {
  using F = float;
  switch (kind) {
    case UnaryKind::kSin:
      return Map1<F, F, [](F x) { return std::sin(x); }>;
    case UnaryKind::kCos:
      return Map1<F, F, [](F x) { return std::cos(x); }>;
    case UnaryKind::kTan:
      return Map1<F, F, [](F x) { return std::tan(x); }>;
    case UnaryKind::kAsin:
      return Map1<F, F, [](F x) { return std::asin(x); }>;
    case UnaryKind::kAcos:
      return Map1<F, F, [](F x) { return std::acos(x); }>;
    case UnaryKind::kAtan:
      return Map1<F, F, [](F x) { return std::atan(x); }>;
    case UnaryKind::kSinh:
      return Map1<F, F, [](F x) { return std::sinh(x); }>;
    case UnaryKind::kCosh:
      return Map1<F, F, [](F x) { return std::cosh(x); }>;
    case UnaryKind::kAsinh:
      return Map1<F, F, [](F x) { return std::asinh(x); }>;
    case UnaryKind::kAcosh:
      return Map1<F, F, [](F x) { return std::acosh(x); }>;
    case UnaryKind::kAtanh:
      return Map1<F, F, [](F x) { return std::atanh(x); }>;
    case UnaryKind::kErfc:
      return Map1<F, F, [](F x) { return std::erfc(x); }>;
    case UnaryKind::kIsNaN:
      return Map1<F, bool, [](F x) { return std::isnan(x); }>;
    case UnaryKind::kIsInf:
      return Map1<F, bool, [](F x) { return std::isinf(x); }>;
    case UnaryKind::kIsFinite:
      return Map1<F, bool, [](F x) { return std::isfinite(x); }>;
    default:
      return nullptr;
  }
}

template <typename T>
BlockFunction IntegerUnary(UnaryKind kind) {
  switch (kind) {
    case UnaryKind::kIdentity:
      return Map1<T, T, [](T x) { return x; }>;
    case UnaryKind::kAbs:
      return Map1<T, T, [](T x) { return x < 0 ? 0 - Wrapping(x) : Wrapping(x); }>;
    case UnaryKind::kNeg:
      return Map1<T, T, [](T x) { return 0 - Wrapping(x); }>;
    case UnaryKind::kSign:
      return Map1<T, T, [](T x) { return (x > 0) - (x < 0); }>;
    case UnaryKind::kSquare:
      return Map1<T, T, [](T x) { return Wrapping(x) * Wrapping(x); }>;
    case UnaryKind::kRelu:
      return Map1<T, T, [](T x) { return x < 0 ? T{0} : x; }>;
    case UnaryKind::kBitwiseNot:
      return Map1<T, T, [](T x) { return ~Wrapping(x); }>;
    default:
      return nullptr;
  }
}

// Spectra: what becomes of them before they are real again.
using Complex = std::complex<float>;

Complex Product(Complex a, Complex b) {
  return {a.real() * b.real() - a.imag() * b.imag(), a.real() * b.imag() + a.imag() * b.real()};
}

BlockFunction ComplexUnary(UnaryKind kind) {
  switch (kind) {
    case UnaryKind::kIdentity:
      return Map1<Complex, Complex, [](Complex x) { return x; }>;
    case UnaryKind::kNeg:
      return Map1<Complex, Complex, [](Complex x) { return -x; }>;
    case UnaryKind::kConj:
      return Map1<Complex, Complex, [](Complex x) { return std::conj(x); }>;
    case UnaryKind::kReal:
      return Map1<Complex, float, [](Complex x) { return x.real(); }>;
    case UnaryKind::kImag:
      return Map1<Complex, float, [](Complex x) { return x.imag(); }>;
    case UnaryKind::kAbs:
      return Map1<Complex, float, [](Complex x) {
        const double re = x.real(), im = x.imag();
        return std::sqrt(re * re + im * im);
      }>;
    default:
      return nullptr;
  }
}

BlockFunction ComplexBinary(BinaryKind kind) {
  switch (kind) {
    case BinaryKind::kAdd:
      return Map2<Complex, Complex, [](Complex a, Complex b) { return a + b; }>;
    case BinaryKind::kSub:
      return Map2<Complex, Complex, [](Complex a, Complex b) { return a - b; }>;
    case BinaryKind::kMul:
      return Map2<Complex, Complex, Product>;
    default:
      return nullptr;
  }
}

// Float to integer beyond its range gives what x86 gives: the least 32- or 64-bit number, cut to size.
template <typename In, typename Out>
Out CastOne(In x) {
  if constexpr (std::is_same_v<Out, bool>) {
    return x != In{0};
  } else if constexpr (std::is_floating_point_v<In> && std::is_integral_v<Out>) {
    using Wide = std::conditional_t<(sizeof(Out) <= 4), int32_t, int64_t>;
    constexpr In kLimit = sizeof(Wide) == 4 ? In{2147483648.0} : In{9223372036854775808.0};
    const bool inside = x >= -kLimit && x < kLimit;
    return static_cast<Out>(inside ? static_cast<Wide>(x) : std::numeric_limits<Wide>::min());
  } else {
    return static_cast<Out>(x);
  }
}

template <typename In, typename Out>
void CastBlock(const BlockArgs& args) {
  const In* a = static_cast<const In*>(args.in[0]);
  Out* out = static_cast<Out*>(args.out);
  for (int64_t i = 0; i < args.count; ++i) out[i] = CastOne<In, Out>(a[i]);
}

template <typename In>
BlockFunction CastTo(DType to) {
  switch (to) {
    case DType::kFloat32:
      return CastBlock<In, float>;
    case DType::kFloat64:
      return CastBlock<In, double>;
    case DType::kInt32:
      return CastBlock<In, int32_t>;
    case DType::kInt64:
      return CastBlock<In, int64_t>;
    case DType::kUInt8:
      return CastBlock<In, uint8_t>;
    case DType::kInt8:
      return CastBlock<In, int8_t>;
    case DType::kBool:
      return CastBlock<In, bool>;
    default:
      return nullptr;
  }
}

template <typename T>
void WhereBlock(const BlockArgs& args) {
  const uint8_t* condition = static_cast<const uint8_t*>(args.in[0]);
  const T* a = static_cast<const T*>(args.in[1]);
  const T* b = static_cast<const T*>(args.in[2]);
  T* out = static_cast<T*>(args.out);
  for (int64_t i = 0; i < args.count; ++i) out[i] = condition[i] != 0 ? a[i] : b[i];
}

}  // namespace

const FloatBlocks& FloatBlocksFor(Isa isa) {
  return CodeFor<generic::kFloatBlocks, avx2::kFloatBlocks, avx512::kFloatBlocks, neon::kFloatBlocks>(isa);
}

BlockFunction FindUnary(UnaryKind kind, DType dtype, Isa isa) {
  switch (dtype) {
    case DType::kFloat32:
      if (const BlockFunction vector = FloatBlocksFor(isa).unary(kind)) return vector;
      return ScalarUnary(kind);
    case DType::kInt32:
      return IntegerUnary<int32_t>(kind);
    case DType::kInt64:
      return IntegerUnary<int64_t>(kind);
    case DType::kUInt8:
      return IntegerUnary<uint8_t>(kind);
    case DType::kInt8:
      return IntegerUnary<int8_t>(kind);
    case DType::kBool:
      if (kind == UnaryKind::kNot) return Map1<uint8_t, uint8_t, [](uint8_t x) { return x == 0; }>;
      return kind == UnaryKind::kIdentity ? Map1<uint8_t, uint8_t, [](uint8_t x) { return x; }> : nullptr;
    case DType::kComplex64:
      return ComplexUnary(kind);
    default:
      return nullptr;
  }
}

BlockFunction FindBinary(BinaryKind kind, DType dtype, Isa isa) {
  switch (dtype) {
    case DType::kFloat32:
      if (const BlockFunction vector = FloatBlocksFor(isa).binary(kind)) return vector;
      return ScalarBinary(kind);
    case DType::kFloat64:
      return Arithmetic<double>(kind);
    case DType::kInt32:
      return Arithmetic<int32_t>(kind);
    case DType::kInt64:
      return Arithmetic<int64_t>(kind);
    case DType::kUInt8:
      return Arithmetic<uint8_t>(kind);
    case DType::kInt8:
      return Arithmetic<int8_t>(kind);
    case DType::kBool:
      return Logic(kind);
    case DType::kComplex64:
      return ComplexBinary(kind);
    default:
      return nullptr;
  }
}

BlockFunction FindCast(DType from, DType to) {
  switch (from) {
    case DType::kFloat32:
      return CastTo<float>(to);
    case DType::kFloat64:
      return CastTo<double>(to);
    case DType::kInt32:
      return CastTo<int32_t>(to);
    case DType::kInt64:
      return CastTo<int64_t>(to);
    case DType::kUInt8:
      return CastTo<uint8_t>(to);
    case DType::kInt8:
      return CastTo<int8_t>(to);
    case DType::kBool:
      return CastTo<bool>(to);
    default:
      return nullptr;
  }
}

BlockFunction FindWhere(size_t element_bytes) {
  switch (element_bytes) {
    case 1:
      return WhereBlock<uint8_t>;
    case 2:
      return WhereBlock<uint16_t>;
    case 4:
      return WhereBlock<uint32_t>;
    case 8:
      return WhereBlock<uint64_t>;
    default:
      return nullptr;
  }
}

}  // namespace floe::cpu
