#include <algorithm>

#include "backends/reference/indexing.h"
#include "backends/reference/kernels.h"

namespace floe::reference {
namespace {

struct SliceRange {
  int64_t start = 0;
  int64_t step = 1;
  int64_t count = 0;
};

// ONNX's Slice along one dimension.
SliceRange Resolve(const OpCall& call, int64_t start, int64_t end, int64_t step, int64_t length) {
  if (step == 0) call.FailValue("a step of 0");
  if (start < 0) start = start < -length ? -1 - length : start;
  if (end < 0) end = end < -length ? -1 - length : end;
  if (start < 0) start += length;
  if (end < 0) end += length;
  if (step > 0) {
    start = std::clamp<int64_t>(start, 0, length);
    end = std::clamp<int64_t>(end, 0, length);
  } else {
    start = std::clamp<int64_t>(start, -1, length - 1);
    end = std::clamp<int64_t>(end, -1, length - 1);
  }
  const int64_t way = step > 0 ? end - start : start - end;
  if (way <= 0) return {0, 1, 0};
  // Steps longer than the way take one element; so clamped, nothing overflows.
  const int64_t stride = step > 0 ? std::min(step, way) : std::min(step < -way ? way : -step, way);
  return {start, step > 0 ? stride : -stride, (way + stride - 1) / stride};
}

// Where element i of a padded dimension comes from: the mirror images of Reflect and Symmetric repeat.
int64_t PadSource(PadMode mode, int64_t i, int64_t length) {
  if (mode == PadMode::kEdge || length == 1) return std::clamp<int64_t>(i, 0, length - 1);
  const int64_t edge = mode == PadMode::kReflect ? 1 : 0;  // the edge itself is not repeated
  const int64_t period = 2 * (length - edge);
  int64_t p = i % period;
  if (p < 0) p += period;
  return p < length ? p : period - 1 + edge - p;
}

void PadConstant(OpCall& call, const Tensor& x, const Dims& begins, Tensor* y) {
  if (call.has(2)) {
    call.RequireSameType(2, 0);
    if (call.in(2).size() != 1) call.Fail("the value must have one element");
    FillRun(y, 0, y->size(), call.in(2), 0);
  } else {
    SetZero(y);
  }
  const Dims from = RowMajorStrides(x.dims());
  const Dims to = RowMajorStrides(y->dims());
  StridedBlock source = {0, from};
  StridedBlock target = {0, to};
  Dims block;
  for (size_t i = 0; i < x.rank(); ++i) {
    const int64_t skip = std::max<int64_t>(-begins[i], 0);
    const int64_t place = std::max<int64_t>(begins[i], 0);
    block.push_back(std::max<int64_t>(std::min(x.dims()[i] - skip, y->dims()[i] - place), 0));
    source.offset += skip * from[i];
    target.offset += place * to[i];
  }
  CopyBlock(block, y, target, x, source);
}

}  // namespace

void Run(const Slice&, OpCall& call) {
  const Tensor& x = call.in(0);
  const Dims starts = call.Ints(1);
  const Dims ends = call.Ints(2);
  Dims axes = call.has(3) ? call.Ints(3) : Dims();
  const Dims steps = call.has(4) ? call.Ints(4) : Dims(starts.size(), 1);
  if (!call.has(3)) {
    for (size_t i = 0; i < starts.size(); ++i) axes.push_back(static_cast<int64_t>(i));
  }
  if (ends.size() != starts.size() || axes.size() != starts.size() || steps.size() != starts.size()) {
    call.Fail("{} starts, {} ends, {} axes, {} steps", starts.size(), ends.size(), axes.size(), steps.size());
  }
  call.AxisFlags(axes, x.rank());
  Dims dims = x.dims();
  StridedBlock from = {0, RowMajorStrides(x.dims())};
  for (size_t i = 0; i < axes.size(); ++i) {
    const size_t axis = call.Axis(axes[i], x.rank());
    const SliceRange range = Resolve(call, starts[i], ends[i], steps[i], x.dims()[axis]);
    dims[axis] = range.count;
    from.offset += range.start * from.strides[axis];
    from.strides[axis] *= range.step;
  }
  Tensor& y = call.Out(0, x.dtype(), dims);
  CopyBlock(dims, &y, {0, RowMajorStrides(dims)}, x, from);
}

void Run(const Pad& op, OpCall& call) {
  const Tensor& x = call.in(0);
  const Dims pads = call.Ints(1);
  const size_t rank = x.rank();
  if (pads.size() != 2 * rank) call.Fail("{} pads for a tensor of rank {}", pads.size(), rank);
  Dims dims;
  for (size_t i = 0; i < rank; ++i) {
    call.Size(std::max<int64_t>({pads[i], pads[rank + i], 0}), "pad");
    call.Size(-std::min<int64_t>({pads[i] + 1, pads[rank + i] + 1, 0}), "crop");
    dims.push_back(call.Size(x.dims()[i] + pads[i] + pads[rank + i], "padded dimension"));
  }
  const Dims begins(pads.begin(), pads.begin() + static_cast<int64_t>(rank));
  Tensor& y = call.Out(0, x.dtype(), dims);
  if (op.mode == PadMode::kConstant) return PadConstant(call, x, begins, &y);
  if (y.size() == 0) return;
  if (x.size() == 0) call.FailValue("cannot mirror an empty tensor");
  const Dims from = RowMajorStrides(x.dims());
  Odometer at(dims);
  int64_t o = 0;
  do {
    int64_t source = 0;
    for (size_t i = 0; i < rank; ++i) {
      source += from[i] * PadSource(op.mode, at.index[i] - begins[i], x.dims()[i]);
    }
    CopyRun(&y, o++, x, source, 1);
  } while (at.Next());
}

}  // namespace floe::reference
