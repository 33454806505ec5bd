// Float arithmetic in TensorFlow's order (tensorflow/core/kernels/image/resize_bilinear_op.cc and
// resize_nearest_neighbor_op.cc), so that results are equal and not merely close.
#include "image/resize.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "base/check.h"
#include "base/error.h"

namespace floe {
namespace {

// An output position between two input positions, `fraction` of the way from lower to upper.
struct Tap {
  int64_t lower;
  int64_t upper;
  float fraction;
};

float Scale(int64_t in, int64_t out, bool align_corners) {
  if (align_corners && out > 1) return static_cast<float>(in - 1) / static_cast<float>(out - 1);
  return static_cast<float>(in) / static_cast<float>(out);
}

Tap BilinearTap(int64_t position, float scale, int64_t in, bool half_pixel_centers) {
  const float x = static_cast<float>(position);
  const float source = half_pixel_centers ? (x + 0.5f) * scale - 0.5f : x * scale;
  const float floor = std::floor(source);
  return {std::clamp<int64_t>(static_cast<int64_t>(floor), 0, in - 1),
          std::clamp<int64_t>(static_cast<int64_t>(std::ceil(source)), 0, in - 1), source - floor};
}

Tap NearestTap(int64_t position, float scale, int64_t in, const Sampling& sampling) {
  const float x = static_cast<float>(position);
  const float source = sampling.half_pixel_centers ? (x + 0.5f) * scale : x * scale;
  const float nearest = sampling.align_corners ? std::round(source) : std::floor(source);
  const int64_t index = std::clamp<int64_t>(static_cast<int64_t>(nearest), 0, in - 1);
  return {index, index, 0};
}

// The taps of output positions first, first + 1, ..., count of them, along a side of `in` pixels resized to
// `out`.
std::vector<Tap> Taps(int64_t in, int64_t out, int64_t first, int count, const Sampling& sampling) {
  const float scale = Scale(in, out, sampling.align_corners);
  std::vector<Tap> taps(static_cast<size_t>(count));
  for (int i = 0; i < count; ++i) {
    taps[static_cast<size_t>(i)] = sampling.method == Sampling::Method::kNearest
                                       ? NearestTap(first + i, scale, in, sampling)
                                       : BilinearTap(first + i, scale, in, sampling.half_pixel_centers);
  }
  return taps;
}

}  // namespace

ImageView ViewOf(const Image& image) {
  return {image.pixels.data(), int64_t{image.width} * image.channels, image.height, image.width,
          image.channels};
}

ImageView Crop(const ImageView& view, const Rectangle& part) {
  CHECK(part.top >= 0 && part.left >= 0 && part.top + part.height <= view.height &&
        part.left + part.width <= view.width);
  return {view.pixels + part.top * view.stride + part.left * view.channels, view.stride, part.height,
          part.width, view.channels};
}

void ResizePart(const ImageView& in, int64_t full_height, int64_t full_width, const Sampling& sampling,
                const Rectangle& part, float* out) {
  CHECK(in.height > 0 && in.width > 0 && part.top >= 0 && part.left >= 0);
  CHECK(part.top + part.height <= full_height && part.left + part.width <= full_width);
  const std::vector<Tap> rows = Taps(in.height, full_height, part.top, part.height, sampling);
  const std::vector<Tap> columns = Taps(in.width, full_width, part.left, part.width, sampling);
  for (const Tap& row : rows) {
    const uint8_t* top_row = in.pixels + row.lower * in.stride;
    const uint8_t* bottom_row = in.pixels + row.upper * in.stride;
    for (const Tap& column : columns) {
      const int64_t left = column.lower * in.channels;
      const int64_t right = column.upper * in.channels;
      for (int c = 0; c < in.channels; ++c) {
        const float top_left = top_row[left + c];
        const float bottom_left = bottom_row[left + c];
        const float top = top_left + (static_cast<float>(top_row[right + c]) - top_left) * column.fraction;
        const float bottom =
            bottom_left + (static_cast<float>(bottom_row[right + c]) - bottom_left) * column.fraction;
        *out++ = top + (bottom - top) * row.fraction;
      }
    }
  }
}

Tensor ResizeImage(const Image& image, int height, int width, const Sampling& sampling) {
  if (height <= 0 || width <= 0) {
    Throw(ErrorCode::kUsage, "resize: expected a positive size, found {} x {}", height, width);
  }
  if (sampling.align_corners && sampling.half_pixel_centers) {
    Throw(ErrorCode::kUsage, "resize: align_corners and half_pixel_centers exclude each other");
  }
  Tensor out(DType::kFloat32, {height, width, image.channels});
  ResizePart(ViewOf(image), height, width, sampling, {0, 0, height, width}, out.data<float>());
  return out;
}

}  // namespace floe
