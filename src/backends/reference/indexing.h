// Walks over strided memory: what all movement and broadcasting kernels are made of. Strides and offsets
// count elements.
#ifndef FLOE_BACKENDS_REFERENCE_INDEXING_H_
#define FLOE_BACKENDS_REFERENCE_INDEXING_H_

#include <functional>
#include <span>
#include <vector>

#include "backends/reference/op_call.h"

namespace floe::reference {

// These wrap where a tensor without elements has huge dimensions: then nothing is read by them.
Dims RowMajorStrides(const Dims& dims);
// The product of dims [begin, end).
int64_t Product(const Dims& dims, size_t begin, size_t end);

// Dims as [outer, dims[axis], inner].
struct AxisView {
  int64_t outer;
  int64_t length;
  int64_t inner;
};
AxisView ViewAxis(const Dims& dims, size_t axis);

// A multi-index that counts through `dims` in row-major order.
class Odometer {
 public:
  explicit Odometer(const Dims& dims) : dims_(dims), index(dims.size(), 0) {}
  // false once the last index has been passed. A tensor without elements has no index: ask first.
  bool Next();

 private:
  Dims dims_;

 public:
  Dims index;
};

// Calls row(offsets, length) for each run along the last dimension, after adjacent dimensions that all
// operands step through evenly have been merged. `offsets` has one entry an operand; `last` of them are the
// strides along the run.
struct StridedOperands {
  Dims dims;
  std::vector<Dims> strides;  // one an operand, each of dims.size() entries
  Dims offsets;               // where each operand starts
};
void ForEachRun(StridedOperands operands,
                const std::function<void(std::span<const int64_t> offsets, std::span<const int64_t> steps,
                                         int64_t length)>& run);

// Copies a block of `dims` elements between tensors of one type, strings included.
struct StridedBlock {
  int64_t offset = 0;
  Dims strides;
};
void CopyBlock(const Dims& dims, Tensor* to, const StridedBlock& to_block, const Tensor& from,
               const StridedBlock& from_block);
// `count` elements in a row.
void CopyRun(Tensor* to, int64_t to_offset, const Tensor& from, int64_t from_offset, int64_t count);
// Sets `count` elements to element `from_offset` of `from`.
void FillRun(Tensor* to, int64_t to_offset, int64_t count, const Tensor& from, int64_t from_offset);
// Every element zero, or the empty string.
void SetZero(Tensor* tensor);

// numpy's broadcast of the shapes; throws through `call` where they contradict.
Dims BroadcastDims(const OpCall& call, std::span<const Dims> shapes);
// Strides that read a tensor of `dims` as one of `to`: 0 along dimensions that are repeated.
Dims BroadcastStrides(const Dims& dims, const Dims& to);

}  // namespace floe::reference

#endif  // FLOE_BACKENDS_REFERENCE_INDEXING_H_
