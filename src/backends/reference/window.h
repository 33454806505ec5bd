// Sliding windows over 1 to 3 spatial dimensions in either layout, brought to three dimensions in N, spatial,
// C terms by strides.
#ifndef FLOE_BACKENDS_REFERENCE_WINDOW_H_
#define FLOE_BACKENDS_REFERENCE_WINDOW_H_

#include <algorithm>
#include <array>

#include "backends/reference/op_call.h"
#include "graph/op.h"

namespace floe::reference {

using Spatial = std::array<int64_t, 3>;

// A batch of images: sizes, and strides in elements. Missing spatial dimensions have size 1, in front.
struct Images {
  size_t spatial_rank = 0;
  int64_t n = 0, c = 0;
  Spatial size = {1, 1, 1};
  int64_t n_stride = 0, c_stride = 0;
  Spatial stride = {0, 0, 0};

  int64_t pixels() const { return size[0] * size[1] * size[2]; }
};
// Reads `dims` as images of the layout. Throws unless the rank is 3, 4 or 5.
Images ViewImages(const OpCall& call, const Dims& dims, Layout layout);
// Dims of images of that layout with the same spatial rank.
Dims ImageDims(Layout layout, size_t spatial_rank, int64_t n, int64_t c, const Spatial& size);

struct Window {
  Spatial kernel = {1, 1, 1};
  Spatial stride = {1, 1, 1};
  Spatial dilation = {1, 1, 1};
  Spatial pad_begin = {0, 0, 0};
  Spatial pad_end = {0, 0, 0};
  Spatial output = {1, 1, 1};
};

struct WindowSpec {
  std::span<const int64_t> kernel;
  std::span<const int64_t> strides;    // empty: ones
  std::span<const int64_t> dilations;  // empty: ones
  std::span<const int64_t> pads;       // empty: zeros
  AutoPad auto_pad = AutoPad::kExplicit;
  bool ceil_mode = false;
};
// Without the sizes of the output: lists checked for length and range, brought to three dimensions.
Window ReadWindow(const OpCall& call, const WindowSpec& spec, size_t spatial_rank);
// With pads resolved and the output's sizes.
Window ResolveWindow(const OpCall& call, const WindowSpec& spec, const Images& x);

// The taps [begin, end) of dimension d that read the image, no padding, for position o of the output; tap t
// reads place `base` + t * dilation.
struct TapRange {
  int64_t base, begin, end;
};
inline TapRange TapsInside(const Window& w, size_t d, int64_t o, int64_t size) {
  const int64_t base = o * w.stride[d] - w.pad_begin[d];
  const int64_t first = base >= 0 ? 0 : (-base + w.dilation[d] - 1) / w.dilation[d];
  const int64_t last = base >= size ? 0 : (size - 1 - base) / w.dilation[d] + 1;
  return {base, first, std::min(last, w.kernel[d])};
}

// Calls f(tap number, element offset in the image) for each tap of the window at `o` that is no padding.
template <typename F>
void ForEachTap(const Window& w, const Images& x, const Spatial& o, F f) {
  const TapRange r0 = TapsInside(w, 0, o[0], x.size[0]);
  const TapRange r1 = TapsInside(w, 1, o[1], x.size[1]);
  const TapRange r2 = TapsInside(w, 2, o[2], x.size[2]);
  for (int64_t a = r0.begin; a < r0.end; ++a) {
    const int64_t plane = (r0.base + a * w.dilation[0]) * x.stride[0];
    for (int64_t b = r1.begin; b < r1.end; ++b) {
      const int64_t row = plane + (r1.base + b * w.dilation[1]) * x.stride[1];
      for (int64_t c = r2.begin; c < r2.end; ++c) {
        f((a * w.kernel[1] + b) * w.kernel[2] + c, row + (r2.base + c * w.dilation[2]) * x.stride[2]);
      }
    }
  }
}

// Calls f(n, o) for each image and place of the output, in parts on the call's pool: one part has whole
// images rows (the first two spatial dimensions together).
template <typename F>
void ForEachPlace(const OpCall& call, int64_t n, const Spatial& output, F f) {
  const int64_t rows = output[0] * output[1];
  ForRange(call, n * rows, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      Spatial o = {i % rows / output[1], i % output[1], 0};
      for (o[2] = 0; o[2] < output[2]; ++o[2]) f(i / rows, o);
    }
  });
}

inline int64_t PlaceOffset(const Images& x, int64_t n, const Spatial& p) {
  return n * x.n_stride + p[0] * x.stride[0] + p[1] * x.stride[1] + p[2] * x.stride[2];
}

}  // namespace floe::reference

#endif  // FLOE_BACKENDS_REFERENCE_WINDOW_H_
