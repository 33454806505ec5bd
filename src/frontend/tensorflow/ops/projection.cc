// Pictures seen through a projective transform: each pixel of the result looks up where it comes from.
#include "frontend/tensorflow/ops/families.h"

namespace floe {
namespace {

// Float arithmetic on [batch or 1, pixels], written as formulas.
struct Plane {
  Builder& b;

  ValueId number(double v) const { return b.Scalar(DType::kFloat32, v); }
  ValueId add(ValueId x, ValueId y) const { return b.Binary(BinaryKind::kAdd, x, y); }
  ValueId sub(ValueId x, ValueId y) const { return b.Binary(BinaryKind::kSub, x, y); }
  ValueId mul(ValueId x, ValueId y) const { return b.Binary(BinaryKind::kMul, x, y); }
  ValueId div(ValueId x, ValueId y) const { return b.Binary(BinaryKind::kDiv, x, y); }
  ValueId below(ValueId x, ValueId y) const { return b.Binary(BinaryKind::kLess, x, y); }
  ValueId both(ValueId x, ValueId y) const { return b.Binary(BinaryKind::kAnd, x, y); }
  ValueId where(ValueId c, ValueId x, ValueId y) const { return b.Add(Where{}, {c, x, y}); }
  ValueId floor(ValueId x) const { return b.Unary(UnaryKind::kFloor, x); }
  // Halves away from zero.
  ValueId round(ValueId x) const {
    const ValueId size = b.Unary(UnaryKind::kAbs, x), whole = floor(size);
    const ValueId down = below(sub(size, whole), number(0.5));
    const ValueId rounded = where(down, whole, add(whole, number(1)));
    return where(below(x, number(0)), b.Unary(UnaryKind::kNeg, rounded), rounded);
  }
  ValueId clamp(ValueId x, ValueId low, ValueId high) const {
    return b.Binary(BinaryKind::kMin, b.Binary(BinaryKind::kMax, x, low), high);
  }
};

// A coordinate outside [0, size - 1] as TensorFlow's fill modes bring it back in; CONSTANT leaves it outside.
ValueId BringIn(const Plane& p, ValueId x, ValueId size, const std::string& mode) {
  if (mode == "CONSTANT") return x;
  const ValueId zero = p.number(0), one = p.number(1), last = p.sub(size, one);
  if (mode == "REFLECT") {  // dcba|abcd|dcba
    const ValueId period = p.mul(size, p.number(2));
    const ValueId within = p.sub(x, p.mul(period, p.floor(p.div(x, period))));
    x = p.where(p.below(within, size), within, p.sub(p.sub(period, within), one));
  } else if (mode == "WRAP") {  // steps of size, counted in lengths of size - 1
    const ValueId length = p.b.Binary(BinaryKind::kMax, last, one);
    const auto whole = [&](ValueId v) { return p.mul(size, p.floor(p.div(v, length))); };
    const ValueId up = p.add(p.add(x, whole(p.sub(zero, x))), size);
    const ValueId down = p.sub(x, whole(x));
    x = p.where(p.below(x, zero), up, p.where(p.below(last, x), down, x));
  }
  return p.clamp(x, zero, last);
}

struct Picture {
  ValueId pixels;         // [batch, height * width, channels]
  ValueId height, width;  // float scalars
  ValueId fill;
};

// The pixels at whole coordinates [batch, n] -> [batch, n, channels]; the fill value outside.
ValueId PixelsAt(const Plane& p, const Picture& picture, ValueId y, ValueId x) {
  Builder& b = p.b;
  const ValueId zero = p.number(0), one = p.number(1);
  const auto inside = [&](ValueId v, ValueId size) {
    return p.both(b.Binary(BinaryKind::kGreaterOrEqual, v, zero), p.below(v, size));
  };
  const ValueId seen = p.both(inside(y, picture.height), inside(x, picture.width));
  const ValueId row = b.ToInt64(p.clamp(y, zero, p.sub(picture.height, one)));
  const ValueId column = b.ToInt64(p.clamp(x, zero, p.sub(picture.width, one)));
  const ValueId place =
      b.Binary(BinaryKind::kAdd, b.Binary(BinaryKind::kMul, row, b.ToInt64(picture.width)), column);
  const ValueId found = b.Add(GatherND{.batch_dims = 1}, {picture.pixels, b.Add(Unsqueeze{{-1}}, {place})});
  return p.where(b.Add(Unsqueeze{{-1}}, {seen}), found, picture.fill);
}

ValueId Bilinear(const Plane& p, const Picture& picture, ValueId y, ValueId x) {
  Builder& b = p.b;
  const ValueId one = p.number(1);
  const ValueId top = p.floor(y), left = p.floor(x), bottom = p.add(top, one), right = p.add(left, one);
  const auto weight = [&](ValueId from, ValueId to) { return b.Add(Unsqueeze{{-1}}, {p.sub(to, from)}); };
  const auto between = [&](ValueId row) {
    return p.add(p.mul(weight(x, right), PixelsAt(p, picture, row, left)),
                 p.mul(weight(left, x), PixelsAt(p, picture, row, right)));
  };
  return p.add(p.mul(weight(y, bottom), between(top)), p.mul(weight(top, y), between(bottom)));
}

// The k-th row or column of each pixel of the result, float [1, height * width].
ValueId GridOf(const Plane& p, ValueId size, bool rows) {
  Builder& b = p.b;
  const ValueId count = b.ToScalar(b.SliceVector(size, rows ? 0 : 1, rows ? 1 : 2));
  const ValueId line = b.Add(Range{}, {b.Int64(0), count, b.Int64(1)});
  const ValueId grid = b.Add(Expand{}, {rows ? b.Add(Unsqueeze{{1}}, {line}) : line, size});
  return b.CastTo(b.Reshape(grid, {1, -1}), DType::kFloat32);
}

void ImportProjectiveTransform(NodeContext& c) {
  const Plane p{c.build()};
  Builder& b = p.b;
  const std::string fill_mode = c.String("fill_mode"), interpolation = c.String("interpolation");
  if (interpolation != "NEAREST" && interpolation != "BILINEAR")
    c.Fail("interpolation {} is not supported", interpolation);
  if (fill_mode != "CONSTANT" && fill_mode != "NEAREST" && fill_mode != "REFLECT" && fill_mode != "WRAP")
    c.Fail("fill mode {} is not supported", fill_mode);
  const DType dtype = c.dtype(0);
  const ValueId images = b.CastTo(c.in(0), DType::kFloat32), size = b.ToInt64(c.in(2));
  const ValueId fill = c.input_count() > 3 ? c.in(3) : p.number(0);
  const auto side = [&](int64_t axis) {
    return b.CastTo(b.ToScalar(b.DimTensor(images, axis)), DType::kFloat32);
  };
  const ValueId batch = b.DimTensor(images, 0), channels = b.DimTensor(images, 3);
  const Picture picture = {b.Add(Reshape{}, {images, b.ConcatVectors({batch, b.Int64s({-1}), channels})}),
                           side(1), side(2), fill};
  const ValueId row = GridOf(p, size, true), column = GridOf(p, size, false);
  const auto plane = [&](int64_t k) {  // of the k-th, (k + 1)-th and (k + 2)-th number of each transform
    const auto number = [&](int64_t i) { return b.Slice(c.in(1), {i}, {i + 1}, {1}); };
    const ValueId tilted = p.add(p.mul(number(k), column), p.mul(number(k + 1), row));
    return p.add(tilted, k == 6 ? p.number(1) : number(k + 2));
  };
  const ValueId depth = plane(6), nowhere = b.Binary(BinaryKind::kEqual, depth, p.number(0));
  const ValueId every = b.ConcatVectors({batch, b.Int64s({1})});
  const auto source = [&](int64_t k, ValueId length) {
    const ValueId from = BringIn(p, p.div(plane(k), depth), length, fill_mode);
    return b.Add(Expand{}, {p.where(nowhere, p.number(-2), from), every});
  };
  const ValueId x = source(0, picture.width), y = source(3, picture.height);
  const ValueId pixels =
      interpolation == "NEAREST" ? PixelsAt(p, picture, p.round(y), p.round(x)) : Bilinear(p, picture, y, x);
  const ValueId shaped = b.Add(Reshape{}, {pixels, b.ConcatVectors({batch, size, channels})});
  c.Set(0, b.CastTo(shaped, dtype));
}

constexpr OpImporter kRows[] = {
    {"ImageProjectiveTransformV2", ImportProjectiveTransform},
    {"ImageProjectiveTransformV3", ImportProjectiveTransform},
};

}  // namespace

std::span<const OpImporter> ProjectionImporters() {
  return kRows;
}

}  // namespace floe
