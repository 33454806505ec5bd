#include <algorithm>
#include <cmath>

#include "backends/reference/indexing.h"
#include "backends/reference/kernels.h"
#include "backends/reference/value_io.h"

namespace floe::reference {
namespace {

void SoftmaxAlong(OpCall& call, int64_t axis, bool log) {
  const Tensor& x = call.in(0);
  if (!IsFloat(x.dtype())) call.FailType(0);
  const AxisView view = ViewAxis(x.dims(), call.Axis(axis, x.rank()));
  Tensor& y = call.Out(0, x.dtype(), x.dims());
  std::vector<double> values = LoadAll<double>(x);
  ForRange(call, view.outer * view.inner, x.size(), [&](int64_t begin, int64_t end) {
    for (int64_t column = begin; column < end; ++column) {
      double* row = values.data() + column / view.inner * view.length * view.inner + column % view.inner;
      double peak = -HUGE_VAL;
      for (int64_t i = 0; i < view.length; ++i) peak = std::max(peak, row[i * view.inner]);
      double sum = 0;
      for (int64_t i = 0; i < view.length; ++i) {
        double& v = row[i * view.inner];
        v -= peak;
        const double power = std::exp(v);
        sum += power;
        if (!log) v = power;
      }
      const double log_sum = std::log(sum);
      for (int64_t i = 0; i < view.length; ++i) {
        double& v = row[i * view.inner];
        v = log ? v - log_sum : v / sum;
      }
    }
  });
  StoreAll(&y, values);
}

}  // namespace

void Run(const Softmax& op, OpCall& call) {
  SoftmaxAlong(call, op.axis, false);
}

void Run(const LogSoftmax& op, OpCall& call) {
  SoftmaxAlong(call, op.axis, true);
}

}  // namespace floe::reference
