// Counting: histograms and buckets.
#include <algorithm>

#include "backends/reference/indexing.h"
#include "backends/reference/kernels.h"
#include "backends/reference/value_io.h"

namespace floe::reference {
namespace {

template <typename T>
void CountInto(const Bincount& op, OpCall& call, const std::vector<int64_t>& bins, int64_t size,
               int64_t row_length, Tensor* y) {
  const std::vector<T> weights = call.has(2) ? LoadAll<T>(call.in(2)) : std::vector<T>();
  std::vector<T> sums(static_cast<size_t>(y->size()), T(0));
  const int64_t all = static_cast<int64_t>(bins.size());
  T* row = sums.data();
  for (int64_t begin = 0; begin < all; begin += row_length, row += size) {
    for (int64_t i = begin; i < begin + row_length; ++i) {
      const int64_t bin = bins[static_cast<size_t>(i)];
      if (bin < 0) call.FailValue("a negative value: {}", bin);
      if (bin >= size) continue;
      row[bin] =
          op.binary ? T(1) : WrapAdd(row[bin], weights.empty() ? T(1) : weights[static_cast<size_t>(i)]);
    }
  }
  StoreAll(y, sums);
}

}  // namespace

void Run(const Bincount& op, OpCall& call) {
  const Tensor& x = call.in(0);
  if (!IsInteger(x.dtype())) call.FailType(0);
  if (call.has(2) && call.in(2).size() != 0) call.RequireDims(2, x.dims());
  const DType dtype = call.has(2) ? call.in(2).dtype() : DType::kInt32;
  const int64_t size = call.Size(call.Int(1), "size");
  const bool rows = x.rank() == 2;
  Tensor& y = call.Out(0, dtype, rows ? Dims{x.dims()[0], size} : Dims{size});
  const bool numeric = VisitComputingType(dtype, [&](auto type) {
    CountInto<typename decltype(type)::type>(op, call, LoadAll<int64_t>(x), size,
                                             rows ? x.dims()[1] : x.size(), &y);
  });
  if (!numeric) call.FailType(2);
}

void Run(const Bucketize& op, OpCall& call) {
  const Tensor& x = call.in(0);
  if (!IsFloat(x.dtype()) && !IsInteger(x.dtype())) call.FailType(0);
  if (!std::is_sorted(op.boundaries.begin(), op.boundaries.end())) call.Fail("boundaries are not sorted");
  Tensor& y = call.Out(0, DType::kInt32, x.dims());
  const std::vector<double> values = LoadAll<double>(x);
  for (size_t i = 0; i < values.size(); ++i) {
    const auto above = std::upper_bound(op.boundaries.begin(), op.boundaries.end(), values[i]);
    y.data<int32_t>()[i] = static_cast<int32_t>(above - op.boundaries.begin());
  }
}

}  // namespace floe::reference
