// Linear quantisation, and operations on quantised numbers by way of what they stand for.
#include "frontend/onnx/ops/families.h"
#include "frontend/onnx/ops/spatial.h"

namespace floe {
namespace {

constexpr int64_t kNewest = kNewestOnnxOpset;

// A scale or zero point of one element as a scalar; one along an axis as it is.
ValueId Parameter(OnnxContext& c, ValueId value) {
  const Shape& shape = c.build().shape(value);
  return shape.ElementCount() == 1 ? c.build().Reshape(value, {}) : value;
}

void ImportQuantize(OnnxContext& c) {
  if (c.Int("block_size", 0) != 0) c.Fail("quantisation by blocks is not supported");
  if (c.HasAttr("output_dtype") && !c.has(2)) {
    const DType type = c.Type("output_dtype", DType::kUInt8);
    if (type != DType::kUInt8) {
      const ValueId zeros = c.build().Zeros(type, c.build().ShapeTensor(c.in(1)));
      return c.Return(QuantizeLinear{c.Int("axis", 1)},
                      {c.in(0), Parameter(c, c.in(1)), Parameter(c, zeros)});
    }
  }
  std::vector<ValueId> inputs = {c.in(0), Parameter(c, c.in(1))};
  if (c.has(2)) inputs.push_back(Parameter(c, c.in(2)));
  c.Return(QuantizeLinear{c.Int("axis", 1)}, std::move(inputs));
}

// Each entry of `parameter` along the axis stands for `block` of x.
ValueId SpreadBlocks(OnnxContext& c, ValueId parameter, int64_t axis, int64_t block) {
  const Dim& size = c.shape(0)[static_cast<size_t>(axis)];
  if (!size.known() || size.value() > (int64_t{1} << 26))
    c.Fail("the sizes of its input {} are not known", c.shape(0).ToString());
  Ints places;
  for (int64_t i = 0; i < size.value(); ++i) places.push_back(i / block);
  return c.Add(Gather{.axis = axis}, {parameter, c.build().Int64s(std::move(places))});
}

void ImportDequantize(OnnxContext& c) {
  Builder& b = c.build();
  if (const int64_t block = c.Int("block_size", 0); block > 0) {
    const int64_t axis = c.Axis(c.Int("axis", 1), c.Rank(0));
    const DType type = c.dtype(1);
    ValueId x = b.CastTo(c.in(0), type);
    if (c.has(2)) x = b.Binary(BinaryKind::kSub, x, SpreadBlocks(c, b.CastTo(c.in(2), type), axis, block));
    return c.Set(0, b.Binary(BinaryKind::kMul, x, SpreadBlocks(c, c.in(1), axis, block)));
  }
  std::vector<ValueId> inputs = {c.in(0), Parameter(c, c.in(1))};
  if (c.has(2)) inputs.push_back(Parameter(c, c.in(2)));
  c.Return(DequantizeLinear{c.Int("axis", 1)}, std::move(inputs));
}

// To uint8 over the range of x widened to hold zero.
void ImportDynamicQuantize(OnnxContext& c) {
  Builder& b = c.build();
  const DType type = c.dtype(0);
  Ints axes;
  for (int64_t i = 0; i < c.Rank(0); ++i) axes.push_back(i);
  const ValueId zero = b.Scalar(type, 0);
  const ValueId high = b.Binary(BinaryKind::kMax, b.Reduce(ReduceKind::kMax, c.in(0), axes, false), zero);
  const ValueId low = b.Binary(BinaryKind::kMin, b.Reduce(ReduceKind::kMin, c.in(0), axes, false), zero);
  const ValueId scale =
      b.Binary(BinaryKind::kDiv, b.Binary(BinaryKind::kSub, high, low), b.Scalar(type, 255));
  const ValueId start = b.Unary(UnaryKind::kNeg, b.Binary(BinaryKind::kDiv, low, scale));
  const ValueId point = b.CastTo(b.Unary(UnaryKind::kRound, c.Add(Clip{0, 255}, {start})), DType::kUInt8);
  c.Set(0, c.Add(QuantizeLinear{}, {c.in(0), scale, point}));
  c.Set(1, scale);
  c.Set(2, point);
}

// x less its zero point, in `to`; `axis` is that of a zero point that is a vector.
ValueId Shifted(OnnxContext& c, ValueId x, ValueId zero_point, int64_t axis, DType to) {
  Builder& b = c.build();
  const ValueId wide = b.CastTo(x, to);
  if (zero_point == kNoValue) return wide;
  const Shape& shape = b.shape(zero_point);
  ValueId point = b.CastTo(zero_point, to);
  if (shape.ElementCount() == 1) {
    point = b.Reshape(point, {});
  } else if (shape.has_rank() && shape.rank() == 1) {
    Ints dims(static_cast<size_t>(c.RankOf(x)), 1);
    dims[static_cast<size_t>(axis)] = -1;
    point = b.Reshape(point, std::move(dims));
  }
  return b.Binary(BinaryKind::kSub, wide, point);
}

// A zero point of a is one a row, one of b one a column.
void ImportMatMulInteger(OnnxContext& c) {
  const int64_t rank_a = c.Rank(0), rank_b = c.Rank(1);
  const ValueId x = Shifted(c, c.in(0), c.in_or_none(2), std::max<int64_t>(rank_a - 2, 0), DType::kInt32);
  const ValueId y = Shifted(c, c.in(1), c.in_or_none(3), rank_b - 1, DType::kInt32);
  c.Return(MatMul{}, {x, y});
}

Conv ConvOf(OnnxContext& c, size_t filter) {
  const size_t spatial = OnnxSpatialRank(c);
  const Shape& shape = c.shape(filter);
  if (shape.has_rank() && shape.rank() != spatial + 2)
    c.Fail("expected a filter of {} dimensions, found {}", spatial + 2, shape.ToString());
  return OnnxConvolutionOf<Conv>(c, spatial);
}

void ImportConvInteger(OnnxContext& c) {
  const ValueId x = Shifted(c, c.in(0), c.in_or_none(2), 1, DType::kInt32);
  const ValueId filter = Shifted(c, c.in(1), c.in_or_none(3), 0, DType::kInt32);
  c.Return(ConvOf(c, 1), {x, filter});
}

ValueId Real(OnnxContext& c, size_t x, size_t scale, size_t zero_point, int64_t axis) {
  return c.Add(DequantizeLinear{axis}, {c.in(x), Parameter(c, c.in(scale)), Parameter(c, c.in(zero_point))});
}

// (x, scale, zero point, w, scale, zero point, scale and zero point of y[, bias int32])
void ImportQLinearConv(OnnxContext& c) {
  Builder& b = c.build();
  const ValueId x = Real(c, 0, 1, 2, 1), filter = Real(c, 3, 4, 5, 0);
  std::vector<ValueId> inputs = {x, filter};
  if (c.has(8)) {
    const ValueId scale = b.Binary(BinaryKind::kMul, Parameter(c, c.in(1)), Parameter(c, c.in(4)));
    inputs.push_back(b.Binary(BinaryKind::kMul, b.CastTo(c.in(8), b.dtype(scale)), scale));
  }
  const ValueId y = c.Add(ConvOf(c, 3), std::move(inputs));
  c.Return(QuantizeLinear{1}, {y, Parameter(c, c.in(6)), Parameter(c, c.in(7))});
}

// Scales of a are one a row, of b one a column: b's axis is the last.
void ImportQLinearMatMul(OnnxContext& c) {
  const int64_t rank_a = c.Rank(0);
  const ValueId x = Real(c, 0, 1, 2, std::max<int64_t>(rank_a - 2, 0)), y = Real(c, 3, 4, 5, -1);
  const ValueId product = c.Add(MatMul{}, {x, y});
  c.Return(QuantizeLinear{std::max<int64_t>(c.RankOf(product) - 2, 0)},
           {product, Parameter(c, c.in(6)), Parameter(c, c.in(7))});
}

constexpr OnnxOpImporter kRows[] = {
    {"QuantizeLinear", 10, kNewest, ImportQuantize},
    {"DequantizeLinear", 10, kNewest, ImportDequantize},
    {"DynamicQuantizeLinear", 11, kNewest, ImportDynamicQuantize},
    {"MatMulInteger", 10, kNewest, ImportMatMulInteger},
    {"ConvInteger", 10, kNewest, ImportConvInteger},
    {"QLinearConv", 10, kNewest, ImportQLinearConv},
    {"QLinearMatMul", 10, kNewest, ImportQLinearMatMul},
};

}  // namespace

std::span<const OnnxOpImporter> OnnxQuantizationImporters() {
  return kRows;
}

}  // namespace floe
