// Extremes along an axis and their places.
#include <algorithm>
#include <cmath>
#include <numeric>

#include "backends/reference/indexing.h"
#include "backends/reference/kernels.h"
#include "backends/reference/value_io.h"

namespace floe::reference {
namespace {

// Larger first; nan before everything, so that it is an order.
template <typename T>
bool Above(T a, T b) {
  if constexpr (std::is_same_v<T, double>) {
    if (std::isnan(a) || std::isnan(b)) return std::isnan(a) && !std::isnan(b);
  }
  return a > b;
}
template <typename T>
bool Below(T a, T b) {
  if constexpr (std::is_same_v<T, double>) {
    if (std::isnan(a) || std::isnan(b)) return std::isnan(a) && !std::isnan(b);
  }
  return a < b;
}

// Along the axis row by row, so that memory is read in its order; leaders are the values at `best`.
template <typename T, typename Wins>
void FindPlaces(const T* rows, const AxisView& view, bool last, Wins wins, T* leaders, int64_t* best) {
  std::copy_n(rows, view.inner, leaders);
  for (int64_t i = 1; i < view.length; ++i) {
    for (int64_t k = 0; k < view.inner; ++k) {
      const T value = rows[i * view.inner + k];
      if (!wins(value, leaders[k]) && !(last && !wins(leaders[k], value))) continue;
      leaders[k] = value;
      best[k] = i;
    }
  }
}

template <typename T>
void ArgReduceAs(const ArgReduce& op, OpCall& call, size_t axis, Tensor* y) {
  const Tensor& x = call.in(0);
  const AxisView view = ViewAxis(x.dims(), axis);
  const int64_t size = view.length * view.inner;
  std::vector<int64_t> places(static_cast<size_t>(y->size()), 0);
  ForRange(call, size == 0 ? 0 : view.outer, x.size(), [&](int64_t begin, int64_t end) {
    std::vector<T> rows(static_cast<size_t>(size)), leaders(static_cast<size_t>(view.inner));
    for (int64_t o = begin; o < end; ++o) {
      Load(x, o * size, size, rows.data());
      int64_t* best = places.data() + o * view.inner;
      const auto find = [&](auto wins) {
        FindPlaces(rows.data(), view, op.select_last, wins, leaders.data(), best);
      };
      if (op.kind == ArgKind::kArgMax) {
        find([](T a, T b) { return Above(a, b); });
      } else {
        find([](T a, T b) { return Below(a, b); });
      }
    }
  });
  StoreAll(y, places);
}

template <typename T>
void TopKAs(const TopK& op, const Tensor& x, const AxisView& view, int64_t k, Tensor* values,
            Tensor* indices) {
  const std::vector<T> all = LoadAll<T>(x);
  std::vector<int64_t> order(static_cast<size_t>(view.length));
  for (int64_t column = 0; column < view.outer * view.inner; ++column) {
    const int64_t outer = column / view.inner;
    const int64_t base = outer * view.length * view.inner + column % view.inner;
    const auto at = [&](int64_t i) { return all[static_cast<size_t>(base + i * view.inner)]; };
    std::iota(order.begin(), order.end(), 0);
    std::partial_sort(order.begin(), order.begin() + k, order.end(), [&](int64_t a, int64_t b) {
      const bool first = op.largest ? Above(at(a), at(b)) : Below(at(a), at(b));
      const bool second = op.largest ? Above(at(b), at(a)) : Below(at(b), at(a));
      return first || (!second && a < b);
    });
    for (int64_t i = 0; i < k; ++i) {
      const int64_t to = (outer * k + i) * view.inner + column % view.inner;
      const int64_t from = order[static_cast<size_t>(i)];
      CopyRun(values, to, x, base + from * view.inner, 1);
      Store(indices, to, 1, &from);
    }
  }
}

}  // namespace

void Run(const ArgReduce& op, OpCall& call) {
  const Tensor& x = call.in(0);
  const size_t axis = call.Axis(op.axis, x.rank());
  if (!IsInteger(op.to)) call.Fail("cannot give indices as {}", DTypeName(op.to));
  Dims dims = x.dims();
  dims[axis] = 1;
  if (!op.keep_dims) dims.erase(dims.begin() + static_cast<int64_t>(axis));
  Tensor& y = call.Out(0, op.to, dims);
  if (x.dims()[axis] == 0 && y.size() > 0)
    call.FailValue("dimension {} of {} is empty", axis, DimsToString(x.dims()));
  VisitComputingType(x.dtype(), [&](auto type) {
    using T = typename decltype(type)::type;
    if constexpr (!std::is_same_v<T, Complex>) ArgReduceAs<T>(op, call, axis, &y);
  });
  if (IsComplex(x.dtype()) || x.dtype() == DType::kString) call.FailType(0);
}

void Run(const TopK& op, OpCall& call) {
  const Tensor& x = call.in(0);
  if (!IsFloat(x.dtype()) && !IsInteger(x.dtype())) call.FailType(0);
  if (!IsInteger(op.index_type)) call.Fail("cannot give indices as {}", DTypeName(op.index_type));
  const size_t axis = call.Axis(op.axis, x.rank());
  const int64_t k = call.Int(1);
  if (k < 0 || k > x.dims()[axis]) call.FailValue("k of {} for a dimension of {}", k, x.dims()[axis]);
  Dims dims = x.dims();
  dims[axis] = k;
  Tensor& values = call.Out(0, x.dtype(), dims);
  Tensor& indices = call.Out(1, op.index_type, dims);
  VisitComputingType(x.dtype(), [&](auto type) {
    using T = typename decltype(type)::type;
    if constexpr (!std::is_same_v<T, Complex>) {
      TopKAs<T>(op, x, ViewAxis(x.dims(), axis), k, &values, &indices);
    }
  });
}

}  // namespace floe::reference
