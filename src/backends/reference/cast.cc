// Changes of type, and choice between two tensors.
#include <algorithm>

#include "backends/reference/indexing.h"
#include "backends/reference/kernels.h"
#include "backends/reference/value_io.h"

namespace floe::reference {
namespace {

template <typename T>
void CastBlocks(const Tensor& x, Tensor* y) {
  constexpr int64_t kBlock = 512;
  T block[kBlock];
  for (int64_t begin = 0; begin < x.size(); begin += kBlock) {
    const int64_t count = std::min(kBlock, x.size() - begin);
    Load(x, begin, count, block);
    Store(y, begin, count, block);
  }
}

}  // namespace

void Run(const Cast& op, OpCall& call) {
  const Tensor& x = call.in(0);
  if (op.to == x.dtype()) return call.Give(0, x);
  if (x.dtype() == DType::kString || op.to == DType::kString || op.to == DType::kInvalid) {
    call.Fail("cannot cast {} to {}", DTypeName(x.dtype()), DTypeName(op.to));
  }
  Tensor& y = call.Out(0, op.to, x.dims());
  VisitComputingType(x.dtype(), [&](auto type) { CastBlocks<typename decltype(type)::type>(x, &y); });
}

void Run(const Where&, OpCall& call) {
  const Tensor& condition = call.in(0);
  if (condition.dtype() != DType::kBool) call.FailType(0);
  call.RequireSameType(1, 2);
  const Dims shapes[] = {condition.dims(), call.in(1).dims(), call.in(2).dims()};
  const Dims dims = BroadcastDims(call, shapes);
  Tensor& y = call.Out(0, call.in(1).dtype(), dims);
  std::vector<Dims> strides = {RowMajorStrides(dims)};
  for (const Dims& s : shapes) strides.push_back(BroadcastStrides(s, dims));
  const auto* flags = static_cast<const uint8_t*>(condition.raw());  // of a file, perhaps: any byte
  ForEachRun({dims, strides, {0, 0, 0, 0}},
             [&](std::span<const int64_t> at, std::span<const int64_t> step, int64_t length) {
               for (int64_t i = 0; i < length; ++i) {
                 const size_t k = flags[at[1] + i * step[1]] ? 1 : 2;
                 CopyRun(&y, at[0] + i * step[0], call.in(k), at[k + 1] + i * step[k + 1], 1);
               }
             });
}

}  // namespace floe::reference
