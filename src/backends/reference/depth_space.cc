// Exchanges of blocks between space, depth and batch: copies between views of more dimensions.
#include <numeric>

#include "backends/reference/indexing.h"
#include "backends/reference/kernels.h"

namespace floe::reference {
namespace {

struct ImageShape {
  int64_t n, h, w, c;
};

ImageShape ReadShape(const OpCall& call, Layout layout, int64_t block) {
  call.RequireRank(0, 4);
  if (block < 1 || block > INT32_MAX) call.Fail("a block of {}", block);
  const Dims& d = call.in(0).dims();
  return layout == Layout::kNhwc ? ImageShape{d[0], d[1], d[2], d[3]} : ImageShape{d[0], d[2], d[3], d[1]};
}

// Strides of (n, h, w, c) in a tensor of that shape and layout.
Dims StridesOf(Layout layout, const ImageShape& s) {
  if (layout == Layout::kNhwc) return {s.h * s.w * s.c, s.w * s.c, s.c, 1};
  return {s.c * s.h * s.w, s.w, 1, s.h * s.w};
}

Dims DimsOf(Layout layout, const ImageShape& s) {
  return layout == Layout::kNhwc ? Dims{s.n, s.h, s.w, s.c} : Dims{s.n, s.c, s.h, s.w};
}

// Copies between a small image (h, w, block * block * c) and a large one (h * block, w * block, c).
void Exchange(Layout layout, const ImageShape& small, int64_t block, bool crd, bool to_space, const Tensor& x,
              Tensor* y) {
  const int64_t c = small.c / (block * block);
  const Dims s = StridesOf(layout, small);
  const Dims l = StridesOf(layout, {small.n, small.h * block, small.w * block, c});
  const Dims dims = {small.n, small.h, small.w, block, block, c};
  const int64_t block_stride = crd ? s[3] : c * s[3];
  const Dims in_small = {
      s[0], s[1], s[2], block_stride * block, block_stride, crd ? block * block * s[3] : s[3]};
  const Dims in_large = {l[0], l[1] * block, l[2] * block, l[1], l[2], l[3]};
  CopyBlock(dims, y, {0, to_space ? in_large : in_small}, x, {0, to_space ? in_small : in_large});
}

}  // namespace

void Run(const DepthToSpace& op, OpCall& call) {
  const ImageShape s = ReadShape(call, op.layout, op.block_size);
  const int64_t b = op.block_size;
  if (s.c % (b * b) != 0) call.Fail("{} channels do not split into blocks of {} x {}", s.c, b, b);
  const Tensor& x = call.in(0);
  Tensor& y = call.Out(0, x.dtype(), DimsOf(op.layout, {s.n, s.h * b, s.w * b, s.c / (b * b)}));
  Exchange(op.layout, s, b, op.order == DepthOrder::kCrd, true, x, &y);
}

void Run(const SpaceToDepth& op, OpCall& call) {
  const ImageShape s = ReadShape(call, op.layout, op.block_size);
  const int64_t b = op.block_size;
  if (s.h % b != 0 || s.w % b != 0) {
    call.Fail("an image of {} x {} does not split into blocks of {}", s.h, s.w, b);
  }
  const Tensor& x = call.in(0);
  const ImageShape small = {s.n, s.h / b, s.w / b, s.c * b * b};
  Tensor& y = call.Out(0, x.dtype(), DimsOf(op.layout, small));
  Exchange(op.layout, small, b, false, false, x, &y);
}

}  // namespace floe::reference
