// Counting: histograms, buckets and places in sorted rows.
#include <algorithm>
#include <type_traits>

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

void Run(const SearchSorted& op, OpCall& call) {
  call.RequireRank(0, 2);
  call.RequireRank(1, 2);
  call.RequireSameType(1, 0);
  const Tensor &rows = call.in(0), &values = call.in(1);
  if (!IsFloat(rows.dtype()) && !IsInteger(rows.dtype())) call.FailType(0);
  if (!IsInteger(op.to)) call.Fail("cannot give places as {}", DTypeName(op.to));
  const int64_t count = rows.dims()[0], length = rows.dims()[1], width = values.dims()[1];
  if (values.dims()[0] != count) call.Fail("{} rows for values of {}", count, values.dims()[0]);
  Tensor& y = call.Out(0, op.to, values.dims());
  VisitComputingType(rows.dtype(), [&](auto type) {
    using T = typename decltype(type)::type;
    if constexpr (!std::is_same_v<T, Complex>) {
      const std::vector<T> sorted = LoadAll<T>(rows), wanted = LoadAll<T>(values);
      std::vector<int64_t> places(wanted.size());
      ForRange(call, y.size(), y.size(), [&](int64_t begin, int64_t end) {
        for (int64_t i = begin; i < end; ++i) {
          const T* first = sorted.data() + i / width * length;
          const T value = wanted[static_cast<size_t>(i)];
          const T* at = op.behind ? std::upper_bound(first, first + length, value)
                                  : std::lower_bound(first, first + length, value);
          places[static_cast<size_t>(i)] = at - first;
        }
      });
      StoreAll(&y, places);
    }
  });
}

}  // namespace floe::reference
