// Fourier transforms and the windows that go with them.
#include <cmath>
#include <numbers>
#include <numeric>

#include "frontend/onnx/ops/families.h"
#include "frontend/onnx/ops/formula.h"

namespace floe {
namespace {

constexpr int64_t kNewest = kNewestOnnxOpset;

struct Parts {
  ValueId real, imaginary;  // kNoValue: zero
};

// The last dimension holds the real part, or both.
Parts PartsOf(OnnxContext& c, ValueId x) {
  Builder& b = c.build();
  const Shape& shape = b.shape(x);
  const Dim last = shape.has_rank() && shape.rank() > 1 ? shape[shape.rank() - 1] : Dim();
  if (!last.known() || last.value() < 1 || last.value() > 2)
    c.Fail("expected a last dimension of 1 or 2, found {}", shape.ToString());
  const auto part = [&](int64_t i) { return c.Add(Squeeze{{-1}}, {b.Slice(x, {i}, {i + 1}, {-1})}); };
  return {part(0), last.value() == 2 ? part(1) : kNoValue};
}

// Cut or filled with zeros to `length` (int64 [1]) along `axis`.
ValueId FitLength(OnnxContext& c, ValueId x, int64_t axis, ValueId length) {
  if (x == kNoValue) return x;
  Builder& b = c.build();
  const ValueId cut = c.Add(Slice{}, {x, b.Int64s({0}), length, b.Int64s({axis})});
  const int64_t rank = c.RankOf(x);
  std::vector<ValueId> pads(static_cast<size_t>(2 * rank), b.Int64s({0}));
  pads[static_cast<size_t>(rank + axis)] = b.Binary(BinaryKind::kSub, length, b.DimTensor(cut, axis));
  return c.Add(Pad{}, {cut, b.ConcatVectors(std::move(pads))});
}

// The transform along `axis` of what the parts are, stacked in a new last dimension.
ValueId Transform(OnnxContext& c, Parts x, int64_t axis, bool inverse, bool onesided) {
  Builder& b = c.build();
  const int64_t rank = c.RankOf(x.real);
  const ValueId imaginary = x.imaginary == kNoValue ? b.ZerosLike(x.real) : x.imaginary;
  const ValueId both = b.Binary(BinaryKind::kComplex, x.real, imaginary);
  Ints perm(static_cast<size_t>(rank));
  std::iota(perm.begin(), perm.end(), 0);
  std::swap(perm[static_cast<size_t>(axis)], perm.back());
  const Fft op{.kind = inverse ? FftKind::kIfft : FftKind::kFft};
  ValueId y = b.Transpose(c.Add(op, {b.Transpose(both, perm)}), perm);
  if (onesided) {
    const ValueId half = b.Binary(BinaryKind::kDiv, b.DimTensor(y, axis), b.Int64s({2}));
    y = c.Add(Slice{}, {y, b.Int64s({0}), b.Binary(BinaryKind::kAdd, half, b.Int64s({1})), b.Int64s({axis})});
  }
  const ValueId parts[] = {b.Unary(UnaryKind::kReal, y), b.Unary(UnaryKind::kImag, y)};
  return c.Add(Concat{-1}, {c.Add(Unsqueeze{{-1}}, {parts[0]}), c.Add(Unsqueeze{{-1}}, {parts[1]})});
}

// The real signal behind one side of a transform.
ValueId RealInverse(OnnxContext& c, Parts x, int64_t axis, ValueId length) {
  Builder& b = c.build();
  const int64_t rank = c.RankOf(x.real);
  const ValueId imaginary = x.imaginary == kNoValue ? b.ZerosLike(x.real) : x.imaginary;
  if (length == kNoValue) {
    const ValueId others = b.Binary(BinaryKind::kSub, b.DimTensor(x.real, axis), b.Int64s({1}));
    length = b.Binary(BinaryKind::kMul, others, b.Int64s({2}));
  }
  Ints perm(static_cast<size_t>(rank));
  std::iota(perm.begin(), perm.end(), 0);
  std::swap(perm[static_cast<size_t>(axis)], perm.back());
  const ValueId both = b.Binary(BinaryKind::kComplex, x.real, imaginary);
  const ValueId y = c.Add(Fft{.kind = FftKind::kIrfft}, {b.Transpose(both, perm), length});
  return c.Add(Unsqueeze{{-1}}, {b.Transpose(y, perm)});
}

void ReturnDft(OnnxContext& c, int64_t axis) {
  Builder& b = c.build();
  const bool inverse = c.Flag("inverse"), onesided = c.Flag("onesided");
  Parts parts = PartsOf(c, c.in(0));
  const ValueId length = c.has(1) ? b.Reshape(b.ToInt64(c.in(1)), {1}) : kNoValue;
  if (inverse && onesided) return c.Set(0, RealInverse(c, parts, axis, length));
  if (length != kNoValue)
    parts = {FitLength(c, parts.real, axis, length), FitLength(c, parts.imaginary, axis, length)};
  c.Set(0, Transform(c, parts, axis, inverse, onesided));
}

// (x[, length[, axis]]): the axis became an input in version 20.
void ImportDft(OnnxContext& c) {
  const int64_t rank = c.Rank(0);
  int64_t axis = c.Int("axis", 1);
  if (c.opset() >= 20) {
    const Ints given = c.has(2) ? c.NeedInts(2, "its axis") : Ints{-2};
    if (given.size() != 1) c.Fail("expected one axis, found {}", given.size());
    axis = given[0];
  }
  axis = c.Axis(axis, rank);
  if (axis == rank - 1) c.Fail("its axis is the dimension of real and imaginary parts");
  ReturnDft(c, axis);
}

// (signal [B, L, 1 or 2], step[, window[, frame length]]) -> [B, frames, bins, 2]
void ImportStft(OnnxContext& c) {
  Builder& b = c.build();
  if (c.Rank(0) != 3) c.Fail("expected a signal [batch, length, 1 or 2], found {}", c.shape(0).ToString());
  if (!c.has(2) && !c.has(3)) c.Fail("neither a window nor the length of a frame is given");
  const ValueId step = b.Reshape(b.ToInt64(c.in(1)), {});
  const ValueId length = c.has(3) ? b.Reshape(b.ToInt64(c.in(3)), {}) : b.ToScalar(b.DimTensor(c.in(2), 0));
  const ValueId rest = b.Binary(BinaryKind::kSub, b.ToScalar(b.DimTensor(c.in(0), 1)), length);
  const ValueId frames = b.Binary(BinaryKind::kAdd, b.Binary(BinaryKind::kFloorDiv, rest, step), b.Int64(1));
  const auto up_to = [&](ValueId count) { return c.Add(Range{}, {b.Int64(0), count, b.Int64(1)}); };
  const ValueId starts = b.Reshape(b.Binary(BinaryKind::kMul, up_to(frames), step), {-1, 1});
  const ValueId places = b.Binary(BinaryKind::kAdd, starts, up_to(length));
  Parts parts = PartsOf(c, c.in(0));
  for (ValueId* part : {&parts.real, &parts.imaginary}) {
    if (*part == kNoValue) continue;
    *part = c.Add(Gather{.axis = 1}, {*part, places});
    if (c.has(2)) *part = b.Binary(BinaryKind::kMul, *part, c.in(2));
  }
  const bool onesided = c.Flag("onesided", true) && parts.imaginary == kNoValue;
  c.Set(0, Transform(c, parts, 2, false, onesided));
}

// a0 - a1 cos(2 pi n / N) + a2 cos(4 pi n / N), N one less for a symmetric window.
void ReturnWindow(OnnxContext& c, double a0, double a1, double a2) {
  Builder& b = c.build();
  const ValueId size = b.Reshape(b.ToInt64(c.in(0)), {});
  const ValueId n = b.CastTo(c.Add(Range{}, {b.Int64(0), size, b.Int64(1)}), DType::kFloat64);
  ValueId period = b.CastTo(size, DType::kFloat64);
  const auto number = [&](double v) { return b.Scalar(DType::kFloat64, v); };
  if (!c.Flag("periodic", true)) period = b.Binary(BinaryKind::kSub, period, number(1));
  const auto wave = [&](double turns, double factor) {
    const ValueId angle = b.Binary(
        BinaryKind::kDiv, b.Binary(BinaryKind::kMul, n, number(2 * std::numbers::pi * turns)), period);
    return b.Binary(BinaryKind::kMul, b.Unary(UnaryKind::kCos, angle), number(factor));
  };
  ValueId sum = b.Binary(BinaryKind::kSub, number(a0), wave(1, a1));
  if (a2 != 0) sum = b.Binary(BinaryKind::kAdd, sum, wave(2, a2));
  c.Set(0, b.CastTo(sum, c.Type("output_datatype", DType::kFloat32)));
}

void ImportHann(OnnxContext& c) {
  ReturnWindow(c, 0.5, 0.5, 0);
}
void ImportHamming(OnnxContext& c) {
  ReturnWindow(c, 25.0 / 46, 21.0 / 46, 0);
}
void ImportBlackman(OnnxContext& c) {
  ReturnWindow(c, 0.42, 0.5, 0.08);
}

// Triangles over the bins of a spectrum, evenly spaced on the mel scale: [bins, filters].
void ImportMelWeights(OnnxContext& c) {
  Builder& b = c.build();
  Formula f(b, DType::kFloat64);
  const auto scalar = [&](size_t i) { return b.Reshape(c.in(i), {}); };
  const auto compare = [&](BinaryKind kind, ValueId x, ValueId y) { return b.Binary(kind, x, y); };
  const ValueId filters = b.ToInt64(scalar(0)), length = b.ToInt64(scalar(1));
  const double per_log = 2595 / std::log(10.0);
  const auto mel = [&](ValueId hertz) {
    const ValueId share = f.Add(f.Div(f.Of(hertz), f.Number(700)), f.Number(1));
    return f.Mul(b.Unary(UnaryKind::kLog, share), f.Number(per_log));
  };
  const ValueId low = mel(scalar(3)), high = mel(scalar(4));
  const ValueId edges = b.Binary(BinaryKind::kAdd, filters, b.Int64(2));
  const ValueId mels = f.Add(low, f.Mul(f.UpTo(edges), f.Div(f.Sub(high, low), f.Of(edges))));
  const ValueId grown = b.Unary(UnaryKind::kExp, f.Div(mels, f.Number(per_log)));
  const ValueId hertz = f.Mul(f.Sub(grown, f.Number(1)), f.Number(700));
  const ValueId per_bin = f.Div(f.Add(f.Of(length), f.Number(1)), f.Of(scalar(2)));
  const ValueId places = f.Floor(f.Mul(hertz, per_bin));
  const auto part = [&](int64_t from) {
    return c.Add(Slice{},
                 {places, b.Int64s({from}), b.ToVector(b.Binary(BinaryKind::kAdd, filters, b.Int64(from)))});
  };
  const ValueId left = part(0), middle = part(1), right = part(2);
  const ValueId bins = b.Binary(BinaryKind::kAdd, b.Binary(BinaryKind::kDiv, length, b.Int64(2)), b.Int64(1));
  const ValueId bin = b.Reshape(f.UpTo(bins), {-1, 1});
  const ValueId rise = f.Sub(middle, left), fall = f.Sub(right, middle), one = f.Number(1);
  const ValueId up =
      f.Where(compare(BinaryKind::kEqual, rise, f.Number(0)), one, f.Div(f.Sub(bin, left), f.Max(rise, one)));
  const ValueId down = f.Div(f.Sub(right, bin), f.Max(fall, one));
  const ValueId falls = b.Binary(BinaryKind::kAnd, compare(BinaryKind::kGreaterOrEqual, bin, middle),
                                 compare(BinaryKind::kLess, bin, right));
  const ValueId y = f.Where(falls, down, f.Mul(up, f.Inside(bin, left, middle)));
  c.Set(0, b.CastTo(y, c.Type("output_datatype", DType::kFloat32)));
}

constexpr OnnxOpImporter kRows[] = {
    {"DFT", 17, kNewest, ImportDft},
    {"STFT", 17, kNewest, ImportStft},
    {"HannWindow", 17, kNewest, ImportHann},
    {"HammingWindow", 17, kNewest, ImportHamming},
    {"BlackmanWindow", 17, kNewest, ImportBlackman},
    {"MelWeightMatrix", 17, kNewest, ImportMelWeights},
};

}  // namespace

std::span<const OnnxOpImporter> OnnxSpectralImporters() {
  return kRows;
}

}  // namespace floe
