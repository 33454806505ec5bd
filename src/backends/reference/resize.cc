#include <algorithm>
#include <cmath>

#include "backends/reference/indexing.h"
#include "backends/reference/kernels.h"
#include "backends/reference/value_io.h"
#include "backends/resampling.h"

namespace floe::reference {
namespace {

// Replaces dimension `axis` of `values`, of shape `dims`.
std::vector<double> ApplyAxis(const std::vector<double>& values, Dims* dims, size_t axis,
                              const std::vector<ResampleTaps>& taps) {
  const AxisView view = ViewAxis(*dims, axis);
  const int64_t length = static_cast<int64_t>(taps.size());
  std::vector<double> out(static_cast<size_t>(view.outer * length * view.inner), 0.0);
  for (int64_t outer = 0; outer < view.outer; ++outer) {
    for (int64_t i = 0; i < length; ++i) {
      double* to = out.data() + (outer * length + i) * view.inner;
      for (const ResampleTap& tap : taps[static_cast<size_t>(i)]) {
        const double* from = values.data() + (outer * view.length + tap.place) * view.inner;
        for (int64_t k = 0; k < view.inner; ++k) to[k] += tap.weight * from[k];
      }
    }
  }
  (*dims)[axis] = length;
  return out;
}

ResizedAxis ReadAxis(const Resize& op, const OpCall& call, int64_t in, size_t i) {
  if (call.has(1)) return ResizedAxis::OfSizes(op, in, call.Size(call.Ints(1)[i], "output size"));
  const float scale = call.in(2).data<float>()[i];
  const double out = std::floor(static_cast<double>(in) * scale);
  if (!(scale > 0) || !(out < 0x1p40)) call.FailValue("a scale of {}", scale);
  const auto size = static_cast<int64_t>(out);
  if (op.coordinates == ResizeCoordinates::kAlignCorners && size > 1)
    return ResizedAxis::OfSizes(op, in, size);
  return {in, size, 1 / scale};
}

void CheckParameters(const Resize& op, const OpCall& call, size_t spatial) {
  if (!call.has(1) && !call.has(2)) call.Fail("neither sizes nor scales");
  if (call.has(1) && call.Ints(1).size() != spatial) {
    call.Fail("{} sizes for {} spatial dimensions", call.Ints(1).size(), spatial);
  }
  if (!call.has(1)) {
    if (call.in(2).dtype() != DType::kFloat32) call.FailType(2);
    call.RequireDims(2, {static_cast<int64_t>(spatial)});
  }
  if (op.mode == ResizeMode::kNearest && op.float_output) call.Fail("nearest gives the type of its input");
}

}  // namespace

void Run(const Resize& op, OpCall& call) {
  const Tensor& x = call.in(0);
  if (x.rank() < 3 || x.rank() > 5)
    call.Fail("expected images of rank 3 to 5, found {}", DimsToString(x.dims()));
  const size_t spatial = x.rank() - 2;
  const size_t first = op.layout == Layout::kNhwc ? 1 : 2;
  CheckParameters(op, call, spatial);
  Dims dims = x.dims();
  std::vector<ResizedAxis> sizes;
  for (size_t i = 0; i < spatial; ++i) {
    sizes.push_back(ReadAxis(op, call, x.dims()[first + i], i));
    dims[first + i] = sizes.back().out;
  }
  Tensor& y = call.Out(0, op.float_output ? DType::kFloat32 : x.dtype(), dims);
  if (y.size() == 0) return;
  if (x.size() == 0) call.FailValue("cannot resize an empty image");
  if (op.mode == ResizeMode::kNearest) {
    // A copy, so that every type goes unchanged: one dimension at a time.
    Tensor from = x;
    for (size_t i = 0; i < spatial; ++i) {
      const AxisView view = ViewAxis(from.dims(), first + i);
      const std::vector<ResampleTaps> taps = TapsOf(op, sizes[i]);
      Dims to_dims = from.dims();
      to_dims[first + i] = sizes[i].out;
      Tensor to = i + 1 == spatial ? y : Tensor(x.dtype(), to_dims);
      for (int64_t row = 0; row < view.outer * sizes[i].out; ++row) {
        const int64_t place = taps[static_cast<size_t>(row % sizes[i].out)][0].place;
        CopyRun(&to, row * view.inner, from, (row / sizes[i].out * view.length + place) * view.inner,
                view.inner);
      }
      from = to;
    }
    return;
  }
  if (!IsFloat(x.dtype()) && !IsInteger(x.dtype())) call.FailType(0);
  std::vector<double> values = LoadAll<double>(x);
  Dims now = x.dims();
  for (size_t i = 0; i < spatial; ++i) values = ApplyAxis(values, &now, first + i, TapsOf(op, sizes[i]));
  if (IsInteger(y.dtype())) {
    const double low =
        IsSigned(y.dtype()) ? -std::ldexp(1.0, static_cast<int>(DTypeSize(y.dtype()) * 8 - 1)) : 0;
    const double high = std::ldexp(1.0, static_cast<int>(DTypeSize(y.dtype()) * 8 - IsSigned(y.dtype()))) - 1;
    for (double& v : values) v = std::clamp(std::nearbyint(v), low, high);
  }
  StoreAll(&y, values);
}

}  // namespace floe::reference
