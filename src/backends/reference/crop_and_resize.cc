#include <cmath>

#include "backends/reference/indexing.h"
#include "backends/reference/kernels.h"
#include "backends/reference/value_io.h"

namespace floe::reference {
namespace {

// Where row or column i of a crop lies in the image, in TensorFlow's float arithmetic.
float CropCoordinate(float begin, float end, int64_t image, int64_t crop, int64_t i) {
  const float last = static_cast<float>(image - 1);
  if (crop <= 1) return 0.5f * (begin + end) * last;
  const float scale = (end - begin) * last / static_cast<float>(crop - 1);
  return begin * last + static_cast<float>(i) * scale;
}

struct Images {
  std::vector<double> values;
  int64_t n, h, w, c;

  double At(int64_t image, int64_t y, int64_t x, int64_t channel) const {
    return values[static_cast<size_t>(((image * h + y) * w + x) * c + channel)];
  }
};

double Sample(const Images& images, ResizeMode mode, int64_t n, float y, float x, int64_t c) {
  if (mode == ResizeMode::kNearest) {
    return images.At(n, static_cast<int64_t>(std::round(y)), static_cast<int64_t>(std::round(x)), c);
  }
  const int64_t top = static_cast<int64_t>(std::floor(y));
  const int64_t bottom = static_cast<int64_t>(std::ceil(y));
  const int64_t left = static_cast<int64_t>(std::floor(x));
  const int64_t right = static_cast<int64_t>(std::ceil(x));
  const double tx = x - static_cast<float>(left);
  const double ty = y - static_cast<float>(top);
  const double above = images.At(n, top, left, c) * (1 - tx) + images.At(n, top, right, c) * tx;
  const double below = images.At(n, bottom, left, c) * (1 - tx) + images.At(n, bottom, right, c) * tx;
  return above * (1 - ty) + below * ty;
}

}  // namespace

void Run(const CropAndResize& op, OpCall& call) {
  const Tensor& x = call.in(0);
  call.RequireRank(0, 4);
  if (!IsFloat(x.dtype()) && !IsInteger(x.dtype())) call.FailType(0);
  if (op.mode != ResizeMode::kLinear && op.mode != ResizeMode::kNearest)
    call.Fail("mode must be linear or nearest");
  if (call.in(1).dtype() != DType::kFloat32) call.FailType(1);
  const std::vector<int64_t> which = call.Ints(2);
  const int64_t boxes = static_cast<int64_t>(which.size());
  call.RequireDims(1, {boxes, 4});
  const std::vector<int64_t> size = call.Ints(3);
  if (size.size() != 2) call.Fail("the crop size must have 2 elements");
  const int64_t height = call.Size(size[0], "crop height");
  const int64_t width = call.Size(size[1], "crop width");
  const Images images = {LoadAll<double>(x), x.dims()[0], x.dims()[1], x.dims()[2], x.dims()[3]};
  Tensor& out = call.Out(0, DType::kFloat32, {boxes, height, width, images.c});
  float* to = out.data<float>();
  for (int64_t b = 0; b < boxes; ++b) {
    const int64_t n = which[static_cast<size_t>(b)];
    if (n < 0 || n >= images.n) call.FailValue("image index {} is not in [0, {})", n, images.n);
    const float* box = call.in(1).data<float>() + 4 * b;
    for (int64_t i = 0; i < height; ++i) {
      const float y = CropCoordinate(box[0], box[2], images.h, height, i);
      for (int64_t j = 0; j < width; ++j) {
        const float left = CropCoordinate(box[1], box[3], images.w, width, j);
        const bool inside = y >= 0 && y <= static_cast<float>(images.h - 1) && left >= 0 &&
                            left <= static_cast<float>(images.w - 1);
        for (int64_t c = 0; c < images.c; ++c) {
          const double v = inside ? Sample(images, op.mode, n, y, left, c) : op.extrapolation_value;
          *to++ = static_cast<float>(v);
        }
      }
    }
  }
}

}  // namespace floe::reference
