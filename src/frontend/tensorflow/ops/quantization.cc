// Fake quantisation, and quantisation there and back.
#include <cmath>

#include "frontend/tensorflow/ops/families.h"
#include "frontend/tensorflow/ops/quantized_codes.h"

namespace floe {
namespace {

FakeQuant FakeQuantOf(const NodeContext& c) {
  FakeQuant op;
  op.bits = c.Int("num_bits");
  op.narrow_range = c.Bool("narrow_range");
  if (op.bits < 2 || op.bits > 16) c.Fail("expected 2 to 16 bits, found {}", op.bits);
  return op;
}

void ImportFakeQuantArgs(NodeContext& c) {
  Builder& b = c.build();
  c.Return(FakeQuantOf(c),
           {c.in(0), b.Scalar(DType::kFloat32, c.Float("min")), b.Scalar(DType::kFloat32, c.Float("max"))});
}

void ImportFakeQuantVars(NodeContext& c) {
  c.Return(FakeQuantOf(c), c.ins(0, 3));
}

struct Range {
  ValueId low, high;
};

// Shapes the range of one slice along `axis` so that it broadcasts over x.
ValueId AlongAxis(NodeContext& c, ValueId range, int64_t axis) {
  if (axis < 0) return range;
  Ints dims(static_cast<size_t>(c.Rank(0)), 1);
  dims[static_cast<size_t>(c.Axis(axis, c.Rank(0)))] = -1;
  return c.build().Add(Reshape{}, {range, c.build().Int64s(std::move(dims))});
}

Range MeasuredRange(NodeContext& c, int64_t axis) {
  Ints axes;
  for (int64_t i = 0; i < c.Rank(0); ++i)
    if (axis < 0 || i != c.Axis(axis, c.Rank(0))) axes.push_back(i);
  Builder& b = c.build();
  return {b.Reduce(ReduceKind::kMin, c.in(0), axes, axis >= 0),
          b.Reduce(ReduceKind::kMax, c.in(0), axes, axis >= 0)};
}

// As TensorFlow's QuantizeAndDequantizeOneScale: one scale that covers both ends, zero stays zero.
void QuantizeAndDequantize(NodeContext& c, int64_t bits) {
  Builder& b = c.build();
  const DType type = c.dtype(0);
  const bool is_signed = c.Bool("signed_input"), given = c.Bool("range_given");
  const bool narrow = c.Bool("narrow_range");
  const int64_t axis = c.Int("axis");
  if (bits < 1 || bits > 62) c.Fail("expected 1 to 62 bits, found {}", bits);
  const double low_code = is_signed ? -std::ldexp(1.0, static_cast<int>(bits) - 1) + (narrow ? 1 : 0) : 0;
  const double high_code = is_signed ? std::ldexp(1.0, static_cast<int>(bits) - 1) - 1
                                     : std::ldexp(1.0, static_cast<int>(bits)) - 1;
  Range range =
      given ? Range{AlongAxis(c, c.in(1), axis), AlongAxis(c, c.in(2), axis)} : MeasuredRange(c, axis);
  const auto number = [&](double v) { return b.Scalar(type, v); };
  const ValueId huge = number(type == DType::kFloat64 ? 1e300 : 3.4e38);
  const auto side = [&](double code, ValueId end) {
    const ValueId same =
        b.Binary(BinaryKind::kGreater, b.Binary(BinaryKind::kMul, end, number(code)), number(0));
    return b.Add(Where{}, {same, b.Binary(BinaryKind::kDiv, number(code), end), huge});
  };
  const ValueId low_scale = side(low_code, range.low), high_scale = side(high_code, range.high);
  const ValueId from_low = b.Binary(BinaryKind::kLess, low_scale, high_scale);
  const ValueId scale = b.Add(Where{}, {from_low, low_scale, high_scale});
  const ValueId low_step =
      low_code == 0 ? number(0) : b.Binary(BinaryKind::kDiv, range.low, number(low_code));
  const ValueId step =
      b.Add(Where{}, {from_low, low_step, b.Binary(BinaryKind::kDiv, range.high, number(high_code))});
  ValueId x = c.in(0);
  if (given) {
    const ValueId high =
        b.Add(Where{}, {from_low, b.Binary(BinaryKind::kMul, step, number(high_code)), range.high});
    const ValueId low =
        b.Add(Where{}, {from_low, range.low, b.Binary(BinaryKind::kMul, step, number(low_code))});
    x = b.Binary(BinaryKind::kMax, b.Binary(BinaryKind::kMin, x, high), low);
  }
  ValueId code = b.Binary(BinaryKind::kMul, x, scale);
  const std::string mode = c.op() == "QuantizeAndDequantizeV3" ? "HALF_TO_EVEN" : c.String("round_mode");
  if (mode == "HALF_UP")
    code = b.Unary(UnaryKind::kFloor, b.Binary(BinaryKind::kAdd, code, number(0.5)));
  else
    code = b.Unary(UnaryKind::kRound, code);
  c.Return(Binary{BinaryKind::kMul}, {code, step});
}

void ImportQuantizeAndDequantizeV2(NodeContext& c) {
  QuantizeAndDequantize(c, c.Int("num_bits"));
}

// (x, min, max) of codes 0 to 255 or of signed ones, back to floats.
void ImportDequantize(NodeContext& c) {
  Builder& b = c.build();
  const std::string mode = c.String("mode");
  const Codes kind = CodesOf(c, "T");
  if (c.Int("axis") != -1) c.Fail("dequantisation along an axis is not supported");
  const ValueId x = b.CastTo(c.in(0), DType::kFloat32), low = c.in(1), high = c.in(2);
  const bool is_signed = kind.is_signed;
  const int bits = kind.bits;
  const double codes = std::ldexp(1.0, bits) - 1;
  ValueId y;
  if (mode == "MIN_COMBINED") {
    const ValueId step =
        b.Binary(BinaryKind::kDiv, b.Binary(BinaryKind::kSub, high, low), b.Scalar(DType::kFloat32, codes));
    const ValueId shifted =
        is_signed ? b.Binary(BinaryKind::kAdd, x, b.Scalar(DType::kFloat32, std::ldexp(1.0, bits - 1))) : x;
    y = b.Binary(BinaryKind::kAdd, b.Binary(BinaryKind::kMul, shifted, step), low);
  } else if (mode == "MIN_FIRST") {
    const ValueId step =
        b.Binary(BinaryKind::kDiv, b.Binary(BinaryKind::kSub, high, low), b.Scalar(DType::kFloat32, codes));
    const ValueId lowest =
        b.Binary(BinaryKind::kMul, RoundedAway(b, b.Binary(BinaryKind::kDiv, low, step)), step);
    const ValueId code = b.Binary(BinaryKind::kSub, x, b.Scalar(DType::kFloat32, kind.lowest()));
    y = b.Binary(BinaryKind::kAdd, b.Binary(BinaryKind::kMul, code, step), lowest);
  } else if (mode == "SCALED") {
    const bool narrow = c.Bool("narrow_range");
    const double top = is_signed ? std::ldexp(1.0, bits - 1) - 1 : codes;
    const double bottom = is_signed ? -std::ldexp(1.0, bits - 1) + (narrow ? 1 : 0) : 0;
    ValueId step = b.Binary(BinaryKind::kDiv, high, b.Scalar(DType::kFloat32, top));
    if (is_signed)
      step = b.Binary(BinaryKind::kMax, step,
                      b.Binary(BinaryKind::kDiv, low, b.Scalar(DType::kFloat32, bottom)));
    y = b.Binary(BinaryKind::kMul, x, step);
  } else {
    c.Fail("mode {} is not supported", mode);
  }
  c.Set(0, b.CastTo(y, c.Type("dtype")));
}

// The range that is quantised: it holds 0, and its ends are a little apart.
Range Nudged(NodeContext& c) {
  Builder& b = c.build();
  const auto number = [&](double v) { return b.Scalar(DType::kFloat32, v); };
  const ValueId low = b.Binary(BinaryKind::kMin, c.in(1), number(0));
  const ValueId larger =
      b.Binary(BinaryKind::kMax, b.Unary(UnaryKind::kAbs, c.in(1)), b.Unary(UnaryKind::kAbs, c.in(2)));
  const ValueId apart = b.Binary(BinaryKind::kMul, b.Binary(BinaryKind::kMax, larger, number(1)),
                                 number(c.Float("ensure_minimum_range")));
  const ValueId least = b.Binary(BinaryKind::kMax, b.Binary(BinaryKind::kAdd, low, apart), number(0));
  return {low, b.Binary(BinaryKind::kMax, c.in(2), least)};
}

// (x, min, max) -> (codes, min, max); the range comes out as it was used.
void ImportQuantize(NodeContext& c) {
  Builder& b = c.build();
  const Codes codes = CodesOf(c, "T");
  const std::string mode = c.String("mode");
  if (c.Int("axis") != -1) c.Fail("quantisation along an axis is not supported");
  if (codes.bits == 32) c.Fail("quantisation to qint32 is not supported");
  const auto number = [&](double v) { return b.Scalar(DType::kFloat32, v); };
  const auto mul = [&](ValueId x, ValueId y) { return b.Binary(BinaryKind::kMul, x, y); };
  const auto add = [&](ValueId x, ValueId y) { return b.Binary(BinaryKind::kAdd, x, y); };
  const auto sub = [&](ValueId x, ValueId y) { return b.Binary(BinaryKind::kSub, x, y); };
  const auto div = [&](ValueId x, ValueId y) { return b.Binary(BinaryKind::kDiv, x, y); };
  const auto clipped = [&](ValueId x, ValueId low, ValueId high) {
    return b.Binary(BinaryKind::kMin, b.Binary(BinaryKind::kMax, x, low), high);
  };
  Range range = Nudged(c);
  const double steps = codes.highest() - codes.lowest();
  ValueId y;
  if (mode == "MIN_COMBINED") {
    const ValueId scale = div(number(steps), sub(range.high, range.low));
    const ValueId scaled = mul(sub(clipped(c.in(0), range.low, range.high), range.low), scale);
    y = codes.is_signed ? RoundedAway(b, sub(scaled, number((steps + 1) / 2)))
                        : b.Unary(UnaryKind::kFloor, add(scaled, number(0.5)));
  } else if (mode == "MIN_FIRST") {
    const ValueId scale = div(number(steps), sub(range.high, range.low));
    const ValueId zero = sub(RoundedAway(b, mul(range.low, scale)), number(codes.lowest()));
    y = clipped(sub(RoundedAway(b, mul(c.in(0), scale)), zero), number(codes.lowest()),
                number(codes.highest()));
  } else if (mode == "SCALED") {
    const double lowest = codes.lowest() + (c.Bool("narrow_range") && codes.is_signed ? 1 : 0);
    const ValueId huge = number(3.4028234663852886e38);
    const auto side = [&](double code, ValueId end) {
      const ValueId same = b.Binary(BinaryKind::kGreater, mul(end, number(code)), number(0));
      return b.Add(Where{}, {same, div(number(code), end), huge});
    };
    const ValueId scale =
        b.Binary(BinaryKind::kMin, side(lowest, range.low), side(codes.highest(), range.high));
    range = {div(number(lowest), scale), div(number(codes.highest()), scale)};
    const ValueId scaled = mul(clipped(c.in(0), range.low, range.high), scale);
    y = c.String("round_mode") == "HALF_TO_EVEN" ? b.Unary(UnaryKind::kRound, scaled)
                                                 : RoundedAway(b, scaled);
  } else {
    c.Fail("mode {} is not supported", mode);
  }
  c.Set(0, b.CastTo(y, c.Type("T")));
  c.Set(1, range.low);
  c.Set(2, range.high);
}

constexpr OpImporter kRows[] = {
    {"QuantizeV2", ImportQuantize},
    {"FakeQuantWithMinMaxArgs", ImportFakeQuantArgs},
    {"FakeQuantWithMinMaxVars", ImportFakeQuantVars},
    {"FakeQuantWithMinMaxVarsPerChannel", ImportFakeQuantVars},
    {"QuantizeAndDequantizeV2", ImportQuantizeAndDequantizeV2},
    {"QuantizeAndDequantizeV4", ImportQuantizeAndDequantizeV2},
    {"QuantizeAndDequantizeV3",
     [](NodeContext& c) { QuantizeAndDequantize(c, c.NeedInt(3, "the number of bits")); }},
    {"Dequantize", ImportDequantize},
};

}  // namespace

std::span<const OpImporter> QuantizationImporters() {
  return kRows;
}

}  // namespace floe
