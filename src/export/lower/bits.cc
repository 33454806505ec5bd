// Operations on the bits of integers. ONNX has BitShift of unsigned integers, and bitwise operators only from
// opset 18 on.
#include <numeric>

#include "base/check.h"
#include "export/lower/rules.h"

namespace floe {
namespace {

using enum UnaryKind;
using enum BinaryKind;

int64_t BitsOf(DType dtype) {
  return static_cast<int64_t>(DTypeSize(dtype)) * 8;
}

// The shift as uint64, clamped to the type as TensorFlow does.
ValueId Amount(Lowering& l, ValueId y, DType dtype) {
  ValueId n = l.b().CastTo(y, DType::kInt64);
  n = l.Bin(kMax, n, l.b().Int64(0));
  n = l.Bin(kMin, n, l.b().Int64(BitsOf(dtype) - 1));
  return l.b().CastTo(n, DType::kUInt64);
}

ValueId ShiftOf(BinaryKind kind, Lowering& l, ValueId x, ValueId y) {
  const DType dtype = l.b().dtype(x);
  const ValueId n = Amount(l, y, dtype);
  if (kind == kLeftShift || !IsSigned(dtype)) {
    return l.b().CastTo(l.Bin(kind, l.b().CastTo(x, DType::kUInt64), n), dtype);
  }
  // Of a negative number the complement, which is none, is shifted.
  const ValueId wide = l.b().CastTo(x, DType::kInt64);
  const ValueId is_negative = l.Bin(kLess, wide, l.b().Int64(0));
  const ValueId complement = l.Bin(kSub, l.b().Int64(-1), wide);
  const ValueId bits = l.b().CastTo(l.If(is_negative, complement, wide), DType::kUInt64);
  const ValueId shifted = l.b().CastTo(l.Bin(kRightShift, bits, n), DType::kInt64);
  return l.b().CastTo(l.If(is_negative, l.Bin(kSub, l.b().Int64(-1), shifted), shifted), dtype);
}

// The lowest `bits` bits of x along a new last dimension, 0 or 1, int64.
ValueId BitsAlong(Lowering& l, ValueId x, int64_t bits) {
  Tensor places(DType::kUInt64, {bits});
  std::iota(places.data<uint64_t>(), places.data<uint64_t>() + bits, uint64_t{0});
  const ValueId wide = l.Unsqueezed(l.b().CastTo(x, DType::kUInt64), {-1});
  const ValueId shifted = l.Bin(kRightShift, wide, l.b().Constant(std::move(places)));
  // Halved and doubled again, what is left is the lowest bit.
  const ValueId halved = l.Bin(kRightShift, shifted, l.b().Scalar(DType::kUInt64, 1));
  const ValueId even = l.Bin(kLeftShift, halved, l.b().Scalar(DType::kUInt64, 1));
  return l.Bin(kSub, l.b().CastTo(shifted, DType::kInt64), l.b().CastTo(even, DType::kInt64));
}

ValueId Combine(BinaryKind kind, Lowering& l, ValueId a, ValueId b) {
  const ValueId both = l.Bin(kMul, a, b);
  if (kind == kBitwiseAnd) return both;
  const ValueId sum = l.Bin(kAdd, a, b);
  return l.Bin(kSub, sum, kind == kBitwiseOr ? both : l.Bin(kAdd, both, both));
}

ValueId BitwiseOf(BinaryKind kind, Lowering& l, ValueId x, ValueId y) {
  const DType dtype = l.b().dtype(x);
  const int64_t bits = BitsOf(dtype);
  const ValueId combined = Combine(kind, l, BitsAlong(l, x, bits), BitsAlong(l, y, bits));
  Tensor weights(DType::kInt64, {bits});
  for (int64_t i = 0; i < bits; ++i) weights.data<int64_t>()[i] = static_cast<int64_t>(uint64_t{1} << i);
  const ValueId weighted = l.Bin(kMul, combined, l.b().Constant(std::move(weights)));
  return l.b().CastTo(l.b().Reduce(ReduceKind::kSum, weighted, {-1}, false), dtype);
}

}  // namespace

Lowering::Result LowerBits(BinaryKind kind, Lowering& l) {
  const ValueId x = l.in(0), y = l.in(1);
  if (kind == kLeftShift || kind == kRightShift) {
    // What ShiftOf writes.
    const NodeId maker = l.graph().value(y).producer;
    const bool is_clamped =
        l.constant(1) != nullptr || (maker != kNoNode && IsOp<Cast>(l.graph().node(maker).op));
    if (l.dtype(0) == DType::kUInt64 && is_clamped) return l.Keep();
    return {ShiftOf(kind, l, x, y)};
  }
  return {BitwiseOf(kind, l, x, y)};
}

}  // namespace floe
