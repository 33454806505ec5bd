#include <algorithm>
#include <cmath>

#include "backends/reference/kernels.h"
#include "backends/reference/value_io.h"
#include "backends/reference/window.h"

namespace floe::reference {
namespace {

struct Geometry {
  Images x, y;
  Window window;
  Dims out;
};

Geometry Resolve(const OpCall& call, Layout layout, const WindowSpec& spec) {
  Geometry g;
  g.x = ViewImages(call, call.in(0).dims(), layout);
  if (spec.kernel.empty()) call.Fail("no window size");
  g.window = ResolveWindow(call, spec, g.x);
  g.out = ImageDims(layout, g.x.spatial_rank, g.x.n, g.x.c, g.window.output);
  g.y = ViewImages(call, g.out, layout);
  return g;
}

// The number that stands for a place of x in the second output.
int64_t ArgmaxNumber(ArgmaxIndex how, const Images& x, int64_t n, int64_t c, int64_t offset) {
  int64_t pixel = 0;  // row-major over the spatial dimensions
  for (size_t d = 0; d < 3; ++d) {
    const int64_t p = x.stride[d] == 0 ? 0 : offset / x.stride[d];
    offset -= p * x.stride[d];
    pixel = pixel * x.size[d] + p;
  }
  if (how == ArgmaxIndex::kOnnx) return (n * x.c + c) * x.pixels() + pixel;
  return ((how == ArgmaxIndex::kTensorFlowBatch ? n * x.pixels() : 0) + pixel) * x.c + c;
}

template <typename T>
bool Beats(T candidate, T best) {
  if constexpr (std::is_same_v<T, double>) {
    if (std::isnan(best)) return false;
    if (std::isnan(candidate)) return true;
  }
  return candidate > best;
}

template <typename T>
void MaxPoolAs(const MaxPool& op, OpCall& call) {
  const DType dtype = call.in(0).dtype();
  const Geometry g = Resolve(call, op.layout,
                             {op.kernel_shape, op.strides, op.dilations, op.pads, op.auto_pad, op.ceil_mode});
  Tensor& out = call.Out(0, dtype, g.out);
  Tensor* indices = call.wants(1) ? &call.Out(1, DType::kInt64, g.out) : nullptr;
  const std::vector<T> x = LoadAll<T>(call.in(0));
  std::vector<T> y(static_cast<size_t>(out.size()));
  ForEachPlace(call, g.x.n, g.window.output, [&](int64_t n, const Spatial& o) {
    for (int64_t c = 0; c < g.x.c; ++c) {
      const T* image = x.data() + n * g.x.n_stride + c * g.x.c_stride;
      T best = LowestOf<T>(dtype);
      int64_t best_offset = -1;
      ForEachTap(g.window, g.x, o, [&](int64_t, int64_t offset) {
        if (best_offset >= 0 && !Beats(image[offset], best)) return;
        best = image[offset];
        best_offset = offset;
      });
      const int64_t place = PlaceOffset(g.y, n, o) + c * g.y.c_stride;
      y[static_cast<size_t>(place)] = best;
      if (indices == nullptr) continue;
      indices->data<int64_t>()[place] =
          best_offset < 0 ? 0 : ArgmaxNumber(op.argmax_index, g.x, n, c, best_offset);
    }
  });
  StoreAll(&out, y);
}

// Places of the window that lie in the padded image: with ceil_mode the last window may reach beyond it.
int64_t PaddedTaps(const Window& w, const Images& x, const Spatial& o) {
  int64_t count = 1;
  for (size_t d = 0; d < 3; ++d) {
    const int64_t begin = o[d] * w.stride[d] - w.pad_begin[d];
    count *= std::min(begin + w.kernel[d], x.size[d] + w.pad_end[d]) - begin;
  }
  return count;
}

}  // namespace

void Run(const MaxPool& op, OpCall& call) {
  const DType dtype = call.in(0).dtype();
  if (IsFloat(dtype)) return MaxPoolAs<double>(op, call);
  if (!IsInteger(dtype)) call.FailType(0);
  return IsSigned(dtype) ? MaxPoolAs<int64_t>(op, call) : MaxPoolAs<uint64_t>(op, call);
}

void Run(const AveragePool& op, OpCall& call) {
  const DType dtype = call.in(0).dtype();
  if (!IsFloat(dtype)) call.FailType(0);
  const Geometry g =
      Resolve(call, op.layout, {op.kernel_shape, op.strides, {}, op.pads, op.auto_pad, op.ceil_mode});
  Tensor& out = call.Out(0, dtype, g.out);
  const std::vector<double> x = LoadAll<double>(call.in(0));
  std::vector<double> y(static_cast<size_t>(out.size()));
  ForEachPlace(call, g.x.n, g.window.output, [&](int64_t n, const Spatial& o) {
    for (int64_t c = 0; c < g.x.c; ++c) {
      const double* image = x.data() + n * g.x.n_stride + c * g.x.c_stride;
      double sum = 0;
      int64_t count = 0;
      ForEachTap(g.window, g.x, o, [&](int64_t, int64_t offset) {
        sum += image[offset];
        ++count;
      });
      if (op.count_include_pad) count = PaddedTaps(g.window, g.x, o);
      const int64_t place = PlaceOffset(g.y, n, o) + c * g.y.c_stride;
      y[static_cast<size_t>(place)] = count == 0 ? 0 : sum / static_cast<double>(count);
    }
  });
  StoreAll(&out, y);
}

}  // namespace floe::reference
