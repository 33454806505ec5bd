// Elementwise functions of several inputs over broadcast shapes.
#ifndef FLOE_BACKENDS_REFERENCE_BROADCAST_H_
#define FLOE_BACKENDS_REFERENCE_BROADCAST_H_

#include <algorithm>
#include <array>

#include "backends/reference/indexing.h"
#include "backends/reference/value_io.h"

namespace floe::reference {

// Output 0, of type `to`, from inputs 0 and 1 (of one type, read as From): map(a, b, &y) says whether the
// type has the function.
template <typename From, typename To, typename F>
void MapPairs(OpCall& call, DType to, F map) {
  constexpr int64_t kBlock = 256;
  const Dims shapes[] = {call.in(0).dims(), call.in(1).dims()};
  const Dims dims = BroadcastDims(call, shapes);
  Tensor& y = call.Out(0, to, dims);
  std::array<std::array<From, kBlock>, 2> in;
  std::array<To, kBlock> out;
  const auto load = [&](size_t k, int64_t offset, int64_t step, int64_t count) {
    if (step == 1) return Load(call.in(k), offset, count, in[k].data());
    Load(call.in(k), offset, 1, in[k].data());
    std::fill_n(in[k].begin(), count, in[k][0]);
  };
  ForEachRun({dims,
              {RowMajorStrides(dims), BroadcastStrides(shapes[0], dims), BroadcastStrides(shapes[1], dims)},
              {0, 0, 0}},
             [&](std::span<const int64_t> at, std::span<const int64_t> step, int64_t length) {
               for (int64_t begin = 0; begin < length; begin += kBlock) {
                 const int64_t count = std::min(kBlock, length - begin);
                 for (size_t k = 0; k < 2; ++k) load(k, at[k + 1] + begin * step[k + 1], step[k + 1], count);
                 for (int64_t i = 0; i < count; ++i) {
                   if (!map(in[0][i], in[1][i], &out[i])) call.FailType(0);
                 }
                 Store(&y, at[0] + begin, count, out.data());
               }
             });
}

}  // namespace floe::reference

#endif  // FLOE_BACKENDS_REFERENCE_BROADCAST_H_
