// Resize and Upsample. The spatial dimensions of images are one op; anything else goes axis by axis, which
// every mode allows.
#include <algorithm>
#include <cmath>
#include <numeric>

#include "frontend/onnx/ops/families.h"
#include "frontend/onnx/ops/formula.h"
#include "graph/cubic.h"

namespace floe {
namespace {

constexpr int64_t kNewest = kNewestOnnxOpset;

// What a Resize asks for; sizes or scales, one an axis.
struct Request {
  std::string mode, coordinates, nearest;
  double cubic_a = -0.75, extrapolation = 0;
  bool exclude_outside = false, antialias = false;
  Ints axes;
  ValueId sizes = kNoValue;   // int64 [axes]
  ValueId scales = kNoValue;  // float32 [axes]
  ValueId roi = kNoValue;     // float64: all starts, then all ends
};

template <size_t kCount>
std::optional<size_t> IndexOf(const std::string_view (&names)[kCount], const std::string& name) {
  for (size_t i = 0; i < kCount; ++i)
    if (names[i] == name) return i;
  return std::nullopt;
}

// With corners aligned the definition reckons with the scaled size before it is rounded down, the op with the
// size that comes of it.
bool KeepsWholeSizes(OnnxContext& c, const Request& r) {
  if (r.sizes != kNoValue) return true;
  const Tensor* scales = c.build().constant(r.scales);
  for (size_t i = 0; i < r.axes.size(); ++i) {
    const Dim& in = c.shape(0)[static_cast<size_t>(r.axes[i])];
    if (scales == nullptr || !in.known()) return false;
    const double size = static_cast<double>(in.value()) * static_cast<double>(scales->data<float>()[i]);
    if (size != std::floor(size)) return false;
  }
  return true;
}

bool OpHasCoordinates(OnnxContext& c, const Request& r) {
  return IndexOf(kResizeCoordinatesNames, r.coordinates) &&
         (r.coordinates != "align_corners" || KeepsWholeSizes(c, r));
}

Resize ResizeOf(const Request& r, Layout layout) {
  Resize op;
  op.layout = layout;
  op.mode = static_cast<ResizeMode>(*IndexOf(kResizeModeNames, r.mode));
  op.coordinates = static_cast<ResizeCoordinates>(*IndexOf(kResizeCoordinatesNames, r.coordinates));
  op.nearest = static_cast<NearestRounding>(*IndexOf(kNearestRoundingNames, r.nearest));
  op.cubic_a = r.cubic_a;
  op.exclude_outside = r.exclude_outside;
  op.antialias = r.antialias;
  return op;
}

// ---- one axis as a product with a matrix, for coordinates that the op does not have ---------------------

struct Axis {
  ValueId in, out;     // int64 scalars
  ValueId scale;       // float64 scalar
  ValueId start, end;  // float64 scalars, of the region of interest
};

// Where each output place lies in the input, [out, 1].
ValueId Coordinates(Formula& f, Builder& b, const Request& r, const Axis& a) {
  const ValueId place = b.Reshape(f.UpTo(a.out), {-1, 1});
  const ValueId in = f.Of(a.in), out = f.Of(a.out), one = f.Number(1), half = f.Number(0.5);
  const ValueId last = f.Sub(in, one);
  if (r.coordinates == "tf_crop_and_resize") {
    const ValueId step = f.Div(f.Mul(f.Sub(a.end, a.start), last), f.Max(f.Sub(out, one), one));
    const ValueId many = f.Add(f.Mul(a.start, last), f.Mul(place, step));
    const ValueId single = f.Mul(f.Mul(half, f.Add(a.start, a.end)), last);
    return f.Where(b.Binary(BinaryKind::kGreater, a.out, b.Int64(1)), many, single);
  }
  if (r.coordinates == "align_corners") {
    const ValueId reach = f.Sub(f.Mul(in, a.scale), one);
    return f.Mul(place, b.Binary(BinaryKind::kDivNoNan, last, reach));
  }
  // half_pixel_symmetric: half_pixel, moved so that the picture's middle stays in the middle.
  const ValueId adjustment = f.Div(out, f.Mul(a.scale, in));
  const ValueId shift = f.Mul(f.Mul(in, half), f.Sub(one, adjustment));
  return f.Sub(f.Add(shift, f.Div(f.Add(place, half), a.scale)), half);
}

ValueId Rounded(Formula& f, Builder& b, const std::string& how, ValueId x) {
  if (how == "floor") return f.Floor(x);
  if (how == "ceil") return b.Unary(UnaryKind::kCeil, x);
  if (how == "round_prefer_ceil") return f.Floor(f.Add(x, f.Number(0.5)));
  return b.Unary(UnaryKind::kCeil, f.Sub(x, f.Number(0.5)));
}

// [out, in]: the share of each input place in each output place.
ValueId Weights(Formula& f, Builder& b, const Request& r, const Axis& a, ValueId x) {
  const ValueId numbers = f.UpTo(a.in), zero = f.Number(0), one = f.Number(1);
  const ValueId last = f.Sub(f.Of(a.in), one);
  const auto at = [&](ValueId place) { return f.Of(b.Binary(BinaryKind::kEqual, place, numbers)); };
  if (r.mode == "nearest") return at(f.Clamp(Rounded(f, b, r.nearest, x), zero, last));
  if (r.mode == "linear") {
    const ValueId distance = b.Unary(UnaryKind::kAbs, f.Sub(f.Clamp(x, zero, last), numbers));
    return f.Max(f.Sub(one, distance), zero);
  }
  const ValueId floor = f.Floor(x);
  const CubicKernel kernel = KeysKernel(r.cubic_a);
  ValueId sum = kNoValue, total = kNoValue;
  for (int k = -1; k <= 2; ++k) {
    const ValueId place = f.Add(floor, f.Number(k));
    ValueId weight =
        ValueAt(b, k == 0 || k == 1 ? kernel.near : kernel.far, b.Unary(UnaryKind::kAbs, f.Sub(x, place)));
    if (r.exclude_outside) weight = f.Mul(weight, f.Inside(place, zero, last));
    const ValueId part = f.Mul(at(f.Clamp(place, zero, last)), weight);
    sum = sum == kNoValue ? part : f.Add(sum, part);
    total = total == kNoValue ? weight : f.Add(total, weight);
  }
  return r.exclude_outside ? f.Div(sum, total) : sum;
}

// x is [outer, axis, inner]; places outside of the input become the extrapolation value.
ValueId ByMatrix(OnnxContext& c, ValueId x, const Request& r, const Axis& a) {
  Builder& b = c.build();
  Formula f(b, DType::kFloat64);
  const DType type = b.dtype(x), computed = IsFloat(type) ? type : DType::kFloat32;
  const ValueId places = Coordinates(f, b, r, a);
  const ValueId matrix = b.CastTo(Weights(f, b, r, a, places), computed);
  ValueId y = c.Add(MatMul{}, {matrix, b.CastTo(x, computed)});
  if (r.coordinates == "tf_crop_and_resize") {
    const ValueId last = f.Sub(f.Of(a.in), f.Number(1));
    const ValueId outside = b.Binary(BinaryKind::kOr, f.Less(places, f.Number(0)), f.Less(last, places));
    y = c.Add(Where{}, {outside, b.Scalar(computed, r.extrapolation), y});
  }
  return b.CastTo(y, type);
}

// ---- axis by axis -------------------------------------------------------------------------------------

// Entry i of the list is the size that x has along the axis already, read from the shape of x.
bool IsOwnSize(const Graph& graph, ValueId list, int64_t i, ValueId x, int64_t axis) {
  const NodeId id = graph.value(list).producer;
  if (id == kNoNode) return false;
  const Node& node = graph.node(id);
  if (IsOp<ShapeOf>(node.op)) return node.inputs[0] == x && i == axis;
  if (IsOp<Concat>(node.op)) {
    for (const ValueId part : node.inputs) {
      const auto size = graph.value(part).type.shape.ElementCount();
      if (!size) return false;
      if (i < *size) return IsOwnSize(graph, part, i, x, axis);
      i -= *size;
    }
    return false;
  }
  if (!IsOp<Slice>(node.op) || node.inputs.size() > 4) return false;
  const auto begin = ConstantInts(graph, node.inputs[1]);
  return begin && begin->size() == 1 && (*begin)[0] >= 0 &&
         IsOwnSize(graph, node.inputs[0], (*begin)[0] + i, x, axis);
}

// Known to change nothing.
bool IsIdle(OnnxContext& c, const Request& r, size_t i) {
  if (r.coordinates == "tf_crop_and_resize") return false;
  const Graph& graph = c.build().graph();
  const auto at = static_cast<int64_t>(i);
  if (r.sizes == kNoValue) {
    const Tensor* scales = ConstantOf(graph, r.scales);
    return scales != nullptr && scales->data<float>()[at] == 1;
  }
  const Dim& in = c.shape(0)[static_cast<size_t>(r.axes[i])];
  if (const auto sizes = ConstantInts(graph, r.sizes)) return in.known() && in.value() == (*sizes)[i];
  const auto& known = graph.value(r.sizes).elements;
  if (known && in.Same((*known)[i])) return true;
  return IsOwnSize(graph, r.sizes, at, c.in(0), r.axes[i]);
}

// Entries [begin, end) of a list: of one joined from others those that stand there, where none is cut.
ValueId Entries(Builder& b, ValueId list, int64_t begin, int64_t end) {
  const NodeId maker = b.graph().value(list).producer;
  if (maker == kNoNode || !IsOp<Concat>(b.graph().node(maker).op)) return b.SliceVector(list, begin, end);
  std::vector<ValueId> parts;
  int64_t at = 0;
  for (const ValueId part : b.graph().node(maker).inputs) {
    const auto size = b.shape(part).ElementCount();
    const bool whole = size && (at >= end || at + *size <= begin || (at >= begin && at + *size <= end));
    if (!whole) return b.SliceVector(list, begin, end);
    const bool wanted = at >= begin && at < end;
    if (wanted && size.value() > 0) parts.push_back(part);
    at += *size;
  }
  return b.ConcatVectors(std::move(parts));
}

void ResizeAxisByAxis(OnnxContext& c, const Request& r) {
  Builder& b = c.build();
  Formula f(b, DType::kFloat64);
  const bool by_op = OpHasCoordinates(c, r);
  if (!by_op && r.antialias) c.Fail("antialias with {} is not supported", r.coordinates);
  ValueId x = c.in(0), shape = b.ShapeTensor(x);
  const int64_t count = static_cast<int64_t>(r.axes.size());
  for (int64_t i = 0; i < count; ++i) {
    if (IsIdle(c, r, static_cast<size_t>(i))) continue;
    const int64_t axis = r.axes[static_cast<size_t>(i)];
    const auto entry = [&](ValueId list, int64_t at) { return b.SliceVector(list, at, at + 1); };
    const ValueId in = entry(shape, axis);
    const ValueId scale = r.scales == kNoValue ? kNoValue : entry(r.scales, i);
    const ValueId out =
        r.sizes != kNoValue ? entry(r.sizes, i) : b.ToInt64(f.Floor(f.Mul(f.Of(in), f.Of(scale))));
    const ValueId before = b.SliceVector(shape, 0, axis), after = b.SliceVector(shape, axis + 1, INT64_MAX);
    const auto product = [&](ValueId list) { return b.Reduce(ReduceKind::kProd, list, {0}, true); };
    x = c.Add(Reshape{}, {x, b.ConcatVectors({product(before), in, product(after)})});
    if (by_op) {
      std::vector<ValueId> inputs = {x, kNoValue, scale};
      if (r.sizes != kNoValue) inputs = {x, out};
      x = c.Add(ResizeOf(r, Layout::kNhwc), std::move(inputs));
    } else {
      Axis a{b.ToScalar(in), b.ToScalar(out), kNoValue, kNoValue, kNoValue};
      a.scale = r.sizes != kNoValue ? f.Div(f.Of(a.out), f.Of(a.in)) : b.ToScalar(f.Of(scale));
      if (r.roi != kNoValue) {
        a.start = b.ToScalar(entry(r.roi, i));
        a.end = b.ToScalar(entry(r.roi, count + i));
      }
      x = ByMatrix(c, x, r, a);
    }
    shape = b.ConcatVectors({before, out, after});
    x = c.Add(Reshape{}, {x, shape});
  }
  c.Set(0, x);
}

// ---- images -------------------------------------------------------------------------------------------

// Their spatial dimensions, and nothing else.
bool ResizesImages(OnnxContext& c, const Request& r) {
  const Shape& x = c.shape(0);
  if (!x.has_rank() || x.rank() < 3 || x.rank() > 5 || !OpHasCoordinates(c, r)) return false;
  for (size_t i = 0; i < r.axes.size(); ++i)
    if (r.axes[i] < 2 && !IsIdle(c, r, i)) return false;
  return true;
}

void ReturnResize(OnnxContext& c, const Request& r) {
  if (r.mode == "area" || !IndexOf(kResizeModeNames, r.mode))
    c.Fail("attribute 'mode': expected nearest, linear or cubic, found '{}'", r.mode);
  if (!IndexOf(kNearestRoundingNames, r.nearest))
    c.Fail("attribute 'nearest_mode': '{}' is not known", r.nearest);
  if (!ResizesImages(c, r)) return ResizeAxisByAxis(c, r);
  Builder& b = c.build();
  const int64_t rank = c.Rank(0);
  const bool by_size = r.sizes != kNoValue;
  if (static_cast<int64_t>(r.axes.size()) == rank && std::ranges::is_sorted(r.axes)) {
    const ValueId list = Entries(b, by_size ? r.sizes : r.scales, 2, rank);
    std::vector<ValueId> inputs = {c.in(0), kNoValue, list};
    if (by_size) inputs = {c.in(0), list};
    return c.Return(ResizeOf(r, Layout::kNchw), std::move(inputs));
  }
  std::vector<ValueId> parts;
  for (int64_t d = 2; d < rank; ++d)
    parts.push_back(by_size ? b.DimTensor(c.in(0), d) : b.Constant(Tensor::FromVector<float>({1})));
  for (size_t i = 0; i < r.axes.size(); ++i) {
    if (r.axes[i] < 2) continue;
    const auto at = static_cast<int64_t>(i);
    parts[static_cast<size_t>(r.axes[i] - 2)] = b.SliceVector(by_size ? r.sizes : r.scales, at, at + 1);
  }
  const ValueId list = b.ConcatVectors(std::move(parts));
  std::vector<ValueId> inputs = {c.in(0), kNoValue, list};
  if (by_size) inputs = {c.in(0), list};
  c.Return(ResizeOf(r, Layout::kNchw), std::move(inputs));
}

// ---- the operations -----------------------------------------------------------------------------------

// One scale for all axes that keeps the picture's proportions.
void KeepAspect(OnnxContext& c, Request* r, const std::string& policy) {
  if (policy == "stretch" || r->sizes == kNoValue) return;
  if (policy != "not_larger" && policy != "not_smaller")
    c.Fail("attribute 'keep_aspect_ratio_policy': '{}' is not known", policy);
  Builder& b = c.build();
  Formula f(b, DType::kFloat64);
  const ValueId sizes = f.Of(c.Add(Gather{}, {b.ShapeTensor(c.in(0)), b.Int64s(r->axes)}));
  const ReduceKind kind = policy == "not_larger" ? ReduceKind::kMin : ReduceKind::kMax;
  const ValueId scale = b.Reduce(kind, f.Div(f.Of(r->sizes), sizes), {0}, true);
  r->sizes = b.ToInt64(f.Floor(f.Add(f.Mul(sizes, scale), f.Number(0.5))));
}

Ints AllAxes(OnnxContext& c) {
  Ints axes(static_cast<size_t>(c.Rank(0)));
  std::iota(axes.begin(), axes.end(), 0);
  return axes;
}

// A list with an entry an axis; absent if it is empty.
ValueId ListOf(OnnxContext& c, size_t i, DType type, size_t count, const char* what) {
  if (!c.has(i) || c.shape(i).ElementCount() == 0) return kNoValue;
  const Shape& shape = c.shape(i);
  if (shape.has_rank() &&
      (shape.rank() != 1 || (shape[0].known() && shape[0].value() != static_cast<int64_t>(count))))
    c.Fail("expected {} {}, found {}", count, what, shape.ToString());
  return c.build().CastTo(c.in(i), type);
}

void CheckScales(OnnxContext& c, const Request& r) {
  const Tensor* scales = r.scales == kNoValue ? nullptr : c.build().constant(r.scales);
  for (int64_t i = 0; scales != nullptr && i < scales->size(); ++i) {
    const float scale = scales->data<float>()[i];
    if (!(scale > 0) || !(scale < 1e6F)) c.Fail("a scale of {}", scale);
  }
  if (r.scales == kNoValue && r.sizes == kNoValue) c.Fail("neither sizes nor scales are given");
}

// (x, scales), coordinates asymmetric, nearest towards zero.
void ImportResize10(OnnxContext& c) {
  Request r{c.String("mode", "nearest"), "asymmetric", "floor"};
  if (r.mode == "bilinear") r.mode = "linear";
  r.axes = AllAxes(c);
  if (c.has(1)) {
    r.scales = ListOf(c, 1, DType::kFloat32, r.axes.size(), "scales");
  } else {
    const std::vector<double> scales = c.FloatList("scales");
    if (scales.size() != r.axes.size()) c.Fail("{} scales for {} axes", scales.size(), r.axes.size());
    r.scales =
        c.build().Constant(Tensor::FromVector<float>(std::vector<float>(scales.begin(), scales.end())));
  }
  CheckScales(c, r);
  ReturnResize(c, r);
}

void ImportResize(OnnxContext& c) {
  Request r{c.String("mode", "nearest"), c.String("coordinate_transformation_mode", "half_pixel"),
            c.String("nearest_mode", "round_prefer_floor")};
  r.cubic_a = c.Float("cubic_coeff_a", -0.75);
  r.extrapolation = c.Float("extrapolation_value", 0);
  r.exclude_outside = c.Flag("exclude_outside");
  r.antialias = c.Flag("antialias");
  r.axes = c.HasAttr("axes") ? c.Axes(c.IntList("axes"), c.Rank(0)) : AllAxes(c);
  r.sizes = ListOf(c, 3, DType::kInt64, r.axes.size(), "sizes");
  if (r.sizes == kNoValue) r.scales = ListOf(c, 2, DType::kFloat32, r.axes.size(), "scales");
  CheckScales(c, r);
  if (r.coordinates == "tf_crop_and_resize") {
    r.roi = ListOf(c, 1, DType::kFloat64, 2 * r.axes.size(), "ends of regions of interest");
    if (r.roi == kNoValue) c.Fail("its region of interest is missing");
  } else if (!IndexOf(kResizeCoordinatesNames, r.coordinates) && r.coordinates != "half_pixel_symmetric") {
    c.Fail("attribute 'coordinate_transformation_mode': '{}' is not known", r.coordinates);
  }
  KeepAspect(c, &r, c.String("keep_aspect_ratio_policy", "stretch"));
  ReturnResize(c, r);
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
