// Resize and Upsample.
#include <algorithm>
#include <cmath>
#include <functional>
#include <numeric>

#include "frontend/onnx/ops/families.h"
#include "frontend/onnx/ops/resize_weights.h"

namespace floe {
namespace {

constexpr int64_t kNewest = kNewestOnnxOpset;

// What a Resize asks for; sizes or scales, one an axis.
struct Request {
  std::string mode, coordinates, nearest;
  double cubic_a = -0.75, extrapolation = 0;
  bool exclude_outside = false, antialias = false;
  Ints axes;
  std::optional<Ints> sizes;
  std::vector<double> scales;
  std::vector<double> roi;  // all starts, then all ends
};

std::vector<double> NeedNumbers(OnnxContext& c, size_t i, const char* what) {
  if (c.shape(i).ElementCount() == 0) return {};
  const Tensor* tensor = c.Constant(i);
  if (tensor == nullptr) {
    const std::string& name = c.node().input(static_cast<int>(i));
    c.FailWith(fmt::format("its {} (input {}, '{}') are not constant", what, i, name),
               fmt::format("give them a value with --set {}=VALUE", name));
  }
  std::vector<double> values;
  for (int64_t k = 0; k < tensor->size(); ++k) {
    if (tensor->dtype() == DType::kFloat32)
      values.push_back(tensor->data<float>()[k]);
    else if (tensor->dtype() == DType::kFloat64)
      values.push_back(tensor->data<double>()[k]);
    else if (tensor->dtype() == DType::kFloat16)
      values.push_back(static_cast<float>(tensor->data<Float16>()[k]));
    else
      c.Fail("its {} are {}, expected floats", what, DTypeName(tensor->dtype()));
  }
  return values;
}

// The size after a scale; the op Resize makes the same of it.
int64_t ScaledSize(int64_t in, double scale) {
  return static_cast<int64_t>(std::floor(static_cast<double>(in) * scale));
}

bool OpHasCoordinates(const std::string& name) {
  return std::find(std::begin(kResizeCoordinatesNames), std::end(kResizeCoordinatesNames), name) !=
         std::end(kResizeCoordinatesNames);
}

Resize ResizeOf(OnnxContext& c, const Request& r, Layout layout) {
  Resize op;
  op.layout = layout;
  op.mode = r.mode == "nearest"  ? ResizeMode::kNearest
            : r.mode == "linear" ? ResizeMode::kLinear
                                 : ResizeMode::kCubic;
  for (size_t i = 0; i < std::size(kResizeCoordinatesNames); ++i)
    if (kResizeCoordinatesNames[i] == r.coordinates) op.coordinates = static_cast<ResizeCoordinates>(i);
  bool known = false;
  for (size_t i = 0; i < std::size(kNearestRoundingNames); ++i) {
    if (kNearestRoundingNames[i] != r.nearest) continue;
    op.nearest = static_cast<NearestRounding>(i);
    known = true;
  }
  if (!known) c.Fail("attribute 'nearest_mode': '{}' is not known", r.nearest);
  op.cubic_a = r.cubic_a;
  op.exclude_outside = r.exclude_outside;
  op.antialias = r.antialias;
  return op;
}

// Axis by axis, with the axis between what lies before and after it: [outer, axis, inner].
struct AxisView {
  Ints around;  // of the whole, for the way back
  ValueId x;
};
AxisView Isolate(OnnxContext& c, ValueId x, int64_t axis) {
  const Ints dims = c.build().shape(x).Static();
  const auto at = dims.begin() + axis;
  const int64_t outer = std::accumulate(dims.begin(), at, int64_t{1}, std::multiplies<>());
  const int64_t inner = std::accumulate(at + 1, dims.end(), int64_t{1}, std::multiplies<>());
  return {dims, c.build().Reshape(x, {outer, *at, inner})};
}

ValueId ByOp(OnnxContext& c, ValueId x, const Request& r, size_t i, int64_t out) {
  Builder& b = c.build();
  AxisView view = Isolate(c, x, r.axes[i]);
  std::vector<ValueId> inputs = {view.x, b.Int64s({out})};
  if (!r.sizes) {
    const auto scale = static_cast<float>(r.scales[i]);
    inputs = {view.x, kNoValue, b.Constant(Tensor::FromVector<float>({scale}))};
  }
  const ValueId y = c.Add(ResizeOf(c, r, Layout::kNhwc), std::move(inputs));
  view.around[static_cast<size_t>(r.axes[i])] = out;
  return b.Reshape(y, view.around);
}

// As a product with the matrix of weights; places outside of the input become the extrapolation value.
ValueId ByMatrix(OnnxContext& c, ValueId x, const Request& r, size_t i, int64_t out) {
  Builder& b = c.build();
  AxisView view = Isolate(c, x, r.axes[i]);
  const auto axis = static_cast<size_t>(r.axes[i]);
  OnnxAxisResize a{r.coordinates, r.mode, r.nearest, r.cubic_a, r.exclude_outside, view.around[axis], out};
  a.scale = r.scales.empty() ? static_cast<double>(out) / static_cast<double>(a.in) : r.scales[i];
  if (!r.roi.empty()) {
    a.start = r.roi[i];
    a.end = r.roi[i + r.axes.size()];
  }
  const OnnxAxisWeights weights = WeightsOf(a);
  const DType type = b.dtype(x);
  const DType computed = IsFloat(type) ? type : DType::kFloat32;
  const ValueId matrix = b.Constant(TensorOfNumbers(computed, {out, a.in}, weights.matrix));
  ValueId y = c.Add(MatMul{}, {matrix, b.CastTo(view.x, computed)});
  if (std::find(weights.outside.begin(), weights.outside.end(), true) != weights.outside.end()) {
    Tensor mask(DType::kBool, {out, 1});
    for (int64_t k = 0; k < out; ++k) mask.data<bool>()[k] = weights.outside[static_cast<size_t>(k)];
    y = c.Add(Where{}, {b.Constant(std::move(mask)), b.Scalar(computed, r.extrapolation), y});
  }
  view.around[axis] = out;
  return b.CastTo(b.Reshape(y, view.around), type);
}

void ResizeAxisByAxis(OnnxContext& c, const Request& r) {
  if (!c.shape(0).IsStatic()) {
    c.FailWith(fmt::format("the shape {} of its input is not known", c.shape(0).ToString()),
               "give the inputs shapes with --input NAME=SHAPE");
  }
  const Ints dims = c.shape(0).Static();
  const bool by_op = OpHasCoordinates(r.coordinates);
  if (!by_op && r.antialias) c.Fail("antialias with {} is not supported", r.coordinates);
  ValueId x = c.in(0);
  for (size_t i = 0; i < r.axes.size(); ++i) {
    const int64_t in = dims[static_cast<size_t>(r.axes[i])];
    const int64_t out = r.sizes ? (*r.sizes)[i] : ScaledSize(in, r.scales[i]);
    const bool as_it_is = r.coordinates != "tf_crop_and_resize" && out == in && (r.sizes || r.scales[i] == 1);
    if (as_it_is) continue;
    if (in < 1 || out < 1) c.Fail("it resizes dimension {} from {} to {}", r.axes[i], in, out);
    x = by_op ? ByOp(c, x, r, i, out) : ByMatrix(c, x, r, i, out);
  }
  c.Set(0, x);
}

// The spatial dimensions of images, and nothing else.
bool ResizesImages(OnnxContext& c, const Request& r) {
  const Shape& x = c.shape(0);
  if (!x.has_rank() || x.rank() < 3 || x.rank() > 5 || !OpHasCoordinates(r.coordinates)) return false;
  for (size_t i = 0; i < r.axes.size(); ++i) {
    if (r.axes[i] >= 2) continue;
    const Dim& in = x[static_cast<size_t>(r.axes[i])];
    const bool same = r.sizes ? in.known() && in.value() == (*r.sizes)[i] : r.scales[i] == 1;
    if (!same) return false;
  }
  return true;
}

void ReturnResize(OnnxContext& c, Request r) {
  if (r.mode != "nearest" && r.mode != "linear" && r.mode != "cubic")
    c.Fail("attribute 'mode': expected nearest, linear or cubic, found '{}'", r.mode);
  if (!ResizesImages(c, r)) return ResizeAxisByAxis(c, r);
  Builder& b = c.build();
  const size_t spatial = c.shape(0).rank() - 2;
  std::vector<ValueId> inputs = {c.in(0)};
  if (r.sizes) {
    ValueId all = b.SliceVector(b.ShapeTensor(c.in(0)), 2, INT64_MAX);
    std::vector<ValueId> parts;
    for (size_t d = 0; d < spatial; ++d)
      parts.push_back(b.SliceVector(all, static_cast<int64_t>(d), static_cast<int64_t>(d) + 1));
    for (size_t i = 0; i < r.axes.size(); ++i)
      if (r.axes[i] >= 2) parts[static_cast<size_t>(r.axes[i] - 2)] = b.Int64s({(*r.sizes)[i]});
    inputs.push_back(b.ConcatVectors(std::move(parts)));
  } else {
    std::vector<float> scales(spatial, 1);
    for (size_t i = 0; i < r.axes.size(); ++i)
      if (r.axes[i] >= 2) scales[static_cast<size_t>(r.axes[i] - 2)] = static_cast<float>(r.scales[i]);
    inputs.push_back(kNoValue);
    inputs.push_back(b.Constant(Tensor::FromVector<float>(scales)));
  }
  c.Return(ResizeOf(c, r, Layout::kNchw), std::move(inputs));
}

// One size for all axes that keeps the picture's proportions.
void KeepAspect(OnnxContext& c, Request* r, const std::string& policy) {
  if (policy == "stretch" || !r->sizes) return;
  if (policy != "not_larger" && policy != "not_smaller")
    c.Fail("attribute 'keep_aspect_ratio_policy': '{}' is not known", policy);
  Ints dims;
  double scale = policy == "not_larger" ? INFINITY : 0;
  for (size_t i = 0; i < r->axes.size(); ++i) {
    const Dim& d = c.shape(0)[static_cast<size_t>(r->axes[i])];
    if (!d.known() || d.value() == 0) c.Fail("the shape {} of its input is not known", c.shape(0).ToString());
    dims.push_back(d.value());
    const double each = static_cast<double>((*r->sizes)[i]) / static_cast<double>(d.value());
    scale = policy == "not_larger" ? std::min(scale, each) : std::max(scale, each);
  }
  r->scales.assign(dims.size(), scale);
  for (size_t i = 0; i < dims.size(); ++i)
    (*r->sizes)[i] = static_cast<int64_t>(std::floor(scale * static_cast<double>(dims[i]) + 0.5));
}

Ints AllAxes(OnnxContext& c) {
  Ints axes(static_cast<size_t>(c.Rank(0)));
  std::iota(axes.begin(), axes.end(), 0);
  return axes;
}

void CheckCount(OnnxContext& c, const Request& r) {
  const size_t count = r.sizes ? r.sizes->size() : r.scales.size();
  if (count != r.axes.size()) c.Fail("{} sizes or scales for {} axes", count, r.axes.size());
  for (const double scale : r.scales)
    if (!(scale > 0) || !(scale < 1e6)) c.Fail("a scale of {}", scale);
  for (size_t i = 0; r.sizes && i < count; ++i)
    if ((*r.sizes)[i] < 0) c.Fail("a size of {}", (*r.sizes)[i]);
}

// (x, scales), coordinates asymmetric, nearest towards zero.
void ImportResize10(OnnxContext& c) {
  Request r{c.String("mode", "nearest"), "asymmetric", "floor"};
  if (r.mode == "bilinear") r.mode = "linear";
  r.axes = AllAxes(c);
  r.scales = c.input_count() > 1 ? NeedNumbers(c, 1, "scales") : c.FloatList("scales");
  CheckCount(c, r);
  ReturnResize(c, std::move(r));
}

void ImportResize(OnnxContext& c) {
  Request r{c.String("mode", "nearest"), c.String("coordinate_transformation_mode", "half_pixel"),
            c.String("nearest_mode", "round_prefer_floor")};
  r.cubic_a = c.Float("cubic_coeff_a", -0.75);
  r.extrapolation = c.Float("extrapolation_value", 0);
  r.exclude_outside = c.Flag("exclude_outside");
  r.antialias = c.Flag("antialias");
  r.axes = c.HasAttr("axes") ? c.Axes(c.IntList("axes"), c.Rank(0)) : AllAxes(c);
  if (c.has(3)) {
    r.sizes = c.NeedInts(3, "its list of sizes");
    if (r.sizes->empty()) r.sizes.reset();
  }
  if (!r.sizes) r.scales = c.has(2) ? NeedNumbers(c, 2, "scales") : std::vector<double>{};
  CheckCount(c, r);
  if (r.coordinates == "tf_crop_and_resize") {
    r.roi = NeedNumbers(c, 1, "regions of interest");
    if (r.roi.size() != 2 * r.axes.size())
      c.Fail("{} regions of interest for {} axes", r.roi.size(), r.axes.size());
  } else if (!OpHasCoordinates(r.coordinates) && r.coordinates != "half_pixel_symmetric") {
    c.Fail("attribute 'coordinate_transformation_mode': '{}' is not known", r.coordinates);
  }
  KeepAspect(c, &r, c.String("keep_aspect_ratio_policy", "stretch"));
  ReturnResize(c, std::move(r));
}

constexpr OnnxOpImporter kRows[] = {
    {"Upsample", 7, kNewest, ImportResize10},  // deprecated since 10, and still written
    {"Resize", 10, 10, ImportResize10},
    {"Resize", 11, kNewest, ImportResize},
};

}  // namespace

std::span<const OnnxOpImporter> OnnxImageImporters() {
  return kRows;
}

}  // namespace floe
