// Images are in N, C, spatial order here: turn_layout.h has seen to it.
#include <algorithm>
#include <numeric>

#include "export/emit/ops.h"
#include "graph/builder.h"

namespace floe {
namespace {

constexpr std::string_view kLayoutRemedy =
    "give the image a known number of dimensions with --input NAME=SHAPE";

bool IsTurned(Layout layout, Emitter& e) {
  if (layout == Layout::kNchw) return true;
  e.Refuse("an image of an unknown number of dimensions cannot be brought to N, C, spatial order",
           std::string(kLayoutRemedy));
  return false;
}

std::vector<int64_t> Or(const std::vector<int64_t>& list, size_t count, int64_t fallback) {
  return list.empty() ? std::vector<int64_t>(count, fallback) : list;
}

bool IsAny(const std::vector<int64_t>& list, int64_t other_than) {
  return std::ranges::any_of(list, [&](int64_t v) { return v != other_than; });
}

// Strides, dilations and pads in whatever form the op has them; what is the default is left out.
template <typename T>
void SetWindow(onnx::NodeProto& node, const T& op, size_t spatial) {
  SetInts(node, "strides", Or(op.strides, spatial, 1));
  if constexpr (requires { op.dilations; }) {
    if (IsAny(op.dilations, 1)) SetInts(node, "dilations", op.dilations);
  }
  if (op.auto_pad != AutoPad::kExplicit) {
    SetString(node, "auto_pad", kAutoPadNames[static_cast<size_t>(op.auto_pad)]);
  } else if (IsAny(op.pads, 0)) {
    SetInts(node, "pads", op.pads);
  }
}

template <typename T>
void SetPool(onnx::NodeProto& node, const T& op) {
  SetInts(node, "kernel_shape", op.kernel_shape);
  SetWindow(node, op, op.kernel_shape.size());
  if (op.ceil_mode) SetInt(node, "ceil_mode", 1);
}

std::vector<int64_t> KernelShape(const Shape& filter) {
  std::vector<int64_t> kernel;
  for (size_t i = 2; filter.has_rank() && i < filter.rank(); ++i) {
    if (!filter[i].known()) return {};
    kernel.push_back(filter[i].value());
  }
  return kernel;
}

void NameLayer(Emitter& e) {
  e.NameConstant(1, "weights");
  e.NameConstant(2, "bias");
}

// x with its last two dimensions swapped.
Operand SwapLast(Emitter& e, const Operand& x, std::string_view suffix) {
  Shape shape = x.type.shape;
  const size_t rank = shape.rank();
  std::vector<int64_t> perm(rank);
  std::iota(perm.begin(), perm.end(), 0);
  std::swap(perm[rank - 1], perm[rank - 2]);
  std::swap(shape[rank - 1], shape[rank - 2]);
  const Operand turned = e.Temporary({x.type.dtype, shape}, suffix);
  SetInts(e.Add("Transpose", {x}, {turned}), "perm", perm);
  return turned;
}

}  // namespace

void Emit(const Conv& op, Emitter& e) {
  if (!IsTurned(op.layout, e)) return;
  const size_t spatial = e.graph().value(e.node().outputs[0]).type.shape.rank() - 2;
  NameLayer(e);
  onnx::NodeProto& node = e.AddSame("Conv");
  if (const auto kernel = KernelShape(e.InShape(1)); !kernel.empty()) SetInts(node, "kernel_shape", kernel);
  SetWindow(node, op, spatial);
  if (op.group != 1) SetInt(node, "group", op.group);
}

void Emit(const ConvTranspose& op, Emitter& e) {
  if (!IsTurned(op.layout, e)) return;
  if (e.has(3)) {
    return e.Refuse("the size of a transposed convolution's output is known only at run time",
                    "fix the input's shape with --input NAME=SHAPE");
  }
  const size_t spatial = e.graph().value(e.node().outputs[0]).type.shape.rank() - 2;
  NameLayer(e);
  onnx::NodeProto& node = e.AddSame("ConvTranspose");
  if (const auto kernel = KernelShape(e.InShape(1)); !kernel.empty()) SetInts(node, "kernel_shape", kernel);
  SetWindow(node, op, spatial);
  if (op.group != 1) SetInt(node, "group", op.group);
  if (IsAny(op.output_padding, 0)) SetInts(node, "output_padding", op.output_padding);
}

void Emit(const MaxPool& op, Emitter& e) {
  if (IsTurned(op.layout, e)) SetPool(e.AddSame("MaxPool"), op);
}

void Emit(const AveragePool& op, Emitter& e) {
  if (!IsTurned(op.layout, e)) return;
  onnx::NodeProto& node = e.AddSame("AveragePool");
  SetPool(node, op);
  if (op.count_include_pad) SetInt(node, "count_include_pad", 1);
}

void Emit(const BatchNormalization& op, Emitter& e) {
  if (!IsTurned(op.layout, e)) return;
  e.NameConstant(1, "scale");
  e.NameConstant(2, "bias");
  SetFloat(e.AddSame("BatchNormalization"), "epsilon", op.epsilon);
}

void Emit(const LayerNormalization& op, Emitter& e) {
  onnx::NodeProto& node = e.AddSame("LayerNormalization");
  SetInt(node, "axis", op.axis);
  SetFloat(node, "epsilon", op.epsilon);
}

void Emit(const LRN& op, Emitter& e) {
  if (!IsTurned(op.layout, e)) return;
  onnx::NodeProto& node = e.AddSame("LRN");
  SetInt(node, "size", op.size);
  SetFloat(node, "alpha", op.alpha);
  SetFloat(node, "beta", op.beta);
  SetFloat(node, "bias", op.bias);
}

void Emit(const Softmax& op, Emitter& e) {
  SetInt(e.AddSame("Softmax"), "axis", op.axis);
}

void Emit(const LogSoftmax& op, Emitter& e) {
  SetInt(e.AddSame("LogSoftmax"), "axis", op.axis);
}

// Gemm where both are matrices and it says more than MatMul; Transpose, MatMul and Add else.
void Emit(const MatMul& op, Emitter& e) {
  const Shape& a = e.InShape(0);
  const Shape& b = e.InShape(1);
  if ((op.transpose_a && a.rank() < 2) || (op.transpose_b && b.rank() < 2)) {
    return e.Refuse("a matrix of an unknown number of dimensions is transposed", std::string(kLayoutRemedy));
  }
  NameLayer(e);
  const bool matrices = a.has_rank() && b.has_rank() && a.rank() == 2 && b.rank() == 2;
  const bool more = e.has(2) || op.transpose_a || op.transpose_b;
  if (matrices && more && IsFloat(e.InType(0)) && e.InType(0) != DType::kBFloat16) {
    onnx::NodeProto& node = e.AddSame("Gemm");
    if (op.transpose_a) SetInt(node, "transA", 1);
    if (op.transpose_b) SetInt(node, "transB", 1);
    return;
  }
  const Operand left = op.transpose_a ? SwapLast(e, e.In(0), "a") : e.In(0);
  const Operand right = op.transpose_b ? SwapLast(e, e.In(1), "b") : e.In(1);
  const Operand out = e.Out(0);
  const Operand product = e.has(2) ? e.Temporary(out.type, "product") : out;
  e.Add("MatMul", {left, right}, {product});
  if (e.has(2)) e.Add("Add", {product, e.In(2)}, {out});
}

void Emit(const Einsum& op, Emitter& e) {
  SetString(e.AddSame("Einsum"), "equation", op.equation);
}

void Emit(const Resize& op, Emitter& e) {
  if (!IsTurned(op.layout, e)) return;
  if (op.mode == ResizeMode::kArea || op.antialias) {
    return e.Refuse("ONNX resizes by areas only from opset 18 on",
                    "resize to nearest or linear in the model");
  }
  const Shape& x = e.InShape(0);
  // Sizes or scales of all dimensions; batch and channels keep theirs.
  Operand sizes, scales;
  const Operand out = e.Out(0);
  const size_t rank = x.rank();
  const int64_t n = static_cast<int64_t>(rank);
  if (!e.has(1)) {
    const Operand ones = e.Constant(Tensor::FromVector<float>({1, 1}), "ones");
    scales = e.Temporary({DType::kFloat32, Shape({n})}, "scales");
    SetInt(e.Add("Concat", {ones, e.In(2)}, {scales}), "axis", 0);
  } else if (out.type.shape.IsStatic()) {
    sizes = e.Ints(out.type.shape.Static());
  } else {
    Operand kept;
    if (x[0].known() && x[1].known()) {
      kept = e.Ints({x[0].value(), x[1].value()});
    } else {
      const Operand shape = e.Temporary({DType::kInt64, Shape({n})}, "shape");
      kept = e.Temporary({DType::kInt64, Shape({2})}, "kept");
      e.Add("Shape", {e.In(0)}, {shape});
      e.Add("Slice", {shape, e.Ints({0}), e.Ints({2}), e.Ints({0})}, {kept});
    }
    const Operand wanted = e.Cast(e.In(1), DType::kInt64, "wanted");
    sizes = e.Temporary({DType::kInt64, Shape({n})}, "sizes");
    SetInt(e.Add("Concat", {kept, wanted}, {sizes}), "axis", 0);
  }
  onnx::NodeProto& node = e.Add("Resize", {e.In(0), {}, scales, sizes}, {out});
  SetString(node, "mode", kResizeModeNames[static_cast<size_t>(op.mode)]);
  // TensorFlow's nearest neighbour with half_pixel_centers is not among ONNX's coordinates since opset 13:
  // floor((i + 0.5) s) is (i + 0.5) s - 0.5 rounded, halves upward.
  const bool tf_nearest = op.coordinates == ResizeCoordinates::kTfHalfPixelForNn;
  const ResizeCoordinates coordinates = tf_nearest ? ResizeCoordinates::kHalfPixel : op.coordinates;
  const NearestRounding rounding = tf_nearest ? NearestRounding::kRoundPreferCeil : op.nearest;
  SetString(node, "coordinate_transformation_mode",
            kResizeCoordinatesNames[static_cast<size_t>(coordinates)]);
  if (op.mode == ResizeMode::kNearest) {
    SetString(node, "nearest_mode", kNearestRoundingNames[static_cast<size_t>(rounding)]);
  } else if (op.mode == ResizeMode::kCubic) {
    SetFloat(node, "cubic_coeff_a", op.cubic_a);
    if (op.exclude_outside) SetInt(node, "exclude_outside", 1);
  }
}

void Emit(const DepthToSpace& op, Emitter& e) {
  if (!IsTurned(op.layout, e)) return;
  onnx::NodeProto& node = e.AddSame("DepthToSpace");
  SetInt(node, "blocksize", op.block_size);
  SetString(node, "mode", kDepthOrderNames[static_cast<size_t>(op.order)]);
}

void Emit(const SpaceToDepth& op, Emitter& e) {
  if (IsTurned(op.layout, e)) SetInt(e.AddSame("SpaceToDepth"), "blocksize", op.block_size);
}

namespace {

// What LSTM and GRU share. Lengths are int32 in ONNX.
template <typename T>
void EmitRecurrent(const T& op, std::string_view name, Emitter& e) {
  std::vector<Operand> inputs;
  for (size_t i = 0; i < e.node().inputs.size(); ++i) inputs.push_back(e.In(i));
  if (e.has(4) && e.InType(4) != DType::kInt32) {
    inputs[4] = e.Cast(e.In(4), DType::kInt32, "lengths");
  }
  std::vector<Operand> outputs;
  for (size_t i = 0; i < e.node().outputs.size(); ++i) {
    const Value& value = e.graph().value(e.node().outputs[i]);
    const bool used = !value.users.empty() || e.graph().IsOutput(e.node().outputs[i]);
    outputs.push_back(used ? e.Out(i) : Operand{});
  }
  onnx::NodeProto& node = e.Add(name, std::move(inputs), std::move(outputs));
  SetInt(node, "hidden_size", op.hidden_size);
  SetString(node, "direction", kDirectionNames[static_cast<size_t>(op.direction)]);
  if (op.clip != 0) SetFloat(node, "clip", op.clip);
  if (!op.activations.empty()) SetStrings(node, "activations", op.activations);
  if constexpr (requires { op.linear_before_reset; }) {
    if (op.linear_before_reset) SetInt(node, "linear_before_reset", 1);
  }
}

}  // namespace

void Emit(const Lstm& op, Emitter& e) {
  EmitRecurrent(op, "LSTM", e);
}

void Emit(const Gru& op, Emitter& e) {
  EmitRecurrent(op, "GRU", e);
}

}  // namespace floe
