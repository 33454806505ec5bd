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
  const Dims strides = RowMajorStrides(x.dims());
  std::vector<size_t> moved;
  for (size_t i = 0; i < x.rank() && x.size() > 0; ++i)
    if (shift[i] != 0) moved.push_back(i);
  // Along each axis a part moves on and the rest comes round: a block for each choice of the two. (An axis
  // that moves has two elements or more, so there are no more blocks than elements.)
  for (uint64_t choice = 0; choice < uint64_t{1} << moved.size(); ++choice) {
    Dims block = x.dims();
    StridedBlock from = {0, strides}, to = {0, strides};
    for (size_t i = 0; i < moved.size(); ++i) {
      const size_t axis = moved[i];
      const int64_t stays = x.dims()[axis] - shift[axis];
      const bool comes_round = (choice >> i & 1) != 0;
      block[axis] = comes_round ? shift[axis] : stays;
      if (comes_round)
        from.offset += strides[axis] * stays;
      else
        to.offset += strides[axis] * shift[axis];
    }
    CopyBlock(block, &y, to, x, from);
  }
}

}  // namespace floe::reference
