// Arithmetic on values of one float type, to write formulas in.
#ifndef FLOE_FRONTEND_ONNX_OPS_FORMULA_H_
#define FLOE_FRONTEND_ONNX_OPS_FORMULA_H_

#include "graph/builder.h"

namespace floe {

class Formula {
 public:
  Formula(Builder& b, DType type) : b_(b), type_(type) {}
  ValueId Number(double v) { return b_.Scalar(type_, v); }
  ValueId Of(ValueId x) { return b_.CastTo(x, type_); }
  ValueId Add(ValueId x, ValueId y) { return b_.Binary(BinaryKind::kAdd, x, y); }
  ValueId Sub(ValueId x, ValueId y) { return b_.Binary(BinaryKind::kSub, x, y); }
  ValueId Mul(ValueId x, ValueId y) { return b_.Binary(BinaryKind::kMul, x, y); }
  ValueId Div(ValueId x, ValueId y) { return b_.Binary(BinaryKind::kDiv, x, y); }
  ValueId Min(ValueId x, ValueId y) { return b_.Binary(BinaryKind::kMin, x, y); }
  ValueId Max(ValueId x, ValueId y) { return b_.Binary(BinaryKind::kMax, x, y); }
  ValueId Floor(ValueId x) { return b_.Unary(UnaryKind::kFloor, x); }
  ValueId Clamp(ValueId x, ValueId low, ValueId high) { return Max(Min(x, high), low); }
  ValueId Less(ValueId x, ValueId y) { return b_.Binary(BinaryKind::kLess, x, y); }
  ValueId Where(ValueId condition, ValueId x, ValueId y) { return b_.Add(floe::Where{}, {condition, x, y}); }
  // 1 where low <= x <= high, else 0.
  ValueId Inside(ValueId x, ValueId low, ValueId high) {
    return Of(b_.Binary(BinaryKind::kAnd, b_.Binary(BinaryKind::kGreaterOrEqual, x, low),
                        b_.Binary(BinaryKind::kLessOrEqual, x, high)));
  }
  // 0, 1, ... count - 1 for an int64 scalar.
  ValueId UpTo(ValueId count) { return Of(b_.Add(Range{}, {b_.Int64(0), count, b_.Int64(1)})); }

 private:
  Builder& b_;
  DType type_;
};

}  // namespace floe

#endif  // FLOE_FRONTEND_ONNX_OPS_FORMULA_H_
