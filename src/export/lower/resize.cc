// Images of other sizes.
#include <algorithm>
#include <cmath>
#include <numeric>

#include "export/layout/image_roles.h"
#include "export/lower/resample_weights.h"
#include "export/lower/rules.h"

namespace floe {
namespace {

using enum UnaryKind;
using enum BinaryKind;

// The op along one spatial dimension of an image [in, channels]: it takes its dimensions one by one.
Tensor ResizeAlong(Lowering& l, const Resize& op, size_t axis, size_t spatial, const Tensor& image,
                   int64_t out, ValueId scales) {
  Ints dims(spatial + 2, 1);
  dims[1 + axis] = image.dims()[0];
  dims.back() = image.dims()[1];
  Graph probe("probe");
  Resize resize = op;
  resize.layout = Layout::kNhwc;
  std::vector<ValueId> inputs{probe.AddConstant("x", image.Reshaped(dims)), kNoValue};
  if (scales == kNoValue) {
    Ints sizes(spatial, 1);
    sizes[axis] = out;
    inputs[1] = probe.AddConstant("sizes", Tensor::FromVector<int64_t>(sizes));
  } else {
    std::vector<float> ones(spatial, 1);
    ones[axis] = ConstantOf(l.graph(), scales)->data<float>()[axis];
    inputs.push_back(probe.AddConstant("scales", Tensor::FromVector<float>(ones)));
  }
  probe.SetOutputs({probe.Add(resize, inputs)});
  return l.evaluator()->Evaluate(probe, {})[0].Reshaped({out, image.dims()[1]});
}

// For each place of the output the place of the input that is nearest: a resized image of places shows them.
Ints NearestPlaces(Lowering& l, const Resize& op, size_t axis, size_t spatial, int64_t in, int64_t out,
                   ValueId scales) {
  Tensor image(DType::kInt64, {in, 1});
  std::iota(image.data<int64_t>(), image.data<int64_t>() + in, int64_t{0});
  const Tensor places = ResizeAlong(l, op, axis, spatial, image, out, scales);
  return Ints(places.data<int64_t>(), places.data<int64_t>() + out);
}

// [out, in]: the weight of each place of the input. The op is linear: an image whose channels are the unit
// vectors shows them.
Tensor AxisWeights(Lowering& l, const Resize& op, size_t axis, size_t spatial, int64_t in, int64_t out,
                   ValueId scales) {
  Tensor units(DType::kFloat32, {in, in});
  for (int64_t i = 0; i < in; ++i) units.data<float>()[i * in + i] = 1;
  return ResizeAlong(l, op, axis, spatial, units, out, scales);
}

// The pixel that ONNX's formula, evaluated in float as runtimes do, names for place i.
int64_t OnnxNearest(const Resize& op, int64_t i, int64_t in, int64_t out) {
  const float scale = static_cast<float>(out) / static_cast<float>(in);
  const float x = static_cast<float>(i);
  float at = x / scale;
  if (op.coordinates == ResizeCoordinates::kHalfPixel ||
      op.coordinates == ResizeCoordinates::kPytorchHalfPixel) {
    at = (x + 0.5f) / scale - 0.5f;
  }
  // Emitted as half_pixel with halves upward.
  if (op.coordinates == ResizeCoordinates::kTfHalfPixelForNn)
    at = std::floor((x + 0.5f) / scale - 0.5f + 0.5f);
  if (op.coordinates == ResizeCoordinates::kAlignCorners) {
    at = out == 1 ? 0 : x * static_cast<float>(in - 1) / static_cast<float>(out - 1);
  }
  switch (op.nearest) {
    case NearestRounding::kFloor:
      at = std::floor(at);
      break;
    case NearestRounding::kCeil:
      at = std::ceil(at);
      break;
    case NearestRounding::kRoundPreferFloor:
      at = std::ceil(at - 0.5f);
      break;
    case NearestRounding::kRoundPreferCeil:
      at = std::floor(at + 0.5f);
      break;
  }
  return std::clamp<int64_t>(static_cast<int64_t>(at), 0, in - 1);
}

struct ResizeSizes {
  Ints in, out;
};

std::optional<ResizeSizes> KnownSizes(Lowering& l, Layout layout, size_t spatial) {
  ResizeSizes sizes;
  const size_t first = layout == Layout::kNhwc ? 1 : 2;
  for (size_t i = 0; i < spatial; ++i) {
    if (!l.shape(0)[first + i].known() || !l.out_shape()[first + i].known()) return std::nullopt;
    sizes.in.push_back(l.shape(0)[first + i].value());
    sizes.out.push_back(l.out_shape()[first + i].value());
  }
  return sizes;
}

// y = W x along dimension `at` of images with their channels first; W is float32.
ValueId ProductAlong(Lowering& l, ValueId x, int64_t at, ValueId weights) {
  const auto rank = static_cast<int64_t>(l.b().shape(x).rank());
  const ValueId matrix = l.b().CastTo(weights, l.b().dtype(x));
  if (at == rank - 2) return l.Add(MatMul{}, {matrix, x});
  const ValueId turned = l.b().Transpose(matrix, {1, 0});
  if (at == rank - 1) return l.Add(MatMul{}, {x, turned});
  Ints perm(static_cast<size_t>(rank));
  std::iota(perm.begin(), perm.end(), 0);
  std::swap(perm[static_cast<size_t>(at)], perm.back());
  return l.b().Transpose(l.Add(MatMul{}, {l.b().Transpose(x, perm), turned}), perm);
}

// With the channels first, whatever the image has.
template <typename F>
ValueId WithChannelsFirst(Lowering& l, Layout layout, ValueId x, F f) {
  if (layout == Layout::kNchw) return f(x);
  const size_t rank = l.b().shape(x).rank();
  return l.b().Transpose(f(l.b().Transpose(x, ToFirst(rank))), ToLast(rank));
}

constexpr int64_t kLargestWeights = int64_t{1} << 24;

// A gather of pixels along each dimension where ONNX's operator names other pixels or has no such type.
Lowering::Result ResizeNearest(const Resize& op, Lowering& l, const ResizeSizes& sizes, ValueId scales) {
  const DType dtype = l.dtype(0);
  bool same = dtype == DType::kFloat32 || dtype == DType::kFloat16 || dtype == DType::kInt32;
  std::vector<Ints> places;
  for (size_t axis = 0; axis < sizes.in.size(); ++axis) {
    const int64_t in = sizes.in[axis], out = sizes.out[axis];
    places.push_back(NearestPlaces(l, op, axis, sizes.in.size(), in, out, scales));
    for (int64_t i = 0; i < out; ++i)
      same &= places[axis][static_cast<size_t>(i)] == OnnxNearest(op, i, in, out);
  }
  if (same) return l.Keep();
  return {WithChannelsFirst(l, op.layout, l.in(0), [&](ValueId x) {
    for (size_t axis = 0; axis < places.size(); ++axis) {
      x = l.Add(Gather{.axis = static_cast<int64_t>(axis) + 2}, {x, l.b().Int64s(places[axis])});
    }
    return x;
  })};
}

// Products with the weights along each dimension.
ValueId Products(Lowering& l, Layout layout, ValueId x, const std::vector<ValueId>& weights) {
  const DType dtype = l.b().dtype(x);
  return WithChannelsFirst(l, layout, x, [&](ValueId y) {
    y = IsInteger(dtype) ? l.b().CastTo(y, DType::kFloat32) : y;
    for (size_t axis = 0; axis < weights.size(); ++axis)
      y = ProductAlong(l, y, static_cast<int64_t>(axis) + 2, weights[axis]);
    return IsInteger(dtype) ? l.b().CastTo(l.Un(kRound, y), dtype) : y;
  });
}

Lowering::Result ResizeByWeights(const Resize& op, Lowering& l, const ResizeSizes& sizes, ValueId scales) {
  std::vector<ValueId> weights;
  for (size_t axis = 0; axis < sizes.in.size(); ++axis) {
    const int64_t in = sizes.in[axis], out = sizes.out[axis];
    if (std::max(in, out) > (1 << 20) || in * std::max(in, out) > kLargestWeights) {
      return l.Refuse("the weights of so large a resizing would fill the file",
                      "resize to nearest or linear in the model");
    }
    weights.push_back(l.b().Constant(AxisWeights(l, op, axis, sizes.in.size(), in, out, scales)));
  }
  return {Products(l, op.layout, l.in(0), weights)};
}

// The same where only the run knows the sizes: the file computes the weights.
Lowering::Result ResizeAtRunTime(const Resize& op, Lowering& l, size_t spatial) {
  const bool nhwc = op.layout == Layout::kNhwc;
  std::vector<ValueId> weights;
  for (size_t i = 0; i < spatial; ++i) {
    const auto at = static_cast<int64_t>(i);
    ResampledAxis axis{.in = l.b().DimTensor(l.in(0), at + (nhwc ? 1 : 2)), .out = kNoValue};
    if (l.has(1)) {
      axis.out = l.b().SliceVector(l.b().ToInt64(l.in(1)), at, at + 1);
    } else {
      axis.scale = l.b().SliceVector(l.in(2), at, at + 1);
      const ValueId size =
          l.Bin(kMul, l.b().CastTo(axis.in, DType::kFloat64), l.b().CastTo(axis.scale, DType::kFloat64));
      axis.out = l.b().ToInt64(l.Un(kFloor, size));
    }
    weights.push_back(WeightsOf(l, op, axis));
  }
  return {Products(l, op.layout, l.in(0), weights)};
}

}  // namespace

// ONNX's Resize where it names the same pixels with the same weights; gathers or products with the weights
// where it does not: areas, TensorFlow's table of cubic weights, antialiasing, pixels that float arithmetic
// puts elsewhere.
Lowering::Result Lower(const Resize& op, Lowering& l) {
  const int64_t rank = l.Rank(0);
  if (rank < 0) return {};
  const ValueId x = l.in(0);
  const bool nearest = op.mode == ResizeMode::kNearest;
  if (op.float_output && l.dtype(0) != DType::kFloat32) {
    std::vector<ValueId> inputs = l.node().inputs;
    inputs[0] = l.b().CastTo(x, DType::kFloat32);
    return {l.Add(op, inputs)};
  }
  const size_t spatial = static_cast<size_t>(rank) - 2;
  // A list of unknown length can only be of one size a dimension.
  for (const size_t i : {size_t{1}, size_t{2}}) {
    if (!l.has(i) || l.shape(i).IsStatic()) continue;
    std::vector<ValueId> inputs = l.node().inputs;
    inputs[i] = l.b().Reshape(inputs[i], {static_cast<int64_t>(spatial)});
    return {l.Add(op, inputs)};
  }
  const bool by_weights = op.mode == ResizeMode::kArea || op.mode == ResizeMode::kCubic || op.antialias ||
                          (!nearest && l.dtype(0) == DType::kFloat64);
  const auto sizes = KnownSizes(l, op.layout, spatial);
  if (op.antialias && !sizes) {
    return l.Refuse("ONNX smooths what it shrinks only from opset 18 on, and these sizes are not known",
                    "fix the input's shape with --input NAME=SHAPE");
  }
  const ValueId scales = l.has(1) ? kNoValue : l.in(2);
  const bool known_scales = scales == kNoValue || ConstantOf(l.graph(), scales) != nullptr;
  if (!sizes || !known_scales || l.evaluator() == nullptr)
    return by_weights && !op.antialias ? ResizeAtRunTime(op, l, spatial) : l.Keep();
  if (std::ranges::count(sizes->in, 0) != 0) return l.Keep();
  if (nearest) return ResizeNearest(op, l, *sizes, scales);
  return by_weights ? ResizeByWeights(op, l, *sizes, scales) : l.Keep();
}

Lowering::Result Lower(const ScaleAndTranslate& op, Lowering& l) {
  const ValueId x = l.b().CastTo(l.in(0), DType::kFloat32);
  std::vector<ValueId> weights;
  for (int64_t i = 0; i < 2; ++i) {
    const auto number = [&](size_t input) { return l.b().SliceVector(l.in(input), i, i + 1); };
    const ResampledAxis axis{.in = l.b().DimTensor(x, i + 1),
                             .out = l.b().ToInt64(number(1)),
                             .scale = l.b().CastTo(number(2), DType::kFloat32),
                             .translation = l.b().CastTo(number(3), DType::kFloat32)};
    weights.push_back(WeightsOf(l, op, axis));
  }
  return {Products(l, Layout::kNhwc, x, weights)};
}

}  // namespace floe
