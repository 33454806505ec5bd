// Sliding windows without products: grey-scale dilation and patches.
#include <algorithm>

#include "backends/reference/indexing.h"
#include "backends/reference/kernels.h"
#include "backends/reference/value_io.h"
#include "backends/reference/window.h"

namespace floe::reference {

void Run(const Dilation2D& op, OpCall& call) {
  const DType dtype = call.in(0).dtype();
  call.RequireRank(0, 4);
  call.RequireRank(1, 3);
  call.RequireSameType(1, 0);
  if (!IsFloat(dtype) && !IsInteger(dtype)) call.FailType(0);
  const Dims& filter_dims = call.in(1).dims();
  const Images x = ViewImages(call, call.in(0).dims(), Layout::kNhwc);
  if (filter_dims[2] != x.c) call.Fail("a filter of {} channels for {}", filter_dims[2], x.c);
  const std::span<const int64_t> kernel = std::span<const int64_t>(filter_dims).first(2);
  const Window w = ResolveWindow(call, {kernel, op.strides, op.dilations, op.pads, op.auto_pad}, x);
  Tensor& out = call.Out(0, dtype, ImageDims(Layout::kNhwc, 2, x.n, x.c, w.output));
  const Images y = ViewImages(call, out.dims(), Layout::kNhwc);
  VisitComputingType(dtype, [&](auto type) {
    using T = typename decltype(type)::type;
    if constexpr (!std::is_same_v<T, Complex>) {
      const std::vector<T> values = LoadAll<T>(call.in(0));
      const std::vector<T> filter = LoadAll<T>(call.in(1));
      std::vector<T> result(static_cast<size_t>(out.size()), LowestOf<T>(dtype));
      ForEachPlace(call, x.n, w.output, [&](int64_t n, const Spatial& o) {
        T* best = result.data() + PlaceOffset(y, n, o);
        ForEachTap(w, x, o, [&](int64_t tap, int64_t offset) {
          const T* pixel = values.data() + n * x.n_stride + offset;
          for (int64_t c = 0; c < x.c; ++c) {
            best[c] = std::max(best[c], WrapAdd(pixel[c], filter[static_cast<size_t>(tap * x.c + c)]));
          }
        });
      });
      StoreAll(&out, result);
    }
  });
}

void Run(const ExtractPatches& op, OpCall& call) {
  const Tensor& in = call.in(0);
  const Images x = ViewImages(call, in.dims(), Layout::kNhwc);
  if (op.kernel_shape.empty()) call.Fail("no window size");
  const Window w = ResolveWindow(call, {op.kernel_shape, op.strides, op.dilations, op.pads, op.auto_pad}, x);
  const int64_t taps = w.kernel[0] * w.kernel[1] * w.kernel[2];
  int64_t depth = 0;
  if (__builtin_mul_overflow(taps, x.c, &depth)) call.Fail("the window is too large");
  Tensor& out = call.Out(0, in.dtype(), ImageDims(Layout::kNhwc, x.spatial_rank, x.n, depth, w.output));
  const Images y = ViewImages(call, out.dims(), Layout::kNhwc);
  SetZero(&out);
  ForEachPlace(call, x.n, w.output, [&](int64_t n, const Spatial& o) {
    const int64_t to = PlaceOffset(y, n, o);
    ForEachTap(w, x, o, [&](int64_t tap, int64_t offset) {
      CopyRun(&out, to + tap * x.c, in, n * x.n_stride + offset, x.c);
    });
  });
}

}  // namespace floe::reference
