// The shape function of every op: outputs' types from what the context knows of the inputs. One overload an
// op; InferOutputs (infer.h) does not compile while one is not declared, nor link while one is not written.
#ifndef FLOE_GRAPH_INFER_OPS_H_
#define FLOE_GRAPH_INFER_OPS_H_

#include "graph/infer.h"

namespace floe {

void Infer(const Unary& op, InferContext& ctx);
void Infer(const Binary& op, InferContext& ctx);
void Infer(const Sum& op, InferContext& ctx);
void Infer(const Clip& op, InferContext& ctx);
void Infer(const LeakyRelu& op, InferContext& ctx);
void Infer(const Elu& op, InferContext& ctx);
void Infer(const Selu& op, InferContext& ctx);
void Infer(const HardSigmoid& op, InferContext& ctx);
void Infer(const Gelu& op, InferContext& ctx);
void Infer(const PRelu& op, InferContext& ctx);
void Infer(const Cast& op, InferContext& ctx);
void Infer(const Where& op, InferContext& ctx);
void Infer(const FakeQuant& op, InferContext& ctx);
void Infer(const Conv& op, InferContext& ctx);
void Infer(const ConvTranspose& op, InferContext& ctx);
void Infer(const MaxPool& op, InferContext& ctx);
void Infer(const AveragePool& op, InferContext& ctx);
void Infer(const BatchNormalization& op, InferContext& ctx);
void Infer(const LayerNormalization& op, InferContext& ctx);
void Infer(const LRN& op, InferContext& ctx);
void Infer(const Softmax& op, InferContext& ctx);
void Infer(const LogSoftmax& op, InferContext& ctx);
void Infer(const MatMul& op, InferContext& ctx);
void Infer(const Einsum& op, InferContext& ctx);
void Infer(const Resize& op, InferContext& ctx);
void Infer(const CropAndResize& op, InferContext& ctx);
void Infer(const DepthToSpace& op, InferContext& ctx);
void Infer(const SpaceToDepth& op, InferContext& ctx);
void Infer(const Dilation2D& op, InferContext& ctx);
void Infer(const ExtractPatches& op, InferContext& ctx);
void Infer(const Reshape& op, InferContext& ctx);
void Infer(const Squeeze& op, InferContext& ctx);
void Infer(const Unsqueeze& op, InferContext& ctx);
void Infer(const Transpose& op, InferContext& ctx);
void Infer(const Concat& op, InferContext& ctx);
void Infer(const Split& op, InferContext& ctx);
void Infer(const Slice& op, InferContext& ctx);
void Infer(const Pad& op, InferContext& ctx);
void Infer(const Expand& op, InferContext& ctx);
void Infer(const Tile& op, InferContext& ctx);
void Infer(const Gather& op, InferContext& ctx);
void Infer(const GatherND& op, InferContext& ctx);
void Infer(const GatherElements& op, InferContext& ctx);
void Infer(const ScatterND& op, InferContext& ctx);
void Infer(const ScatterElements& op, InferContext& ctx);
void Infer(const OneHot& op, InferContext& ctx);
void Infer(const ShapeOf& op, InferContext& ctx);
void Infer(const SizeOf& op, InferContext& ctx);
void Infer(const Range& op, InferContext& ctx);
void Infer(const LinSpace& op, InferContext& ctx);
void Infer(const Reverse& op, InferContext& ctx);
void Infer(const ReverseSequence& op, InferContext& ctx);
void Infer(const Roll& op, InferContext& ctx);
void Infer(const SpaceToBatch& op, InferContext& ctx);
void Infer(const BatchToSpace& op, InferContext& ctx);
void Infer(const MatrixBandPart& op, InferContext& ctx);
void Infer(const MatrixDiag& op, InferContext& ctx);
void Infer(const MatrixDiagPart& op, InferContext& ctx);
void Infer(const MatrixSetDiag& op, InferContext& ctx);
void Infer(const NonZero& op, InferContext& ctx);
void Infer(const InvertPermutation& op, InferContext& ctx);
void Infer(const BroadcastShapes& op, InferContext& ctx);
void Infer(const UnravelIndex& op, InferContext& ctx);
void Infer(const DynamicStitch& op, InferContext& ctx);
void Infer(const DynamicPartition& op, InferContext& ctx);
void Infer(const Reduce& op, InferContext& ctx);
void Infer(const ArgReduce& op, InferContext& ctx);
void Infer(const TopK& op, InferContext& ctx);
void Infer(const Cumulative& op, InferContext& ctx);
void Infer(const SegmentReduce& op, InferContext& ctx);
void Infer(const SparseSegmentReduce& op, InferContext& ctx);
void Infer(const Unique& op, InferContext& ctx);
void Infer(const ListDiff& op, InferContext& ctx);
void Infer(const Bincount& op, InferContext& ctx);
void Infer(const Bucketize& op, InferContext& ctx);
void Infer(const SearchSorted& op, InferContext& ctx);
void Infer(const Lstm& op, InferContext& ctx);
void Infer(const Gru& op, InferContext& ctx);
void Infer(const NonMaxSuppression& op, InferContext& ctx);
void Infer(const TfNonMaxSuppression& op, InferContext& ctx);
void Infer(const CombinedNonMaxSuppression& op, InferContext& ctx);
void Infer(const QuantizeLinear& op, InferContext& ctx);
void Infer(const DequantizeLinear& op, InferContext& ctx);
void Infer(const Fft& op, InferContext& ctx);
void Infer(const Random& op, InferContext& ctx);
void Infer(const RandomShuffle& op, InferContext& ctx);
void Infer(const Multinomial& op, InferContext& ctx);
void Infer(const LookupTable& op, InferContext& ctx);
void Infer(const Assert& op, InferContext& ctx);
void Infer(const MatrixInverse& op, InferContext& ctx);
void Infer(const MatrixDeterminant& op, InferContext& ctx);
void Infer(const RandomKey& op, InferContext& ctx);
void Infer(const StatelessRandom& op, InferContext& ctx);
void Infer(const RandomCropBox& op, InferContext& ctx);
void Infer(const GatherTree& op, InferContext& ctx);
void Infer(const CtcBeamSearch& op, InferContext& ctx);
void Infer(const LogDeterminant& op, InferContext& ctx);
void Infer(const MatrixSolve& op, InferContext& ctx);
void Infer(const Cholesky& op, InferContext& ctx);
void Infer(const Qr& op, InferContext& ctx);
void Infer(const Svd& op, InferContext& ctx);
void Infer(const SymmetricEigen& op, InferContext& ctx);
void Infer(const Substr& op, InferContext& ctx);
void Infer(const UnicodeDecode& op, InferContext& ctx);
void Infer(const UnicodeEncode& op, InferContext& ctx);
void Infer(const StringNGrams& op, InferContext& ctx);
void Infer(const DecodeRaw& op, InferContext& ctx);
void Infer(const DecodeWav& op, InferContext& ctx);
void Infer(const DecodePicture& op, InferContext& ctx);
void Infer(const EncodePicture& op, InferContext& ctx);
void Infer(const EditDistance& op, InferContext& ctx);
void Infer(const ExampleFeature& op, InferContext& ctx);
void Infer(const ScaleAndTranslate& op, InferContext& ctx);
void Infer(const StringMap& op, InferContext& ctx);
void Infer(const StringJoin& op, InferContext& ctx);
void Infer(const StringSplit& op, InferContext& ctx);
void Infer(const StringReduceJoin& op, InferContext& ctx);
void Infer(const StringHash& op, InferContext& ctx);
void Infer(const AsString& op, InferContext& ctx);
void Infer(const StringToNumber& op, InferContext& ctx);
void Infer(const Group& op, InferContext& ctx);
void Infer(const If& op, InferContext& ctx);
void Infer(const Loop& op, InferContext& ctx);

}  // namespace floe

#endif  // FLOE_GRAPH_INFER_OPS_H_
