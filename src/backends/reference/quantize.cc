// ONNX's linear quantisation.
#include <algorithm>
#include <cmath>

#include "backends/reference/indexing.h"
#include "backends/reference/kernels.h"
#include "backends/reference/value_io.h"

namespace floe::reference {
namespace {

// Scale and zero point for each element: one of all, or one a place along the axis.
struct Scales {
  std::vector<double> scale;
  std::vector<double> zero;
  int64_t inner = 1;

  size_t Which(int64_t element) const {
    return static_cast<size_t>(element / inner % static_cast<int64_t>(scale.size()));
  }
};

Scales ReadScales(const OpCall& call, int64_t axis) {
  if (!IsFloat(call.in(1).dtype())) call.FailType(1);
  Scales s;
  const Tensor& x = call.in(0);
  if (call.in(1).size() != 1) {
    const AxisView view = ViewAxis(x.dims(), call.Axis(axis, x.rank()));
    s.inner = view.inner;
    call.RequireDims(1, {view.length});
  }
  s.scale = LoadAll<double>(call.in(1));
  s.zero.assign(s.scale.size(), 0);
  if (call.has(2)) {
    if (call.in(2).size() != call.in(1).size()) {
      call.Fail("{} zero points for {} scales", call.in(2).size(), call.in(1).size());
    }
    if (!IsInteger(call.in(2).dtype())) call.FailType(2);
    s.zero = LoadAll<double>(call.in(2));
  }
  return s;
}

}  // namespace

void Run(const QuantizeLinear& op, OpCall& call) {
  const Tensor& x = call.in(0);
  if (!IsFloat(x.dtype()) && !IsInteger(x.dtype())) call.FailType(0);
  const Scales s = ReadScales(call, op.axis);
  const DType to = call.has(2) ? call.in(2).dtype() : DType::kUInt8;
  Tensor& y = call.Out(0, to, x.dims());
  const int bits = static_cast<int>(DTypeSize(to) * 8);
  const double low = IsSigned(to) ? -std::ldexp(1.0, bits - 1) : 0;
  const double high = std::ldexp(1.0, IsSigned(to) ? bits - 1 : bits) - 1;
  std::vector<double> values = LoadAll<double>(x);
  for (size_t i = 0; i < values.size(); ++i) {
    const size_t k = s.Which(static_cast<int64_t>(i));
    // The quotient is rounded as float32 division rounds it: it decides ties.
    const double steps = std::nearbyint(static_cast<float>(values[i] / s.scale[k]));
    values[i] = std::isnan(steps) ? s.zero[k] : std::clamp(steps + s.zero[k], low, high);
  }
  StoreAll(&y, values);
}

void Run(const DequantizeLinear& op, OpCall& call) {
  const Tensor& x = call.in(0);
  if (!IsInteger(x.dtype())) call.FailType(0);
  const Scales s = ReadScales(call, op.axis);
  Tensor& y = call.Out(0, call.in(1).dtype(), x.dims());
  std::vector<double> values = LoadAll<double>(x);
  for (size_t i = 0; i < values.size(); ++i) {
    const size_t k = s.Which(static_cast<int64_t>(i));
    values[i] = (values[i] - s.zero[k]) * s.scale[k];
  }
  StoreAll(&y, values);
}

}  // namespace floe::reference
