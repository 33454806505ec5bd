#include <algorithm>
#include <cmath>
#include <limits>

#include "backends/reference/indexing.h"
#include "backends/reference/kernels.h"
#include "backends/reference/reductions.h"
#include "backends/reference/value_io.h"

namespace floe::reference {
namespace {

Dims ReducedDims(const Dims& dims, const std::vector<bool>& reduced, bool keep_dims) {
  Dims out;
  for (size_t i = 0; i < dims.size(); ++i) {
    if (!reduced[i]) {
      out.push_back(dims[i]);
    } else if (keep_dims) {
      out.push_back(1);
    }
  }
  return out;
}

// Strides that lead from an element of x to its element of the output: 0 along reduced dimensions.
Dims OutputStrides(const Dims& dims, const std::vector<bool>& reduced) {
  Dims strides(dims.size(), 0);
  int64_t stride = 1;
  for (size_t i = dims.size(); i-- > 0;) {
    if (reduced[i]) continue;
    strides[i] = stride;
    stride *= dims[i];
  }
  return strides;
}

template <typename T>
void ReduceAs(const Reduce& op, OpCall& call, const std::vector<bool>& reduced) {
  constexpr int64_t kBlock = 512;
  const Tensor& x = call.in(0);
  const DType dtype = x.dtype();
  Tensor& y = call.Out(0, dtype, ReducedDims(x.dims(), reduced, op.keep_dims));
  std::vector<T> sums(static_cast<size_t>(y.size()), ReductionStart<T>(op.kind, dtype));
  // LogSumExp needs the largest element first, or exp overflows.
  std::vector<T> peaks;
  const auto visit = [&](auto&& combine) {
    T block[kBlock];
    ForEachRun({x.dims(), {RowMajorStrides(x.dims()), OutputStrides(x.dims(), reduced)}, {0, 0}},
               [&](std::span<const int64_t> at, std::span<const int64_t> step, int64_t length) {
                 for (int64_t begin = 0; begin < length; begin += kBlock) {
                   const int64_t count = std::min(kBlock, length - begin);
                   Load(x, at[0] + begin, count, block);
                   for (int64_t i = 0; i < count; ++i) {
                     combine(static_cast<size_t>(at[1] + (begin + i) * step[1]), block[i]);
                   }
                 }
               });
  };
  if constexpr (std::is_same_v<T, double>) {
    if (op.kind == ReduceKind::kLogSumExp) {
      peaks.assign(sums.size(), -std::numeric_limits<double>::infinity());
      visit([&](size_t o, double v) { peaks[o] = std::isnan(v) ? v : std::max(peaks[o], v); });
      for (double& p : peaks) p = std::isfinite(p) ? p : 0;
      visit([&](size_t o, double v) { sums[o] += std::exp(v - peaks[o]); });
    }
  }
  if (peaks.empty()) {
    visit([&](size_t o, T v) {
      if (!ReductionStep(op.kind, dtype, v, &sums[o])) call.FailType(0);
    });
  }
  const int64_t count = y.size() == 0 ? 0 : x.size() / y.size();
  for (size_t o = 0; o < sums.size(); ++o) {
    sums[o] = ReductionEnd(op.kind, sums[o], count);
    if (!peaks.empty()) sums[o] = sums[o] + peaks[o];
  }
  StoreAll(&y, sums);
}

}  // namespace

void Run(const Reduce& op, OpCall& call) {
  const Tensor& x = call.in(0);
  std::vector<bool> reduced(x.rank(), false);  // an axis listed twice is reduced once, as in TensorFlow
  for (const int64_t axis : op.axes) reduced[call.Axis(axis, x.rank())] = true;
  if (op.axes.empty()) return call.Give(0, x);
  const bool logical = op.kind == ReduceKind::kAll || op.kind == ReduceKind::kAny;
  if (logical != (x.dtype() == DType::kBool)) call.FailType(0);
  const bool numeric = VisitComputingType(
      x.dtype(), [&](auto type) { ReduceAs<typename decltype(type)::type>(op, call, reduced); });
  if (!numeric) call.FailType(0);
}

}  // namespace floe::reference
