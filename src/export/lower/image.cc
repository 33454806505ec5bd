// Windows and crops.
#include <algorithm>
#include <limits>
#include <numeric>

#include "export/layout/image_roles.h"
#include "export/lower/rules.h"
#include "graph/infer.h"

namespace floe {
namespace {

using enum UnaryKind;
using enum BinaryKind;

int64_t At(const Ints& list, size_t i, int64_t fallback) {
  return list.empty() ? fallback : list[i];
}

// One spatial dimension of a window over NHWC images: pads and number of places, int64 [1].
struct WindowAxis {
  ValueId begin, end, count;
  int64_t stride, dilation, kernel;
};

template <typename T>
WindowAxis ResolveAxis(Lowering& l, const T& op, int64_t kernel, size_t i, size_t spatial) {
  WindowAxis w;
  w.kernel = kernel;
  w.stride = At(op.strides, i, 1);
  w.dilation = At(op.dilations, i, 1);
  const int64_t reach = (kernel - 1) * w.dilation + 1;
  const auto ints = [&](int64_t v) { return l.b().Int64s({v}); };
  const ValueId size = l.b().DimTensor(l.in(0), static_cast<int64_t>(i) + 1);
  if (op.auto_pad == AutoPad::kExplicit) {
    const int64_t begin = At(op.pads, i, 0), end = At(op.pads, i + spatial, 0);
    w.begin = ints(begin);
    w.end = ints(end);
    const ValueId room = l.Bin(kAdd, size, ints(begin + end - reach + w.stride));
    w.count = l.Bin(kDiv, l.Bin(kMax, room, ints(0)), ints(w.stride));
    return w;
  }
  w.count = l.Bin(kDiv, l.Bin(kAdd, size, ints(w.stride - 1)), ints(w.stride));
  const ValueId covered =
      l.Bin(kAdd, l.Bin(kMul, l.Bin(kSub, w.count, ints(1)), ints(w.stride)), ints(reach));
  const ValueId total = l.Bin(kMax, l.Bin(kSub, covered, size), ints(0));
  const ValueId small = l.Bin(kDiv, total, ints(2));
  const ValueId large = l.Bin(kSub, total, small);
  const bool upper = op.auto_pad == AutoPad::kSameUpper;
  w.begin = upper ? small : large;
  w.end = upper ? large : small;
  return w;
}

// x padded by `fill`, then for each tap of the window the pixels under it: [N, places..., C] each, taps in
// order.
std::vector<ValueId> TapSlices(Lowering& l, const std::vector<WindowAxis>& axes, ValueId fill) {
  const size_t spatial = axes.size();
  const ValueId zero = l.b().Int64s({0});
  std::vector<ValueId> pads{zero};
  for (const WindowAxis& w : axes) pads.push_back(w.begin);
  pads.push_back(zero);
  pads.push_back(zero);
  for (const WindowAxis& w : axes) pads.push_back(w.end);
  pads.push_back(zero);
  const ValueId all = l.b().ConcatVectors(pads);
  const auto known = ConstantInts(l.graph(), all);
  const bool none = known && std::ranges::count(*known, 0) == static_cast<int64_t>(known->size());
  const ValueId x = none ? l.in(0) : l.Add(Pad{}, {l.in(0), all, fill});

  Ints dims(spatial);
  std::iota(dims.begin(), dims.end(), 1);
  Ints strides;
  int64_t taps = 1;
  std::vector<ValueId> spans;
  for (const WindowAxis& w : axes) {
    strides.push_back(w.stride);
    taps *= w.kernel;
    const ValueId steps = l.Bin(kSub, w.count, l.b().Int64s({1}));
    spans.push_back(l.Bin(kAdd, l.Bin(kMul, steps, l.b().Int64s({w.stride})), l.b().Int64s({1})));
  }
  const ValueId span = l.b().ConcatVectors(spans);
  std::vector<ValueId> slices;
  for (int64_t tap = 0; tap < taps; ++tap) {
    Ints start(spatial);
    int64_t rest = tap;
    for (size_t i = spatial; i-- > 0;) {
      start[i] = rest % axes[i].kernel * axes[i].dilation;
      rest /= axes[i].kernel;
    }
    const ValueId begin = l.b().Int64s(start);
    slices.push_back(
        l.Add(Slice{}, {x, begin, l.Bin(kAdd, begin, span), l.b().Int64s(dims), l.b().Int64s(strides)}));
  }
  return slices;
}

}  // namespace

Lowering::Result Lower(const ExtractPatches& op, Lowering& l) {
  if (l.Rank(0) < 0) return {};
  const size_t spatial = op.kernel_shape.size();
  std::vector<WindowAxis> axes;
  for (size_t i = 0; i < spatial; ++i) axes.push_back(ResolveAxis(l, op, op.kernel_shape[i], i, spatial));
  const std::vector<ValueId> taps = TapSlices(l, axes, l.Num(0, l.in(0)));
  return {taps.size() == 1 ? l.Un(kIdentity, taps[0])
                           : l.Add(Concat{.axis = static_cast<int64_t>(spatial) + 1}, taps)};
}

// max over the window of x + filter; padding never wins
Lowering::Result Lower(const Dilation2D& op, Lowering& l) {
  const Shape& filter = l.shape(1);
  if (l.Rank(0) < 0 || !filter.has_rank() || !filter[0].known() || !filter[1].known()) {
    return l.Refuse("the size of the window is not known");
  }
  const std::vector<WindowAxis> axes = {ResolveAxis(l, op, filter[0].value(), 0, 2),
                                        ResolveAxis(l, op, filter[1].value(), 1, 2)};
  const double lowest = IsFloat(l.dtype(0)) ? -std::numeric_limits<double>::infinity() : -1e9;
  const std::vector<ValueId> taps = TapSlices(l, axes, l.Num(lowest, l.in(0)));
  ValueId best = kNoValue;
  for (size_t i = 0; i < taps.size(); ++i) {
    const auto row = static_cast<int64_t>(i) / axes[1].kernel,
               column = static_cast<int64_t>(i) % axes[1].kernel;
    const ValueId cell = l.b().Slice(l.in(1), {row, column}, {row + 1, column + 1}, {0, 1});
    const ValueId sum = l.Bin(kAdd, taps[i], l.b().Reshape(cell, {-1}));
    best = best == kNoValue ? sum : l.Bin(kMax, best, sum);
  }
  return {best};
}

// Runtimes have SAME padding of sizes that only the run knows, but not of dilated windows: those are padded
// first.
Lowering::Result Lower(const Conv& op, Lowering& l) {
  const Shape &x = l.shape(0), &filter = l.shape(1);
  if (!x.has_rank() || !filter.has_rank()) return l.Keep();
  const size_t spatial = x.rank() - 2, first = op.layout == Layout::kNhwc ? 1 : 2;
  const Dim& channels = x[op.layout == Layout::kNhwc ? x.rank() - 1 : 1];
  if (!channels.known()) {
    return l.Refuse("the number of its input's channels, so the number of its groups, is not known",
                    "fix the input's shape with --input NAME=SHAPE");
  }
  const bool dilated = std::ranges::any_of(op.dilations, [](int64_t d) { return d > 1; });
  if (op.auto_pad == AutoPad::kExplicit || !dilated || op.layout != Layout::kNhwc) return l.Keep();
  std::vector<ValueId> pads{l.b().Int64s({0})}, ends;
  for (size_t i = 0; i < spatial; ++i) {
    if (!filter[first + i].known()) return l.Keep();
    const WindowAxis w = ResolveAxis(l, op, filter[first + i].value(), i, spatial);
    pads.push_back(w.begin);
    ends.push_back(w.end);
  }
  pads.push_back(l.b().Int64s({0, 0}));
  pads.insert(pads.end(), ends.begin(), ends.end());
  pads.push_back(l.b().Int64s({0}));
  Conv plain = op;
  plain.auto_pad = AutoPad::kExplicit;
  std::vector<ValueId> inputs = l.node().inputs;
  inputs[0] = l.Add(Pad{}, {inputs[0], l.b().ConcatVectors(pads)});
  return {l.Add(plain, inputs)};
}

// TensorFlow's indices, (y * W + x) * C + c, from ONNX's, ((n * C + c) * H + y) * W + x.
Lowering::Result Lower(const MaxPool& op, Lowering& l) {
  if (!l.is_used(1) || op.argmax_index == ArgmaxIndex::kOnnx) return l.Keep();
  const int64_t rank = l.Rank(0);
  if (rank < 0) return {};
  if (op.layout != Layout::kNhwc)
    return l.Refuse("places of maxima counted as TensorFlow does, in NCHW images");
  MaxPool plain = op;
  plain.argmax_index = ArgmaxIndex::kOnnx;
  const std::vector<ValueId> made = l.b().AddNode(plain, {l.in(0)}, 2);
  ValueId pixels = l.b().Int64s({1});
  for (int64_t d = 1; d + 1 < rank; ++d) pixels = l.Bin(kMul, pixels, l.b().DimTensor(l.in(0), d));
  const ValueId channels = l.b().DimTensor(l.in(0), rank - 1);
  const ValueId pixel = l.Bin(kFloorMod, made[1], pixels);
  ValueId places = l.Bin(kAdd, l.Bin(kMul, pixel, channels), l.IotaOf(channels));
  if (op.argmax_index == ArgmaxIndex::kTensorFlowBatch) {
    Ints dims(static_cast<size_t>(rank), 1);
    dims[0] = -1;
    const ValueId batch = l.b().Reshape(l.Iota(l.in(0), 0), dims);
    places = l.Bin(kAdd, places, l.Bin(kMul, batch, l.Bin(kMul, pixels, channels)));
  }
  return {made[0], places};
}

namespace {

// Coordinates of the crops' rows or columns in the image, [boxes, size]: TensorFlow's float arithmetic.
struct CropAxis {
  ValueId at, inside, low, high, fraction;  // low, high: int64 places
};

CropAxis PlaceCrops(Lowering& l, int64_t axis, int64_t first, int64_t last, ValueId size) {
  const auto column = [&](int64_t c) { return l.Cut(l.in(1), 1, c, c + 1); };
  const auto number = [&](double v) { return l.b().Scalar(DType::kFloat32, v); };
  const ValueId dim = l.b().DimTensor(l.in(0), axis);
  const ValueId end = l.b().CastTo(l.Bin(kSub, dim, l.b().Int64s({1})), DType::kFloat32);
  const ValueId from = column(first), to = column(last);
  // A crop of one place takes the middle.
  const ValueId steps = l.Bin(kSub, l.b().CastTo(size, DType::kFloat32), number(1));
  const ValueId scale = l.Bin(kDiv, l.Bin(kMul, l.Bin(kSub, to, from), end), l.Bin(kMax, steps, number(1)));
  const ValueId places = l.b().CastTo(l.IotaOf(size), DType::kFloat32);
  const ValueId line = l.Bin(kAdd, l.Bin(kMul, from, end), l.Bin(kMul, places, scale));
  const ValueId middle = l.Bin(kMul, l.Bin(kMul, number(0.5), l.Bin(kAdd, from, to)), end);
  CropAxis c;
  const auto known = ConstantInts(l.graph(), size);
  if (known) {
    c.at = known->front() > 1 ? line : middle;
  } else {
    c.at = l.If(l.Bin(kGreater, steps, number(0)), line, middle);
  }
  const ValueId zero = l.b().Scalar(DType::kFloat32, 0);
  c.inside = l.Bin(kAnd, l.Bin(kGreaterOrEqual, c.at, zero), l.Bin(kLessOrEqual, c.at, end));
  const ValueId safe = l.Bin(kMin, l.Bin(kMax, c.at, zero), end);
  const ValueId floor = l.Un(kFloor, safe);
  c.low = l.b().ToInt64(floor);
  c.high = l.b().ToInt64(l.Un(kCeil, safe));
  c.fraction = l.Bin(kSub, safe, floor);
  return c;
}

}  // namespace

Lowering::Result Lower(const CropAndResize& op, Lowering& l) {
  const ValueId size = l.b().ToInt64(l.in(3));
  const ValueId x = l.in(0);
  const CropAxis rows = PlaceCrops(l, 1, 0, 2, l.b().SliceVector(size, 0, 1));
  const CropAxis columns = PlaceCrops(l, 2, 1, 3, l.b().SliceVector(size, 1, 2));
  const ValueId height = l.b().DimTensor(x, 1), width = l.b().DimTensor(x, 2);
  const ValueId pixels =
      l.Add(Reshape{}, {x, l.b().ConcatVectors({l.b().Int64s({-1}), l.b().DimTensor(x, 3)})});
  const ValueId image = l.b().Reshape(l.b().ToInt64(l.in(2)), {-1, 1});
  const auto sample = [&](ValueId y, ValueId at) {
    const ValueId row = l.Unsqueezed(l.Bin(kAdd, l.Bin(kMul, image, height), y), {2});
    const ValueId place = l.Bin(kAdd, l.Bin(kMul, row, width), l.Unsqueezed(at, {1}));
    return l.b().CastTo(l.Add(Gather{.axis = 0}, {pixels, place}), DType::kFloat32);
  };
  ValueId y = kNoValue;
  if (op.mode == ResizeMode::kNearest) {
    const auto round = [&](const CropAxis& c) {
      const ValueId up = l.Bin(kGreaterOrEqual, c.fraction, l.b().Scalar(DType::kFloat32, 0.5));
      return l.If(up, c.high, c.low);
    };
    y = sample(round(rows), round(columns));
  } else {
    const ValueId tx = l.Unsqueezed(columns.fraction, {1, 3}), ty = l.Unsqueezed(rows.fraction, {2, 3});
    const auto blend = [&](ValueId a, ValueId b, ValueId t) {
      return l.Bin(kAdd, a, l.Bin(kMul, l.Bin(kSub, b, a), t));
    };
    const ValueId above = blend(sample(rows.low, columns.low), sample(rows.low, columns.high), tx);
    const ValueId below = blend(sample(rows.high, columns.low), sample(rows.high, columns.high), tx);
    y = blend(above, below, ty);
  }
  const ValueId inside = l.Bin(kAnd, l.Unsqueezed(rows.inside, {2, 3}), l.Unsqueezed(columns.inside, {1, 3}));
  return {l.If(inside, y, l.b().Scalar(DType::kFloat32, op.extrapolation_value))};
}

// Runtimes move blocks of floats; other types go by reshape and transpose.
Lowering::Result Lower(const DepthToSpace& op, Lowering& l) {
  if (IsFloat(l.dtype(0)) || op.layout != Layout::kNhwc) return l.Keep();
  const ValueId x = l.in(0), n = l.b().DimTensor(x, 0), h = l.b().DimTensor(x, 1), w = l.b().DimTensor(x, 2);
  const int64_t b = op.block_size;
  const ValueId block = l.b().Int64s({b}), rest = l.Bin(kDiv, l.b().DimTensor(x, 3), l.b().Int64s({b * b}));
  const bool dcr = op.order == DepthOrder::kDcr;
  const ValueId cut =
      l.Add(Reshape{}, {x, l.b().ConcatVectors(dcr ? std::vector<ValueId>{n, h, w, block, block, rest}
                                                   : std::vector<ValueId>{n, h, w, rest, block, block})});
  const ValueId turned = l.b().Transpose(cut, dcr ? Ints{0, 1, 3, 2, 4, 5} : Ints{0, 1, 4, 2, 5, 3});
  return {l.Add(Reshape{},
                {turned, l.b().ConcatVectors({n, l.Bin(kMul, h, block), l.Bin(kMul, w, block), rest})})};
}

Lowering::Result Lower(const SpaceToDepth& op, Lowering& l) {
  if (IsFloat(l.dtype(0)) || op.layout != Layout::kNhwc) return l.Keep();
  const ValueId x = l.in(0), n = l.b().DimTensor(x, 0), c = l.b().DimTensor(x, 3);
  const ValueId block = l.b().Int64s({op.block_size});
  const ValueId h = l.Bin(kDiv, l.b().DimTensor(x, 1), block), w = l.Bin(kDiv, l.b().DimTensor(x, 2), block);
  const ValueId cut = l.Add(Reshape{}, {x, l.b().ConcatVectors({n, h, block, w, block, c})});
  const ValueId turned = l.b().Transpose(cut, {0, 1, 3, 2, 4, 5});
  const ValueId depth = l.Bin(kMul, c, l.b().Int64s({op.block_size * op.block_size}));
  return {l.Add(Reshape{}, {turned, l.b().ConcatVectors({n, h, w, depth})})};
}

namespace {

// A transposed convolution without pads, filled up with zeros and cut to the sizes that only the run knows.
Lowering::Result CutTransposed(const ConvTranspose& op, Lowering& l, size_t spatial) {
  const Shape& filter = l.shape(1);
  const size_t first = op.layout == Layout::kNhwc ? 1 : 2;
  ConvTranspose whole = op;
  whole.auto_pad = AutoPad::kExplicit;
  whole.pads.clear();
  whole.output_padding.clear();
  whole.output_shape.clear();
  const auto ints = [&](int64_t v) { return l.b().Int64s({v}); };
  std::vector<ValueId> fill(first, ints(0)), begins, ends;
  Ints axes;
  for (size_t i = 0; i < spatial; ++i) {
    const int64_t stride = At(op.strides, i, 1), axis = static_cast<int64_t>(first + i);
    const int64_t reach = (filter[first + i].value() - 1) * At(op.dilations, i, 1) + 1;
    const ValueId in = l.b().DimTensor(l.in(0), axis);
    const ValueId full = l.Bin(kAdd, l.Bin(kMul, l.Bin(kSub, in, ints(1)), ints(stride)), ints(reach));
    ValueId out = l.Bin(kMul, in, ints(stride));
    if (!op.output_shape.empty()) out = ints(op.output_shape[i]);
    if (l.has(3))
      out = l.b().SliceVector(l.b().ToInt64(l.in(3)), static_cast<int64_t>(i), static_cast<int64_t>(i) + 1);
    ValueId begin = ints(At(op.pads, i, 0));
    if (op.auto_pad != AutoPad::kExplicit) {
      const ValueId total = l.Bin(kMax, l.Bin(kSub, full, out), ints(0));
      const ValueId half = l.Bin(kDiv, total, ints(2));
      begin = op.auto_pad == AutoPad::kSameUpper ? half : l.Bin(kSub, total, half);
    }
    const ValueId end = l.Bin(kAdd, begin, out);
    begins.push_back(begin);
    ends.push_back(end);
    fill.push_back(l.Bin(kMax, l.Bin(kSub, end, full), ints(0)));
    axes.push_back(axis);
  }
  std::vector<ValueId> pads(spatial + 2, ints(0));
  pads.insert(pads.end(), fill.begin(), fill.end());
  if (first == 1) pads.push_back(ints(0));
  const ValueId y = l.Add(whole, {l.in(0), l.in(1)});
  const ValueId filled = l.Add(Pad{}, {y, l.b().ConcatVectors(pads)});
  ValueId cut =
      l.Add(Slice{}, {filled, l.b().ConcatVectors(begins), l.b().ConcatVectors(ends), l.b().Int64s(axes)});
  if (!l.has(2)) return {cut};
  Ints lanes(spatial);
  std::iota(lanes.begin(), lanes.end(), 1);
  return {l.Bin(kAdd, cut, first == 1 ? l.in(2) : l.Unsqueezed(l.in(2), lanes))};
}

}  // namespace

// Output sizes become pads: total = stride (in - 1) + reach - out, spread as the convolution from the output
// back to the input has it; what is missing at the end is output_padding.
Lowering::Result Lower(const ConvTranspose& op, Lowering& l) {
  if (op.auto_pad == AutoPad::kExplicit && op.output_shape.empty() && !l.has(3)) return l.Keep();
  const int64_t rank = l.Rank(0);
  if (rank < 0) return {};
  const size_t spatial = static_cast<size_t>(rank) - 2, first = op.layout == Layout::kNhwc ? 1 : 2;
  ConvTranspose plain = op;
  plain.auto_pad = AutoPad::kExplicit;
  plain.output_shape.clear();
  plain.pads.assign(2 * spatial, 0);
  plain.output_padding.assign(spatial, 0);
  Ints cut_begin(spatial, 0), cut_end(spatial, 0);
  for (size_t i = 0; i < spatial; ++i) {
    const Dim &in = l.shape(0)[first + i], &out = l.out_shape()[first + i], &kernel = l.shape(1)[first + i];
    if (kernel.known() && (!in.known() || !out.known())) return CutTransposed(op, l, spatial);
    if (!in.known() || !out.known() || !kernel.known()) {
      return l.Refuse("the size of a transposed convolution's output is known only at run time",
                      "fix the input's shape with --input NAME=SHAPE");
    }
    const int64_t stride = At(op.strides, i, 1), dilation = At(op.dilations, i, 1);
    const int64_t reach = (kernel.value() - 1) * dilation + 1;
    int64_t begin = At(op.pads, i, 0);
    if (op.auto_pad != AutoPad::kExplicit) {
      begin = ConvolveDim(out, kernel.value(), stride, dilation, op.auto_pad, 0, 0, false).pad_begin;
    }
    const int64_t end = stride * (in.value() - 1) + reach - begin - out.value();
    plain.pads[i] = begin;
    plain.pads[spatial + i] = std::max<int64_t>(end, 0);
    plain.output_padding[i] = std::max<int64_t>(-end, 0);
  }
  std::vector<ValueId> inputs = l.node().inputs;
  inputs.resize(std::min<size_t>(inputs.size(), 3));
  for (const int64_t p : plain.output_padding) {
    if (p >= *std::max_element(plain.strides.begin(), plain.strides.end()) && p > 0) {
      return l.Refuse("more output padding than a stride");
    }
  }
  return {l.Add(plain, inputs)};
}

}  // namespace floe
