#include <algorithm>
#include <cmath>
#include <limits>

#include "backends/reference/indexing.h"
#include "backends/reference/kernels.h"
#include "backends/reference/value_io.h"

namespace floe::reference {

namespace {

// log(exp(a) + exp(b)) without overflow.
double LogAddExp(double a, double b) {
  const double high = std::max(a, b), low = std::min(a, b);
  return std::isinf(high) ? high : high + std::log1p(std::exp(low - high));
}

void RunLogSumExp(const Cumulative& op, OpCall& call, const AxisView& view) {
  const Tensor& x = call.in(0);
  if (!IsFloat(x.dtype())) call.FailType(0);
  std::vector<double> values = LoadAll<double>(x);
  for (int64_t column = 0; column < view.outer * view.inner; ++column) {
    double* base = values.data() + column / view.inner * view.length * view.inner + column % view.inner;
    double sum = -std::numeric_limits<double>::infinity();
    for (int64_t i = 0; i < view.length; ++i) {
      double& v = base[(op.reverse ? view.length - 1 - i : i) * view.inner];
      const double before = sum;
      sum = LogAddExp(sum, v);
      v = op.exclusive ? before : sum;
    }
  }
  StoreAll(&call.Out(0, x.dtype(), x.dims()), values);
}

}  // namespace

void Run(const Cumulative& op, OpCall& call) {
  const Tensor& x = call.in(0);
  const AxisView view = ViewAxis(x.dims(), call.Axis(call.Int(1), x.rank()));
  if (op.kind == CumulativeKind::kCumLogSumExp) return RunLogSumExp(op, call, view);
  Tensor& y = call.Out(0, x.dtype(), x.dims());
  const bool product = op.kind == CumulativeKind::kCumProd;
  const bool numeric =
      x.dtype() != DType::kBool && VisitComputingType(x.dtype(), [&](auto type) {
        using T = typename decltype(type)::type;
        std::vector<T> values = LoadAll<T>(x);
        for (int64_t column = 0; column < view.outer * view.inner; ++column) {
          T* base = values.data() + column / view.inner * view.length * view.inner + column % view.inner;
          T sum = product ? T(1) : T(0);
          for (int64_t i = 0; i < view.length; ++i) {
            T& v = base[(op.reverse ? view.length - 1 - i : i) * view.inner];
            const T before = sum;
            sum = product ? WrapMul(sum, v) : WrapAdd(sum, v);
            v = op.exclusive ? before : sum;
          }
        }
        StoreAll(&y, values);
      });
  if (!numeric) call.FailType(0);
}

}  // namespace floe::reference
