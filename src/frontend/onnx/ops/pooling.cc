// Pooling, NCHW.
#include <algorithm>
#include <numeric>

#include "frontend/onnx/ops/families.h"
#include "frontend/onnx/ops/spatial.h"
#include "graph/infer.h"

namespace floe {
namespace {

constexpr int64_t kNewest = kNewestOnnxOpset;

bool AllOnes(const Ints& list) {
  for (const int64_t v : list)
    if (v != 1) return false;
  return true;
}

Ints SpatialAxes(const OnnxContext& c) {
  const int64_t rank = c.Rank(0);
  if (rank < 3) c.Fail("expected images of at least 3 dimensions, found {}", c.shape(0).ToString());
  Ints axes(static_cast<size_t>(rank - 2));
  std::iota(axes.begin(), axes.end(), 2);
  return axes;
}

// Places counted with the last spatial dimension outermost instead of innermost.
ValueId ColumnMajor(OnnxContext& c, ValueId places) {
  Builder& b = c.build();
  const Shape& x = c.shape(0);
  const size_t spatial = x.rank() - 2;
  int64_t pixels = 1;
  for (size_t i = 0; i < spatial; ++i) {
    if (!x[i + 2].known()) c.Fail("storage_order 1 needs the sizes of its input {}", x.ToString());
    pixels *= x[i + 2].value();
  }
  const ValueId image = b.Binary(BinaryKind::kDiv, places, b.Int64(pixels));
  ValueId rest = b.Binary(BinaryKind::kFloorMod, places, b.Int64(pixels));
  ValueId sum = b.Binary(BinaryKind::kMul, image, b.Int64(pixels));
  int64_t before = pixels;
  for (size_t i = spatial; i-- > 0;) {
    const int64_t size = x[i + 2].value();
    before /= size;  // the product of the dimensions before this one
    const ValueId at = b.Binary(BinaryKind::kFloorMod, rest, b.Int64(size));
    rest = b.Binary(BinaryKind::kDiv, rest, b.Int64(size));
    sum = b.Binary(BinaryKind::kAdd, sum, b.Binary(BinaryKind::kMul, at, b.Int64(before)));
  }
  return sum;
}

void ImportMaxPool(OnnxContext& c) {
  const size_t spatial = OnnxSpatialRank(c);
  OnnxWindow window = OnnxWindowOf(c, spatial);
  MaxPool op;
  op.layout = Layout::kNchw;
  op.kernel_shape = OnnxKernelOf(c, spatial);
  op.strides = std::move(window.strides);
  op.dilations = std::move(window.dilations);
  op.pads = std::move(window.pads);
  op.auto_pad = window.auto_pad;
  op.ceil_mode = c.Flag("ceil_mode");
  op.argmax_index = ArgmaxIndex::kOnnx;
  if (!c.wants(1)) return c.Return(std::move(op), {c.in(0)});
  const std::vector<ValueId> both = c.build().AddNode(std::move(op), {c.in(0)}, 2, c.build().source());
  c.Set(0, both[0]);
  c.Set(1, c.Flag("storage_order") ? ColumnMajor(c, both[1]) : both[1]);
}

// Sums under a window by a depthwise convolution with ones, for windows that AveragePool does not have.
ValueId WindowSums(OnnxContext& c, ValueId x, const Ints& kernel, const OnnxWindow& window) {
  const Dim channels = c.shape(0)[1];
  if (!channels.known()) c.Fail("the number of channels of its input {} is not known", c.shape(0).ToString());
  double weights = static_cast<double>(channels.value());
  for (const int64_t k : kernel) weights *= static_cast<double>(k);
  if (weights > 0x1p26)
    c.Fail("a window of {} over {} channels is too large", fmt::join(kernel, " x "), channels.value());
  Ints filter = {channels.value(), 1};
  filter.insert(filter.end(), kernel.begin(), kernel.end());
  const DType type = c.dtype(0);
  const ValueId ones = c.build().Constant(TensorOfNumbers(type, filter, std::vector<double>(1, 1.0)));
  Conv op;
  op.layout = Layout::kNchw;
  op.strides = window.strides;
  op.dilations = window.dilations;
  op.pads = window.pads;
  op.auto_pad = window.auto_pad;
  op.group = channels.value();
  return c.Add(std::move(op), {x, ones});
}

// The same windows with explicit pads behind the end for what the last one reaches when sizes are rounded up.
OnnxWindow WithOverhang(OnnxContext& c, const Ints& kernel, OnnxWindow w) {
  if (w.auto_pad != AutoPad::kExplicit) return w;
  const size_t spatial = kernel.size();
  w.pads.resize(2 * spatial, 0);
  for (size_t i = 0; i < spatial; ++i) {
    const int64_t size = OnnxPixels(c, i), begin = w.pads[i], end = w.pads[i + spatial];
    const int64_t stride = w.strides.empty() ? 1 : w.strides[i];
    const int64_t dilation = w.dilations.empty() ? 1 : w.dilations[i];
    const Dim count =
        ConvolveDim(size, kernel[i], stride, dilation, AutoPad::kExplicit, begin, end, /*ceil_mode=*/true)
            .output;
    const int64_t reach = (count.value() - 1) * stride + (kernel[i] - 1) * dilation + 1;
    w.pads[i + spatial] += std::max<int64_t>(0, reach - size - begin - end);
  }
  return w;
}

// Sums by a convolution, divided by the number of pixels under the window, found in the same way.
void DilatedAveragePool(OnnxContext& c, const Ints& kernel, const OnnxWindow& window, bool ceil_mode,
                        bool with_pads) {
  Builder& b = c.build();
  const auto spatial = static_cast<int64_t>(kernel.size());
  const OnnxWindow wide = ceil_mode ? WithOverhang(c, kernel, window) : window;
  ValueId ones = c.Add(Expand{}, {b.Scalar(c.dtype(0), 1), b.ShapeTensor(c.in(0))});
  OnnxWindow counted = wide;
  if (with_pads && !window.pads.empty()) {  // pixels of the pads count, those behind them do not
    Ints pads(4, 0);
    pads.insert(pads.begin() + 2, window.pads.begin(), window.pads.begin() + spatial);
    pads.insert(pads.end(), window.pads.begin() + spatial, window.pads.end());
    ones = c.Add(Pad{}, {ones, b.Int64s(pads), b.Scalar(c.dtype(0), 1)});
    for (size_t i = 0; i < window.pads.size(); ++i) counted.pads[i] -= window.pads[i];
  }
  const ValueId sums = WindowSums(c, c.in(0), kernel, wide);
  c.Set(0, b.Binary(BinaryKind::kDiv, sums, WindowSums(c, ones, kernel, counted)));
}

void ImportAveragePool(OnnxContext& c) {
  const size_t spatial = OnnxSpatialRank(c);
  OnnxWindow window = OnnxWindowOf(c, spatial);
  const Ints kernel = OnnxKernelOf(c, spatial);
  const bool ceil_mode = c.Flag("ceil_mode"), with_pads = c.Flag("count_include_pad");
  if (!AllOnes(window.dilations)) {
    return DilatedAveragePool(c, kernel, window, ceil_mode, with_pads);
  }
  AveragePool op;
  op.layout = Layout::kNchw;
  op.kernel_shape = kernel;
  op.strides = std::move(window.strides);
  op.pads = std::move(window.pads);
  op.auto_pad = window.auto_pad;
  op.ceil_mode = ceil_mode;
  op.count_include_pad = with_pads;
  c.Return(std::move(op), {c.in(0)});
}

// |x|^p, and the p-th root.
ValueId Power(OnnxContext& c, ValueId x, int64_t p) {
  Builder& b = c.build();
  if (p == 1) return b.Unary(UnaryKind::kAbs, x);
  if (p == 2) return b.Unary(UnaryKind::kSquare, x);
  return b.Binary(BinaryKind::kPow, b.Unary(UnaryKind::kAbs, x),
                  b.Scalar(b.dtype(x), static_cast<double>(p)));
}
ValueId Root(OnnxContext& c, ValueId x, int64_t p) {
  Builder& b = c.build();
  if (p == 1) return x;
  if (p == 2) return b.Unary(UnaryKind::kSqrt, x);
  return b.Binary(BinaryKind::kPow, x, b.Scalar(b.dtype(x), 1.0 / static_cast<double>(p)));
}

void ImportLpPool(OnnxContext& c) {
  const size_t spatial = OnnxSpatialRank(c);
  const int64_t p = c.Int("p", 2);
  const Ints kernel = OnnxKernelOf(c, spatial);
  OnnxWindow window = OnnxWindowOf(c, spatial);
  if (c.Flag("ceil_mode")) window = WithOverhang(c, kernel, std::move(window));
  const ValueId sums = WindowSums(c, Power(c, c.in(0), p), kernel, window);
  c.Set(0, Root(c, sums, p));
}

template <ReduceKind kKind>
void ImportGlobalPool(OnnxContext& c) {
  c.Return(Reduce{.kind = kKind, .axes = SpatialAxes(c), .keep_dims = true}, {c.in(0)});
}

void ImportGlobalLpPool(OnnxContext& c) {
  const int64_t p = c.Int("p", 2);
  const ValueId sums = c.build().Reduce(ReduceKind::kSum, Power(c, c.in(0), p), SpatialAxes(c), true);
  c.Set(0, Root(c, sums, p));
}

// Indices count over the tensor that pooling had; a larger output_shape adds zeros behind.
void ImportMaxUnpool(OnnxContext& c) {
  Builder& b = c.build();
  const size_t spatial = OnnxSpatialRank(c);
  const OnnxWindow window = OnnxWindowOf(c, spatial);
  const Ints kernel = OnnxKernelOf(c, spatial);
  if (!c.shape(0).IsStatic()) c.Fail("the shape {} of its input is not known", c.shape(0).ToString());
  Ints dims = c.shape(0).Static();
  for (size_t i = 0; i < spatial; ++i) {
    const int64_t stride = window.strides.empty() ? 1 : window.strides[i];
    const int64_t pads = window.pads.empty() ? 0 : window.pads[i] + window.pads[i + spatial];
    dims[i + 2] = (OnnxPixels(c, i) - 1) * stride + kernel[i] - pads;
    if (dims[i + 2] < 0) c.Fail("its window does not fit its input {}", c.shape(0).ToString());
  }
  const ValueId zeros = b.Zeros(c.dtype(0), b.Int64s({ElementCount(dims)}));
  const ValueId flat = c.Add(ScatterElements{}, {zeros, b.Reshape(c.in(1), {-1}), b.Reshape(c.in(0), {-1})});
  const ValueId image = b.Reshape(flat, dims);
  if (!c.has(2)) return c.Set(0, image);
  const ValueId more = b.Binary(BinaryKind::kSub, b.ToInt64(c.in(2)), b.Int64s(dims));
  const ValueId pads = b.ConcatVectors({b.Int64s(Ints(dims.size(), 0)), more});
  c.Return(Pad{}, {image, pads});
}

constexpr OnnxOpImporter kRows[] = {
    {"MaxPool", 1, kNewest, ImportMaxPool},
    {"AveragePool", 1, kNewest, ImportAveragePool},
    {"LpPool", 2, kNewest, ImportLpPool},
    {"GlobalAveragePool", 1, kNewest, ImportGlobalPool<ReduceKind::kMean>},
    {"GlobalMaxPool", 1, kNewest, ImportGlobalPool<ReduceKind::kMax>},
    {"GlobalLpPool", 2, kNewest, ImportGlobalLpPool},
    {"MaxUnpool", 9, kNewest, ImportMaxUnpool},
};

}  // namespace

std::span<const OnnxOpImporter> OnnxPoolingImporters() {
  return kRows;
}

}  // namespace floe
