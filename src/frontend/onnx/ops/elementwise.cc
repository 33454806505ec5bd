// Operations that work element by element.
#include <cmath>

#include "frontend/onnx/ops/families.h"

namespace floe {
namespace {

constexpr int64_t kNewest = kNewestOnnxOpset;

template <UnaryKind kKind>
void ImportUnary(OnnxContext& c) {
  c.Return(Unary{kKind}, {c.in(0)});
}

template <BinaryKind kKind>
void ImportBinary(OnnxContext& c) {
  c.Return(Binary{kKind}, {c.in(0), c.in(1)});
}

// An input has no other node that could make a result of it.
void ImportIdentity(OnnxContext& c) {
  if (c.build().graph().IsInput(c.in(0))) return c.Return(Unary{UnaryKind::kIdentity}, {c.in(0)});
  c.Set(0, c.in(0));
}

// The result has the type of the base.
void ImportPow(OnnxContext& c) {
  Builder& b = c.build();
  const DType x = c.dtype(0), y = c.dtype(1);
  if (x == y) return c.Return(Binary{BinaryKind::kPow}, {c.in(0), c.in(1)});
  if (IsFloat(x)) return c.Return(Binary{BinaryKind::kPow}, {c.in(0), b.CastTo(c.in(1), x)});
  if (IsInteger(y))
    return c.Set(0, b.CastTo(b.Binary(BinaryKind::kPow, b.ToInt64(c.in(0)), b.ToInt64(c.in(1))), x));
  const ValueId wide =
      b.Binary(BinaryKind::kPow, b.CastTo(c.in(0), DType::kFloat64), b.CastTo(c.in(1), DType::kFloat64));
  c.Set(0, b.CastTo(wide, x));
}

void ImportMod(OnnxContext& c) {
  const bool fmod = c.Flag("fmod");
  if (!fmod && IsFloat(c.dtype(0))) c.Fail("fmod is 0 for {}, expected 1", DTypeName(c.dtype(0)));
  c.Return(Binary{fmod ? BinaryKind::kTruncMod : BinaryKind::kFloorMod}, {c.in(0), c.in(1)});
}

void ImportBitShift(OnnxContext& c) {
  const std::string direction = c.String("direction", "");
  if (direction != "LEFT" && direction != "RIGHT")
    c.Fail("attribute 'direction': expected LEFT or RIGHT, found '{}'", direction);
  c.Return(Binary{direction == "LEFT" ? BinaryKind::kLeftShift : BinaryKind::kRightShift},
           {c.in(0), c.in(1)});
}

ValueId Accumulate(OnnxContext& c, BinaryKind kind) {
  ValueId sum = c.in(0);
  for (size_t i = 1; i < c.input_count(); ++i) sum = c.build().Binary(kind, sum, c.in(i));
  return sum;
}

template <BinaryKind kKind>
void ImportVariadic(OnnxContext& c) {
  c.Set(0, Accumulate(c, kKind));
}

// Two are an addition, which kernels join to what is before.
void ImportSum(OnnxContext& c) {
  bool alike = c.input_count() > 2 && IsFloat(c.dtype(0));
  std::vector<ValueId> inputs;
  for (size_t i = 0; i < c.input_count(); ++i) {
    inputs.push_back(c.in(i));
    const Shape& shape = c.shape(i);
    alike = alike && shape.has_rank() && shape == c.shape(0);
    for (size_t d = 0; alike && d < shape.rank(); ++d) alike = shape[d].Same(c.shape(0)[d]);
  }
  if (!alike) return c.Set(0, Accumulate(c, BinaryKind::kAdd));
  c.Return(Sum{}, std::move(inputs));
}

void ImportMean(OnnxContext& c) {
  const ValueId count = c.build().Scalar(c.dtype(0), static_cast<double>(c.input_count()));
  c.Set(0, c.build().Binary(BinaryKind::kDiv, Accumulate(c, BinaryKind::kAdd), count));
}

void ImportIsInf(OnnxContext& c) {
  Builder& b = c.build();
  const bool negative = c.Flag("detect_negative", true), positive = c.Flag("detect_positive", true);
  const ValueId infinite = b.Unary(UnaryKind::kIsInf, c.in(0));
  if (negative && positive) return c.Set(0, infinite);
  const ValueId zero = b.Scalar(c.dtype(0), 0);
  if (!negative && !positive) return c.Set(0, b.Zeros(DType::kBool, b.ShapeTensor(c.in(0))));
  const ValueId side = b.Binary(positive ? BinaryKind::kGreater : BinaryKind::kLess, c.in(0), zero);
  c.Set(0, b.Binary(BinaryKind::kAnd, infinite, side));
}

// ---- limits -------------------------------------------------------------------------------------------

ValueId Limit(OnnxContext& c, ValueId x, BinaryKind kind, size_t input) {
  if (!c.has(input)) return x;
  return c.build().Binary(kind, x, c.build().Reshape(c.in(input), {}));
}

void ImportClipAttributes(OnnxContext& c) {
  c.Return(Clip{c.Float("min", -INFINITY), c.Float("max", INFINITY)}, {c.in(0)});
}

void ImportClip(OnnxContext& c) {
  constexpr double kExact = int64_t{1} << 53;  // integers that the op's limits hold
  const bool is_float = c.dtype(0) == DType::kFloat32 || c.dtype(0) == DType::kFloat64;
  const bool is_integer = IsInteger(c.dtype(0));
  const auto known = [&](size_t i) {
    if (!c.has(i)) return true;
    const auto limit = ConstantScalar(c.build().graph(), c.in(i));
    return limit && (is_float || std::abs(*limit) <= kExact);
  };
  if (!c.has(1) && !c.has(2)) return c.Set(0, c.in(0));
  if ((is_float || is_integer) && known(1) && known(2)) {
    Clip op{-INFINITY, INFINITY};
    if (c.has(1)) op.min = c.NeedNumber(1, "its lower limit");
    if (c.has(2)) op.max = c.NeedNumber(2, "its upper limit");
    return c.Return(op, {c.in(0)});
  }
  c.Set(0, Limit(c, Limit(c, c.in(0), BinaryKind::kMax, 1), BinaryKind::kMin, 2));
}

// ---- activations --------------------------------------------------------------------------------------

void ImportLeakyRelu(OnnxContext& c) {
  c.Return(LeakyRelu{c.Float("alpha", 0.01)}, {c.in(0)});
}
void ImportElu(OnnxContext& c) {
  c.Return(Elu{c.Float("alpha", 1)}, {c.in(0)});
}
void ImportSelu(OnnxContext& c) {
  const Selu defaults;
  c.Return(Selu{c.Float("alpha", defaults.alpha), c.Float("gamma", defaults.gamma)}, {c.in(0)});
}
void ImportHardSigmoid(OnnxContext& c) {
  c.Return(HardSigmoid{c.Float("alpha", 0.2), c.Float("beta", 0.5)}, {c.in(0)});
}
void ImportPRelu(OnnxContext& c) {
  c.Return(PRelu{}, {c.in(0), c.in(1)});
}

void ImportGelu(OnnxContext& c) {
  const std::string approximate = c.String("approximate", "none");
  if (approximate != "none" && approximate != "tanh")
    c.Fail("attribute 'approximate': expected none or tanh, found '{}'", approximate);
  c.Return(Gelu{approximate == "tanh"}, {c.in(0)});
}

void ImportThresholdedRelu(OnnxContext& c) {
  Builder& b = c.build();
  const ValueId above = b.Binary(BinaryKind::kGreater, c.in(0), b.Scalar(c.dtype(0), c.Float("alpha", 1)));
  c.Return(Where{}, {above, c.in(0), b.Scalar(c.dtype(0), 0)});
}

// max(0, x) + min(0, alpha * (exp(x / alpha) - 1))
void ImportCelu(OnnxContext& c) {
  Builder& b = c.build();
  const DType type = c.dtype(0);
  const ValueId alpha = b.Scalar(type, c.Float("alpha", 1)), zero = b.Scalar(type, 0);
  const ValueId grown = b.Unary(UnaryKind::kExpm1, b.Binary(BinaryKind::kDiv, c.in(0), alpha));
  const ValueId low = b.Binary(BinaryKind::kMin, zero, b.Binary(BinaryKind::kMul, alpha, grown));
  c.Set(0, b.Binary(BinaryKind::kAdd, b.Binary(BinaryKind::kMax, zero, c.in(0)), low));
}

// x < -lambd: x + bias; x > lambd: x - bias; else 0
void ImportShrink(OnnxContext& c) {
  Builder& b = c.build();
  const DType type = c.dtype(0);
  const DType computed = IsFloat(type) ? type : DType::kFloat64;
  const ValueId x = b.CastTo(c.in(0), computed);
  const double lambd = c.Float("lambd", 0.5);
  const ValueId bias = b.Scalar(computed, c.Float("bias", 0)), zero = b.Scalar(computed, 0);
  const ValueId below = b.Binary(BinaryKind::kLess, x, b.Scalar(computed, -lambd));
  const ValueId above = b.Binary(BinaryKind::kGreater, x, b.Scalar(computed, lambd));
  const ValueId upper = c.Add(Where{}, {above, b.Binary(BinaryKind::kSub, x, bias), zero});
  const ValueId both = c.Add(Where{}, {below, b.Binary(BinaryKind::kAdd, x, bias), upper});
  c.Set(0, b.CastTo(both, type));
}

// ---- types --------------------------------------------------------------------------------------------

void ReturnCast(OnnxContext& c, DType to) {
  const DType from = c.dtype(0);
  if (from == to) return c.Set(0, c.in(0));
  if (from == DType::kString && to != DType::kString) return c.Return(StringToNumber{to}, {c.in(0)});
  if (to == DType::kString && IsInteger(from)) return c.Return(AsString{}, {c.in(0)});
  if (to == DType::kString) c.Fail("{} cannot be cast to strings", DTypeName(from));
  c.Return(Cast{to}, {c.in(0)});
}

void ImportCast(OnnxContext& c) {
  if (!c.HasAttr("to")) c.Fail("attribute 'to' is missing");
  ReturnCast(c, c.Type("to", DType::kInvalid));
}

void ImportCastLike(OnnxContext& c) {
  ReturnCast(c, c.dtype(1));
}

void ImportWhere(OnnxContext& c) {
  c.Return(Where{}, {c.in(0), c.in(1), c.in(2)});
}

constexpr OnnxOpImporter kRows[] = {
    {"Identity", 1, kNewest, ImportIdentity},
    {"Abs", 6, kNewest, ImportUnary<UnaryKind::kAbs>},
    {"Neg", 6, kNewest, ImportUnary<UnaryKind::kNeg>},
    {"Sign", 9, kNewest, ImportUnary<UnaryKind::kSign>},
    {"Ceil", 6, kNewest, ImportUnary<UnaryKind::kCeil>},
    {"Floor", 6, kNewest, ImportUnary<UnaryKind::kFloor>},
    {"Round", 11, kNewest, ImportUnary<UnaryKind::kRound>},
    {"Sqrt", 6, kNewest, ImportUnary<UnaryKind::kSqrt>},
    {"Reciprocal", 6, kNewest, ImportUnary<UnaryKind::kReciprocal>},
    {"Exp", 6, kNewest, ImportUnary<UnaryKind::kExp>},
    {"Log", 6, kNewest, ImportUnary<UnaryKind::kLog>},
    {"Sin", 7, kNewest, ImportUnary<UnaryKind::kSin>},
    {"Cos", 7, kNewest, ImportUnary<UnaryKind::kCos>},
    {"Tan", 7, kNewest, ImportUnary<UnaryKind::kTan>},
    {"Asin", 7, kNewest, ImportUnary<UnaryKind::kAsin>},
    {"Acos", 7, kNewest, ImportUnary<UnaryKind::kAcos>},
    {"Atan", 7, kNewest, ImportUnary<UnaryKind::kAtan>},
    {"Sinh", 9, kNewest, ImportUnary<UnaryKind::kSinh>},
    {"Cosh", 9, kNewest, ImportUnary<UnaryKind::kCosh>},
    {"Tanh", 6, kNewest, ImportUnary<UnaryKind::kTanh>},
    {"Asinh", 9, kNewest, ImportUnary<UnaryKind::kAsinh>},
    {"Acosh", 9, kNewest, ImportUnary<UnaryKind::kAcosh>},
    {"Atanh", 9, kNewest, ImportUnary<UnaryKind::kAtanh>},
    {"Erf", 9, kNewest, ImportUnary<UnaryKind::kErf>},
    {"Sigmoid", 6, kNewest, ImportUnary<UnaryKind::kSigmoid>},
    {"Softplus", 1, kNewest, ImportUnary<UnaryKind::kSoftplus>},
    {"Softsign", 1, kNewest, ImportUnary<UnaryKind::kSoftsign>},
    {"Relu", 6, kNewest, ImportUnary<UnaryKind::kRelu>},
    {"HardSwish", 14, kNewest, ImportUnary<UnaryKind::kHardSwish>},
    {"Mish", 18, kNewest, ImportUnary<UnaryKind::kMish>},
    {"Not", 1, kNewest, ImportUnary<UnaryKind::kNot>},
    {"BitwiseNot", 18, kNewest, ImportUnary<UnaryKind::kBitwiseNot>},
    {"IsNaN", 9, kNewest, ImportUnary<UnaryKind::kIsNaN>},
    {"IsInf", 10, kNewest, ImportIsInf},
    {"Add", 7, kNewest, ImportBinary<BinaryKind::kAdd>},
    {"Sub", 7, kNewest, ImportBinary<BinaryKind::kSub>},
    {"Mul", 7, kNewest, ImportBinary<BinaryKind::kMul>},
    {"Div", 7, kNewest, ImportBinary<BinaryKind::kDiv>},
    {"Pow", 7, kNewest, ImportPow},
    {"Mod", 10, kNewest, ImportMod},
    {"And", 7, kNewest, ImportBinary<BinaryKind::kAnd>},
    {"Or", 7, kNewest, ImportBinary<BinaryKind::kOr>},
    {"Xor", 7, kNewest, ImportBinary<BinaryKind::kXor>},
    {"Equal", 7, kNewest, ImportBinary<BinaryKind::kEqual>},
    {"Less", 7, kNewest, ImportBinary<BinaryKind::kLess>},
    {"Greater", 7, kNewest, ImportBinary<BinaryKind::kGreater>},
    {"LessOrEqual", 12, kNewest, ImportBinary<BinaryKind::kLessOrEqual>},
    {"GreaterOrEqual", 12, kNewest, ImportBinary<BinaryKind::kGreaterOrEqual>},
    {"BitwiseAnd", 18, kNewest, ImportBinary<BinaryKind::kBitwiseAnd>},
    {"BitwiseOr", 18, kNewest, ImportBinary<BinaryKind::kBitwiseOr>},
    {"BitwiseXor", 18, kNewest, ImportBinary<BinaryKind::kBitwiseXor>},
    {"BitShift", 11, kNewest, ImportBitShift},
    {"Sum", 6, kNewest, ImportSum},
    {"Max", 6, kNewest, ImportVariadic<BinaryKind::kMax>},
    {"Min", 6, kNewest, ImportVariadic<BinaryKind::kMin>},
    {"Mean", 6, kNewest, ImportMean},
    {"Clip", 6, 10, ImportClipAttributes},
    {"Clip", 11, kNewest, ImportClip},
    {"LeakyRelu", 6, kNewest, ImportLeakyRelu},
    {"Elu", 6, kNewest, ImportElu},
    {"Selu", 6, kNewest, ImportSelu},
    {"HardSigmoid", 6, kNewest, ImportHardSigmoid},
    {"PRelu", 7, kNewest, ImportPRelu},
    {"Gelu", 20, kNewest, ImportGelu},
    {"ThresholdedRelu", 1, kNewest, ImportThresholdedRelu},
    {"Celu", 12, kNewest, ImportCelu},
    {"Shrink", 9, kNewest, ImportShrink},
    {"Cast", 6, kNewest, ImportCast},
    {"CastLike", 15, kNewest, ImportCastLike},
    {"Where", 9, kNewest, ImportWhere},
};

}  // namespace

std::span<const OnnxOpImporter> OnnxElementwiseImporters() {
  return kRows;
}

}  // namespace floe
