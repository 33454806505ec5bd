// Resizing, cropping, patches, colours. Images are NHWC.
#include <algorithm>

#include "frontend/tensorflow/ops/families.h"
#include "frontend/tensorflow/ops/spatial.h"

namespace floe {
namespace {

ResizeCoordinates CoordinatesOf(const NodeContext& c, bool nearest) {
  const bool half = c.op() != "ResizeArea" && c.Bool("half_pixel_centers");
  if (c.Bool("align_corners")) {
    if (half) c.Fail("align_corners and half_pixel_centers exclude each other");
    return ResizeCoordinates::kAlignCorners;
  }
  if (!half) return ResizeCoordinates::kAsymmetric;
  return nearest ? ResizeCoordinates::kTfHalfPixelForNn : ResizeCoordinates::kHalfPixel;
}

template <ResizeMode kMode>
void ImportResize(NodeContext& c) {
  Resize op;
  op.mode = kMode;
  op.coordinates = CoordinatesOf(c, kMode == ResizeMode::kNearest);
  op.float_output = kMode != ResizeMode::kNearest;
  if (kMode == ResizeMode::kNearest && op.coordinates == ResizeCoordinates::kAlignCorners)
    op.nearest = NearestRounding::kRoundPreferCeil;
  if (kMode == ResizeMode::kCubic && op.coordinates == ResizeCoordinates::kHalfPixel) {
    op.cubic_a = -0.5;
    op.exclude_outside = true;
  }
  c.Return(std::move(op), {c.in(0), c.build().ToInt64(c.in(1))});
}

void ImportScaleAndTranslate(NodeContext& c) {
  ScaleAndTranslate op;
  const std::string kernel = c.String("kernel_type");
  const auto found = std::find(std::begin(kResampleKernelNames), std::end(kResampleKernelNames), kernel);
  if (found == std::end(kResampleKernelNames)) c.Fail("kernel {} is not supported", kernel);
  op.kernel = static_cast<ResampleKernel>(found - std::begin(kResampleKernelNames));
  op.antialias = c.Bool("antialias");
  c.Return(std::move(op), {c.in(0), c.build().ToInt64(c.in(1)), c.in(2), c.in(3)});
}

void ImportCropAndResize(NodeContext& c) {
  const std::string method = c.String("method");
  if (method != "bilinear" && method != "nearest") c.Fail("method {} is not supported", method);
  CropAndResize op;
  op.mode = method == "bilinear" ? ResizeMode::kLinear : ResizeMode::kNearest;
  op.extrapolation_value = c.Float("extrapolation_value");
  c.Return(std::move(op), c.ins(0, 4));
}

template <size_t kSpatial>
void ImportExtractPatches(NodeContext& c) {
  ExtractPatches op;
  op.kernel_shape = SpatialEntries(c, c.IntList("ksizes"), Layout::kNhwc, kSpatial, "ksizes");
  op.strides = SpatialEntries(c, c.IntList("strides"), Layout::kNhwc, kSpatial, "strides");
  op.dilations = Ints(kSpatial, 1);
  if (kSpatial == 2) op.dilations = SpatialEntries(c, c.IntList("rates"), Layout::kNhwc, kSpatial, "rates");
  op.auto_pad = c.String("padding") == "SAME" ? AutoPad::kSameUpper : AutoPad::kExplicit;
  c.Return(std::move(op), {c.in(0)});
}

// (x - mean) * factor + mean, the mean of each image's channel.
void ImportAdjustContrast(NodeContext& c) {
  Builder& b = c.build();
  const DType dtype = c.dtype(0);
  const ValueId x = b.CastTo(c.in(0), DType::kFloat32);
  const ValueId mean = b.Reduce(ReduceKind::kMean, x, {-3, -2}, true);
  const ValueId scaled = b.Binary(BinaryKind::kMul, b.Binary(BinaryKind::kSub, x, mean), c.in(1));
  c.Set(0, b.CastTo(b.Binary(BinaryKind::kAdd, scaled, mean), dtype));
}

struct Hsv {
  ValueId hue, saturation, value;
};

// Hue in [0, 1): which third of the circle the largest channel is in, and how far.
Hsv ToHsv(Builder& b, ValueId rgb) {
  const auto channel = [&](int64_t i) { return b.Slice(rgb, {i}, {i + 1}, {-1}); };
  const DType type = b.dtype(rgb);
  const auto number = [&](double v) { return b.Scalar(type, v); };
  const ValueId r = channel(0), g = channel(1), blue = channel(2);
  const ValueId high = b.Reduce(ReduceKind::kMax, rgb, {-1}, true);
  const ValueId range = b.Binary(BinaryKind::kSub, high, b.Reduce(ReduceKind::kMin, rgb, {-1}, true));
  const ValueId norm = b.Binary(BinaryKind::kDivNoNan, number(1.0 / 6.0), range);
  const auto sector = [&](ValueId x, ValueId y, double offset) {
    const ValueId part = b.Binary(BinaryKind::kMul, norm, b.Binary(BinaryKind::kSub, x, y));
    return b.Binary(BinaryKind::kAdd, part, number(offset));
  };
  const ValueId from_blue = sector(r, g, 4.0 / 6.0), from_green = sector(blue, r, 2.0 / 6.0);
  ValueId hue = b.Add(Where{}, {b.Binary(BinaryKind::kEqual, g, high), from_green, from_blue});
  hue = b.Add(Where{}, {b.Binary(BinaryKind::kEqual, r, high), sector(g, blue, 0), hue});
  hue = b.Add(Where{}, {b.Binary(BinaryKind::kGreater, range, number(0)), hue, number(0)});
  hue = b.Add(Where{},
              {b.Binary(BinaryKind::kLess, hue, number(0)), b.Binary(BinaryKind::kAdd, hue, number(1)), hue});
  return {hue, b.Binary(BinaryKind::kDivNoNan, range, high), high};
}

// Each channel is value * (1 - saturation * (1 - clamp(|6h - centre| - 1))) of its own centre.
ValueId FromHsv(Builder& b, const Hsv& hsv) {
  const DType type = b.dtype(hsv.hue);
  const auto number = [&](double v) { return b.Scalar(type, v); };
  const ValueId h6 = b.Binary(BinaryKind::kMul, hsv.hue, number(6));
  const auto ramp = [&](double centre, double sign, double offset) {
    const ValueId distance = b.Unary(UnaryKind::kAbs, b.Binary(BinaryKind::kSub, h6, number(centre)));
    const ValueId line =
        b.Binary(BinaryKind::kAdd, b.Binary(BinaryKind::kMul, distance, number(sign)), number(offset));
    return b.Add(Clip{0, 1}, {line});
  };
  const ValueId rgb = b.Add(Concat{-1}, {ramp(3, 1, -1), ramp(2, -1, 2), ramp(4, -1, 2)});
  const ValueId dull = b.Binary(BinaryKind::kSub, number(1), hsv.saturation);
  const ValueId mixed = b.Binary(BinaryKind::kAdd, b.Binary(BinaryKind::kMul, hsv.saturation, rgb), dull);
  return b.Binary(BinaryKind::kMul, mixed, hsv.value);
}

void ImportRgbToHsv(NodeContext& c) {
  const Hsv hsv = ToHsv(c.build(), c.in(0));
  c.Return(Concat{-1}, {hsv.hue, hsv.saturation, hsv.value});
}

void ImportHsvToRgb(NodeContext& c) {
  Builder& b = c.build();
  const auto channel = [&](int64_t i) { return b.Slice(c.in(0), {i}, {i + 1}, {-1}); };
  c.Set(0, FromHsv(b, {channel(0), channel(1), channel(2)}));
}

template <bool kHue>
void ImportAdjustColour(NodeContext& c) {
  Builder& b = c.build();
  const DType dtype = c.dtype(0);
  Hsv hsv = ToHsv(b, b.CastTo(c.in(0), DType::kFloat32));
  if (kHue) {
    const ValueId turned = b.Binary(BinaryKind::kAdd, hsv.hue, c.in(1));
    hsv.hue = b.Binary(BinaryKind::kSub, turned, b.Unary(UnaryKind::kFloor, turned));
  } else {
    hsv.saturation = b.Add(Clip{0, 1}, {b.Binary(BinaryKind::kMul, hsv.saturation, c.in(1))});
  }
  c.Set(0, b.CastTo(FromHsv(b, hsv), dtype));
}

constexpr OpImporter kRows[] = {
    {"ResizeBilinear", ImportResize<ResizeMode::kLinear>},
    {"ResizeNearestNeighbor", ImportResize<ResizeMode::kNearest>},
    {"ResizeBicubic", ImportResize<ResizeMode::kCubic>},
    {"ResizeArea", ImportResize<ResizeMode::kArea>},
    {"ScaleAndTranslate", ImportScaleAndTranslate},
    {"CropAndResize", ImportCropAndResize},
    {"ExtractImagePatches", ImportExtractPatches<2>},
    {"ExtractVolumePatches", ImportExtractPatches<3>},
    {"AdjustContrastv2", ImportAdjustContrast},
    {"AdjustHue", ImportAdjustColour<true>},
    {"AdjustSaturation", ImportAdjustColour<false>},
    {"RGBToHSV", ImportRgbToHsv},
    {"HSVToRGB", ImportHsvToRgb},
};

}  // namespace

std::span<const OpImporter> ImageImporters() {
  return kRows;
}

}  // namespace floe
