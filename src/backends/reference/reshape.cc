// Ops whose output has the bytes of the input under another shape.
#include "backends/reference/indexing.h"
#include "backends/reference/kernels.h"

namespace floe::reference {

void Run(const Reshape& op, OpCall& call) {
  const Tensor& x = call.in(0);
  Dims dims = call.Ints(1);
  size_t rest = dims.size();
  int64_t known = 1;
  for (size_t i = 0; i < dims.size(); ++i) {
    if (dims[i] == 0 && !op.allow_zero) {
      if (i >= x.rank())
        call.FailValue("shape {} copies dimension {} of {}", DimsToString(dims), i, DimsToString(x.dims()));
      dims[i] = x.dims()[i];
    }
    if (dims[i] == -1) {
      if (rest < dims.size()) call.FailValue("shape {} has more than one -1", DimsToString(dims));
      rest = i;
    } else if (dims[i] < 0 || __builtin_mul_overflow(known, dims[i], &known)) {
      call.FailValue("cannot reshape {} to {}", DimsToString(x.dims()), DimsToString(dims));
    }
  }
  if (rest < dims.size()) {
    if (known == 0 ? x.size() != 0 : x.size() % known != 0) {
      call.FailValue("cannot reshape {} to {}", DimsToString(x.dims()), DimsToString(dims));
    }
    dims[rest] = known == 0 ? 0 : x.size() / known;
    known *= dims[rest];
  }
  if (known != x.size())
    call.FailValue("cannot reshape {} to {}", DimsToString(x.dims()), DimsToString(dims));
  call.Give(0, x.Reshaped(dims));
}

void Run(const Squeeze& op, OpCall& call) {
  const Tensor& x = call.in(0);
  const std::vector<bool> drop = call.AxisFlags(op.axes, x.rank());
  Dims dims;
  for (size_t i = 0; i < x.rank(); ++i) {
    if (drop[i] && x.dims()[i] != 1) {
      call.FailValue("dimension {} of {} is not 1", i, DimsToString(x.dims()));
    }
    if (op.axes.empty() ? x.dims()[i] != 1 : !drop[i]) dims.push_back(x.dims()[i]);
  }
  call.Give(0, x.Reshaped(dims));
}

void Run(const Unsqueeze& op, OpCall& call) {
  const Tensor& x = call.in(0);
  const std::vector<bool> added = call.AxisFlags(op.axes, x.rank() + op.axes.size());
  Dims dims;
  size_t from = 0;
  for (const bool add : added) dims.push_back(add ? 1 : x.dims()[from++]);
  call.Give(0, x.Reshaped(dims));
}

}  // namespace floe::reference
