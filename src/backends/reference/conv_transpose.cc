#include "backends/reference/filter.h"
#include "backends/reference/kernels.h"
#include "backends/reference/value_io.h"
#include "backends/reference/window.h"
#include "graph/infer.h"

namespace floe::reference {
namespace {

struct Geometry {
  Images x, filter, y;
  Window window;  // of the convolution from y to x
  int64_t group;
  Dims out;
};

// The sizes of the output where op or fourth input give them; empty otherwise.
std::vector<int64_t> GivenSizes(const ConvTranspose& op, const OpCall& call, size_t rank) {
  std::vector<int64_t> sizes = op.output_shape;
  if (sizes.empty() && call.has(3)) sizes = call.Ints(3);
  if (!sizes.empty() && sizes.size() != rank) {
    call.Fail("{} output sizes for {} spatial dimensions", sizes.size(), rank);
  }
  for (const int64_t s : sizes) call.Size(s, "output size");
  return sizes;
}

// Output size of dimension d, and the pads of the convolution back from it.
int64_t ResolveDim(const ConvTranspose& op, const OpCall& call, int64_t input, int64_t padding,
                   std::optional<int64_t> given, size_t d, Window* w) {
  const int64_t reach = (w->kernel[d] - 1) * w->dilation[d] + 1;
  if (op.auto_pad == AutoPad::kExplicit) {
    const int64_t size = (input - 1) * w->stride[d] + reach - w->pad_begin[d] - w->pad_end[d] + padding;
    return given ? *given : call.Size(input == 0 ? 0 : size, "output size");
  }
  const int64_t size = given ? *given : call.Size(input * w->stride[d], "output size");
  const WindowDim back =
      ConvolveDim(size, w->kernel[d], w->stride[d], w->dilation[d], op.auto_pad, 0, 0, false);
  if (back.output.value() != input) {
    call.FailValue("an output of {} by step {} does not come from an input of {}", size, w->stride[d], input);
  }
  w->pad_begin[d] = back.pad_begin;
  w->pad_end[d] = back.pad_end;
  return size;
}

Geometry Resolve(const ConvTranspose& op, const OpCall& call) {
  Geometry g;
  g.x = ViewImages(call, call.in(0).dims(), op.layout);
  call.RequireRank(1, call.in(0).rank());
  g.filter = ViewImages(call, call.in(1).dims(), op.layout);
  g.group = op.group;
  if (g.group < 1 || g.filter.n != g.x.c || g.x.c % g.group != 0) {
    call.Fail("a filter {} in {} groups for an input {}", DimsToString(call.in(1).dims()), op.group,
              DimsToString(call.in(0).dims()));
  }
  const size_t rank = g.x.spatial_rank;
  const std::span<const int64_t> kernel = std::span<const int64_t>(g.filter.size).last(rank);
  g.window = ReadWindow(call, {kernel, op.strides, op.dilations, op.pads, op.auto_pad}, rank);
  const std::vector<int64_t> sizes = GivenSizes(op, call, rank);
  if (!op.output_padding.empty() && op.output_padding.size() != rank) {
    call.Fail("{} output paddings for {} spatial dimensions", op.output_padding.size(), rank);
  }
  Spatial output = {1, 1, 1};
  for (size_t i = 0; i < rank; ++i) {
    const size_t d = 3 - rank + i;
    const int64_t padding = op.output_padding.empty() ? 0 : call.Size(op.output_padding[i], "output padding");
    const std::optional<int64_t> given = sizes.empty() ? std::nullopt : std::optional(sizes[i]);
    output[d] = ResolveDim(op, call, g.x.size[d], padding, given, d, &g.window);
  }
  g.out = ImageDims(op.layout, rank, g.x.n, g.filter.c * g.group, output);
  g.y = ViewImages(call, g.out, op.layout);
  g.window.output = g.x.size;
  if (call.has(2)) {
    call.RequireSameType(2, 0);
    call.RequireDims(2, {g.y.c});
  }
  return g;
}

// Spreads one place of x over one tap of y. `filter` is [output channel of the group, channel of x].
template <typename T>
void SpreadTap(const Geometry& g, const T* x, const T* filter, T* y) {
  const int64_t in_per_group = g.x.c / g.group;
  for (int64_t group = 0; group < g.group; ++group) {
    for (int64_t o = 0; o < g.filter.c; ++o) {
      const T* weights = filter + o * g.filter.n + group * in_per_group;
      T sum(0);
      for (int64_t i = 0; i < in_per_group; ++i) {
        sum = WrapAdd(sum, WrapMul(x[(group * in_per_group + i) * g.x.c_stride], weights[i]));
      }
      T& out = y[(group * g.filter.c + o) * g.y.c_stride];
      out = WrapAdd(out, sum);
    }
  }
}

template <typename T>
void ConvTransposeAs(const ConvTranspose& op, OpCall& call) {
  const Geometry g = Resolve(op, call);
  Tensor& out = call.Out(0, call.in(0).dtype(), g.out);
  const std::vector<T> x = LoadAll<T>(call.in(0));
  const std::vector<T> filter = ArrangeFilter<T>(call.in(1), g.filter);
  std::vector<T> y(static_cast<size_t>(out.size()), T(0));
  // Places of one image write to overlapping places of its output: images run in parallel, places don't.
  ForRange(call, g.x.n, [&](int64_t begin, int64_t end) {
    for (int64_t n = begin; n < end; ++n) {
      for (int64_t i = 0; i < g.x.pixels(); ++i) {
        const Spatial p = {i / (g.x.size[1] * g.x.size[2]), i / g.x.size[2] % g.x.size[1], i % g.x.size[2]};
        const T* place = x.data() + PlaceOffset(g.x, n, p);
        ForEachTap(g.window, g.y, p, [&](int64_t tap, int64_t offset) {
          SpreadTap(g, place, filter.data() + tap * g.filter.c * g.filter.n,
                    y.data() + n * g.y.n_stride + offset);
        });
      }
    }
  });
  if (call.has(2)) {
    const std::vector<T> bias = LoadAll<T>(call.in(2));
    for (size_t i = 0; i < y.size(); ++i) {
      const int64_t c = static_cast<int64_t>(i) / g.y.c_stride % g.y.c;
      y[i] = WrapAdd(y[i], bias[static_cast<size_t>(c)]);
    }
  }
  StoreAll(&out, y);
}

}  // namespace

void Run(const ConvTranspose& op, OpCall& call) {
  call.RequireSameType(1, 0);
  const DType dtype = call.in(0).dtype();
  const bool numeric = dtype != DType::kBool && VisitComputingType(dtype, [&](auto type) {
                         ConvTransposeAs<typename decltype(type)::type>(op, call);
                       });
  if (!numeric) call.FailType(0);
}

}  // namespace floe::reference
