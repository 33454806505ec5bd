// Functions of one or two tensors, element by element.
#include <cmath>
#include <limits>

#include "frontend/tensorflow/ops/families.h"
#include "graph/infer.h"

namespace floe {
namespace {

template <UnaryKind kKind>
void ImportUnary(NodeContext& c) {
  c.Return(Unary{kKind}, {c.in(0)});
}

template <BinaryKind kKind>
void ImportBinary(NodeContext& c) {
  c.Return(Binary{kKind}, {c.in(0), c.in(1)});
}

// TensorFlow 2.21's kernel gives zeros for integers (its Python function tf.round never asks it).
void ImportRound(NodeContext& c) {
  if (IsInteger(c.dtype(0))) return c.Set(0, c.build().ZerosLike(c.in(0)));
  c.Return(Unary{UnaryKind::kRound}, {c.in(0)});
}

// With incompatible_shape_error off, shapes that do not broadcast are simply not equal.
template <BinaryKind kKind>
void ImportEquality(NodeContext& c) {
  if (!c.Bool("incompatible_shape_error") && !BroadcastShape(c.shape(0), c.shape(1)))
    return c.Set(0, c.build().Constant(Tensor::Scalar(kKind == BinaryKind::kNotEqual)));
  c.Return(Binary{kKind}, {c.in(0), c.in(1)});
}

template <UnaryKind kKind>
void ImportComplexPart(NodeContext& c) {
  if (!IsComplex(c.dtype(0)) && (kKind == UnaryKind::kReal || kKind == UnaryKind::kConj))
    return c.Set(0, c.in(0));
  if (!IsComplex(c.dtype(0))) c.Fail("expected a complex input, found {}", DTypeName(c.dtype(0)));
  c.Return(Unary{kKind}, {c.in(0)});
}

void ImportTruncateDiv(NodeContext& c) {
  if (!IsFloat(c.dtype(0))) return ImportBinary<BinaryKind::kDiv>(c);
  c.Return(Unary{UnaryKind::kTrunc}, {c.Add(Binary{BinaryKind::kDiv}, {c.in(0), c.in(1)})});
}

void ImportRelu6(NodeContext& c) {
  c.Return(Clip{0, 6}, {c.in(0)});
}
void ImportLeakyRelu(NodeContext& c) {
  c.Return(LeakyRelu{c.Float("alpha")}, {c.in(0)});
}
void ImportElu(NodeContext& c) {
  c.Return(Elu{}, {c.in(0)});
}
void ImportSelu(NodeContext& c) {
  c.Return(Selu{}, {c.in(0)});
}

void ImportAddN(NodeContext& c) {
  if (c.input_count() == 0) c.Fail("expected at least one input");
  if (c.input_count() == 1) return c.SetSlot(0, c.slot(0));
  c.Return(Sum{}, c.ins(0, c.input_count()));
}

void ImportBiasAdd(NodeContext& c) {
  const bool nchw = c.op() != "BiasAddV1" && c.String("data_format") == "NCHW";
  ValueId bias = c.in(1);
  const int64_t rank = nchw ? c.Rank(0) : 2;
  if (nchw && rank > 2) {
    Ints dims(static_cast<size_t>(rank) - 1, 1);
    dims[0] = -1;
    if (c.shape(1).IsStatic()) dims[0] = c.shape(1).Static().at(0);
    bias = c.build().Reshape(bias, std::move(dims));
  }
  c.Return(Binary{BinaryKind::kAdd}, {c.in(0), bias});
}

void ImportCast(NodeContext& c) {
  const DType to = c.Type("DstT");
  if (c.dtype(0) == to) return c.SetSlot(0, c.slot(0));
  if (c.dtype(0) == DType::kString || to == DType::kString) c.Fail("strings cannot be cast");
  c.Return(Cast{to}, {c.in(0)});
}

void ImportBitcast(NodeContext& c) {
  if (c.Type("type") == c.dtype(0)) return c.Return(Unary{UnaryKind::kIdentity}, {c.in(0)});
  c.Return(DecodeRaw{c.Type("type")}, {c.in(0)});
}

void ImportClipByValue(NodeContext& c) {
  const std::optional<double> low = ConstantScalar(c.build().graph(), c.in(1));
  const std::optional<double> high = ConstantScalar(c.build().graph(), c.in(2));
  const auto scalar = [&](size_t i) { return c.shape(i).has_rank() && c.shape(i).rank() == 0; };
  const double exact = 9007199254740992.0;  // doubles hold integers up to here
  if (low && high && scalar(1) && scalar(2) && *low <= *high &&
      (IsFloat(c.dtype(0)) || (std::abs(*low) < exact && std::abs(*high) < exact)))
    return c.Return(Clip{*low, *high}, {c.in(0)});
  const ValueId below = c.Add(Binary{BinaryKind::kMin}, {c.in(0), c.in(2)});
  c.Return(Binary{BinaryKind::kMax}, {below, c.in(1)});
}

// Select's condition is a scalar, or has the shape of the others, or is a vector over their first dimension.
void ImportSelect(NodeContext& c) {
  ValueId condition = c.in(0);
  const Shape& wanted = c.shape(0);
  const Shape& data = c.shape(1).has_rank() ? c.shape(1) : c.shape(2);
  if (wanted.has_rank() && wanted.rank() == 1 && !data.has_rank()) c.Rank(1);
  if (wanted.has_rank() && data.has_rank() && wanted.rank() == 1 && data.rank() > 1) {
    Ints axes;
    for (size_t i = 1; i < data.rank(); ++i) axes.push_back(static_cast<int64_t>(i));
    condition = c.Add(Unsqueeze{axes}, {condition});
  }
  c.Return(Where{}, {condition, c.in(1), c.in(2)});
}

void ImportSelectV2(NodeContext& c) {
  c.Return(Where{}, {c.in(0), c.in(1), c.in(2)});
}

void ImportApproximateEqual(NodeContext& c) {
  Builder& b = c.build();
  const ValueId difference = b.Unary(UnaryKind::kAbs, b.Binary(BinaryKind::kSub, c.in(0), c.in(1)));
  c.Return(Binary{BinaryKind::kLess}, {difference, b.Scalar(c.dtype(0), c.Float("tolerance"))});
}

void ImportBucketize(NodeContext& c) {
  c.Return(Bucketize{c.FloatList("boundaries")}, {c.in(0)});
}

void ImportToBool(NodeContext& c) {
  c.Set(0, [&] {
    Builder& b = c.build();
    const ValueId x = c.in(0);
    if (b.shape(x).has_rank() && b.shape(x).rank() == 0) {
      if (b.dtype(x) == DType::kBool) return x;
      return b.Binary(BinaryKind::kNotEqual, x, b.Scalar(b.dtype(x), 0));
    }
    return b.Binary(BinaryKind::kGreater, b.Add(SizeOf{}, {x}), b.Int64(0));
  }());
}

constexpr OpImporter kRows[] = {
    {"Abs", ImportUnary<UnaryKind::kAbs>},
    {"ComplexAbs", ImportUnary<UnaryKind::kAbs>},
    {"Neg", ImportUnary<UnaryKind::kNeg>},
    {"Sign", ImportUnary<UnaryKind::kSign>},
    {"Ceil", ImportUnary<UnaryKind::kCeil>},
    {"Floor", ImportUnary<UnaryKind::kFloor>},
    {"Round", ImportRound},
    {"Rint", ImportUnary<UnaryKind::kRound>},
    {"Sqrt", ImportUnary<UnaryKind::kSqrt>},
    {"Rsqrt", ImportUnary<UnaryKind::kRsqrt>},
    {"Reciprocal", ImportUnary<UnaryKind::kReciprocal>},
    {"Inv", ImportUnary<UnaryKind::kReciprocal>},
    {"Square", ImportUnary<UnaryKind::kSquare>},
    {"Exp", ImportUnary<UnaryKind::kExp>},
    {"Expm1", ImportUnary<UnaryKind::kExpm1>},
    {"Log", ImportUnary<UnaryKind::kLog>},
    {"Log1p", ImportUnary<UnaryKind::kLog1p>},
    {"Sin", ImportUnary<UnaryKind::kSin>},
    {"Cos", ImportUnary<UnaryKind::kCos>},
    {"Tan", ImportUnary<UnaryKind::kTan>},
    {"Asin", ImportUnary<UnaryKind::kAsin>},
    {"Acos", ImportUnary<UnaryKind::kAcos>},
    {"Atan", ImportUnary<UnaryKind::kAtan>},
    {"Sinh", ImportUnary<UnaryKind::kSinh>},
    {"Cosh", ImportUnary<UnaryKind::kCosh>},
    {"Tanh", ImportUnary<UnaryKind::kTanh>},
    {"Asinh", ImportUnary<UnaryKind::kAsinh>},
    {"Acosh", ImportUnary<UnaryKind::kAcosh>},
    {"Atanh", ImportUnary<UnaryKind::kAtanh>},
    {"Erf", ImportUnary<UnaryKind::kErf>},
    {"Erfc", ImportUnary<UnaryKind::kErfc>},
    {"Erfinv", ImportUnary<UnaryKind::kErfinv>},
    {"Lgamma", ImportUnary<UnaryKind::kLgamma>},
    {"Digamma", ImportUnary<UnaryKind::kDigamma>},
    {"Sigmoid", ImportUnary<UnaryKind::kSigmoid>},
    {"Softplus", ImportUnary<UnaryKind::kSoftplus>},
    {"Softsign", ImportUnary<UnaryKind::kSoftsign>},
    {"Relu", ImportUnary<UnaryKind::kRelu>},
    {"LogicalNot", ImportUnary<UnaryKind::kNot>},
    {"Invert", ImportUnary<UnaryKind::kBitwiseNot>},
    {"IsNan", ImportUnary<UnaryKind::kIsNaN>},
    {"IsInf", ImportUnary<UnaryKind::kIsInf>},
    {"IsFinite", ImportUnary<UnaryKind::kIsFinite>},
    {"Conj", ImportComplexPart<UnaryKind::kConj>},
    {"Real", ImportComplexPart<UnaryKind::kReal>},
    {"Imag", ImportComplexPart<UnaryKind::kImag>},
    {"Angle", ImportComplexPart<UnaryKind::kAngle>},
    {"Add", ImportBinary<BinaryKind::kAdd>},
    {"AddV2", ImportBinary<BinaryKind::kAdd>},
    {"Sub", ImportBinary<BinaryKind::kSub>},
    {"Mul", ImportBinary<BinaryKind::kMul>},
    {"Div", ImportBinary<BinaryKind::kDiv>},
    {"RealDiv", ImportBinary<BinaryKind::kDiv>},
    {"TruncateDiv", ImportTruncateDiv},
    {"FloorDiv", ImportBinary<BinaryKind::kFloorDiv>},
    {"FloorMod", ImportBinary<BinaryKind::kFloorMod>},
    {"Mod", ImportBinary<BinaryKind::kTruncMod>},
    {"TruncateMod", ImportBinary<BinaryKind::kTruncMod>},
    {"DivNoNan", ImportBinary<BinaryKind::kDivNoNan>},
    {"MulNoNan", ImportBinary<BinaryKind::kMulNoNan>},
    {"Pow", ImportBinary<BinaryKind::kPow>},
    {"Minimum", ImportBinary<BinaryKind::kMin>},
    {"Maximum", ImportBinary<BinaryKind::kMax>},
    {"Atan2", ImportBinary<BinaryKind::kAtan2>},
    {"Xdivy", ImportBinary<BinaryKind::kXdivy>},
    {"Xlogy", ImportBinary<BinaryKind::kXlogy>},
    {"Xlog1py", ImportBinary<BinaryKind::kXlog1py>},
    {"SquaredDifference", ImportBinary<BinaryKind::kSquaredDifference>},
    {"LogicalAnd", ImportBinary<BinaryKind::kAnd>},
    {"LogicalOr", ImportBinary<BinaryKind::kOr>},
    {"LogicalXor", ImportBinary<BinaryKind::kXor>},
    {"Equal", ImportEquality<BinaryKind::kEqual>},
    {"NotEqual", ImportEquality<BinaryKind::kNotEqual>},
    {"Less", ImportBinary<BinaryKind::kLess>},
    {"LessEqual", ImportBinary<BinaryKind::kLessOrEqual>},
    {"Greater", ImportBinary<BinaryKind::kGreater>},
    {"GreaterEqual", ImportBinary<BinaryKind::kGreaterOrEqual>},
    {"BitwiseAnd", ImportBinary<BinaryKind::kBitwiseAnd>},
    {"BitwiseOr", ImportBinary<BinaryKind::kBitwiseOr>},
    {"BitwiseXor", ImportBinary<BinaryKind::kBitwiseXor>},
    {"LeftShift", ImportBinary<BinaryKind::kLeftShift>},
    {"RightShift", ImportBinary<BinaryKind::kRightShift>},
    {"Complex", ImportBinary<BinaryKind::kComplex>},
    {"NextAfter", ImportBinary<BinaryKind::kNextAfter>},
    {"Igamma", ImportBinary<BinaryKind::kIgamma>},
    {"Igammac", ImportBinary<BinaryKind::kIgammac>},
    {"Zeta", ImportBinary<BinaryKind::kZeta>},
    {"Polygamma", ImportBinary<BinaryKind::kPolygamma>},
    {"Ndtri", ImportUnary<UnaryKind::kNdtri>},
    {"BesselI0", ImportUnary<UnaryKind::kBesselI0>},
    {"BesselI0e", ImportUnary<UnaryKind::kBesselI0e>},
    {"BesselI1", ImportUnary<UnaryKind::kBesselI1>},
    {"BesselI1e", ImportUnary<UnaryKind::kBesselI1e>},
    {"BesselJ0", ImportUnary<UnaryKind::kBesselJ0>},
    {"BesselJ1", ImportUnary<UnaryKind::kBesselJ1>},
    {"BesselK0", ImportUnary<UnaryKind::kBesselK0>},
    {"BesselK0e", ImportUnary<UnaryKind::kBesselK0e>},
    {"BesselK1", ImportUnary<UnaryKind::kBesselK1>},
    {"BesselK1e", ImportUnary<UnaryKind::kBesselK1e>},
    {"BesselY0", ImportUnary<UnaryKind::kBesselY0>},
    {"BesselY1", ImportUnary<UnaryKind::kBesselY1>},
    {"Dawsn", ImportUnary<UnaryKind::kDawsn>},
    {"Expint", ImportUnary<UnaryKind::kExpint>},
    {"FresnelCos", ImportUnary<UnaryKind::kFresnelCos>},
    {"FresnelSin", ImportUnary<UnaryKind::kFresnelSin>},
    {"Spence", ImportUnary<UnaryKind::kSpence>},
    {"PopulationCount", ImportUnary<UnaryKind::kPopulationCount>},
    {"Relu6", ImportRelu6},
    {"LeakyRelu", ImportLeakyRelu},
    {"Elu", ImportElu},
    {"Selu", ImportSelu},
    {"AddN", ImportAddN},
    {"AccumulateNV2", ImportAddN},
    {"BiasAdd", ImportBiasAdd},
    {"BiasAddV1", ImportBiasAdd},
    {"Cast", ImportCast},
    {"Bitcast", ImportBitcast},
    {"ClipByValue", ImportClipByValue},
    {"Select", ImportSelect},
    {"SelectV2", ImportSelectV2},
    {"ApproximateEqual", ImportApproximateEqual},
    {"Bucketize", ImportBucketize},
    {"ToBool", ImportToBool},
};

}  // namespace

std::span<const OpImporter> ElementwiseImporters() {
  return kRows;
}

}  // namespace floe
