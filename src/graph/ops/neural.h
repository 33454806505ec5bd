// Convolution, pooling, normalisation, matrix products, image resizing.
//
// Spatial ops take 1, 2 or 3 spatial dimensions. With Layout::kNhwc (the native one) images are N,
// spatial..., C; with kNchw they are N, C, spatial.... Filters are O, spatial..., I (OHWI) under kNhwc and O,
// I, spatial... under kNchw, with I = C / group. Lists (`strides`, `dilations`, `kernel_shape`) have one
// entry a spatial dimension; `pads` has all begins, then all ends, as in ONNX. Empty lists mean ones or
// zeros.
#ifndef FLOE_GRAPH_OPS_NEURAL_H_
#define FLOE_GRAPH_OPS_NEURAL_H_

#include <tuple>
#include <vector>

#include "graph/field.h"
#include "graph/ops/traits.h"

namespace floe {

// kSameUpper: TensorFlow's SAME, resolved to explicit pads (kExplicit) as soon as the spatial sizes are
// known. For ConvTranspose, kSameUpper means output size = input size * stride.
enum class AutoPad : uint8_t { kExplicit = 0, kSameUpper = 1, kSameLower = 2 };
constexpr std::string_view kAutoPadNames[] = {"EXPLICIT", "SAME_UPPER", "SAME_LOWER"};
constexpr auto& EnumNames(AutoPad) {
  return kAutoPadNames;
}

// (x, filter[, bias of O]). A depthwise convolution is one with group = C; its filter is [O, h, w, 1], where
// output channel c * multiplier + m reads input channel c, as in TensorFlow.
struct Conv {
  static constexpr std::string_view kName = "Conv";
  static constexpr OpTraits kTraits{.min_inputs = 2, .max_inputs = 3};
  Layout layout = Layout::kNhwc;
  std::vector<int64_t> strides;
  std::vector<int64_t> dilations;
  std::vector<int64_t> pads;
  AutoPad auto_pad = AutoPad::kExplicit;
  int64_t group = 1;
  template <typename Self = Conv>
  static constexpr auto Fields() {
    return std::tuple{Field{"layout", &Self::layout},       Field{"strides", &Self::strides},
                      Field{"dilations", &Self::dilations}, Field{"pads", &Self::pads},
                      Field{"auto_pad", &Self::auto_pad},   Field{"group", &Self::group}};
  }
};

// (x, filter[, bias of O[, spatial output sizes, int64]]): the transpose of the convolution that maps the
// output to x. The filter is that of the forward convolution seen from the output: under kNhwc [I,
// spatial..., O / group], under kNchw ONNX's [I, O / group, spatial...], I = channels of x. The output's
// spatial sizes are given by `output_shape`, else by the fourth input, else follow from pads and
// output_padding as in ONNX.
struct ConvTranspose {
  static constexpr std::string_view kName = "ConvTranspose";
  static constexpr OpTraits kTraits{.min_inputs = 2, .max_inputs = 4};
  Layout layout = Layout::kNhwc;
  std::vector<int64_t> strides;
  std::vector<int64_t> dilations;
  std::vector<int64_t> pads;
  AutoPad auto_pad = AutoPad::kExplicit;
  int64_t group = 1;
  std::vector<int64_t> output_padding;
  std::vector<int64_t> output_shape;  // spatial sizes only
  template <typename Self = ConvTranspose>
  static constexpr auto Fields() {
    return std::tuple{Field{"layout", &Self::layout},
                      Field{"strides", &Self::strides},
                      Field{"dilations", &Self::dilations},
                      Field{"pads", &Self::pads},
                      Field{"auto_pad", &Self::auto_pad},
                      Field{"group", &Self::group},
                      Field{"output_padding", &Self::output_padding},
                      Field{"output_shape", &Self::output_shape}};
  }
};

// How the second output of MaxPool counts.
enum class ArgmaxIndex : uint8_t {
  kOnnx = 0,             // over the whole tensor in N, C, spatial order
  kTensorFlow = 1,       // (y * W + x) * C + c within one image
  kTensorFlowBatch = 2,  // ((n * H + y) * W + x) * C + c
};
constexpr std::string_view kArgmaxIndexNames[] = {"ONNX", "TF", "TF_BATCH"};
constexpr auto& EnumNames(ArgmaxIndex) {
  return kArgmaxIndexNames;
}

// x -> (y[, int64 index of each maximum]). Padding never wins.
struct MaxPool {
  static constexpr std::string_view kName = "MaxPool";
  static constexpr OpTraits kTraits{.max_outputs = 2};
  Layout layout = Layout::kNhwc;
  std::vector<int64_t> kernel_shape;
  std::vector<int64_t> strides;
  std::vector<int64_t> dilations;
  std::vector<int64_t> pads;
  AutoPad auto_pad = AutoPad::kExplicit;
  bool ceil_mode = false;
  ArgmaxIndex argmax_index = ArgmaxIndex::kTensorFlow;
  template <typename Self = MaxPool>
  static constexpr auto Fields() {
    return std::tuple{Field{"layout", &Self::layout},       Field{"kernel_shape", &Self::kernel_shape},
                      Field{"strides", &Self::strides},     Field{"dilations", &Self::dilations},
                      Field{"pads", &Self::pads},           Field{"auto_pad", &Self::auto_pad},
                      Field{"ceil_mode", &Self::ceil_mode}, Field{"argmax_index", &Self::argmax_index}};
  }
};

// Divides by the number of real pixels under the window, or by the window's size with count_include_pad.
struct AveragePool {
  static constexpr std::string_view kName = "AveragePool";
  static constexpr OpTraits kTraits{};
  Layout layout = Layout::kNhwc;
  std::vector<int64_t> kernel_shape;
  std::vector<int64_t> strides;
  std::vector<int64_t> pads;
  AutoPad auto_pad = AutoPad::kExplicit;
  bool ceil_mode = false;
  bool count_include_pad = false;
  template <typename Self = AveragePool>
  static constexpr auto Fields() {
    return std::tuple{Field{"layout", &Self::layout},
                      Field{"kernel_shape", &Self::kernel_shape},
                      Field{"strides", &Self::strides},
                      Field{"pads", &Self::pads},
                      Field{"auto_pad", &Self::auto_pad},
                      Field{"ceil_mode", &Self::ceil_mode},
                      Field{"count_include_pad", &Self::count_include_pad}};
  }
};

// (x, scale, bias, mean, variance), each but x of C: (x - mean) / sqrt(variance + epsilon) * scale + bias.
struct BatchNormalization {
  static constexpr std::string_view kName = "BatchNormalization";
  static constexpr OpTraits kTraits{.min_inputs = 5, .max_inputs = 5};
  Layout layout = Layout::kNhwc;
  double epsilon = 1e-5;
  template <typename Self = BatchNormalization>
  static constexpr auto Fields() {
    return std::tuple{Field{"layout", &Self::layout}, Field{"epsilon", &Self::epsilon}};
  }
};

// (x, scale[, bias]): normalised over the dimensions from `axis` on (ONNX opset 17).
struct LayerNormalization {
  static constexpr std::string_view kName = "LayerNormalization";
  static constexpr OpTraits kTraits{.min_inputs = 2, .max_inputs = 3};
  int64_t axis = -1;
  double epsilon = 1e-5;
  template <typename Self = LayerNormalization>
  static constexpr auto Fields() {
    return std::tuple{Field{"axis", &Self::axis}, Field{"epsilon", &Self::epsilon}};
  }
};

// x / (bias + alpha / size * sum of squares over `size` neighbouring channels) ^ beta. TensorFlow's alpha is
// per element: the importer multiplies it by size.
struct LRN {
  static constexpr std::string_view kName = "LRN";
  static constexpr OpTraits kTraits{};
  Layout layout = Layout::kNhwc;
  int64_t size = 5;
  double alpha = 1e-4;
  double beta = 0.75;
  double bias = 1;
  template <typename Self = LRN>
  static constexpr auto Fields() {
    return std::tuple{Field{"layout", &Self::layout}, Field{"size", &Self::size},
                      Field{"alpha", &Self::alpha}, Field{"beta", &Self::beta}, Field{"bias", &Self::bias}};
  }
};

struct Softmax {
  static constexpr std::string_view kName = "Softmax";
  static constexpr OpTraits kTraits{};
  int64_t axis = -1;
  template <typename Self = Softmax>
  static constexpr auto Fields() {
    return std::tuple{Field{"axis", &Self::axis}};
  }
};

struct LogSoftmax {
  static constexpr std::string_view kName = "LogSoftmax";
  static constexpr OpTraits kTraits{};
  int64_t axis = -1;
  template <typename Self = LogSoftmax>
  static constexpr auto Fields() {
    return std::tuple{Field{"axis", &Self::axis}};
  }
};

// (a, b[, bias of n]): numpy's matmul of the last two dimensions, batch dimensions broadcast, plus the bias.
// `transpose_*` swaps the last two dimensions of an operand first; `conjugate_*` conjugates it too.
struct MatMul {
  static constexpr std::string_view kName = "MatMul";
  static constexpr OpTraits kTraits{.min_inputs = 2, .max_inputs = 3};
  bool transpose_a = false;
  bool transpose_b = false;
  bool conjugate_a = false;
  bool conjugate_b = false;
  template <typename Self = MatMul>
  static constexpr auto Fields() {
    return std::tuple{Field{"transpose_a", &Self::transpose_a}, Field{"transpose_b", &Self::transpose_b},
                      Field{"conjugate_a", &Self::conjugate_a}, Field{"conjugate_b", &Self::conjugate_b}};
  }
};

struct Einsum {
  static constexpr std::string_view kName = "Einsum";
  static constexpr OpTraits kTraits{.min_inputs = 1, .max_inputs = kVariadic};
  std::string equation;
  template <typename Self = Einsum>
  static constexpr auto Fields() {
    return std::tuple{Field{"equation", &Self::equation}};
  }
};

enum class ResizeMode : uint8_t { kNearest = 0, kLinear = 1, kCubic = 2, kArea = 3 };
constexpr std::string_view kResizeModeNames[] = {"nearest", "linear", "cubic", "area"};
constexpr auto& EnumNames(ResizeMode) {
  return kResizeModeNames;
}

// Where the centre of output pixel i lies in the input, `scale` = input size / output size (kAlignCorners: of
// the sizes less one).
enum class ResizeCoordinates : uint8_t {
  kAsymmetric = 0,        // i * scale: TensorFlow's default
  kHalfPixel = 1,         // (i + 0.5) * scale - 0.5
  kAlignCorners = 2,      // i * (in - 1) / (out - 1)
  kPytorchHalfPixel = 3,  // as kHalfPixel, 0 when the output has one pixel
  kTfHalfPixelForNn = 4,  // (i + 0.5) * scale: TensorFlow's nearest neighbour with half_pixel_centers
};
constexpr std::string_view kResizeCoordinatesNames[] = {"asymmetric", "half_pixel", "align_corners",
                                                        "pytorch_half_pixel", "tf_half_pixel_for_nn"};
constexpr auto& EnumNames(ResizeCoordinates) {
  return kResizeCoordinatesNames;
}

enum class NearestRounding : uint8_t { kFloor = 0, kCeil = 1, kRoundPreferFloor = 2, kRoundPreferCeil = 3 };
constexpr std::string_view kNearestRoundingNames[] = {"floor", "ceil", "round_prefer_floor",
                                                      "round_prefer_ceil"};
constexpr auto& EnumNames(NearestRounding) {
  return kNearestRoundingNames;
}

// (x, sizes int64 of the spatial dimensions in order[, scales float32 likewise]). One of the two may be
// absent. Linear and cubic interpolate over all spatial dimensions, computed in float32 and giving float32
// for any input type when `float_output`, else x's type.
struct Resize {
  static constexpr std::string_view kName = "Resize";
  static constexpr OpTraits kTraits{.min_inputs = 2, .max_inputs = 3};
  Layout layout = Layout::kNhwc;
  ResizeMode mode = ResizeMode::kLinear;
  ResizeCoordinates coordinates = ResizeCoordinates::kAsymmetric;
  NearestRounding nearest = NearestRounding::kFloor;
  double cubic_a = -0.75;        // TensorFlow: -0.75 in the old kernel, -0.5 with half_pixel_centers
  bool exclude_outside = false;  // cubic: weights outside the image are 0 and the rest renormalised
  bool antialias = false;
  bool float_output = false;
  template <typename Self = Resize>
  static constexpr auto Fields() {
    return std::tuple{
        Field{"layout", &Self::layout},           Field{"mode", &Self::mode},
        Field{"coordinates", &Self::coordinates}, Field{"nearest", &Self::nearest},
        Field{"cubic_a", &Self::cubic_a},         Field{"exclude_outside", &Self::exclude_outside},
        Field{"antialias", &Self::antialias},     Field{"float_output", &Self::float_output}};
  }
};

// TensorFlow's: (image NHWC, boxes [n, 4] of y1 x1 y2 x2 in [0, 1], box image indices int32 [n], crop size
// int32 [2]) -> float32 [n, h, w, C].
struct CropAndResize {
  static constexpr std::string_view kName = "CropAndResize";
  static constexpr OpTraits kTraits{.min_inputs = 4, .max_inputs = 4};
  ResizeMode mode = ResizeMode::kLinear;
  double extrapolation_value = 0;
  template <typename Self = CropAndResize>
  static constexpr auto Fields() {
    return std::tuple{Field{"mode", &Self::mode}, Field{"extrapolation_value", &Self::extrapolation_value}};
  }
};

// Channel order of the block dimension: kDcr (TensorFlow; ONNX's default) splits C into [block, block, C'],
// kCrd into [C', block, block].
enum class DepthOrder : uint8_t { kDcr = 0, kCrd = 1 };
constexpr std::string_view kDepthOrderNames[] = {"DCR", "CRD"};
constexpr auto& EnumNames(DepthOrder) {
  return kDepthOrderNames;
}

struct DepthToSpace {
  static constexpr std::string_view kName = "DepthToSpace";
  static constexpr OpTraits kTraits{};
  Layout layout = Layout::kNhwc;
  int64_t block_size = 2;
  DepthOrder order = DepthOrder::kDcr;
  template <typename Self = DepthToSpace>
  static constexpr auto Fields() {
    return std::tuple{Field{"layout", &Self::layout}, Field{"block_size", &Self::block_size},
                      Field{"order", &Self::order}};
  }
};

struct SpaceToDepth {
  static constexpr std::string_view kName = "SpaceToDepth";
  static constexpr OpTraits kTraits{};
  Layout layout = Layout::kNhwc;
  int64_t block_size = 2;
  template <typename Self = SpaceToDepth>
  static constexpr auto Fields() {
    return std::tuple{Field{"layout", &Self::layout}, Field{"block_size", &Self::block_size}};
  }
};

// Grey-scale morphology, NHWC, filter [h, w, C]: max over the window of x + filter.
struct Dilation2D {
  static constexpr std::string_view kName = "Dilation2D";
  static constexpr OpTraits kTraits{.min_inputs = 2, .max_inputs = 2};
  std::vector<int64_t> strides;
  std::vector<int64_t> dilations;
  std::vector<int64_t> pads;
  AutoPad auto_pad = AutoPad::kExplicit;
  template <typename Self = Dilation2D>
  static constexpr auto Fields() {
    return std::tuple{Field{"strides", &Self::strides}, Field{"dilations", &Self::dilations},
                      Field{"pads", &Self::pads}, Field{"auto_pad", &Self::auto_pad}};
  }
};

enum class ResampleKernel : uint8_t {
  kLanczos1,
  kLanczos3,
  kLanczos5,
  kGaussian,
  kBox,
  kTriangle,
  kKeysCubic,
  kMitchellCubic
};
constexpr std::string_view kResampleKernelNames[] = {"lanczos1", "lanczos3", "lanczos5",  "gaussian",
                                                     "box",      "triangle", "keyscubic", "mitchellcubic"};
constexpr auto& EnumNames(ResampleKernel) {
  return kResampleKernelNames;
}

// TensorFlow's: (NHWC images, size int32 [2], scale [2], translation [2]) -> float. Output pixel y looks at
// the input around (y + 1/2 - translation) / scale - 1/2; antialias widens the kernel where that shrinks.
struct ScaleAndTranslate {
  static constexpr std::string_view kName = "ScaleAndTranslate";
  static constexpr OpTraits kTraits{.min_inputs = 4, .max_inputs = 4};
  ResampleKernel kernel = ResampleKernel::kLanczos3;
  bool antialias = true;
  template <typename Self = ScaleAndTranslate>
  static constexpr auto Fields() {
    return std::tuple{Field{"kernel", &Self::kernel}, Field{"antialias", &Self::antialias}};
  }
};

// NHWC patches laid out along the last dimension: [n, oh, ow, kh * kw * C].
struct ExtractPatches {
  static constexpr std::string_view kName = "ExtractPatches";
  static constexpr OpTraits kTraits{};
  std::vector<int64_t> kernel_shape;
  std::vector<int64_t> strides;
  std::vector<int64_t> dilations;
  std::vector<int64_t> pads;
  AutoPad auto_pad = AutoPad::kExplicit;
  template <typename Self = ExtractPatches>
  static constexpr auto Fields() {
    return std::tuple{Field{"kernel_shape", &Self::kernel_shape}, Field{"strides", &Self::strides},
                      Field{"dilations", &Self::dilations}, Field{"pads", &Self::pads},
                      Field{"auto_pad", &Self::auto_pad}};
  }
};

}  // namespace floe

#endif  // FLOE_GRAPH_OPS_NEURAL_H_
