#include <algorithm>
#include <cmath>

#include "backends/reference/indexing.h"
#include "backends/reference/kernels.h"
#include "backends/reference/value_io.h"

namespace floe::reference {
namespace {

// The channel dimension of an image, as [outer, channels, inner].
AxisView ViewChannels(const OpCall& call, Layout layout) {
  const Dims& dims = call.in(0).dims();
  if (dims.size() < 2) call.Fail("expected images, found shape {}", DimsToString(dims));
  return ViewAxis(dims, layout == Layout::kNhwc ? dims.size() - 1 : 1);
}

void RequireFloat(const OpCall& call, size_t i) {
  if (!IsFloat(call.in(i).dtype())) call.FailType(i);
}

}  // namespace

void Run(const BatchNormalization& op, OpCall& call) {
  const AxisView view = ViewChannels(call, op.layout);
  const Tensor& x = call.in(0);
  std::vector<double> parameters[4];
  RequireFloat(call, 0);
  for (size_t i = 0; i < 4; ++i) {
    RequireFloat(call, i + 1);
    call.RequireDims(i + 1, {view.length});
    parameters[i] = LoadAll<double>(call.in(i + 1));
  }
  const auto& [scale, bias, mean, variance] = parameters;
  Tensor& y = call.Out(0, x.dtype(), x.dims());
  std::vector<double> values = LoadAll<double>(x);
  for (size_t i = 0; i < values.size(); ++i) {
    const size_t c = static_cast<size_t>(static_cast<int64_t>(i) / view.inner % view.length);
    values[i] = (values[i] - mean[c]) / std::sqrt(variance[c] + op.epsilon) * scale[c] + bias[c];
  }
  StoreAll(&y, values);
}

void Run(const LayerNormalization& op, OpCall& call) {
  const Tensor& x = call.in(0);
  RequireFloat(call, 0);
  const size_t axis = call.Axis(op.axis, x.rank());
  const Dims normalized(x.dims().begin() + static_cast<int64_t>(axis), x.dims().end());
  const size_t length = static_cast<size_t>(Product(x.dims(), axis, x.rank()));
  // scale and bias broadcast to the normalised dimensions.
  std::vector<double> parameters[2] = {std::vector<double>(length, 1), std::vector<double>(length, 0)};
  for (size_t i = 0; i < 2; ++i) {
    if (!call.has(i + 1)) continue;
    RequireFloat(call, i + 1);
    const Dims shapes[] = {normalized, call.in(i + 1).dims()};
    if (BroadcastDims(call, shapes) != normalized) {
      call.Fail("{} does not broadcast to {}", DimsToString(shapes[1]), DimsToString(normalized));
    }
    ForEachRun({normalized, {RowMajorStrides(normalized), BroadcastStrides(shapes[1], normalized)}, {0, 0}},
               [&](std::span<const int64_t> at, std::span<const int64_t> step, int64_t count) {
                 for (int64_t k = 0; k < count; ++k) {
                   parameters[i][static_cast<size_t>(at[0] + k)] =
                       LoadOne<double>(call.in(i + 1), at[1] + k * step[1]);
                 }
               });
  }
  Tensor& y = call.Out(0, x.dtype(), x.dims());
  std::vector<double> values = LoadAll<double>(x);
  for (size_t begin = 0; begin < values.size(); begin += length) {
    double* row = values.data() + begin;
    double mean = 0;
    for (size_t i = 0; i < length; ++i) mean += row[i] / static_cast<double>(length);
    double variance = 0;
    for (size_t i = 0; i < length; ++i) {
      variance += (row[i] - mean) * (row[i] - mean) / static_cast<double>(length);
    }
    const double factor = 1 / std::sqrt(variance + op.epsilon);
    for (size_t i = 0; i < length; ++i)
      row[i] = (row[i] - mean) * factor * parameters[0][i] + parameters[1][i];
  }
  StoreAll(&y, values);
}

void Run(const LRN& op, OpCall& call) {
  RequireFloat(call, 0);
  const AxisView view = ViewChannels(call, op.layout);
  const Tensor& x = call.in(0);
  const int64_t size = call.Size(op.size, "size");
  if (size < 1) call.Fail("a size of 0");
  Tensor& y = call.Out(0, x.dtype(), x.dims());
  const std::vector<double> values = LoadAll<double>(x);
  std::vector<double> out(values.size());
  for (int64_t outer = 0; outer < view.outer; ++outer) {
    for (int64_t inner = 0; inner < view.inner; ++inner) {
      const int64_t base = outer * view.length * view.inner + inner;
      for (int64_t c = 0; c < view.length; ++c) {
        double squares = 0;
        const int64_t end = std::min(view.length, c + size / 2 + 1);
        for (int64_t k = std::max<int64_t>(c - (size - 1) / 2, 0); k < end; ++k) {
          const double v = values[static_cast<size_t>(base + k * view.inner)];
          squares += v * v;
        }
        const size_t i = static_cast<size_t>(base + c * view.inner);
        out[i] = values[i] / std::pow(op.bias + op.alpha / static_cast<double>(size) * squares, op.beta);
      }
    }
  }
  StoreAll(&y, out);
}

}  // namespace floe::reference
