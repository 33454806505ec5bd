// Fourier transforms and the windows that go with them.
#include <cmath>
#include <numbers>
#include <numeric>

#include "frontend/onnx/ops/families.h"

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

// (x[, length[, axis]]): the axis became an input in version 20.
void ImportDft(OnnxContext& c) {
  Builder& b = c.build();
  const int64_t rank = c.Rank(0);
  int64_t axis = c.Int("axis", 1);
  if (c.opset() >= 20) {
    const Ints given = c.has(2) ? c.NeedInts(2, "its axis") : Ints{-2};
    if (given.size() != 1) c.Fail("expected one axis, found {}", given.size());
    axis = given[0];
  }
  axis = c.Axis(axis, rank);
  if (axis == rank - 1) c.Fail("its axis is the dimension of real and imaginary parts");
  const bool inverse = c.Flag("inverse"), onesided = c.Flag("onesided");
  if (inverse && onesided) c.Fail("an inverse transform of one side is not supported");
  Parts parts = PartsOf(c, c.in(0));
  if (c.has(1)) {
    const ValueId length = b.Reshape(b.ToInt64(c.in(1)), {1});
    parts = {FitLength(c, parts.real, axis, length), FitLength(c, parts.imaginary, axis, length)};
  }
  c.Set(0, Transform(c, parts, axis, inverse, onesided));
}

// (signal [B, L, 1 or 2], step[, window[, frame length]]) -> [B, frames, bins, 2]
void ImportStft(OnnxContext& c) {
  Builder& b = c.build();
  const auto step = static_cast<int64_t>(c.NeedNumber(1, "its frame step"));
  int64_t length = 0;
  if (c.has(3)) {
    length = static_cast<int64_t>(c.NeedNumber(3, "its frame length"));
  } else if (c.has(2) && c.shape(2).ElementCount()) {
    length = *c.shape(2).ElementCount();
  }
  const Dim total = c.Rank(0) == 3 ? c.shape(0)[1] : Dim();
  if (!total.known() || step < 1 || length < 1 || length > total.value())
    c.Fail("frames of {} by step {} do not fit a signal {}", length, step, c.shape(0).ToString());
  const int64_t frames = (total.value() - length) / step + 1;
  if (frames > (int64_t{1} << 28) / length) c.Fail("{} frames of {} are too many", frames, length);
  Ints places;
  for (int64_t i = 0; i < frames; ++i)
    for (int64_t k = 0; k < length; ++k) places.push_back(i * step + k);
  const ValueId indices = b.Constant(Tensor::FromValues<int64_t>({frames, length}, places));
  Parts parts = PartsOf(c, c.in(0));
  for (ValueId* part : {&parts.real, &parts.imaginary}) {
    if (*part == kNoValue) continue;
    *part = c.Add(Gather{.axis = 1}, {*part, indices});
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

constexpr OnnxOpImporter kRows[] = {
    {"DFT", 17, kNewest, ImportDft},
    {"STFT", 17, kNewest, ImportStft},
    {"HannWindow", 17, kNewest, ImportHann},
    {"HammingWindow", 17, kNewest, ImportHamming},
    {"BlackmanWindow", 17, kNewest, ImportBlackman},
};

}  // namespace

std::span<const OnnxOpImporter> OnnxSpectralImporters() {
  return kRows;
}

}  // namespace floe
