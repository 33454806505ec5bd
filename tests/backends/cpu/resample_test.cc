#include <gtest/gtest.h>

#include "backends/cpu/harness.h"

namespace floe::cpu {
namespace {

using Ints = std::vector<int64_t>;

Graph ResizeOf(const Resize& op, Ints from, Ints to, DType dtype = DType::kFloat32) {
  Graph g;
  const ValueId x = g.AddInput("x", {dtype, Shape::Of(from)});
  g.AddOutput(g.Add(op, {x, g.AddConstant("sizes", Tensor::FromVector(to))}));
  return g;
}

Graph ScaleOf(const ScaleAndTranslate& op, Ints from, std::vector<int32_t> to, std::vector<float> scales,
              std::vector<float> shifts, DType dtype = DType::kFloat32) {
  Graph g;
  const ValueId x = g.AddInput("x", {dtype, Shape::Of(from)});
  g.AddOutput(g.Add(op, {x, g.AddConstant("size", Tensor::FromVector(to)),
                         g.AddConstant("scale", Tensor::FromVector(scales)),
                         g.AddConstant("translation", Tensor::FromVector(shifts))}));
  return g;
}

void ExpectBytesMatch(const Graph& g, const Ints& dims) {
  ExpectMatches("cpu.resample", g, {RandomTensor(DType::kUInt8, dims, 3, 0, 256)});
}

// Enlarging and shrinking, of channels that have code of their own, of some more and of many.
TEST(Resample, EqualsTheReferenceInEveryMode) {
  for (const int64_t channels : {1, 2, 3, 4, 5, 130}) {
    SCOPED_TRACE(channels);
    const Ints from = {2, 9, 11, channels};
    for (const Ints& to : std::vector<Ints>{{20, 7}, {3, 30}, {1, 1}, {9, 11}}) {
      ExpectMatches("cpu.resample", ResizeOf({.mode = ResizeMode::kArea}, from, to));
      Resize cubic{.mode = ResizeMode::kCubic, .float_output = true};
      ExpectMatches("cpu.resample", ResizeOf(cubic, from, to));
      cubic.coordinates = ResizeCoordinates::kAlignCorners;
      ExpectMatches("cpu.resample", ResizeOf(cubic, from, to));
      cubic.coordinates = ResizeCoordinates::kHalfPixel;
      cubic.exclude_outside = true;
      cubic.cubic_a = -0.5;
      ExpectMatches("cpu.resample", ResizeOf(cubic, from, to));
      ExpectBytesMatch(ResizeOf(cubic, from, to, DType::kUInt8), from);
      const Resize antialiased{.coordinates = ResizeCoordinates::kHalfPixel, .antialias = true};
      ExpectMatches("cpu.resample", ResizeOf(antialiased, from, to));
    }
  }
}

TEST(Resample, TakesBilinearOnesOfBytes) {
  const Ints from = {1, 30, 40, 3};
  ExpectBytesMatch(ResizeOf({.float_output = true}, from, {17, 50}, DType::kUInt8), from);
  EXPECT_EQ(RefusalOf("cpu.resample", ResizeOf({}, from, {17, 50})), "bilinear");
}

TEST(Resample, ScalesAndTranslates) {
  const Ints from = {2, 9, 11, 3};
  for (const ResampleKernel kernel :
       {ResampleKernel::kLanczos3, ResampleKernel::kLanczos5, ResampleKernel::kGaussian, ResampleKernel::kBox,
        ResampleKernel::kTriangle, ResampleKernel::kKeysCubic, ResampleKernel::kMitchellCubic}) {
    for (const bool antialias : {false, true}) {
      const ScaleAndTranslate op{kernel, antialias};
      ExpectMatches("cpu.resample", ScaleOf(op, from, {20, 5}, {20.0f / 9, 5.0f / 11}, {0, 0}));
      // Some of the output lies outside the image.
      ExpectMatches("cpu.resample", ScaleOf(op, from, {12, 12}, {0.7f, 1.3f}, {2.5f, -3}));
      ExpectBytesMatch(ScaleOf(op, from, {6, 7}, {0.7f, 0.6f}, {0, 0}, DType::kUInt8), from);
    }
  }
}

TEST(Resample, Refuses) {
  EXPECT_EQ(RefusalOf("cpu.resample", ResizeOf({.mode = ResizeMode::kNearest}, {1, 4, 4, 3}, {2, 2})),
            "mode of interpolation");
  EXPECT_EQ(RefusalOf("cpu.resample", ResizeOf({.mode = ResizeMode::kArea}, {1, 4, 4, 3}, {2, 1 << 17})),
            "a side of more than 65536 pixels");
  Graph g;
  const ValueId x = g.AddInput("x", {DType::kFloat32, {1, 4, 4, 3}});
  const ValueId scale = g.AddInput("scale", {DType::kFloat32, {2}});
  const ValueId size = g.AddConstant("size", Tensor::FromVector<int32_t>({2, 2}));
  g.AddOutput(g.Add(ScaleAndTranslate{}, {x, size, scale, scale}));
  EXPECT_EQ(RefusalOf("cpu.resample", g), "size, scale or translation is not constant");
}

}  // namespace
}  // namespace floe::cpu
