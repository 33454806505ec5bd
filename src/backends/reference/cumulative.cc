#include "backends/reference/indexing.h"
#include "backends/reference/kernels.h"
#include "backends/reference/value_io.h"

namespace floe::reference {

void Run(const Cumulative& op, OpCall& call) {
  const Tensor& x = call.in(0);
  const AxisView view = ViewAxis(x.dims(), call.Axis(call.Int(1), x.rank()));
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
