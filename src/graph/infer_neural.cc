// Normalisation, resizing and moves between depth and space.
#include <cmath>
#include <limits>

#include "graph/infer_ops.h"
#include "graph/infer_util.h"

namespace floe {
namespace {

size_t ChannelOf(Layout layout, size_t rank) {
  return layout == Layout::kNhwc ? rank - 1 : 1;
}

void SameAlong(InferContext& ctx, int64_t axis) {
  if (ctx.shape(0).has_rank()) ctx.Axis(axis, ctx.shape(0).rank());
  ctx.Set(0, ctx.dtype(0), ctx.shape(0));
}

Dim Divided(const InferContext& ctx, const Dim& dim, int64_t by, std::string_view what) {
  if (by == 1) return dim;
  if (!dim.known()) return {};
  if (dim.value() % by != 0) ctx.Fail("{} of {} do not divide by {}", what, dim.value(), by);
  return dim.value() / by;
}

// Input size times a scale of input 2; unknown when it is no constant.
Dim Scaled(const InferContext& ctx, const Dim& input, size_t i, size_t spatial) {
  const Tensor* scales = ctx.constant(2);
  if (scales == nullptr || scales->dtype() != DType::kFloat32 || !input.known()) return {};
  if (scales->size() != static_cast<int64_t>(spatial)) {
    ctx.Fail("expected {} scales, got {}", spatial, scales->size());
  }
  const double size = std::floor(static_cast<double>(input.value()) * scales->data<float>()[i]);
  if (!(size >= 0 && size < 9e15)) ctx.Fail("a scale of {} is out of range", scales->data<float>()[i]);
  return static_cast<int64_t>(size);
}

}  // namespace

void Infer(const BatchNormalization& op, InferContext& ctx) {
  Shape out = ctx.shape(0);
  if (out.has_rank()) {
    if (out.rank() < 2) ctx.Fail("expected input of at least 2 dimensions, got {}", out.ToString());
    Dim& channels = out[ChannelOf(op.layout, out.rank())];
    for (size_t i = 1; i < 5; ++i) {
      ctx.RequireRank(i, 1);
      if (ctx.shape(i).has_rank()) {
        channels = MergeDim(ctx, channels, ctx.shape(i)[0], "channels of input and parameters");
      }
    }
  }
  ctx.Set(0, ctx.dtype(0), std::move(out));
}

void Infer(const LayerNormalization& op, InferContext& ctx) {
  SameAlong(ctx, op.axis);
}

void Infer(const LRN& op, InferContext& ctx) {
  if (op.size < 1) ctx.Fail("size should be at least 1, got {}", op.size);
  if (ctx.shape(0).has_rank() && ctx.shape(0).rank() < 2) {
    ctx.Fail("expected input of at least 2 dimensions, got {}", ctx.shape(0).ToString());
  }
  ctx.Set(0, ctx.dtype(0), ctx.shape(0));
}

void Infer(const Softmax& op, InferContext& ctx) {
  SameAlong(ctx, op.axis);
}
void Infer(const LogSoftmax& op, InferContext& ctx) {
  SameAlong(ctx, op.axis);
}

void Infer(const Resize& op, InferContext& ctx) {
  if (!ctx.has(1) && !ctx.has(2)) ctx.Fail("neither sizes nor scales are given");
  const DType dtype = op.float_output ? DType::kFloat32 : ctx.dtype(0);
  const auto sizes = ElementsOf(ctx, 1);
  Shape out = ctx.shape(0);
  if (!out.has_rank() && sizes && sizes->size() <= 3) out = Shape::UnknownOfRank(sizes->size() + 2);
  if (!out.has_rank()) return ctx.Set(0, dtype, {});
  if (out.rank() < 3 || out.rank() > 5) {
    ctx.Fail("expected input of 3 to 5 dimensions, got {}", out.ToString());
  }
  const size_t spatial = out.rank() - 2;
  if (sizes && sizes->size() != spatial) ctx.Fail("expected {} sizes, got {}", spatial, sizes->size());
  const size_t first = op.layout == Layout::kNhwc ? 1 : 2;
  for (size_t i = 0; i < spatial; ++i) {
    Dim& dim = out[first + i];
    if (!ctx.has(1)) {
      dim = Scaled(ctx, dim, i, spatial);
    } else if (!sizes) {
      dim = Dim();
    } else {
      if ((*sizes)[i].number && *(*sizes)[i].number < 0)
        ctx.Fail("a size of {} is negative", *(*sizes)[i].number);
      dim = (*sizes)[i].ToDim();
    }
  }
  ctx.Set(0, dtype, std::move(out));
}

void Infer(const ScaleAndTranslate&, InferContext& ctx) {
  ctx.RequireRank(0, 4);
  for (const size_t i : {size_t{1}, size_t{2}, size_t{3}}) ctx.RequireRank(i, 1);
  Shape out = ctx.shape(0).has_rank() ? ctx.shape(0) : Shape::UnknownOfRank(4);
  const auto sizes = ElementsOf(ctx, 1);
  if (sizes && sizes->size() != 2) ctx.Fail("expected 2 sizes, got {}", sizes->size());
  for (size_t i = 0; i < 2; ++i) {
    if (sizes && (*sizes)[i].number && *(*sizes)[i].number < 0)
      ctx.Fail("a size of {} is negative", *(*sizes)[i].number);
    out[1 + i] = sizes ? (*sizes)[i].ToDim() : Dim();
  }
  ctx.Set(0, DType::kFloat32, std::move(out));
}

void Infer(const CropAndResize&, InferContext& ctx) {
  ctx.RequireRank(0, 4);
  ctx.RequireRank(1, 2);
  ctx.RequireRank(2, 1);
  Shape out = Shape::UnknownOfRank(4);
  if (ctx.shape(1).has_rank()) {
    out[0] = ctx.shape(1)[0];
    MergeDim(ctx, ctx.shape(1)[1], 4, "columns of boxes and 4");
  }
  if (ctx.shape(2).has_rank()) out[0] = MergeDim(ctx, out[0], ctx.shape(2)[0], "counts of boxes and indices");
  if (const auto size = ElementsOf(ctx, 3)) {
    if (size->size() != 2) ctx.Fail("expected 2 crop sizes, got {}", size->size());
    out[1] = (*size)[0].ToDim();
    out[2] = (*size)[1].ToDim();
  }
  if (ctx.shape(0).has_rank()) out[3] = ctx.shape(0)[3];
  ctx.Set(0, DType::kFloat32, std::move(out));
}

void Infer(const DepthToSpace& op, InferContext& ctx) {
  if (op.block_size < 1 || op.block_size > std::numeric_limits<int32_t>::max()) {
    ctx.Fail("block_size {} is out of range", op.block_size);
  }
  ctx.RequireRank(0, 4);
  Shape out = ctx.shape(0).has_rank() ? ctx.shape(0) : Shape::UnknownOfRank(4);
  const size_t channel = ChannelOf(op.layout, 4);
  const size_t first = op.layout == Layout::kNhwc ? 1 : 2;
  out[channel] = Divided(ctx, out[channel], op.block_size * op.block_size, "channels");
  for (size_t i = first; i < first + 2; ++i) out[i] = MulDim(ctx, out[i], op.block_size);
  ctx.Set(0, ctx.dtype(0), std::move(out));
}

void Infer(const SpaceToDepth& op, InferContext& ctx) {
  if (op.block_size < 1 || op.block_size > std::numeric_limits<int32_t>::max()) {
    ctx.Fail("block_size {} is out of range", op.block_size);
  }
  ctx.RequireRank(0, 4);
  Shape out = ctx.shape(0).has_rank() ? ctx.shape(0) : Shape::UnknownOfRank(4);
  const size_t channel = ChannelOf(op.layout, 4);
  const size_t first = op.layout == Layout::kNhwc ? 1 : 2;
  out[channel] = MulDim(ctx, out[channel], op.block_size * op.block_size);
  for (size_t i = first; i < first + 2; ++i) out[i] = Divided(ctx, out[i], op.block_size, "pixels");
  ctx.Set(0, ctx.dtype(0), std::move(out));
}

}  // namespace floe
