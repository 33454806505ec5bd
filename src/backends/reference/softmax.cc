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
  for (int64_t outer = 0; outer < view.outer; ++outer) {
    for (int64_t inner = 0; inner < view.inner; ++inner) {
      double* row = values.data() + outer * view.length * view.inner + inner;
      double peak = -HUGE_VAL;
      for (int64_t i = 0; i < view.length; ++i) peak = std::max(peak, row[i * view.inner]);
      double sum = 0;
      for (int64_t i = 0; i < view.length; ++i) sum += std::exp(row[i * view.inner] - peak);
      for (int64_t i = 0; i < view.length; ++i) {
        double& v = row[i * view.inner];
        v = log ? v - peak - std::log(sum) : std::exp(v - peak) / sum;
      }
    }
  }
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
