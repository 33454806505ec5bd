#include "backends/reference/indexing.h"
#include "backends/reference/kernels.h"
#include "backends/reference/value_io.h"

namespace floe::reference {

void Run(const Reverse& op, OpCall& call) {
  const Tensor& x = call.in(0);
  const std::vector<bool> turned = call.AxisFlags(op.axes, x.rank());
  StridedBlock from = {0, RowMajorStrides(x.dims())};
  for (size_t i = 0; i < x.rank(); ++i) {
    if (!turned[i]) continue;
    from.offset += from.strides[i] * (x.dims()[i] - 1);
    from.strides[i] = -from.strides[i];
  }
  Tensor& y = call.Out(0, x.dtype(), x.dims());
  CopyBlock(x.dims(), &y, {0, RowMajorStrides(x.dims())}, x, from);
}

void Run(const ReverseSequence& op, OpCall& call) {
  const Tensor& x = call.in(0);
  const size_t batch = call.Axis(op.batch_axis, x.rank());
  const size_t time = call.Axis(op.time_axis, x.rank());
  if (batch == time) call.Fail("batch and time are one axis");
  const std::vector<int64_t> lengths = call.Ints(1);
  if (static_cast<int64_t>(lengths.size()) != x.dims()[batch]) {
    call.Fail("{} lengths for a batch of {}", lengths.size(), x.dims()[batch]);
  }
  Tensor& y = call.Out(0, x.dtype(), x.dims());
  CopyRun(&y, 0, x, 0, x.size());
  const Dims strides = RowMajorStrides(x.dims());
  for (size_t b = 0; b < lengths.size(); ++b) {
    if (lengths[b] < 0 || lengths[b] > x.dims()[time]) {
      call.FailValue("length {} is not in [0, {}]", lengths[b], x.dims()[time]);
    }
    Dims block = x.dims();
    block[batch] = 1;
    block[time] = lengths[b];
    const int64_t offset = static_cast<int64_t>(b) * strides[batch];
    StridedBlock from = {offset + (lengths[b] - 1) * strides[time], strides};
    from.strides[time] = -strides[time];
    CopyBlock(block, &y, {offset, strides}, x, from);
  }
}

void Run(const Roll& op, OpCall& call) {
  const Tensor& x = call.in(0);
  if (op.shifts.size() != op.axes.size()) call.Fail("{} shifts, {} axes", op.shifts.size(), op.axes.size());
  // Shifts of one axis add up.
  Dims shift(x.rank(), 0);
  for (size_t i = 0; i < op.axes.size(); ++i) {
    const size_t axis = call.Axis(op.axes[i], x.rank());
    const int64_t length = x.dims()[axis];
    if (length > 0) shift[axis] = ((shift[axis] + op.shifts[i] % length) % length + length) % length;
  }
  Tensor& y = call.Out(0, x.dtype(), x.dims());
  if (x.size() == 0) return;
  // Whole runs of elements behind the last axis that moves.
  size_t outer = x.rank();
  while (outer > 0 && shift[outer - 1] == 0) --outer;
  const int64_t run = Product(x.dims(), outer, x.rank());
  if (outer == 0) return CopyRun(&y, 0, x, 0, x.size());
  const Dims moved(x.dims().begin(), x.dims().begin() + static_cast<int64_t>(outer));
  const Dims strides = RowMajorStrides(moved);
  Odometer at(moved);
  int64_t from = 0;
  do {
    int64_t to = 0;
    for (size_t i = 0; i < outer; ++i) {
      const int64_t place = at.index[i] + shift[i];
      to += strides[i] * (place < moved[i] ? place : place - moved[i]);
    }
    CopyRun(&y, to * run, x, from, run);
    from += run;
  } while (at.Next());
}

}  // namespace floe::reference
