#include "export/tensorrt/operators.h"

#include <onnx/onnx_pb.h>

#include <algorithm>

namespace floe {
namespace {

constexpr TensorRtOperator kOperators[] = {
    {"Abs", kFloats | kInts},
    {"Acos", kFloats},
    {"Acosh", kFloats},
    {"Add", kFloats | kInts},
    {"And", kBools},
    {"ArgMax", kFloats | kInts},
    {"ArgMin", kFloats | kInts},
    {"Asin", kFloats},
    {"Asinh", kFloats},
    {"Atan", kFloats},
    {"Atanh", kFloats},
    {"Attention", kFloats},
    {"AveragePool", kFloats},
    {"BatchNormalization", kFloats},
    {"BlackmanWindow", kFp32 | kFp16},
    {"Cast", kAnyType | kUint8},
    {"CastLike", kAnyType | kUint8},
    {"Ceil", kFloats},
    {"Celu", kFloats},
    {"Clip", kFloats},
    {"Concat", kAnyType},
    {"Constant", kAnyType},
    {"ConstantOfShape", kAnyType},
    {"Conv", kFloats},
    {"ConvTranspose", kFloats},
    {"Cos", kFloats},
    {"Cosh", kFloats},
    {"CumSum", kFloats},
    {"DeformConv", kFp32 | kFp16},
    {"DepthToSpace", kFloats | kInts},
    {"DequantizeLinear", kQuantised},
    {"Div", kFloats | kInts},
    {"Dropout", kFloats},
    {"Einsum", kFloats},
    {"Elu", kFloats},
    {"Equal", kFloats | kInts},
    {"Erf", kFloats},
    {"Exp", kFloats},
    {"Expand", kAnyType},
    {"EyeLike", kAnyType},
    {"Flatten", kAnyType},
    {"Floor", kFloats},
    {"GRU", kFloats},
    {"Gather", kAnyType},
    {"GatherElements", kAnyType},
    {"GatherND", kAnyType},
    {"Gelu", kFloats | kInts},
    {"Gemm", kFloats},
    {"GlobalAveragePool", kFloats},
    {"GlobalLpPool", kFloats},
    {"GlobalMaxPool", kFloats},
    {"Greater", kFloats | kInts},
    {"GreaterOrEqual", kFloats | kInts},
    {"GridSample", kFp32 | kFp16},
    {"GroupNormalization", kFloats},
    {"HammingWindow", kFp32 | kFp16},
    {"HannWindow", kFp32 | kFp16},
    {"HardSigmoid", kFloats},
    {"HardSwish", kFloats},
    {"Hardmax", kFloats},
    {"Identity", kAnyType},
    {"If", kAnyType},
    {"ImageScaler", kFloats},
    {"InstanceNormalization", kFloats},
    {"IsInf", kFloats},
    {"IsNaN", kFloats | kInts},
    {"LRN", kFloats},
    {"LSTM", kFloats},
    {"LayerNormalization", kFloats},
    {"LeakyRelu", kFloats},
    {"Less", kFloats | kInts},
    {"LessOrEqual", kFloats | kInts},
    {"Log", kFloats},
    {"LogSoftmax", kFloats},
    {"Loop", kAnyType},
    {"LpNormalization", kFloats},
    {"LpPool", kFloats},
    {"MatMul", kFloats},
    {"Max", kFloats | kInts},
    {"MaxPool", kFloats},
    {"Mean", kFloats | kInts},
    {"MeanVarianceNormalization", kFloats},
    {"Min", kFloats | kInts},
    {"Mish", kFp32 | kFp16},
    {"Mod", kFloats | kInts},
    {"Mul", kFloats | kInts},
    {"Neg", kFloats | kInts},
    {"NonMaxSuppression", kFp32 | kFp16},
    {"NonZero", kFp32 | kFp16},
    {"Not", kBools},
    {"OneHot", kAnyType},
    {"Or", kBools},
    {"PRelu", kFloats},
    {"Pad", kFloats | kInts},
    {"ParametricSoftplus", kFloats},
    {"Pow", kFloats | kInts},
    {"QuantizeLinear", kFloats},
    {"RMSNormalization", kFloats},
    {"RNN", kFloats},
    {"RandomNormal", kFloats},
    {"RandomNormalLike", kFloats},
    {"RandomUniform", kFloats},
    {"RandomUniformLike", kFloats},
    {"Range", kFloats | kInts},
    {"Reciprocal", kFloats},
    {"ReduceL1", kFloats | kInts},
    {"ReduceL2", kFloats | kInts},
    {"ReduceLogSum", kFloats | kInts},
    {"ReduceLogSumExp", kFloats | kInts},
    {"ReduceMax", kFloats | kInts},
    {"ReduceMean", kFloats | kInts},
    {"ReduceMin", kFloats | kInts},
    {"ReduceProd", kFloats | kInts},
    {"ReduceSum", kFloats | kInts},
    {"ReduceSumSquare", kFloats | kInts},
    {"Relu", kFloats | kInts},
    {"Reshape", kAnyType},
    {"Resize", kFloats},
    {"ReverseSequence", kAnyType},
    {"RoiAlign", kFp32 | kFp16},
    {"RotaryEmbedding", kFloats},
    {"Round", kFloats},
    {"STFT", kFp32},
    {"ScaledTanh", kFloats},
    {"Scan", kFloats},
    {"Scatter", kFloats | kInts},
    {"ScatterElements", kFloats | kInts},
    {"ScatterND", kFloats | kInts},
    {"Selu", kFloats},
    {"Shape", kAnyType},
    {"Shrink", kFloats | kInts},
    {"Sigmoid", kFloats},
    {"Sign", kFloats | kInts},
    {"Sin", kFloats},
    {"Sinh", kFloats},
    {"Size", kAnyType},
    {"Slice", kAnyType},
    {"Softmax", kFloats},
    {"Softplus", kFloats},
    {"Softsign", kFloats},
    {"SpaceToDepth", kFloats | kInts},
    {"Split", kAnyType},
    {"Sqrt", kFloats},
    {"Squeeze", kAnyType},
    {"Sub", kFloats | kInts},
    {"Sum", kFloats | kInts},
    {"Tan", kFloats},
    {"Tanh", kFloats},
    {"TensorScatter", kFloats | kInts},
    {"ThresholdedRelu", kFloats},
    {"Tile", kAnyType},
    {"TopK", kFloats | kInts},
    {"Transpose", kAnyType},
    {"Trilu", kAnyType},
    {"Unsqueeze", kAnyType},
    {"Upsample", kFloats},
    {"Where", kAnyType},
    {"Xor", kBools},
};

}  // namespace

const TensorRtOperator* FindTensorRtOperator(std::string_view name) {
  const auto* found = std::ranges::find(kOperators, name, &TensorRtOperator::name);
  return found == std::end(kOperators) ? nullptr : found;
}

unsigned TensorRtType(int32_t element) {
  switch (element) {
    case onnx::TensorProto::FLOAT:
    case onnx::TensorProto::DOUBLE:
      return kFp32;
    case onnx::TensorProto::FLOAT16:
      return kFp16;
    case onnx::TensorProto::BFLOAT16:
      return kBf16;
    case onnx::TensorProto::INT32:
    case onnx::TensorProto::INT64:
      return kInts;
    case onnx::TensorProto::BOOL:
      return kBools;
    case onnx::TensorProto::UINT8:
      return kUint8;
    case onnx::TensorProto::INT8:
      return kQuantised;
    default:
      return 0;
  }
}

}  // namespace floe
