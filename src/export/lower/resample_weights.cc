#include "export/lower/resample_weights.h"

#include <cmath>
#include <limits>

#include "graph/cubic.h"
#include "graph/resize.h"

namespace floe {
namespace {

using enum UnaryKind;
using enum BinaryKind;

// float32 arithmetic with numbers, which is all of what follows.
class Arithmetic {
 public:
  explicit Arithmetic(Lowering& l) : l_(l) {}

  ValueId Num(double v) { return l_.b().Scalar(DType::kFloat32, v); }
  ValueId Float(ValueId x) { return l_.b().CastTo(x, DType::kFloat32); }
  ValueId Add(ValueId x, double v) { return l_.Bin(kAdd, x, Num(v)); }
  ValueId Mul(ValueId x, double v) { return l_.Bin(kMul, x, Num(v)); }
  ValueId Clamped(ValueId x, ValueId low, ValueId high) { return l_.Bin(kMin, l_.Bin(kMax, x, low), high); }
  // 0, 1 … as a column, of the output's places, or a row, of the input's.
  ValueId Column(ValueId count) { return Float(l_.Unsqueezed(l_.IotaOf(count), {1})); }
  ValueId Row(ValueId count) { return Float(l_.Unsqueezed(l_.IotaOf(count), {0})); }
  ValueId RowSums(ValueId x) { return l_.b().Reduce(ReduceKind::kSum, x, {1}, true); }

 private:
  Lowering& l_;
};

// Input pixels an output pixel.
ValueId StepOf(Lowering& l, const Resize& op, const ResampledAxis& axis) {
  Arithmetic a(l);
  const ValueId in = a.Float(axis.in), out = a.Float(axis.out), one = a.Num(1);
  const ValueId plain =
      axis.scale == kNoValue ? l.Bin(kDiv, in, l.Bin(kMax, out, one)) : l.Un(kReciprocal, axis.scale);
  if (op.coordinates != ResizeCoordinates::kAlignCorners) return plain;
  const ValueId gaps = l.Bin(kDiv, l.Bin(kSub, in, one), l.Bin(kMax, l.Bin(kSub, out, one), one));
  return l.If(l.Bin(kGreater, out, one), gaps, plain);
}

// Where each place of the output lies in the input, [out, 1].
ValueId PlacesOf(Lowering& l, const Resize& op, const ResampledAxis& axis, ValueId step) {
  Arithmetic a(l);
  const ValueId i = a.Column(axis.out);
  switch (op.coordinates) {
    case ResizeCoordinates::kAsymmetric:
    case ResizeCoordinates::kAlignCorners:
      return l.Bin(kMul, i, step);
    case ResizeCoordinates::kTfHalfPixelForNn:
      return l.Bin(kMul, a.Add(i, 0.5), step);
    case ResizeCoordinates::kHalfPixel:
    case ResizeCoordinates::kPytorchHalfPixel:
      break;
  }
  const ValueId x = a.Add(l.Bin(kMul, a.Add(i, 0.5), step), -0.5);
  if (op.coordinates == ResizeCoordinates::kHalfPixel) return x;
  return l.If(l.Bin(kGreater, a.Float(axis.out), a.Num(1)), x, a.Num(0));
}

// The share of each input pixel in the area that an output pixel covers.
ValueId AreaWeights(Lowering& l, const ResampledAxis& axis, ValueId step) {
  Arithmetic a(l);
  const ValueId i = a.Column(axis.out), p = a.Row(axis.in), last = a.Add(a.Float(axis.in), -1);
  const ValueId from = l.Bin(kMul, i, step), to = l.Bin(kMul, a.Add(i, 1), step);
  // What rounding puts beyond the image is the last pixel's.
  const ValueId edge = l.If(l.Bin(kEqual, p, last), a.Num(std::numeric_limits<float>::max()), a.Add(p, 1));
  const ValueId covered = l.Bin(kSub, l.Bin(kMin, edge, to), l.Bin(kMax, p, from));
  const ValueId share = l.Bin(kDiv, l.Bin(kMax, covered, a.Num(0)), step);
  // Aligned corners of one pixel and several: no area, and the one pixel is taken as it is.
  const ValueId first = a.Float(l.Bin(kEqual, l.Bin(kAdd, p, a.Mul(i, 0)), a.Num(0)));
  return l.If(l.Bin(kEqual, step, a.Num(0)), first, share);
}

struct Tap {
  ValueId place, weight;  // [out, 1], float32
};

// [out, in] of taps, those outside the image at its edge.
ValueId Spread(Lowering& l, const ResampledAxis& axis, const std::vector<Tap>& taps) {
  Arithmetic a(l);
  const ValueId p = a.Row(axis.in), last = a.Add(a.Float(axis.in), -1);
  ValueId sum = kNoValue;
  for (const Tap& tap : taps) {
    const ValueId hit = l.Bin(kEqual, a.Clamped(tap.place, a.Num(0), last), p);
    const ValueId part = l.If(hit, tap.weight, a.Num(0));
    sum = sum == kNoValue ? part : l.Bin(kAdd, sum, part);
  }
  return sum;
}

// Keys' kernel with its parameter; TensorFlow's two kernels look it up in a table of 1024 steps.
ValueId CubicWeights(Lowering& l, const Resize& op, const ResampledAxis& axis, ValueId x) {
  Arithmetic a(l);
  const CubicKernel kernel = KeysKernel(op.cubic_a);
  const ValueId floor = l.Un(kFloor, x);
  ValueId t = l.Bin(kSub, x, floor);
  if (UsesCubicTable(op)) t = a.Mul(l.Un(kRound, a.Mul(t, 1024)), 1.0 / 1024);
  const auto near = [&](ValueId d) { return ValueAt(l.b(), kernel.near, d); };
  const auto far = [&](ValueId d) { return ValueAt(l.b(), kernel.far, d); };
  const ValueId rest = l.Bin(kSub, a.Num(1), t);
  std::vector<Tap> taps = {{a.Add(floor, -1), far(a.Add(t, 1))},
                           {floor, near(t)},
                           {a.Add(floor, 1), near(rest)},
                           {a.Add(floor, 2), far(a.Add(rest, 1))}};
  if (!op.exclude_outside) return Spread(l, axis, taps);
  const ValueId size = a.Float(axis.in), zero = a.Num(0);
  for (Tap& tap : taps) {
    const ValueId inside =
        l.Bin(kAnd, l.Bin(kGreaterOrEqual, tap.place, zero), l.Bin(kLess, tap.place, size));
    tap.weight = l.If(inside, tap.weight, zero);
  }
  const ValueId weights = Spread(l, axis, taps);
  const ValueId total = a.RowSums(weights);
  return l.Bin(kDiv, weights, l.If(l.Bin(kEqual, total, zero), a.Num(1), total));
}

ValueId LanczosWeight(Lowering& l, double radius, ValueId d) {
  Arithmetic a(l);
  const ValueId safe = l.Bin(kMax, d, a.Num(1e-3));
  const ValueId waves = l.Bin(kMul, l.Un(kSin, a.Mul(safe, M_PI)), l.Un(kSin, a.Mul(safe, M_PI / radius)));
  const ValueId y = l.Bin(kDiv, a.Mul(waves, radius / (M_PI * M_PI)), l.Bin(kMul, safe, safe));
  return l.If(l.Bin(kLessOrEqual, d, a.Num(1e-3)), a.Num(1), y);
}

// The kernel at distances d >= 0 within its radius.
ValueId KernelAt(Lowering& l, ResampleKernel kernel, ValueId d) {
  Arithmetic a(l);
  const auto in_two = [&](double border, ValueId near, ValueId far) {
    return l.If(l.Bin(kLess, d, a.Num(border)), near, far);
  };
  const auto cubic = [&](const CubicKernel& k) {
    return in_two(1, ValueAt(l.b(), k.near, d), ValueAt(l.b(), k.far, d));
  };
  switch (kernel) {
    case ResampleKernel::kLanczos1:
    case ResampleKernel::kLanczos3:
    case ResampleKernel::kLanczos5:
      return LanczosWeight(l, RadiusOf(kernel), d);
    case ResampleKernel::kGaussian:
      return l.Un(kExp, a.Mul(l.Bin(kMul, d, d), -2));
    case ResampleKernel::kBox:
      return in_two(0.5, a.Num(1), l.If(l.Bin(kEqual, d, a.Num(0.5)), a.Num(0.5), a.Num(0)));
    case ResampleKernel::kTriangle:
      return l.Bin(kSub, a.Num(1), d);
    case ResampleKernel::kKeysCubic:
      return cubic(KeysKernel(-0.5));
    case ResampleKernel::kMitchellCubic:
      return cubic(kMitchellKernel);
  }
  return kNoValue;
}

}  // namespace

ValueId WeightsOf(Lowering& l, const Resize& op, const ResampledAxis& axis) {
  const ValueId step = StepOf(l, op, axis);
  if (op.mode == ResizeMode::kArea) return AreaWeights(l, axis, step);
  const ValueId x = PlacesOf(l, op, axis, step);
  if (op.mode == ResizeMode::kCubic) return CubicWeights(l, op, axis, x);
  Arithmetic a(l);
  const ValueId floor = l.Un(kFloor, x), t = l.Bin(kSub, x, floor);
  return Spread(l, axis, {{floor, l.Bin(kSub, a.Num(1), t)}, {a.Add(floor, 1), t}});
}

// Float arithmetic in TensorFlow's order: which pixels take part hangs on its rounding.
ValueId WeightsOf(Lowering& l, const ScaleAndTranslate& op, const ResampledAxis& axis) {
  Arithmetic a(l);
  const ValueId zero = a.Num(0), size = a.Float(axis.in), last = a.Add(size, -1);
  const ValueId inverse = l.Un(kReciprocal, axis.scale);
  const ValueId shift = l.Bin(kMul, l.Un(kNeg, inverse), axis.translation);
  const ValueId widening = op.antialias ? l.Bin(kMax, inverse, a.Num(1)) : a.Num(1);
  const ValueId reach = a.Mul(widening, RadiusOf(op.kernel));
  const ValueId centre = l.Bin(kAdd, l.Bin(kMul, a.Add(a.Column(axis.out), 0.5), inverse), shift);
  const ValueId p = a.Row(axis.in);
  const ValueId begin = l.Un(kCeil, a.Add(l.Bin(kSub, centre, reach), -0.5));
  const ValueId end = l.Un(kFloor, a.Add(l.Bin(kAdd, centre, reach), -0.5));
  const ValueId takes_part = l.Bin(kAnd, l.Bin(kGreaterOrEqual, p, a.Clamped(begin, zero, last)),
                                   l.Bin(kLessOrEqual, p, a.Clamped(end, zero, last)));
  const ValueId inside = l.Bin(kAnd, l.Bin(kGreaterOrEqual, centre, zero), l.Bin(kLessOrEqual, centre, size));
  const ValueId away = l.Un(kAbs, l.Bin(kSub, a.Add(p, 0.5), centre));
  const ValueId distance = l.Bin(kMul, away, l.Un(kReciprocal, widening));
  const ValueId within = l.Bin(kLess, distance, a.Num(RadiusOf(op.kernel)));
  const ValueId taken = l.Bin(kAnd, l.Bin(kAnd, takes_part, inside), within);
  const ValueId weights = l.If(taken, KernelAt(l, op.kernel, distance), zero);
  const ValueId total = a.RowSums(weights);
  const ValueId nothing = l.Bin(kLess, l.Un(kAbs, total), a.Num(1000.0 * std::numeric_limits<float>::min()));
  return l.Bin(kDiv, weights, l.If(nothing, a.Num(1), total));
}

}  // namespace floe
