// Transposition, joining, splitting and repetition.
#include <algorithm>

#include "backends/reference/indexing.h"
#include "backends/reference/kernels.h"

namespace floe::reference {

void Run(const Transpose& op, OpCall& call) {
  const Tensor& x = call.in(0);
  std::vector<int64_t> perm = op.perm;
  if (perm.empty()) {
    for (size_t i = x.rank(); i-- > 0;) perm.push_back(static_cast<int64_t>(i));
  }
  if (perm.size() != x.rank())
    call.Fail("permutation {} for a tensor of rank {}", DimsToString(perm), x.rank());
  call.AxisFlags(perm, x.rank());  // each axis once
  const Dims strides = RowMajorStrides(x.dims());
  Dims dims;
  Dims from;
  for (const int64_t p : perm) {
    const size_t axis = call.Axis(p, x.rank());
    dims.push_back(x.dims()[axis]);
    from.push_back(strides[axis]);
  }
  Tensor& y = call.Out(0, x.dtype(), dims);
  CopyBlock(dims, &y, {0, RowMajorStrides(dims)}, x, {0, from});
}

void Run(const Concat& op, OpCall& call) {
  const Tensor& first = call.in(0);
  const size_t axis = call.Axis(op.axis, first.rank());
  Dims dims = first.dims();
  for (size_t i = 1; i < call.input_count(); ++i) {
    call.RequireSameType(i, 0);
    Dims expected = first.dims();
    if (call.in(i).rank() == first.rank()) expected[axis] = call.in(i).dims()[axis];
    call.RequireDims(i, expected);
    if (__builtin_add_overflow(dims[axis], expected[axis], &dims[axis])) call.Fail("too many elements");
  }
  Tensor& y = call.Out(0, first.dtype(), dims);
  const Dims to = RowMajorStrides(dims);
  int64_t place = 0;
  for (size_t i = 0; i < call.input_count(); ++i) {
    const Tensor& x = call.in(i);
    CopyBlock(x.dims(), &y, {place * to[axis], to}, x, {0, RowMajorStrides(x.dims())});
    place += x.dims()[axis];
  }
}

void Run(const Split& op, OpCall& call) {
  const Tensor& x = call.in(0);
  const size_t axis = call.Axis(op.axis, x.rank());
  const int64_t length = x.dims()[axis];
  const int64_t parts = static_cast<int64_t>(call.output_count());
  std::vector<int64_t> sizes = op.sizes;
  if (sizes.empty()) {
    if (length % parts != 0)
      call.FailValue("dimension of {} does not split into {} equal parts", length, parts);
    sizes.assign(static_cast<size_t>(parts), length / parts);
  }
  int64_t known = 0;
  for (const int64_t s : sizes) known += s == -1 ? 0 : call.Size(s, "size");
  const auto rest = std::find(sizes.begin(), sizes.end(), -1);
  if (rest != sizes.end()) *rest = length - known;
  if (static_cast<int64_t>(sizes.size()) != parts || (rest == sizes.end() && known != length) ||
      known > length) {
    call.FailValue("sizes {} do not split a dimension of {} into {}", DimsToString(sizes), length, parts);
  }
  const Dims from = RowMajorStrides(x.dims());
  int64_t place = 0;
  for (size_t i = 0; i < sizes.size(); ++i) {
    Dims dims = x.dims();
    dims[axis] = call.Size(sizes[i], "size");
    Tensor& y = call.Out(i, x.dtype(), dims);
    CopyBlock(dims, &y, {0, RowMajorStrides(dims)}, x, {place * from[axis], from});
    place += sizes[i];
  }
}

void Run(const Expand&, OpCall& call) {
  const Tensor& x = call.in(0);
  const Dims shapes[] = {x.dims(), call.Ints(1)};
  const Dims dims = BroadcastDims(call, shapes);
  Tensor& y = call.Out(0, x.dtype(), dims);
  CopyBlock(dims, &y, {0, RowMajorStrides(dims)}, x, {0, BroadcastStrides(x.dims(), dims)});
}

// As a copy of twice the rank: output dimension i is (repeats, x's dimension), read with strides (0, own).
void Run(const Tile&, OpCall& call) {
  const Tensor& x = call.in(0);
  const Dims repeats = call.Ints(1);
  if (repeats.size() != x.rank()) call.Fail("{} repeats for a tensor of rank {}", repeats.size(), x.rank());
  const Dims own = RowMajorStrides(x.dims());
  Dims dims;
  Dims split;
  Dims from;
  for (size_t i = 0; i < x.rank(); ++i) {
    call.Size(repeats[i], "repeat count");
    int64_t d = 0;
    if (__builtin_mul_overflow(repeats[i], x.dims()[i], &d))
      call.FailValue("repeats {} are too many", repeats[i]);
    dims.push_back(d);
    split.insert(split.end(), {repeats[i], x.dims()[i]});
    from.insert(from.end(), {0, own[i]});
  }
  Tensor& y = call.Out(0, x.dtype(), dims);
  CopyBlock(split, &y, {0, RowMajorStrides(split)}, x, {0, from});
}

}  // namespace floe::reference
