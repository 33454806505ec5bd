#include "backends/reference/window.h"

#include "backends/reference/indexing.h"
#include "graph/infer.h"

namespace floe::reference {
namespace {

// A list of one entry a spatial dimension, or empty for `fallback`, into the last places of a Spatial.
void ReadList(const OpCall& call, std::span<const int64_t> list, size_t rank, int64_t least,
              std::string_view what, Spatial* out) {
  if (list.empty()) return;
  if (list.size() != rank) call.Fail("{} {} for {} spatial dimensions", list.size(), what, rank);
  for (size_t i = 0; i < rank; ++i) {
    if (list[i] < least || list[i] > INT32_MAX) call.Fail("{} {} is out of range", what, list[i]);
    (*out)[3 - rank + i] = list[i];
  }
}

}  // namespace

Images ViewImages(const OpCall& call, const Dims& dims, Layout layout) {
  if (dims.size() < 3 || dims.size() > 5) {
    call.Fail("expected images of rank 3 to 5, found shape {}", DimsToString(dims));
  }
  const Dims strides = RowMajorStrides(dims);
  const size_t channel = layout == Layout::kNhwc ? dims.size() - 1 : 1;
  const size_t first = layout == Layout::kNhwc ? 1 : 2;
  Images images;
  images.spatial_rank = dims.size() - 2;
  images.n = dims[0];
  images.n_stride = strides[0];
  images.c = dims[channel];
  images.c_stride = strides[channel];
  for (size_t i = 0; i < images.spatial_rank; ++i) {
    images.size[3 - images.spatial_rank + i] = dims[first + i];
    images.stride[3 - images.spatial_rank + i] = strides[first + i];
  }
  return images;
}

Dims ImageDims(Layout layout, size_t spatial_rank, int64_t n, int64_t c, const Spatial& size) {
  Dims dims = {n};
  if (layout == Layout::kNchw) dims.push_back(c);
  dims.insert(dims.end(), size.end() - static_cast<int64_t>(spatial_rank), size.end());
  if (layout == Layout::kNhwc) dims.push_back(c);
  return dims;
}

Window ReadWindow(const OpCall& call, const WindowSpec& spec, size_t spatial_rank) {
  Window w;
  ReadList(call, spec.kernel, spatial_rank, 1, "window sizes", &w.kernel);
  int64_t taps = 1;
  for (const int64_t k : w.kernel) {
    if (__builtin_mul_overflow(taps, k, &taps)) call.Fail("the window is too large");
  }
  ReadList(call, spec.strides, spatial_rank, 1, "strides", &w.stride);
  ReadList(call, spec.dilations, spatial_rank, 1, "dilations", &w.dilation);
  if (!spec.pads.empty()) {
    if (spec.pads.size() != 2 * spatial_rank) {
      call.Fail("{} pads for {} spatial dimensions", spec.pads.size(), spatial_rank);
    }
    ReadList(call, spec.pads.first(spatial_rank), spatial_rank, 0, "pads", &w.pad_begin);
    ReadList(call, spec.pads.last(spatial_rank), spatial_rank, 0, "pads", &w.pad_end);
  }
  return w;
}

Window ResolveWindow(const OpCall& call, const WindowSpec& spec, const Images& x) {
  Window w = ReadWindow(call, spec, x.spatial_rank);
  for (size_t d = 3 - x.spatial_rank; d < 3; ++d) {
    try {
      const WindowDim dim = ConvolveDim(x.size[d], w.kernel[d], w.stride[d], w.dilation[d], spec.auto_pad,
                                        w.pad_begin[d], w.pad_end[d], spec.ceil_mode);
      w.output[d] = dim.output.value();
      w.pad_begin[d] = dim.pad_begin;
      w.pad_end[d] = dim.pad_end;
    } catch (const Error& e) {
      call.Fail("{}", e.what());
    }
  }
  return w;
}

}  // namespace floe::reference
