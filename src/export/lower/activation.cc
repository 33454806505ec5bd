// Activations that ONNX lacks, and those that runtimes compute in float32 alone, for float64.
#include <cmath>
#include <numbers>

#include "export/lower/rules.h"
#include "export/lower/special_functions.h"

namespace floe {
namespace {

using enum UnaryKind;
using enum BinaryKind;

bool IsDouble(const Lowering& l) {
  return l.dtype(0) == DType::kFloat64;
}

ValueId Negative(Lowering& l, ValueId x, ValueId where_negative) {
  return l.If(l.Bin(kLess, x, l.Num(0, x)), where_negative, x);
}

}  // namespace

Lowering::Result Lower(const LeakyRelu& op, Lowering& l) {
  if (!IsDouble(l)) return l.Keep();
  const ValueId x = l.in(0);
  return {Negative(l, x, l.Bin(kMul, x, l.Num(op.alpha, x)))};
}

Lowering::Result Lower(const Elu& op, Lowering& l) {
  if (!IsDouble(l)) return l.Keep();
  const ValueId x = l.in(0);
  return {Negative(l, x, l.Bin(kMul, l.Num(op.alpha, x), l.Un(kExpm1, x)))};
}

Lowering::Result Lower(const Selu& op, Lowering& l) {
  if (!IsDouble(l)) return l.Keep();
  const ValueId x = l.in(0);
  const ValueId inner = Negative(l, x, l.Bin(kMul, l.Num(op.alpha, x), l.Un(kExpm1, x)));
  return {l.Bin(kMul, l.Num(op.gamma, x), inner)};
}

Lowering::Result Lower(const HardSigmoid& op, Lowering& l) {
  if (!IsDouble(l)) return l.Keep();
  const ValueId x = l.in(0);
  const ValueId line = l.Bin(kAdd, l.Bin(kMul, x, l.Num(op.alpha, x)), l.Num(op.beta, x));
  return {l.Add(Clip{.min = 0, .max = 1}, {line})};
}

Lowering::Result Lower(const PRelu&, Lowering& l) {
  if (!IsDouble(l)) return l.Keep();
  const ValueId x = l.in(0);
  return {Negative(l, x, l.Bin(kMul, x, l.in(1)))};
}

Lowering::Result Lower(const Gelu& op, Lowering& l) {
  const ValueId x = l.in(0);
  const ValueId one = l.Num(1, x);
  const ValueId half = l.Bin(kMul, x, l.Num(0.5, x));
  if (!op.approximate) {
    if (IsDouble(l))
      return {l.Bin(kMul, half, ErfcOf(l, l.Bin(kMul, x, l.Num(-std::numbers::sqrt2 / 2, x))))};
    return {
        l.Bin(kMul, half, l.Bin(kAdd, one, l.Un(kErf, l.Bin(kMul, x, l.Num(std::numbers::sqrt2 / 2, x)))))};
  }
  const ValueId cube = l.Bin(kMul, l.Bin(kMul, x, x), x);
  const ValueId inner = l.Bin(kAdd, x, l.Bin(kMul, cube, l.Num(0.044715, x)));
  const ValueId tanh = l.Un(kTanh, l.Bin(kMul, inner, l.Num(std::sqrt(2 / std::numbers::pi), x)));
  return {l.Bin(kMul, half, l.Bin(kAdd, one, tanh))};
}

// TensorFlow's arithmetic: the range is nudged so that zero is one of the steps, x clamped to it and rounded
// to steps, halves upward.
Lowering::Result Lower(const FakeQuant& op, Lowering& l) {
  const ValueId x = l.in(0), min = l.in(1), max = l.in(2);
  const ValueId least = l.Num(op.narrow_range ? 1 : 0, x);
  const ValueId most = l.Num(std::exp2(static_cast<double>(op.bits)) - 1, x);
  const ValueId half = l.Num(0.5, x), zero = l.Num(0, x);
  const ValueId scale = l.Bin(kDiv, l.Bin(kSub, max, min), l.Bin(kSub, most, least));
  const ValueId from_min = l.Bin(kSub, least, l.Bin(kDiv, min, scale));
  const ValueId rounded = l.Un(kFloor, l.Bin(kAdd, from_min, half));
  const ValueId nudged = l.Bin(kMin, l.Bin(kMax, rounded, least), most);
  const ValueId low = l.Bin(kMul, l.Bin(kSub, least, nudged), scale);
  const ValueId high = l.Bin(kMul, l.Bin(kSub, most, nudged), scale);
  const ValueId inverse = l.Bin(kDiv, l.Num(1, x), scale);
  const ValueId clamped = l.Bin(kMax, l.Bin(kMin, x, high), low);
  const ValueId from_low = l.Bin(kMul, l.Bin(kSub, clamped, low), inverse);
  const ValueId steps = l.Un(kFloor, l.Bin(kAdd, from_low, half));
  const ValueId value = l.Bin(kAdd, l.Bin(kMul, steps, scale), low);
  // An empty range, where the scale is 0, gives zeros.
  const ValueId is_empty = l.Bin(kAnd, l.Bin(kEqual, min, zero), l.Bin(kEqual, max, zero));
  return {l.If(is_empty, zero, value)};
}

}  // namespace floe
