// TensorFlow's SpaceToBatchND and BatchToSpaceND.
#include <algorithm>

#include "backends/reference/indexing.h"
#include "backends/reference/kernels.h"
#include "backends/reference/value_io.h"

namespace floe::reference {
namespace {

struct Blocks {
  Dims size;           // one a blocked dimension, after the batch
  Dims begin, end;     // pads or crops
  int64_t volume = 1;  // blocks of all dimensions together
};

Blocks ReadBlocks(const OpCall& call) {
  Blocks b;
  b.size = call.Ints(1);
  const int64_t m = static_cast<int64_t>(b.size.size());
  if (!IsInteger(call.in(2).dtype())) call.FailType(2);
  call.RequireDims(2, {m, 2});
  if (call.in(0).rank() < 1 + b.size.size()) {
    call.Fail("{} blocks for a tensor of shape {}", m, DimsToString(call.in(0).dims()));
  }
  const std::vector<int64_t> pads = LoadAll<int64_t>(call.in(2));
  for (size_t i = 0; i < b.size.size(); ++i) {
    if (b.size[i] < 1 || b.size[i] > INT32_MAX || __builtin_mul_overflow(b.volume, b.size[i], &b.volume)) {
      call.FailValue("a block of {}", b.size[i]);
    }
    b.begin.push_back(call.Size(pads[2 * i], "pad"));
    b.end.push_back(call.Size(pads[2 * i + 1], "pad"));
  }
  return b;
}

// For each batch entry `block` of the batched tensor: element i of its blocked dimension d lies at
// i * size + offset - begin of the plain tensor. Copies what lies inside, one way or the other.
void CopyBlocks(const Blocks& b, const Dims& batched, const Dims& plain, bool to_batched, const Tensor& x,
                Tensor* y) {
  const size_t m = b.size.size();
  const Dims batched_strides = RowMajorStrides(batched);
  const Dims plain_strides = RowMajorStrides(plain);
  Odometer offset(b.size);
  int64_t block = 0;
  do {
    StridedBlock in_batched = {block * plain[0] * batched_strides[0], batched_strides};
    StridedBlock in_plain = {0, plain_strides};
    Dims dims = batched;
    dims[0] = plain[0];
    for (size_t i = 0; i < m; ++i) {
      const size_t d = i + 1;
      const int64_t shift = offset.index[i] - b.begin[i];
      const int64_t first = shift >= 0 ? 0 : (-shift + b.size[i] - 1) / b.size[i];
      const int64_t last = shift >= plain[d] ? 0 : (plain[d] - 1 - shift) / b.size[i] + 1;
      dims[d] = std::max<int64_t>(std::min(last, batched[d]) - first, 0);
      in_batched.offset += first * batched_strides[d];
      in_plain.offset += (first * b.size[i] + shift) * plain_strides[d];
      in_plain.strides[d] *= b.size[i];
    }
    CopyBlock(dims, y, to_batched ? in_batched : in_plain, x, to_batched ? in_plain : in_batched);
    ++block;
  } while (offset.Next());
}

}  // namespace

void Run(const SpaceToBatch&, OpCall& call) {
  const Tensor& x = call.in(0);
  const Blocks b = ReadBlocks(call);
  Dims dims = x.dims();
  if (__builtin_mul_overflow(dims[0], b.volume, &dims[0])) call.FailValue("a batch beyond counting");
  for (size_t i = 0; i < b.size.size(); ++i) {
    const int64_t padded = dims[i + 1] + b.begin[i] + b.end[i];
    if (padded % b.size[i] != 0)
      call.FailValue("a padded size of {} does not split into blocks of {}", padded, b.size[i]);
    dims[i + 1] = padded / b.size[i];
  }
  Tensor& y = call.Out(0, x.dtype(), dims);
  SetZero(&y);
  if (x.size() > 0) CopyBlocks(b, dims, x.dims(), true, x, &y);
}

void Run(const BatchToSpace&, OpCall& call) {
  const Tensor& x = call.in(0);
  const Blocks b = ReadBlocks(call);
  Dims dims = x.dims();
  if (dims[0] % b.volume != 0)
    call.FailValue("a batch of {} does not split into {} blocks", dims[0], b.volume);
  dims[0] /= b.volume;
  for (size_t i = 0; i < b.size.size(); ++i) {
    const int64_t whole = call.Size(dims[i + 1], "dimension") * b.size[i];
    if (b.begin[i] + b.end[i] > whole) call.FailValue("crops {} and {} of {}", b.begin[i], b.end[i], whole);
    dims[i + 1] = whole - b.begin[i] - b.end[i];
  }
  Tensor& y = call.Out(0, x.dtype(), dims);
  if (y.size() > 0) CopyBlocks(b, x.dims(), dims, false, x, &y);
}

}  // namespace floe::reference
