// Convolutions and their transposes. TensorFlow's filters are spatial..., in, out; ours are OHWI (NHWC) or
// OIHW (NCHW).
#include "frontend/tensorflow/ops/families.h"
#include "frontend/tensorflow/ops/spatial.h"

namespace floe {
namespace {

Ints OptionalDilations(const NodeContext& c, Layout layout, size_t spatial) {
  const Ints dilations = c.IntList("dilations");
  if (dilations.empty()) return Ints(spatial, 1);
  return SpatialEntries(c, dilations, layout, spatial, "dilations");
}

// [spatial..., in, out] -> [out, spatial..., in] or [out, in, spatial...].
ValueId OutputFirst(NodeContext& c, ValueId filter, Layout layout, size_t spatial) {
  const int64_t n = static_cast<int64_t>(spatial);
  Ints perm = {n + 1};
  if (layout == Layout::kNchw) perm.push_back(n);
  for (int64_t i = 0; i < n; ++i) perm.push_back(i);
  if (layout == Layout::kNhwc) perm.push_back(n);
  return c.build().Transpose(filter, std::move(perm));
}

Ints StaticFilter(NodeContext& c, size_t input, size_t rank) {
  const Shape& shape = c.shape(input);
  if (!shape.IsStatic()) c.FailUnknown("the shape {} of its filter is not known", shape.ToString());
  if (shape.rank() != rank) c.Fail("expected a filter of rank {}, found {}", rank, shape.ToString());
  for (const int64_t dim : shape.Static())
    if (dim == 0) c.Fail("its filter {} has no elements", shape.ToString());
  return shape.Static();
}

Dim ChannelDim(const Shape& image, Layout layout, size_t spatial) {
  if (!image.has_rank() || image.rank() != spatial + 2) return {};
  return image[layout == Layout::kNhwc ? spatial + 1 : 1];
}

// As many as the image has more channels than the filter takes; 1 where either is not known before the run,
// which then says so if it is wrong.
int64_t GroupsOf(const NodeContext& c, const Dim& channels, const Shape& filter, size_t spatial) {
  if (!filter.has_rank()) return 1;
  if (filter.rank() != spatial + 2)
    c.Fail("expected a filter of rank {}, found {}", spatial + 2, filter.ToString());
  for (const Dim& dim : filter.dims())
    if (dim.known() && dim.value() == 0) c.Fail("its filter {} has no elements", filter.ToString());
  if (!channels.known() || !filter[spatial].known()) return 1;
  if (channels.value() % filter[spatial].value() != 0)
    c.Fail("expected channels that are a multiple of its filter's {}, found {}", filter[spatial].value(),
           channels.value());
  return std::max<int64_t>(1, channels.value() / filter[spatial].value());
}

template <size_t kSpatial>
void ImportConv(NodeContext& c) {
  Conv op;
  op.layout = LayoutOf(c);
  op.strides = SpatialEntries(c, c.IntList("strides"), op.layout, kSpatial, "strides");
  op.dilations = OptionalDilations(c, op.layout, kSpatial);
  const Padding padding = PaddingOf(c, op.layout, kSpatial);
  op.auto_pad = padding.auto_pad;
  op.pads = padding.pads;
  op.group = GroupsOf(c, ChannelDim(c.shape(0), op.layout, kSpatial), c.shape(1), kSpatial);
  const ValueId weights = OutputFirst(c, c.in(1), op.layout, kSpatial);
  c.Return(std::move(op), {c.in(0), weights});
}

// What TensorFlow 1's graph transforms make of a MirrorPad, and of a ResizeBilinear before it, and a Conv2D.
template <bool kResize>
void ImportPaddedConv(NodeContext& c) {
  Builder& b = c.build();
  ValueId image = c.in(0);
  if (kResize) {
    Resize resize;
    resize.mode = ResizeMode::kLinear;
    resize.coordinates =
        c.Bool("resize_align_corners") ? ResizeCoordinates::kAlignCorners : ResizeCoordinates::kAsymmetric;
    image = b.Add(std::move(resize), {image, b.ToInt64(c.in(1))});
  }
  const std::string mode = c.String("mode");
  if (mode != "REFLECT" && mode != "SYMMETRIC") c.Fail("expected mode REFLECT or SYMMETRIC, found {}", mode);
  const size_t filter = kResize ? 3 : 2;
  image = b.Add(Pad{mode == "REFLECT" ? PadMode::kReflect : PadMode::kSymmetric},
                {image, PadsOf(b, c.in(filter - 1))});
  Conv op;
  op.strides = SpatialEntries(c, c.IntList("strides"), op.layout, 2, "strides");
  op.auto_pad = c.String("padding") == "SAME" ? AutoPad::kSameUpper : AutoPad::kExplicit;
  op.group = GroupsOf(c, ChannelDim(b.shape(image), op.layout, 2), c.shape(filter), 2);
  const ValueId weights = OutputFirst(c, c.in(filter), op.layout, 2);
  c.Return(std::move(op), {image, weights});
}

void ImportDepthwise(NodeContext& c) {
  Conv op;
  op.layout = LayoutOf(c);
  op.strides = SpatialEntries(c, c.IntList("strides"), op.layout, 2, "strides");
  op.dilations = OptionalDilations(c, op.layout, 2);
  const Padding padding = PaddingOf(c, op.layout, 2);
  op.auto_pad = padding.auto_pad;
  op.pads = padding.pads;
  const Ints filter = StaticFilter(c, 1, 4);
  op.group = filter[2];
  const ValueId flat = c.build().Reshape(c.in(1), {filter[0], filter[1], 1, filter[2] * filter[3]});
  const ValueId weights = OutputFirst(c, flat, op.layout, 2);
  c.Return(std::move(op), {c.in(0), weights});
}

// TensorFlow's SAME for a transposed convolution is that of the convolution it transposes.
Ints SamePads(const Ints& output, const Ints& kernel, const Ints& strides, const Ints& dilations) {
  const size_t n = output.size();
  Ints pads(2 * n);
  for (size_t i = 0; i < n; ++i) {
    const int64_t forward = (output[i] + strides[i] - 1) / strides[i];
    const int64_t window = (kernel[i] - 1) * dilations[i] + 1;
    const int64_t total = std::max<int64_t>(0, (forward - 1) * strides[i] + window - output[i]);
    pads[i] = total / 2;
    pads[n + i] = total - total / 2;
  }
  return pads;
}

// Input 0 has the sizes of the result.
void ReturnTranspose(NodeContext& c, ConvTranspose op, ValueId x, ValueId weights, const Ints& kernel,
                     size_t spatial) {
  const Padding padding = PaddingOf(c, op.layout, spatial);
  op.auto_pad = padding.auto_pad;
  op.pads = padding.pads;
  const ValueId sizes = c.in(0);
  const Shape& sizes_shape = c.shape(0);
  if (!sizes_shape.IsStatic() || sizes_shape.rank() != 1)
    c.FailUnknown("the shape of its input_sizes is not known");
  const size_t count = static_cast<size_t>(sizes_shape.Static()[0]);
  if (count != spatial + 2 && count != spatial)
    c.Fail("expected {} input_sizes, found {}", spatial + 2, count);
  const size_t first = count == spatial ? 0 : op.layout == Layout::kNhwc ? 1 : 2;
  if (const std::optional<Ints> known = c.KnownInts(0)) {
    for (size_t i = 0; i < spatial; ++i) {
      const int64_t size = (*known)[first + i];
      if (size < 0) c.Fail("expected input_sizes that are not negative, found {}", size);
      op.output_shape.push_back(size);
    }
    if (op.auto_pad == AutoPad::kSameUpper) {
      op.pads = SamePads(op.output_shape, kernel, op.strides, op.dilations);
      op.auto_pad = AutoPad::kExplicit;
    }
    return c.Return(std::move(op), {x, weights});
  }
  const ValueId spatial_sizes = c.build().SliceVector(c.build().ToInt64(sizes), static_cast<int64_t>(first),
                                                      static_cast<int64_t>(first + spatial));
  if (const Tensor* known = c.build().constant(spatial_sizes)) {
    op.output_shape = TensorToInts(*known);
    if (op.auto_pad == AutoPad::kSameUpper) {
      op.pads = SamePads(op.output_shape, kernel, op.strides, op.dilations);
      op.auto_pad = AutoPad::kExplicit;
    }
    return c.Return(std::move(op), {x, weights});
  }
  c.Return(std::move(op), {x, weights, kNoValue, spatial_sizes});
}

template <size_t kSpatial>
void ImportConvTranspose(NodeContext& c) {
  ConvTranspose op;
  op.layout = LayoutOf(c);
  op.strides = SpatialEntries(c, c.IntList("strides"), op.layout, kSpatial, "strides");
  op.dilations = OptionalDilations(c, op.layout, kSpatial);
  const Ints filter = StaticFilter(c, 1, kSpatial + 2);
  const std::optional<Ints> sizes = c.KnownInts(0);
  if (sizes && sizes->size() == kSpatial + 2) {
    const int64_t channels = (*sizes)[op.layout == Layout::kNhwc ? kSpatial + 1 : 1];
    if (channels > 0 && channels % filter[kSpatial] == 0) op.group = channels / filter[kSpatial];
  }
  const Ints kernel(filter.begin(), filter.begin() + kSpatial);
  const ValueId weights = OutputFirst(c, c.in(1), op.layout, kSpatial);
  ReturnTranspose(c, std::move(op), c.in(2), weights, kernel, kSpatial);
}

void ImportDepthwiseTranspose(NodeContext& c) {
  ConvTranspose op;
  op.layout = LayoutOf(c);
  op.strides = SpatialEntries(c, c.IntList("strides"), op.layout, 2, "strides");
  op.dilations = OptionalDilations(c, op.layout, 2);
  const Ints filter = StaticFilter(c, 1, 4);
  op.group = filter[2];
  const ValueId flat = c.build().Reshape(c.in(1), {filter[0], filter[1], 1, filter[2] * filter[3]});
  const ValueId weights = OutputFirst(c, flat, op.layout, 2);
  ReturnTranspose(c, std::move(op), c.in(2), weights, {filter[0], filter[1]}, 2);
}

// A pixel gets its share of every window over it: a transposed convolution with ones, after each window was
// divided by the pixels under it, those of the padding left out.
void ImportAvgPoolGrad(NodeContext& c) {
  Builder& b = c.build();
  ConvTranspose op;
  op.layout = LayoutOf(c);
  op.strides = SpatialEntries(c, c.IntList("strides"), op.layout, 2, "strides");
  op.dilations = {1, 1};
  const Ints kernel = SpatialEntries(c, c.IntList("ksize"), op.layout, 2, "ksize");
  const Dim channels = ChannelDim(c.shape(1), op.layout, 2);
  if (!channels.known()) c.FailUnknown("its channels are not known");
  op.group = channels.value();
  const bool nhwc = op.layout == Layout::kNhwc;
  const ValueId sides = b.SliceVector(b.ToInt64(c.in(0)), nhwc ? 1 : 2, nhwc ? 3 : 4);
  const ValueId plane =
      b.ConcatVectors({b.Int64s(nhwc ? Ints{1} : Ints{1, 1}), sides, b.Int64s(nhwc ? Ints{1} : Ints{})});
  AveragePool count{.layout = op.layout, .kernel_shape = kernel, .strides = op.strides};
  const Padding padding = PaddingOf(c, op.layout, 2);
  count.auto_pad = padding.auto_pad;
  count.pads = padding.pads;
  count.count_include_pad = true;
  const int64_t area = kernel[0] * kernel[1];
  const ValueId ones = b.Add(Expand{}, {b.Scalar(c.dtype(1), 1), plane});
  const ValueId pixels = b.Binary(BinaryKind::kMul, b.Add(std::move(count), {ones}),
                                  b.Scalar(c.dtype(1), static_cast<double>(area)));
  const Ints filter =
      nhwc ? Ints{op.group, kernel[0], kernel[1], 1} : Ints{op.group, 1, kernel[0], kernel[1]};
  const ValueId weights = b.Constant(
      TensorOfNumbers(c.dtype(1), filter, std::vector<double>(static_cast<size_t>(op.group * area), 1.0)));
  ReturnTranspose(c, std::move(op), b.Binary(BinaryKind::kDiv, c.in(1), pixels), weights, kernel, 2);
}

void ImportDilation2D(NodeContext& c) {
  Dilation2D op;
  op.strides = SpatialEntries(c, c.IntList("strides"), Layout::kNhwc, 2, "strides");
  op.dilations = SpatialEntries(c, c.IntList("rates"), Layout::kNhwc, 2, "rates");
  op.auto_pad = c.String("padding") == "SAME" ? AutoPad::kSameUpper : AutoPad::kExplicit;
  c.Return(std::move(op), {c.in(0), c.in(1)});
}

constexpr OpImporter kRows[] = {
    {"Conv2D", ImportConv<2>},
    {"Conv3D", ImportConv<3>},
    {"FusedPadConv2D", ImportPaddedConv<false>},
    {"FusedResizeAndPadConv2D", ImportPaddedConv<true>},
    {"DepthwiseConv2dNative", ImportDepthwise},
    {"Conv2DBackpropInput", ImportConvTranspose<2>},
    {"Conv3DBackpropInputV2", ImportConvTranspose<3>},
    {"DepthwiseConv2dNativeBackpropInput", ImportDepthwiseTranspose},
    {"AvgPoolGrad", ImportAvgPoolGrad},
    {"Dilation2D", ImportDilation2D},
};

}  // namespace

std::span<const OpImporter> ConvolutionImporters() {
  return kRows;
}

}  // namespace floe
