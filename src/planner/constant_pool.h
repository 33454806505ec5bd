// The constants of an engine: each content once, whichever plan or kernel wants it.
#ifndef FLOE_PLANNER_CONSTANT_POOL_H_
#define FLOE_PLANNER_CONSTANT_POOL_H_

#include <cstdint>
#include <unordered_map>
#include <vector>

#include "floe/tensor.h"

namespace floe {

class ConstantPool {
 public:
  // The index of a constant with the same type, dims and contents.
  uint32_t Add(const Tensor& tensor);
  const Tensor& at(uint32_t i) const { return tensors_[i]; }
  const std::vector<Tensor>& tensors() const { return tensors_; }
  std::vector<Tensor> Take() { return std::move(tensors_); }

 private:
  std::vector<Tensor> tensors_;
  std::unordered_multimap<uint64_t, uint32_t> by_hash_;
};

}  // namespace floe

#endif  // FLOE_PLANNER_CONSTANT_POOL_H_
