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

// Calls run(x place, y place, each, count) for runs of x in a row: each of them belongs to a result of its
// own, in a row too, or all to one. Threads share the longest dimension that is kept.
template <typename F>
void ForEachRunOf(const OpCall& call, const Dims& dims, const std::vector<bool>& reduced, F run) {
  const Dims x_strides = RowMajorStrides(dims), y_strides = OutputStrides(dims, reduced);
  const auto walk = [&](const Dims& part, int64_t x_begin, int64_t y_begin) {
    ForEachRun({part, {x_strides, y_strides}, {x_begin, y_begin}},
               [&](std::span<const int64_t> at, std::span<const int64_t> step, int64_t count) {
                 run(at[0], at[1], step[1] != 0, count);
               });
  };
  size_t shared = dims.size();
  for (size_t i = 0; i < dims.size(); ++i) {
    if (!reduced[i] && (shared == dims.size() || dims[i] > dims[shared])) shared = i;
  }
  if (shared == dims.size()) return walk(dims, 0, 0);
  ForRange(call, dims[shared], Product(dims, 0, dims.size()), [&](int64_t begin, int64_t end) {
    Dims part = dims;
    part[shared] = end - begin;
    walk(part, begin * x_strides[shared], begin * y_strides[shared]);
  });
}

template <typename T>
void ReduceAs(const Reduce& op, OpCall& call, const std::vector<bool>& reduced) {
  constexpr int64_t kBlock = 512;
  const Tensor& x = call.in(0);
  const DType dtype = x.dtype();
  Tensor& y = call.Out(0, dtype, ReducedDims(x.dims(), reduced, op.keep_dims));
  std::vector<T> sums(static_cast<size_t>(y.size()), ReductionStart<T>(op.kind, dtype));
  // fold(y place, each, values, count)
  const auto visit = [&](auto&& fold) {
    ForEachRunOf(call, x.dims(), reduced, [&](int64_t x_at, int64_t y_at, bool each, int64_t length) {
      T block[kBlock];
      for (int64_t begin = 0; begin < length; begin += kBlock) {
        const int64_t count = std::min(kBlock, length - begin);
        Load(x, x_at + begin, count, block);
        fold(y_at + (each ? begin : 0), each, block, count);
      }
    });
  };
  const auto reduce = [&](ReduceKind kind, std::vector<T>* results) {
    visit([&](int64_t y_at, bool each, const T* values, int64_t count) {
      if (!ReductionRun(kind, dtype, values, count, each, results->data() + y_at)) call.FailType(0);
    });
  };
  // LogSumExp needs the largest element first, or exp overflows.
  std::vector<T> peaks;
  if (op.kind != ReduceKind::kLogSumExp) {
    reduce(op.kind, &sums);
  } else if constexpr (std::is_same_v<T, double>) {
    peaks.assign(sums.size(), -std::numeric_limits<double>::infinity());
    reduce(ReduceKind::kMax, &peaks);
    for (double& p : peaks) p = std::isfinite(p) ? p : 0;
    visit([&](int64_t y_at, bool each, const double* values, int64_t count) {
      for (int64_t i = 0; i < count; ++i) {
        const auto o = static_cast<size_t>(y_at + (each ? i : 0));
        sums[o] += std::exp(values[i] - peaks[o]);
      }
    });
  } else if (x.size() > 0) {
    call.FailType(0);
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
