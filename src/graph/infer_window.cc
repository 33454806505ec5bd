// Ops that slide a window over spatial dimensions.
#include <algorithm>
#include <limits>

#include "base/error.h"
#include "graph/infer_ops.h"
#include "graph/infer_util.h"

namespace floe {
namespace {

using Wide = __int128;

// Where the dimensions of an image of this rank lie.
struct ImageDims {
  size_t rank = 0;
  size_t spatial = 0;  // how many
  size_t first = 0;    // the first spatial dimension
  size_t channel = 0;
};

ImageDims ImageOf(const InferContext& ctx, Layout layout, size_t rank) {
  if (rank < 3 || rank > 5) ctx.Fail("expected input of 3 to 5 dimensions, got {}", ctx.shape(0).ToString());
  const bool last = layout == Layout::kNhwc;
  return {rank, rank - 2, last ? size_t{1} : size_t{2}, last ? rank - 1 : 1};
}

int64_t At(const std::vector<int64_t>& list, size_t i, int64_t fallback) {
  return list.empty() ? fallback : list[i];
}

void CheckList(const InferContext& ctx, const std::vector<int64_t>& list, size_t count, int64_t least,
               std::string_view name) {
  if (!list.empty() && list.size() != count) {
    ctx.Fail("expected {} entries in {}, got {}", count, name, list.size());
  }
  for (const int64_t v : list) {
    if (v < least) ctx.Fail("{} should be at least {}, got {}", name, least, v);
  }
}

// The window of one op over all spatial dimensions.
struct Window {
  const std::vector<int64_t>& strides;
  const std::vector<int64_t>& dilations;
  const std::vector<int64_t>& pads;
  AutoPad auto_pad = AutoPad::kExplicit;
  bool ceil_mode = false;
};

void CheckWindow(const InferContext& ctx, const Window& w, size_t spatial) {
  CheckList(ctx, w.strides, spatial, 1, "strides");
  CheckList(ctx, w.dilations, spatial, 1, "dilations");
  CheckList(ctx, w.pads, spatial * 2, 0, "pads");
}

Dim Slide(const InferContext& ctx, const Dim& input, const Dim& kernel, const Window& w, size_t i,
          size_t spatial) {
  const int64_t stride = At(w.strides, i, 1);
  if (!kernel.known()) {
    if (w.auto_pad == AutoPad::kExplicit) return {};
    return ConvolveDim(input, 1, stride, 1, w.auto_pad, 0, 0, false).output;
  }
  try {
    return ConvolveDim(input, kernel.value(), stride, At(w.dilations, i, 1), w.auto_pad, At(w.pads, i, 0),
                       At(w.pads, i + spatial, 0), w.ceil_mode)
        .output;
  } catch (const Error& e) {
    ctx.Fail("{}", e.what());
  }
}

Shape Pooled(const InferContext& ctx, Layout layout, const std::vector<int64_t>& kernel, const Window& w) {
  if (kernel.empty()) ctx.Fail("kernel_shape is missing");
  const ImageDims image = ImageOf(ctx, layout, kernel.size() + 2);
  ctx.RequireRank(0, image.rank);
  CheckList(ctx, kernel, image.spatial, 1, "kernel_shape");
  CheckWindow(ctx, w, image.spatial);
  if (!ctx.shape(0).has_rank()) return Shape::UnknownOfRank(image.rank);
  Shape out = ctx.shape(0);
  for (size_t i = 0; i < image.spatial; ++i) {
    out[image.first + i] = Slide(ctx, out[image.first + i], kernel[i], w, i, image.spatial);
  }
  return out;
}

size_t ConvRank(const InferContext& ctx) {
  if (ctx.shape(1).has_rank()) {
    ctx.RequireRank(0, ctx.shape(1).rank());
    return ctx.shape(1).rank();
  }
  return ctx.shape(0).rank();
}

void CheckBias(const InferContext& ctx, const Dim& channels) {
  if (!ctx.has(2)) return;
  ctx.RequireRank(2, 1);
  MergeDType(ctx, 0, 2);
  if (ctx.shape(2).has_rank()) MergeDim(ctx, channels, ctx.shape(2)[0], "output channels and bias");
}

// Output size of one spatial dimension of a transposed convolution.
Dim Unslide(const InferContext& ctx, const ConvTranspose& op, const Dim& input, const Dim& kernel, size_t i,
            size_t spatial) {
  const int64_t stride = At(op.strides, i, 1);
  if (op.auto_pad != AutoPad::kExplicit) return MulDim(ctx, input, stride);
  if (!input.known() || !kernel.known()) return {};
  const Wide effective = Wide{kernel.value() - 1} * At(op.dilations, i, 1) + 1;
  const Wide size = Wide{input.value() - 1} * stride + effective - At(op.pads, i, 0) -
                    At(op.pads, i + spatial, 0) + At(op.output_padding, i, 0);
  if (input.value() == 0) return 0;
  if (size < 0 || size > std::numeric_limits<int64_t>::max()) {
    ctx.Fail("the output size of spatial dimension {} is out of range", i);
  }
  return static_cast<int64_t>(size);
}

Dim PatchDepth(const InferContext& ctx, const std::vector<int64_t>& kernel, const Dim& channels) {
  Dim depth = channels;
  for (const int64_t k : kernel) depth = MulDim(ctx, depth, k);
  return depth;
}

}  // namespace

WindowDim ConvolveDim(const Dim& input, int64_t kernel, int64_t stride, int64_t dilation, AutoPad auto_pad,
                      int64_t pad_begin, int64_t pad_end, bool ceil_mode) {
  const Wide effective = Wide{kernel - 1} * dilation + 1;
  if (kernel < 1 || stride < 1 || dilation < 1 || effective > std::numeric_limits<int64_t>::max() / 4) {
    Throw(ErrorCode::kModel, "a window of {} by step {}, dilation {} is impossible", kernel, stride,
          dilation);
  }
  if (auto_pad != AutoPad::kExplicit) {
    if (!input.known()) return {stride == 1 ? input : Dim()};
    const Wide size = input.value();
    const Wide out = (size + stride - 1) / stride;
    const Wide total = std::max<Wide>((out - 1) * stride + effective - size, 0);
    const auto small = static_cast<int64_t>(total / 2);
    const auto large = static_cast<int64_t>(total) - small;
    const bool upper = auto_pad == AutoPad::kSameUpper;
    return {static_cast<int64_t>(out), upper ? small : large, upper ? large : small};
  }
  WindowDim dim{Dim(), pad_begin, pad_end};
  const Wide pads = Wide{pad_begin} + pad_end;
  if (!input.known()) {
    if (stride == 1 && pads == effective - 1) dim.output = input;
    return dim;
  }
  // As in TensorFlow: a window that overhangs by less than a stride gives an empty output, else an error.
  const Wide span = Wide{input.value()} + pads - effective;
  const Wide from = span + stride + (ceil_mode ? stride - 1 : 0);
  if (from <= -Wide{stride} || pads > std::numeric_limits<int64_t>::max() / 4) {
    Throw(ErrorCode::kModel, "a window of {} does not fit an input of {} padded by {} and {}",
          static_cast<int64_t>(effective), input.value(), pad_begin, pad_end);
  }
  Wide out = std::max<Wide>(from, 0) / stride;
  // No window lies in the end padding alone.
  if (ceil_mode && out > 0 && (out - 1) * stride >= Wide{input.value()} + pad_begin) --out;
  dim.output = static_cast<int64_t>(out);
  return dim;
}

void Infer(const Conv& op, InferContext& ctx) {
  const DType dtype = MergeDType(ctx, 0, 1);
  const Shape& filter = ctx.shape(1);
  if (op.group < 1) ctx.Fail("group should be at least 1, got {}", op.group);
  if (!filter.has_rank() && !ctx.shape(0).has_rank()) return ctx.Set(0, dtype, {});
  const ImageDims image = ImageOf(ctx, op.layout, ConvRank(ctx));
  const Window window{op.strides, op.dilations, op.pads, op.auto_pad};
  CheckWindow(ctx, window, image.spatial);
  const Shape x = ctx.shape(0).has_rank() ? ctx.shape(0) : Shape::UnknownOfRank(image.rank);
  Shape out = Shape::UnknownOfRank(image.rank);
  out[0] = x[0];
  if (filter.has_rank()) {
    const Dim expected = MulDim(ctx, filter[image.channel], op.group);
    if (expected.known() && x[image.channel].known() && !expected.Same(x[image.channel])) {
      ctx.Fail("input {} has {} channels, filter {} in {} groups expects {}", x.ToString(),
               x[image.channel].value(), filter.ToString(), op.group, expected.value());
    }
    out[image.channel] = filter[0];
    if (filter[0].known() && filter[0].value() % op.group != 0) {
      ctx.Fail("{} output channels do not divide into {} groups", filter[0].value(), op.group);
    }
  }
  for (size_t i = 0; i < image.spatial; ++i) {
    const size_t d = image.first + i;
    out[d] = Slide(ctx, x[d], filter.has_rank() ? filter[d] : Dim(), window, i, image.spatial);
  }
  CheckBias(ctx, out[image.channel]);
  ctx.Set(0, dtype, std::move(out));
}

void Infer(const ConvTranspose& op, InferContext& ctx) {
  const DType dtype = MergeDType(ctx, 0, 1);
  const Shape& filter = ctx.shape(1);
  if (op.group < 1) ctx.Fail("group should be at least 1, got {}", op.group);
  if (!filter.has_rank() && !ctx.shape(0).has_rank()) return ctx.Set(0, dtype, {});
  const ImageDims image = ImageOf(ctx, op.layout, ConvRank(ctx));
  CheckWindow(ctx, {op.strides, op.dilations, op.pads}, image.spatial);
  CheckList(ctx, op.output_padding, image.spatial, 0, "output_padding");
  CheckList(ctx, op.output_shape, image.spatial, 0, "output_shape");
  const Shape x = ctx.shape(0).has_rank() ? ctx.shape(0) : Shape::UnknownOfRank(image.rank);
  Shape out = Shape::UnknownOfRank(image.rank);
  out[0] = x[0];
  if (filter.has_rank()) {
    if (filter[0].known() && x[image.channel].known() && !filter[0].Same(x[image.channel])) {
      ctx.Fail("input {} has {} channels, filter {} expects {}", x.ToString(), x[image.channel].value(),
               filter.ToString(), filter[0].value());
    }
    if (filter[0].known() && filter[0].value() % op.group != 0) {
      ctx.Fail("{} input channels do not divide into {} groups", filter[0].value(), op.group);
    }
    out[image.channel] = MulDim(ctx, filter[image.channel], op.group);
  }
  std::optional<Elements> sizes;
  if (ctx.has(3)) {
    sizes = ElementsOf(ctx, 3);
    if (sizes && sizes->size() != image.spatial) {
      ctx.Fail("expected {} output sizes, got {}", image.spatial, sizes->size());
    }
  }
  for (size_t i = 0; i < image.spatial; ++i) {
    const size_t d = image.first + i;
    if (!op.output_shape.empty()) {
      out[d] = op.output_shape[i];
    } else if (ctx.has(3)) {
      out[d] = sizes ? (*sizes)[i].ToDim() : Dim();
    } else {
      out[d] = Unslide(ctx, op, x[d], filter.has_rank() ? filter[d] : Dim(), i, image.spatial);
    }
    if (op.auto_pad == AutoPad::kExplicit || !out[d].known() || !x[d].known()) continue;
    const int64_t stride = At(op.strides, i, 1);
    if (ConvolveDim(out[d], 1, stride, 1, op.auto_pad, 0, 0, false).output.value() != x[d].value()) {
      ctx.Fail("an output of {} by step {} does not come from an input of {}", out[d].value(), stride,
               x[d].value());
    }
  }
  CheckBias(ctx, out[image.channel]);
  ctx.Set(0, dtype, std::move(out));
}

void Infer(const MaxPool& op, InferContext& ctx) {
  const Shape out =
      Pooled(ctx, op.layout, op.kernel_shape, {op.strides, op.dilations, op.pads, op.auto_pad, op.ceil_mode});
  ctx.Set(0, ctx.dtype(0), out);
  ctx.Set(1, DType::kInt64, out);
}

void Infer(const AveragePool& op, InferContext& ctx) {
  const std::vector<int64_t> none;
  ctx.Set(0, ctx.dtype(0),
          Pooled(ctx, op.layout, op.kernel_shape, {op.strides, none, op.pads, op.auto_pad, op.ceil_mode}));
}

void Infer(const Dilation2D& op, InferContext& ctx) {
  ctx.RequireRank(0, 4);
  ctx.RequireRank(1, 3);
  const Window window{op.strides, op.dilations, op.pads, op.auto_pad};
  CheckWindow(ctx, window, 2);
  const Shape x = ctx.shape(0).has_rank() ? ctx.shape(0) : Shape::UnknownOfRank(4);
  const Shape filter = ctx.shape(1).has_rank() ? ctx.shape(1) : Shape::UnknownOfRank(3);
  Shape out = x;
  for (size_t i = 0; i < 2; ++i) out[i + 1] = Slide(ctx, x[i + 1], filter[i], window, i, 2);
  out[3] = MergeDim(ctx, x[3], filter[2], "channels of input and filter");
  ctx.Set(0, MergeDType(ctx, 0, 1), std::move(out));
}

void Infer(const ExtractPatches& op, InferContext& ctx) {
  Shape out = Pooled(ctx, Layout::kNhwc, op.kernel_shape, {op.strides, op.dilations, op.pads, op.auto_pad});
  Dim& last = out[out.rank() - 1];
  last = PatchDepth(ctx, op.kernel_shape, last);
  ctx.Set(0, ctx.dtype(0), std::move(out));
}

}  // namespace floe
