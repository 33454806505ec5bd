#include "backends/reference/filter.h"
#include "backends/reference/kernels.h"
#include "backends/reference/value_io.h"
#include "backends/reference/window.h"

namespace floe::reference {
namespace {

struct Geometry {
  Images x, filter, y;
  Window window;
  int64_t group;
  Dims out;
};

Geometry Resolve(const Conv& op, const OpCall& call) {
  Geometry g;
  g.x = ViewImages(call, call.in(0).dims(), op.layout);
  call.RequireRank(1, call.in(0).rank());
  g.filter = ViewImages(call, call.in(1).dims(), op.layout);
  g.group = op.group;
  if (g.group < 1 || g.x.c % g.group != 0 || g.filter.n % g.group != 0 || g.filter.c != g.x.c / g.group) {
    call.Fail("a filter {} in {} groups for an input {}", DimsToString(call.in(1).dims()), op.group,
              DimsToString(call.in(0).dims()));
  }
  const size_t rank = g.x.spatial_rank;
  const std::span<const int64_t> kernel = std::span<const int64_t>(g.filter.size).last(rank);
  g.window = ResolveWindow(call, {kernel, op.strides, op.dilations, op.pads, op.auto_pad}, g.x);
  g.out = ImageDims(op.layout, rank, g.x.n, g.filter.n, g.window.output);
  g.y = ViewImages(call, g.out, op.layout);
  if (call.has(2)) {
    call.RequireSameType(2, 0);
    call.RequireDims(2, {g.filter.n});
  }
  return g;
}

// Adds one tap: x and the sums of one place, filter [channel of the group, output channel].
template <typename T>
void AddTap(const Geometry& g, const T* x, const T* filter, T* sums) {
  const int64_t out_per_group = g.filter.n / g.group;
  for (int64_t group = 0; group < g.group; ++group) {
    for (int64_t i = 0; i < g.filter.c; ++i) {
      const T value = x[(group * g.filter.c + i) * g.x.c_stride];
      const T* weights = filter + i * g.filter.n + group * out_per_group;
      T* out = sums + group * out_per_group;
      for (int64_t o = 0; o < out_per_group; ++o) out[o] = WrapAdd(out[o], WrapMul(value, weights[o]));
    }
  }
}

template <typename T>
void ConvAs(const Conv& op, OpCall& call) {
  const Geometry g = Resolve(op, call);
  Tensor& out = call.Out(0, call.in(0).dtype(), g.out);
  const std::vector<T> x = LoadAll<T>(call.in(0));
  const std::vector<T> filter = ArrangeFilter<T>(call.in(1), g.filter);
  const std::vector<T> bias =
      call.has(2) ? LoadAll<T>(call.in(2)) : std::vector<T>(static_cast<size_t>(g.filter.n), T(0));
  std::vector<T> y(static_cast<size_t>(out.size()));
  ForEachPlace(call, g.x.n, g.window.output, [&](int64_t n, const Spatial& o) {
    std::vector<T> sums = bias;
    ForEachTap(g.window, g.x, o, [&](int64_t tap, int64_t offset) {
      AddTap(g, x.data() + n * g.x.n_stride + offset, filter.data() + tap * g.filter.c * g.filter.n,
             sums.data());
    });
    T* to = y.data() + PlaceOffset(g.y, n, o);
    for (size_t c = 0; c < sums.size(); ++c) to[static_cast<int64_t>(c) * g.y.c_stride] = sums[c];
  });
  StoreAll(&out, y);
}

}  // namespace

void Run(const Conv& op, OpCall& call) {
  call.RequireSameType(1, 0);
  const DType dtype = call.in(0).dtype();
  const bool numeric = dtype != DType::kBool && VisitComputingType(dtype, [&](auto type) {
                         ConvAs<typename decltype(type)::type>(op, call);
                       });
  if (!numeric) call.FailType(0);
}

}  // namespace floe::reference
