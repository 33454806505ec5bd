#include "verify/layout.h"

#include <algorithm>
#include <numeric>

#include "floe/float16.h"
#include "graph/builder.h"
#include "verify/compare.h"

namespace floe {
namespace {

// Of a transpose that brings the channels last, or first.
Ints Permutation(size_t rank, bool last) {
  Ints perm(rank);
  std::iota(perm.begin(), perm.end(), 0);
  if (last)
    std::rotate(perm.begin() + 1, perm.begin() + 2, perm.end());
  else
    std::rotate(perm.begin() + 1, perm.end() - 1, perm.end());
  return perm;
}

bool Fits(std::span<const int64_t> have, std::span<const int64_t> wanted) {
  return std::ranges::equal(have, wanted, [](int64_t h, int64_t w) { return w < 0 || h == w; });
}

// Turned either way, as far as the dims are then the wanted ones.
std::vector<Tensor> TurnedTo(const Tensor& tensor, std::span<const int64_t> dims) {
  std::vector<Tensor> found;
  const size_t rank = tensor.rank();
  if (rank < 3 || rank > 5 || rank != dims.size() || tensor.dtype() == DType::kString) return found;
  for (const bool last : {true, false}) {
    const Ints perm = Permutation(rank, last);
    Ints turned;
    for (const int64_t p : perm) turned.push_back(tensor.dims()[static_cast<size_t>(p)]);
    if (Fits(turned, dims)) found.push_back(PermuteTensor(tensor, perm));
  }
  return found;
}

// A value that an engine keeps as bf16 is compared as that, one of float32 with bf16's widened.
Tensor StoredAs(const Tensor& tensor, DType dtype) {
  if (tensor.dtype() == DType::kFloat32 && dtype == DType::kBFloat16) {
    Tensor narrow(dtype, tensor.dims());
    std::transform(tensor.data<float>(), tensor.data<float>() + tensor.size(), narrow.data<BFloat16>(),
                   [](float x) { return BFloat16(x); });
    return narrow;
  }
  if (tensor.dtype() == DType::kBFloat16 && dtype == DType::kFloat32) {
    Tensor wide(dtype, tensor.dims());
    std::transform(tensor.data<BFloat16>(), tensor.data<BFloat16>() + tensor.size(), wide.data<float>(),
                   [](BFloat16 x) { return static_cast<float>(x); });
    return wide;
  }
  return tensor;
}

}  // namespace

Tensor WithLayoutOf(const Tensor& tensor, std::span<const int64_t> dims) {
  if (Fits(tensor.dims(), dims)) return tensor;
  const std::vector<Tensor> turned = TurnedTo(tensor, dims);
  return turned.empty() ? tensor : turned[0];
}

Tensor InLayoutOf(const Tensor& known, const Tensor& value) {
  const Tensor wanted = StoredAs(known, value.dtype());
  std::vector<Tensor> candidates = TurnedTo(wanted, value.dims());
  if (candidates.empty() || value.dtype() != wanted.dtype()) return wanted;
  if (wanted.dims() == value.dims()) candidates.insert(candidates.begin(), wanted);
  if (candidates.size() == 1) return candidates[0];
  return *std::ranges::min_element(candidates, {},
                                   [&](const Tensor& t) { return CompareTensors("", value, t).max_abs; });
}

}  // namespace floe
