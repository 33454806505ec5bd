#include "planner/constant_pool.h"

#include "graph/serialize.h"

namespace floe {

uint32_t ConstantPool::Add(const Tensor& tensor) {
  const uint64_t hash = HashTensor(tensor);
  const auto [begin, end] = by_hash_.equal_range(hash);
  for (auto it = begin; it != end; ++it) {
    if (SameContents(tensors_[it->second], tensor)) return it->second;
  }
  const auto index = static_cast<uint32_t>(tensors_.size());
  tensors_.push_back(tensor);
  by_hash_.emplace(hash, index);
  return index;
}

}  // namespace floe
