// Boxes in a tensor: the parts of partitioned variables, and what restore operations ask for.
#ifndef FLOE_FORMATS_TENSORFLOW_TENSOR_SLICE_H_
#define FLOE_FORMATS_TENSORFLOW_TENSOR_SLICE_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "floe/tensor.h"
#include "formats/tensorflow/checkpoint.pb.h"

namespace floe {

// One dimension's part [start, start + length); length -1 is the whole dimension, with start 0.
struct SliceExtent {
  int64_t start = 0;
  int64_t length = -1;
  bool operator==(const SliceExtent&) const = default;
  auto operator<=>(const SliceExtent&) const = default;
};
using TensorSlice = std::vector<SliceExtent>;

TensorSlice SliceFromProto(const tf::TensorSliceProto& proto);

// `slice` with every extent's length filled in; an empty slice is the whole tensor. Throws Error(kModel)
// naming `subject` if it does not fit the dims.
TensorSlice ResolveSlice(const TensorSlice& slice, const std::vector<int64_t>& dims,
                         std::string_view subject);
std::vector<int64_t> SliceDims(const TensorSlice& resolved);

// The key under which checkpoint tables store a part (order-preserving coding: name, rank, starts and
// lengths).
std::string SliceKey(std::string_view name, const TensorSlice& slice);

// Copies what `source`, which covers `source_slice` of a tensor, shares with `target`, which covers
// `target_slice` (both resolved, same type). Returns the number of elements copied.
int64_t CopyOverlap(const Tensor& source, const TensorSlice& source_slice, const TensorSlice& target_slice,
                    Tensor* target);

// What restore operations carry: "10 20 0,4:-" is the full shape and then a slice of it ('-' is a whole
// dimension);
// "" is the whole tensor, with neither. Throws Error(kModel) naming `subject` on bad syntax.
struct SliceSpec {
  std::vector<int64_t> full_dims;
  TensorSlice slice;
};
SliceSpec ParseSliceSpec(std::string_view text, std::string_view subject);

}  // namespace floe

#endif  // FLOE_FORMATS_TENSORFLOW_TENSOR_SLICE_H_
