// Arithmetic on codes, as TensorFlow 1's quantize_nodes writes it: each tensor comes with the floats that its
// lowest and its highest code stand for. Sums of products are formed in float32: they are whole numbers, and
// exact up to 2^24. The constants of a conversion are computed as TensorFlow does, in float or double, as it
// has it, so that codes come out the same; tensorflow/core/kernels/quantization_utils.h is the specification.
#include "frontend/tensorflow/ops/families.h"
#include "frontend/tensorflow/ops/quantized_codes.h"
#include "frontend/tensorflow/ops/spatial.h"

namespace floe {
namespace {

constexpr Codes kWide = {true, 32};

// Arithmetic on values of one type.
class Numbers {
 public:
  Numbers(Builder& b, DType type) : b_(b), type_(type) {}
  ValueId Number(double value) const { return b_.Scalar(type_, value); }
  ValueId Of(ValueId x) const { return b_.CastTo(x, type_); }
  ValueId Add(ValueId x, ValueId y) const { return b_.Binary(BinaryKind::kAdd, x, y); }
  ValueId Sub(ValueId x, ValueId y) const { return b_.Binary(BinaryKind::kSub, x, y); }
  ValueId Mul(ValueId x, ValueId y) const { return b_.Binary(BinaryKind::kMul, x, y); }
  ValueId Div(ValueId x, ValueId y) const { return b_.Binary(BinaryKind::kDiv, x, y); }
  ValueId Max(ValueId x, ValueId y) const { return b_.Binary(BinaryKind::kMax, x, y); }
  ValueId Min(ValueId x, ValueId y) const { return b_.Binary(BinaryKind::kMin, x, y); }
  ValueId Round(ValueId x) const { return RoundedAway(b_, x); }
  // Towards zero, as a conversion to int64 does.
  ValueId Whole(ValueId x) const { return Of(b_.CastTo(x, DType::kInt64)); }
  // `x` where `a` and `b` differ, else `otherwise`.
  ValueId IfApart(ValueId a, ValueId b, ValueId x, ValueId otherwise) const {
    return b_.Add(Where{}, {b_.Binary(BinaryKind::kEqual, a, b), otherwise, x});
  }

 private:
  Builder& b_;
  DType type_;
};

Numbers Floats(Builder& b) {
  return Numbers(b, DType::kFloat32);
}
Numbers Doubles(Builder& b) {
  return Numbers(b, DType::kFloat64);
}

struct Ends {
  ValueId low, high;  // float32 scalars
};

// Inputs i and i + 1.
Ends EndsAt(NodeContext& c, size_t i) {
  return {c.build().Reshape(c.in(i), {}), c.build().Reshape(c.in(i + 1), {})};
}

void SetEnds(NodeContext& c, Ends ends) {
  c.Set(1, ends.low);
  c.Set(2, ends.high);
}

double StepsOf(const Codes& codes) {
  return std::ldexp(1.0, codes.bits);
}

// The code of a float32 scalar, a float64 that may lie beyond the codes.
ValueId CodeOf(Builder& b, ValueId x, Ends ends, const Codes& codes) {
  const Numbers n = Doubles(b);
  const double steps = StepsOf(codes);
  const ValueId width = n.Of(Floats(b).Sub(ends.high, ends.low));
  const ValueId scale = n.Div(n.Number(steps), n.Mul(width, n.Number(steps / (steps - 1))));
  const ValueId code = n.Sub(n.Round(n.Mul(n.Of(x), scale)), n.Round(n.Mul(n.Of(ends.low), scale)));
  return n.IfApart(ends.low, ends.high, n.Add(code, n.Number(codes.lowest())), n.Number(codes.lowest()));
}

ValueId ZeroOf(Builder& b, Ends ends, const Codes& codes) {
  return CodeOf(b, b.Scalar(DType::kFloat32, 0), ends, codes);
}

// What one code, a scalar, stands for.
ValueId ValueOfCode(Builder& b, ValueId code, Ends ends, const Codes& codes) {
  const Numbers n = Doubles(b), f = Floats(b);
  const double steps = StepsOf(codes);
  const ValueId width = n.Mul(n.Of(f.Sub(ends.high, ends.low)), n.Number(steps / (steps - 1)));
  const ValueId scale = n.Div(width, n.Number(steps)), rough = f.Of(scale);
  const ValueId low = n.Mul(n.Of(f.Round(f.Div(ends.low, rough))), n.Of(rough));
  const ValueId above = n.Mul(n.Sub(n.Of(code), n.Number(codes.lowest())), scale);
  return f.IfApart(ends.low, ends.high, f.Of(n.Add(low, above)), ends.low);
}

// Whole tensors: codes to floats and back, in float32.
ValueId ValuesOf(Builder& b, ValueId x, Ends ends, const Codes& codes) {
  const Numbers n = Doubles(b), f = Floats(b);
  const ValueId scale = f.Of(n.Div(n.Of(f.Sub(ends.high, ends.low)), n.Number(StepsOf(codes) - 1)));
  const ValueId rounded = f.Of(n.Mul(n.Of(f.Round(f.Div(ends.low, scale))), n.Of(scale)));
  const ValueId low = f.IfApart(ends.low, ends.high, rounded, ends.low);
  const ValueId base = f.Sub(low, f.Mul(f.Number(codes.lowest()), scale));
  return f.Add(base, f.Mul(f.Of(x), scale));
}

ValueId CodesOfValues(Builder& b, ValueId x, Ends ends, const Codes& codes) {
  const Numbers n = Doubles(b), f = Floats(b);
  const ValueId quotient = f.Of(n.Div(n.Number(StepsOf(codes) - 1), n.Of(f.Sub(ends.high, ends.low))));
  const ValueId scale = f.IfApart(ends.low, ends.high, quotient, f.Number(0));
  const ValueId base = f.Sub(f.Round(f.Mul(ends.low, scale)), f.Number(codes.lowest()));
  const ValueId code = f.Sub(f.Round(f.Mul(x, scale)), base);
  const double highest = codes.bits == 32 ? 2147483520.0 : codes.highest();  // the last float in int32
  return f.Min(f.Max(code, f.Number(codes.lowest())), f.Number(highest));
}

// Codes counted from the one of zero: products of such need no correction, and padding is zero.
ValueId Centred(Builder& b, ValueId x, Ends ends, const Codes& codes) {
  const Numbers f = Floats(b);
  return f.Sub(f.Of(x), f.Of(ZeroOf(b, ends, codes)));
}

ValueId ToWide(Builder& b, ValueId sums) {
  return b.CastTo(b.Unary(UnaryKind::kRound, sums), DType::kInt32);
}

Ends EndsOfProduct(Builder& b, Ends x, const Codes& x_codes, Ends y, const Codes& y_codes) {
  const Numbers f = Floats(b);
  const auto level = [&](Ends ends, const Codes& codes) {
    return f.Div(f.Sub(ends.high, ends.low), f.Number(codes.highest() - codes.lowest()));
  };
  const ValueId step = f.Mul(level(x, x_codes), level(y, y_codes));
  return {f.Mul(step, f.Number(kWide.lowest())), f.Mul(step, f.Number(kWide.highest()))};
}

// Room for so many sums.
Ends EndsOfSum(Builder& b, Ends x, Ends y, double sums) {
  const Numbers f = Floats(b);
  const ValueId minus = f.Number(-1);
  const ValueId of_y = f.Max(y.high, f.Mul(y.low, minus));
  const ValueId high = f.Mul(f.Max(x.high, f.Max(f.Mul(x.low, minus), of_y)), f.Number(sums));
  return {f.Mul(high, minus), high};
}

void RequireOutput(NodeContext& c, const char* attribute, tf::DataType wanted) {
  if (c.TfType(attribute) != wanted) c.Fail("codes of this type are not supported as its result");
}

void ImportQuantizedConv(NodeContext& c) {
  Builder& b = c.build();
  RequireOutput(c, "out_type", tf::DT_QINT32);
  const Codes x_codes = CodesOf(c, "Tinput"), w_codes = CodesOf(c, "Tfilter");
  const Ends x_ends = EndsAt(c, 2), w_ends = EndsAt(c, 4);
  Conv op;
  op.strides = SpatialEntries(c, c.IntList("strides"), Layout::kNhwc, 2, "strides");
  op.dilations = SpatialEntries(c, c.IntList("dilations"), Layout::kNhwc, 2, "dilations");
  op.auto_pad = c.String("padding") == "SAME" ? AutoPad::kSameUpper : AutoPad::kExplicit;
  const ValueId weights = b.Transpose(Centred(b, c.in(1), w_ends, w_codes), {3, 0, 1, 2});
  c.Set(0, ToWide(b, b.Add(std::move(op), {Centred(b, c.in(0), x_ends, x_codes), weights})));
  SetEnds(c, EndsOfProduct(b, x_ends, x_codes, w_ends, w_codes));
}

void ImportQuantizedMatMul(NodeContext& c) {
  Builder& b = c.build();
  RequireOutput(c, "Toutput", tf::DT_QINT32);
  const Codes x_codes = CodesOf(c, "T1"), y_codes = CodesOf(c, "T2");
  const Ends x_ends = EndsAt(c, 2), y_ends = EndsAt(c, 4);
  MatMul op;
  op.transpose_a = c.Bool("transpose_a");
  op.transpose_b = c.Bool("transpose_b");
  c.Set(0, ToWide(b, b.Add(std::move(op),
                           {Centred(b, c.in(0), x_ends, x_codes), Centred(b, c.in(1), y_ends, y_codes)})));
  SetEnds(c, EndsOfProduct(b, x_ends, x_codes, y_ends, y_codes));
}

void ImportQuantizedMul(NodeContext& c) {
  Builder& b = c.build();
  RequireOutput(c, "Toutput", tf::DT_QINT32);
  const Codes x_codes = CodesOf(c, "T1"), y_codes = CodesOf(c, "T2");
  const Ends x_ends = EndsAt(c, 2), y_ends = EndsAt(c, 4);
  const ValueId product =
      Floats(b).Mul(Centred(b, c.in(0), x_ends, x_codes), Centred(b, c.in(1), y_ends, y_codes));
  c.Set(0, ToWide(b, product));
  SetEnds(c, EndsOfProduct(b, x_ends, x_codes, y_ends, y_codes));
}

// Both in codes of the sum: a scalar by itself, a tensor by way of what codes 0 and 1 become there.
void ImportQuantizedAdd(NodeContext& c) {
  Builder& b = c.build();
  RequireOutput(c, "Toutput", tf::DT_QINT32);
  const Ends x_ends = EndsAt(c, 2), y_ends = EndsAt(c, 4), ends = EndsOfSum(b, x_ends, y_ends, 1 << 14);
  const Numbers f = Floats(b);
  const auto converted = [&](ValueId x, Ends of, const char* type) {
    const Codes codes = CodesOf(c, type);
    if (codes.is_signed || codes.bits != 8) c.Fail("only sums of quint8 are supported");
    const auto code = [&](ValueId v) { return CodeOf(b, ValueOfCode(b, v, of, codes), ends, kWide); };
    if (b.shape(x).has_rank() && b.shape(x).rank() == 0) return f.Of(code(x));
    const ValueId zero = code(b.Int64(0)), one = code(b.Int64(1));
    return f.Add(f.Of(zero), f.Mul(f.Of(x), f.Of(Doubles(b).Sub(one, zero))));
  };
  c.Set(0, ToWide(b, f.Add(converted(c.in(0), x_ends, "T1"), converted(c.in(1), y_ends, "T2"))));
  SetEnds(c, ends);
}

void ImportQuantizedBiasAdd(NodeContext& c) {
  Builder& b = c.build();
  RequireOutput(c, "out_type", tf::DT_QINT32);
  const Ends x_ends = EndsAt(c, 2), y_ends = EndsAt(c, 4), ends = EndsOfSum(b, x_ends, y_ends, 1 << 17);
  const Numbers f = Floats(b);
  const auto converted = [&](ValueId x, Ends of, const char* type) {
    return CodesOfValues(b, ValuesOf(b, x, of, CodesOf(c, type)), ends, kWide);
  };
  const ValueId bias = f.Add(converted(c.in(1), y_ends, "T2"), f.Of(ZeroOf(b, ends, kWide)));
  c.Set(0, ToWide(b, f.Add(converted(c.in(0), x_ends, "T1"), bias)));
  SetEnds(c, ends);
}

// Clamped at the codes of 0 and, if so named, 6.
void ImportQuantizedRelu(NodeContext& c) {
  Builder& b = c.build();
  const Codes codes = CodesOf(c, "Tinput");
  const Ends ends = EndsAt(c, 1);
  const Numbers n = Doubles(b), own(b, c.dtype(0));
  const auto code = [&](double x) {
    const ValueId unclamped = CodeOf(b, b.Scalar(DType::kFloat32, x), ends, codes);
    return own.Of(n.Min(n.Max(unclamped, n.Number(codes.lowest())), n.Number(codes.highest())));
  };
  ValueId y = own.Max(c.in(0), code(0));
  if (c.op() == "QuantizedRelu6") y = own.Min(y, code(6));
  c.Set(0, y);
  SetEnds(c, ends);
}

template <typename Pool>
void ImportQuantizedPool(NodeContext& c) {
  Builder& b = c.build();
  const Numbers f = Floats(b);
  const DType type = c.dtype(0);
  Pool op;
  op.kernel_shape = SpatialEntries(c, c.IntList("ksize"), Layout::kNhwc, 2, "ksize");
  op.strides = SpatialEntries(c, c.IntList("strides"), Layout::kNhwc, 2, "strides");
  op.auto_pad = c.String("padding") == "SAME" ? AutoPad::kSameUpper : AutoPad::kExplicit;
  const double area = static_cast<double>(op.kernel_shape[0] * op.kernel_shape[1]);
  ValueId y = b.Add(std::move(op), {f.Of(c.in(0))});
  // A mean is cut to a whole number; what float's rounding took from one is far less than half a part.
  if constexpr (std::is_same_v<Pool, AveragePool>) y = f.Add(y, f.Number(0.5 / area));
  c.Set(0, b.CastTo(b.Unary(UnaryKind::kFloor, y), type));
  SetEnds(c, EndsAt(c, 1));
}

void ImportQuantizedReshape(NodeContext& c) {
  c.Return(Reshape{}, {c.in(0), c.build().ToInt64(c.in(1))});
  SetEnds(c, EndsAt(c, 2));
}

// (axis, parts, their lower ends, their upper ends): all brought to one range.
void ImportQuantizedConcat(NodeContext& c) {
  Builder& b = c.build();
  const Codes codes = CodesOf(c, "T");
  const auto parts = static_cast<size_t>(c.Int("N"));
  const Numbers f = Floats(b);
  Ends all = {b.Reshape(c.in(1 + parts), {}), b.Reshape(c.in(1 + 2 * parts), {})};
  for (size_t i = 1; i < parts; ++i)
    all = {f.Min(all.low, b.Reshape(c.in(1 + parts + i), {})),
           f.Max(all.high, b.Reshape(c.in(1 + 2 * parts + i), {}))};
  std::vector<ValueId> converted;
  for (size_t i = 0; i < parts; ++i) {
    const Ends own = {b.Reshape(c.in(1 + parts + i), {}), b.Reshape(c.in(1 + 2 * parts + i), {})};
    converted.push_back(CodesOfValues(b, ValuesOf(b, c.in(1 + i), own, codes), all, codes));
  }
  const int64_t axis = c.NeedInt(0, "the axis");
  c.Set(0, b.CastTo(b.Add(Concat{axis}, std::move(converted)), c.dtype(1)));
  SetEnds(c, all);
}

// The range that the codes make use of; it holds 0.
Ends UsedEnds(NodeContext& c) {
  Builder& b = c.build();
  const Ends given = EndsAt(c, 1);
  Ints axes;
  for (int64_t i = 0; i < c.Rank(0); ++i) axes.push_back(i);
  const auto end = [&](ReduceKind kind) {
    return ValueOfCode(b, axes.empty() ? c.in(0) : b.Reduce(kind, c.in(0), axes, false), given, kWide);
  };
  return {Floats(b).Min(b.Scalar(DType::kFloat32, 0), end(ReduceKind::kMin)), end(ReduceKind::kMax)};
}

// TensorFlow's fixed point, 16 bits behind the point: floor(floor(code * a / 2^32) + b) / 2^16), which is one
// floor of the sum.
ValueId Requantized(Builder& b, ValueId x, Ends from, Ends to) {
  const Numbers n = Doubles(b), f = Floats(b);
  const double one = 1 << 16;
  const ValueId in_width = n.Of(f.Sub(from.high, from.low)), out_width = f.Sub(to.high, to.low),
                wide = n.Of(out_width);
  const ValueId inverse = n.Of(f.Of(n.Div(n.Number(255), wide)));
  const ValueId middle = n.Of(f.Of(n.Div(n.Of(f.Add(from.low, from.high)), n.Number(2))));
  const ValueId scale = n.Whole(n.Div(n.Mul(n.Number(255 * one), in_width), wide));
  const ValueId in_offset = n.Whole(n.Mul(n.Mul(middle, inverse), n.Number(one)));
  const ValueId out_offset = n.Whole(n.Div(n.Mul(n.Number(one), n.Mul(n.Of(to.low), n.Number(255))), wide));
  const ValueId offset = n.Add(n.Sub(in_offset, out_offset), n.Number(one / 2));
  const ValueId factor = n.Mul(scale, n.Number(std::ldexp(1.0, -48)));
  const ValueId code = n.Add(n.Mul(n.Of(x), factor), n.Mul(offset, n.Number(1 / one)));
  const ValueId clamped = n.Min(n.Max(code, n.Number(0)), n.Number(255));
  const ValueId apart = b.Binary(BinaryKind::kNotEqual, out_width, f.Number(0));
  const ValueId safe = b.Add(Where{}, {apart, clamped, n.Number(0)});
  return b.CastTo(b.CastTo(safe, DType::kInt32), DType::kUInt8);
}

void ImportRequantizationRange(NodeContext& c) {
  const Ends used = UsedEnds(c);
  c.Set(0, used.low);
  c.Set(1, used.high);
}

void ImportRequantize(NodeContext& c) {
  RequireOutput(c, "out_type", tf::DT_QUINT8);
  RequireOutput(c, "Tinput", tf::DT_QINT32);
  const Ends to = c.op() == "Requantize" ? EndsAt(c, 3) : UsedEnds(c);
  c.Set(0, Requantized(c.build(), c.in(0), EndsAt(c, 1), to));
  SetEnds(c, to);
}

constexpr OpImporter kRows[] = {
    {"QuantizedConv2D", ImportQuantizedConv},
    {"QuantizedMatMul", ImportQuantizedMatMul},
    {"QuantizedMul", ImportQuantizedMul},
    {"QuantizedAdd", ImportQuantizedAdd},
    {"QuantizedBiasAdd", ImportQuantizedBiasAdd},
    {"QuantizedRelu", ImportQuantizedRelu},
    {"QuantizedRelu6", ImportQuantizedRelu},
    {"QuantizedMaxPool", ImportQuantizedPool<MaxPool>},
    {"QuantizedAvgPool", ImportQuantizedPool<AveragePool>},
    {"QuantizedReshape", ImportQuantizedReshape},
    {"QuantizedConcat", ImportQuantizedConcat},
    {"RequantizationRange", ImportRequantizationRange},
    {"Requantize", ImportRequantize},
    {"QuantizeDownAndShrinkRange", ImportRequantize},
};

}  // namespace

std::span<const OpImporter> QuantizedImporters() {
  return kRows;
}

}  // namespace floe
