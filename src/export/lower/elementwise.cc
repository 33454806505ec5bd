// Arithmetic that ONNX lacks, in arithmetic that it has. The rules are exact but for the roundings named.
#include <cmath>
#include <limits>
#include <numbers>

#include "export/lower/rules.h"
#include "export/lower/special_functions.h"

namespace floe {
namespace {

using enum UnaryKind;
using enum BinaryKind;

// log(1 + x) = log(u) * x / (u - 1) with u = 1 + x rounded: the error of u cancels (Kahan; Higham, Accuracy
// and Stability of Numerical Algorithms, 1.14.1).
ValueId Log1p(Lowering& l, ValueId x) {
  const ValueId one = l.Num(1, x);
  const ValueId u = l.Bin(kAdd, x, one);
  const ValueId log = l.Un(kLog, u);
  const ValueId scaled = l.Bin(kDiv, l.Bin(kMul, log, x), l.Bin(kSub, u, one));
  const ValueId large = l.Bin(kGreater, u, l.Num(1e30, x));
  return l.If(l.Bin(kEqual, u, one), x, l.If(large, log, scaled));
}

// exp(x) - 1 = tanh(x / 2) * (exp(x) + 1), without the cancellation at 0.
ValueId Expm1(Lowering& l, ValueId x) {
  const ValueId half = l.Un(kTanh, l.Bin(kMul, x, l.Num(0.5, x)));
  return l.Bin(kMul, half, l.Bin(kAdd, l.Un(kExp, x), l.Num(1, x)));
}

ValueId IsFiniteOf(Lowering& l, ValueId x) {
  return l.Un(kNot, l.Bin(kOr, l.Un(kIsNaN, x), l.Un(kIsInf, x)));
}

// Half precision has neither isnan nor isinf in ONNX.
ValueId AsWide(Lowering& l, ValueId x) {
  const DType dtype = l.b().dtype(x);
  return dtype == DType::kFloat16 || dtype == DType::kBFloat16 ? l.b().CastTo(x, DType::kFloat32) : x;
}

ValueId LowerFloat(UnaryKind kind, Lowering& l, ValueId x) {
  switch (kind) {
    case kTrunc:
      return l.Bin(kMul, l.Un(kSign, x), l.Un(kFloor, l.Un(kAbs, x)));
    case kRsqrt:
      return l.Un(kReciprocal, l.Un(kSqrt, x));
    case kExpm1:
      return Expm1(l, x);
    case kLog1p:
      return Log1p(l, x);
    case kErfc:
      return ErfcOf(l, x);
    case kErfinv:
      return ErfinvOf(l, x);
    case kLgamma:
      return LgammaOf(l, x);
    case kDigamma:
      return DigammaOf(l, x);
    case kSilu:
      return l.Bin(kMul, x, l.Un(kSigmoid, x));
    case kMish:
      return l.Bin(kMul, x, l.Un(kTanh, l.Un(kSoftplus, x)));
    case kHardSwish: {
      const ValueId shifted = l.Add(Clip{.min = 0, .max = 6}, {l.Bin(kAdd, x, l.Num(3, x))});
      return l.Bin(kMul, x, l.Bin(kDiv, shifted, l.Num(6, x)));
    }
    case kIsFinite:
      return IsFiniteOf(l, AsWide(l, x));
    default:
      return kNoValue;
  }
}

// What runtimes compute in float32 alone.
ValueId LowerDouble(UnaryKind kind, Lowering& l, ValueId x) {
  const ValueId one = l.Num(1, x);
  switch (kind) {
    case kSoftplus: {  // max(x, 0) + log1p(exp(-|x|))
      const ValueId small = l.Un(kExp, l.Un(kNeg, l.Un(kAbs, x)));
      return l.Bin(kAdd, l.Un(kRelu, x), Log1p(l, small));
    }
    case kSoftsign:
      return l.Bin(kDiv, x, l.Bin(kAdd, one, l.Un(kAbs, x)));
    case kTan:
      return l.Bin(kDiv, l.Un(kSin, x), l.Un(kCos, x));
    case kSinh: {  // (t + t / (t + 1)) / 2 with t = expm1(x)
      const ValueId t = Expm1(l, x);
      return l.Bin(kMul, l.Bin(kAdd, t, l.Bin(kDiv, t, l.Bin(kAdd, t, one))), l.Num(0.5, x));
    }
    case kCosh: {
      const ValueId e = l.Un(kExp, l.Un(kAbs, x));
      return l.Bin(kMul, l.Bin(kAdd, e, l.Un(kReciprocal, e)), l.Num(0.5, x));
    }
    case kAsinh: {  // sign(x) * log1p(a + a^2 / (1 + sqrt(a^2 + 1))) with a = |x|
      const ValueId a = l.Un(kAbs, x);
      const ValueId squared = l.Bin(kMul, a, a);
      const ValueId root = l.Bin(kAdd, one, l.Un(kSqrt, l.Bin(kAdd, squared, one)));
      return l.Bin(kMul, l.Un(kSign, x), Log1p(l, l.Bin(kAdd, a, l.Bin(kDiv, squared, root))));
    }
    case kAcosh: {  // log(x + sqrt(x - 1) * sqrt(x + 1))
      const ValueId root = l.Bin(kMul, l.Un(kSqrt, l.Bin(kSub, x, one)), l.Un(kSqrt, l.Bin(kAdd, x, one)));
      return l.Un(kLog, l.Bin(kAdd, x, root));
    }
    case kAtanh: {  // log1p(2x / (1 - x)) / 2
      const ValueId ratio = l.Bin(kDiv, l.Bin(kAdd, x, x), l.Bin(kSub, one, x));
      return l.Bin(kMul, Log1p(l, ratio), l.Num(0.5, x));
    }
    default:
      return kNoValue;
  }
}

ValueId LowerInteger(UnaryKind kind, Lowering& l, ValueId x) {
  const DType dtype = l.b().dtype(x);
  switch (kind) {
    case kCeil:
    case kFloor:
    case kRound:
    case kTrunc:
      return x;
    case kReciprocal:
      return l.Bin(kDiv, l.Num(1, x), x);
    case kBitwiseNot: {
      if (IsSigned(dtype)) return l.Bin(kSub, l.Num(-1, x), x);
      // Of an unsigned type: what is left to all ones.
      Tensor ones(dtype, {});
      std::memset(ones.raw(), 0xff, ones.size_bytes());
      return l.Bin(kSub, l.b().Constant(std::move(ones)), x);
    }
    default:
      return kNoValue;
  }
}

// The quotient rounded toward minus infinity: C++'s, less one where it is inexact and negative.
ValueId FloorDivOf(Lowering& l, ValueId x, ValueId y) {
  if (IsFloat(l.b().dtype(x))) return l.Un(kFloor, l.Bin(kDiv, x, y));
  const ValueId q = l.Bin(kDiv, x, y);
  if (!IsSigned(l.b().dtype(x))) return q;
  const ValueId zero = l.Num(0, x);
  const ValueId inexact = l.Un(kNot, l.Bin(kEqual, l.Bin(kMul, q, y), x));
  const ValueId negative = l.Bin(kXor, l.Bin(kLess, x, zero), l.Bin(kLess, y, zero));
  return l.Bin(kSub, q, l.b().CastTo(l.Bin(kAnd, inexact, negative), l.b().dtype(x)));
}

// The remainder with the sign of the divisor, of floats.
ValueId FloorModOf(Lowering& l, ValueId x, ValueId y) {
  const ValueId zero = l.Num(0, x);
  const ValueId rest = l.Bin(kTruncMod, x, y);
  const ValueId other_sign = l.Bin(kXor, l.Bin(kLess, rest, zero), l.Bin(kLess, y, zero));
  const ValueId is_zero = l.Bin(kEqual, rest, zero);
  return l.If(l.Bin(kAnd, l.Un(kNot, is_zero), other_sign), l.Bin(kAdd, rest, y), rest);
}

// Less than zero, the negative zero too.
ValueId IsNegative(Lowering& l, ValueId x) {
  const ValueId zero = l.Num(0, x);
  return l.Bin(kOr, l.Bin(kLess, x, zero), l.Bin(kLess, l.Un(kReciprocal, x), zero));
}

// atan of the quotient, moved by pi to the left half plane. The quotient of two infinities is one of their
// signs, that of two zeros the first of them.
ValueId Atan2Of(Lowering& l, ValueId y, ValueId x) {
  const ValueId zero = l.Num(0, x);
  const ValueId pi = l.Num(std::numbers::pi, x);
  ValueId ratio = l.Bin(kDiv, y, x);
  const ValueId both_infinite = l.Bin(kAnd, l.Un(kIsInf, AsWide(l, x)), l.Un(kIsInf, AsWide(l, y)));
  ratio = l.If(both_infinite, l.Bin(kMul, l.Un(kSign, y), l.Un(kSign, x)), ratio);
  const ValueId both_zero = l.Bin(kAnd, l.Bin(kEqual, x, zero), l.Bin(kEqual, y, zero));
  const ValueId angle = l.Un(kAtan, l.If(both_zero, y, ratio));
  const ValueId shift = l.If(IsNegative(l, y), l.Un(kNeg, pi), pi);
  return l.If(IsNegative(l, x), l.Bin(kAdd, angle, shift), angle);
}

// 0 where x is, else y.
ValueId ZeroAsX(Lowering& l, ValueId x, ValueId y) {
  return l.If(l.Bin(kEqual, x, l.Num(0, x)), l.Num(0, x), y);
}

}  // namespace

Lowering::Result Lower(const Unary& op, Lowering& l) {
  const ValueId x = l.in(0);
  const DType dtype = l.dtype(0);
  ValueId y = kNoValue;
  if (op.kind == kSquare) {
    y = l.Bin(kMul, x, x);
  } else if (IsFloat(dtype)) {
    y = LowerFloat(op.kind, l, x);
    if (y == kNoValue && dtype == DType::kFloat64) y = LowerDouble(op.kind, l, x);
    if (y == kNoValue && op.kind == kHardSwish && l.opset() >= 14) return l.Keep();
    if (y == kNoValue && (op.kind == kIsNaN || op.kind == kIsInf) && AsWide(l, x) != x) {
      y = l.Un(op.kind, AsWide(l, x));
    }
  } else if (IsInteger(dtype)) {
    y = LowerInteger(op.kind, l, x);
    if (y == kNoValue && op.kind == kSign && !IsSigned(dtype)) y = kNoValue;
  }
  if (l.refused() || y == kNoValue) return {};
  return {y};
}

Lowering::Result Lower(const Binary& op, Lowering& l) {
  const ValueId x = l.in(0), y = l.in(1);
  const auto zero_where = [&](ValueId divisor, ValueId value) {
    return l.If(l.Bin(kEqual, divisor, l.Num(0, divisor)), l.Num(0, value), value);
  };
  switch (op.kind) {
    case kFloorDiv:
      return {FloorDivOf(l, x, y)};
    case kFloorMod:
      if (IsInteger(l.dtype(0))) return l.Keep();
      return {FloorModOf(l, x, y)};
    case kDivNoNan:
      return {zero_where(y, l.Bin(kDiv, x, y))};
    case kMulNoNan:
      return {zero_where(y, l.Bin(kMul, x, y))};
    case kAtan2:
      return {Atan2Of(l, x, y)};
    case kXdivy:
      return {ZeroAsX(l, x, l.Bin(kDiv, x, y))};
    case kXlogy:
      return {ZeroAsX(l, x, l.Bin(kMul, x, l.Un(kLog, y)))};
    case kXlog1py:
      return {ZeroAsX(l, x, l.Bin(kMul, x, l.Un(kLog1p, y)))};
    case kSquaredDifference: {
      const ValueId d = l.Bin(kSub, x, y);
      return {l.Bin(kMul, d, d)};
    }
    case kEqual:
      if (l.dtype(0) == DType::kString) return {EqualStrings(l, x, y)};
      return l.Keep();
    case kNotEqual:
      return {l.Un(kNot, l.Bin(kEqual, x, y))};
    case kBitwiseAnd:
    case kBitwiseOr:
    case kBitwiseXor:
    case kLeftShift:
    case kRightShift:
      return LowerBits(op.kind, l);
    default:
      return l.Keep();
  }
}

// ONNX sums floats alone.
// ONNX's Sum broadcasts: only of inputs that certainly have one shape does a reader of the file know it for
// ours.
Lowering::Result Lower(const Sum&, Lowering& l) {
  const size_t count = l.node().inputs.size();
  bool alike = IsFloat(l.dtype(0)) && count > 1;
  for (size_t i = 0; alike && i < count; ++i) {
    const Shape& shape = l.shape(i);
    alike = shape.has_rank() && shape == l.shape(0);
    for (size_t d = 0; alike && d < shape.rank(); ++d) alike = shape[d].Same(l.shape(0)[d]);
  }
  if (alike) return l.Keep();
  ValueId sum = l.in(0);
  for (size_t i = 1; i < l.node().inputs.size(); ++i) sum = l.Bin(kAdd, sum, l.in(i));
  return {l.node().inputs.size() == 1 ? l.Un(kIdentity, sum) : sum};
}

}  // namespace floe
