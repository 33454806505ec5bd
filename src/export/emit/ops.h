// One overload an op that ONNX has; every other op is refused unless lower.h rewrites it.
#ifndef FLOE_EXPORT_EMIT_OPS_H_
#define FLOE_EXPORT_EMIT_OPS_H_

#include "export/emit/emitter.h"

namespace floe {

// elementwise.cc
void Emit(const Unary& op, Emitter& e);
void Emit(const Binary& op, Emitter& e);
void Emit(const Sum& op, Emitter& e);
void Emit(const Clip& op, Emitter& e);
void Emit(const LeakyRelu& op, Emitter& e);
void Emit(const Elu& op, Emitter& e);
void Emit(const Selu& op, Emitter& e);
void Emit(const HardSigmoid& op, Emitter& e);
void Emit(const PRelu& op, Emitter& e);
void Emit(const Cast& op, Emitter& e);
void Emit(const Where& op, Emitter& e);
// neural.cc
void Emit(const Conv& op, Emitter& e);
void Emit(const ConvTranspose& op, Emitter& e);
void Emit(const MaxPool& op, Emitter& e);
void Emit(const AveragePool& op, Emitter& e);
void Emit(const BatchNormalization& op, Emitter& e);
void Emit(const LayerNormalization& op, Emitter& e);
void Emit(const LRN& op, Emitter& e);
void Emit(const Softmax& op, Emitter& e);
void Emit(const LogSoftmax& op, Emitter& e);
void Emit(const MatMul& op, Emitter& e);
void Emit(const Einsum& op, Emitter& e);
void Emit(const Resize& op, Emitter& e);
void Emit(const DepthToSpace& op, Emitter& e);
void Emit(const SpaceToDepth& op, Emitter& e);
void Emit(const Lstm& op, Emitter& e);
void Emit(const Gru& op, Emitter& e);
// movement.cc
void Emit(const Reshape& op, Emitter& e);
void Emit(const Squeeze& op, Emitter& e);
void Emit(const Unsqueeze& op, Emitter& e);
void Emit(const Transpose& op, Emitter& e);
void Emit(const Concat& op, Emitter& e);
void Emit(const Split& op, Emitter& e);
void Emit(const Slice& op, Emitter& e);
void Emit(const Pad& op, Emitter& e);
void Emit(const Expand& op, Emitter& e);
void Emit(const Tile& op, Emitter& e);
void Emit(const Gather& op, Emitter& e);
void Emit(const GatherND& op, Emitter& e);
void Emit(const GatherElements& op, Emitter& e);
void Emit(const ScatterND& op, Emitter& e);
void Emit(const ScatterElements& op, Emitter& e);
void Emit(const ShapeOf& op, Emitter& e);
void Emit(const SizeOf& op, Emitter& e);
void Emit(const Range& op, Emitter& e);
void Emit(const ReverseSequence& op, Emitter& e);
void Emit(const NonZero& op, Emitter& e);
// misc.cc
void Emit(const Reduce& op, Emitter& e);
void Emit(const ArgReduce& op, Emitter& e);
void Emit(const TopK& op, Emitter& e);
void Emit(const Cumulative& op, Emitter& e);
void Emit(const Unique& op, Emitter& e);
void Emit(const NonMaxSuppression& op, Emitter& e);
void Emit(const QuantizeLinear& op, Emitter& e);
void Emit(const DequantizeLinear& op, Emitter& e);
void Emit(const Random& op, Emitter& e);
void Emit(const LookupTable& op, Emitter& e);
void Emit(const MatrixDeterminant& op, Emitter& e);
void Emit(const StringMap& op, Emitter& e);
void Emit(const StringToNumber& op, Emitter& e);
void Emit(const AsString& op, Emitter& e);
void Emit(const If& op, Emitter& e);
void Emit(const Loop& op, Emitter& e);

}  // namespace floe

#endif  // FLOE_EXPORT_EMIT_OPS_H_
