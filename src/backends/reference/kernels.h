// One function an op: fills the outputs of the call. What an op means stands at its struct in graph/ops/.
#ifndef FLOE_BACKENDS_REFERENCE_KERNELS_H_
#define FLOE_BACKENDS_REFERENCE_KERNELS_H_

#include "backends/reference/op_call.h"
#include "graph/op.h"

namespace floe::reference {

// Calls the overload below that fits; an op without one does not compile.
void RunOp(const Op& op, OpCall& call);

// unary.cc, binary.cc, activation.cc, cast.cc
void Run(const Unary& op, OpCall& call);
void Run(const Binary& op, OpCall& call);
void Run(const Sum& op, OpCall& call);
void Run(const Clip& op, OpCall& call);
void Run(const LeakyRelu& op, OpCall& call);
void Run(const Elu& op, OpCall& call);
void Run(const Selu& op, OpCall& call);
void Run(const HardSigmoid& op, OpCall& call);
void Run(const Gelu& op, OpCall& call);
void Run(const PRelu& op, OpCall& call);
void Run(const Cast& op, OpCall& call);
void Run(const Where& op, OpCall& call);
void Run(const FakeQuant& op, OpCall& call);

// conv.cc, conv_transpose.cc, pool.cc, norm.cc, softmax.cc, matmul.cc, einsum.cc, resize.cc,
// crop_and_resize.cc, depth_space.cc, patches.cc
void Run(const Conv& op, OpCall& call);
void Run(const ConvTranspose& op, OpCall& call);
void Run(const MaxPool& op, OpCall& call);
void Run(const AveragePool& op, OpCall& call);
void Run(const BatchNormalization& op, OpCall& call);
void Run(const LayerNormalization& op, OpCall& call);
void Run(const LRN& op, OpCall& call);
void Run(const Softmax& op, OpCall& call);
void Run(const LogSoftmax& op, OpCall& call);
void Run(const MatMul& op, OpCall& call);
void Run(const Einsum& op, OpCall& call);
void Run(const Resize& op, OpCall& call);
void Run(const CropAndResize& op, OpCall& call);
void Run(const DepthToSpace& op, OpCall& call);
void Run(const SpaceToDepth& op, OpCall& call);
void Run(const Dilation2D& op, OpCall& call);
void Run(const ExtractPatches& op, OpCall& call);

// reshape.cc, movement.cc, slice_pad.cc, gather.cc, scatter.cc, shape_ops.cc, reverse.cc, space_batch.cc,
// matrix_diag.cc, dynamic.cc
void Run(const Reshape& op, OpCall& call);
void Run(const Squeeze& op, OpCall& call);
void Run(const Unsqueeze& op, OpCall& call);
void Run(const Transpose& op, OpCall& call);
void Run(const Concat& op, OpCall& call);
void Run(const Split& op, OpCall& call);
void Run(const Slice& op, OpCall& call);
void Run(const Pad& op, OpCall& call);
void Run(const Expand& op, OpCall& call);
void Run(const Tile& op, OpCall& call);
void Run(const Gather& op, OpCall& call);
void Run(const GatherND& op, OpCall& call);
void Run(const GatherElements& op, OpCall& call);
void Run(const ScatterND& op, OpCall& call);
void Run(const ScatterElements& op, OpCall& call);
void Run(const OneHot& op, OpCall& call);
void Run(const ShapeOf& op, OpCall& call);
void Run(const SizeOf& op, OpCall& call);
void Run(const Range& op, OpCall& call);
void Run(const LinSpace& op, OpCall& call);
void Run(const Reverse& op, OpCall& call);
void Run(const ReverseSequence& op, OpCall& call);
void Run(const Roll& op, OpCall& call);
void Run(const SpaceToBatch& op, OpCall& call);
void Run(const BatchToSpace& op, OpCall& call);
void Run(const MatrixBandPart& op, OpCall& call);
void Run(const MatrixDiag& op, OpCall& call);
void Run(const MatrixDiagPart& op, OpCall& call);
void Run(const MatrixSetDiag& op, OpCall& call);
void Run(const NonZero& op, OpCall& call);
void Run(const InvertPermutation& op, OpCall& call);
void Run(const BroadcastShapes& op, OpCall& call);
void Run(const UnravelIndex& op, OpCall& call);
void Run(const DynamicStitch& op, OpCall& call);
void Run(const DynamicPartition& op, OpCall& call);

// reduce.cc, order.cc, cumulative.cc, segment.cc, unique.cc, count.cc
void Run(const Reduce& op, OpCall& call);
void Run(const ArgReduce& op, OpCall& call);
void Run(const TopK& op, OpCall& call);
void Run(const Cumulative& op, OpCall& call);
void Run(const SegmentReduce& op, OpCall& call);
void Run(const SparseSegmentReduce& op, OpCall& call);
void Run(const Unique& op, OpCall& call);
void Run(const ListDiff& op, OpCall& call);
void Run(const Bincount& op, OpCall& call);
void Run(const Bucketize& op, OpCall& call);
void Run(const SearchSorted& op, OpCall& call);

// recurrent.cc
void Run(const Lstm& op, OpCall& call);
void Run(const Gru& op, OpCall& call);

// detection.cc, combined_nms.cc, quantize.cc, fft.cc, random.cc, linear_algebra.cc, strings.cc,
// string_split.cc, string_number.cc
void Run(const NonMaxSuppression& op, OpCall& call);
void Run(const TfNonMaxSuppression& op, OpCall& call);
void Run(const CombinedNonMaxSuppression& op, OpCall& call);
void Run(const QuantizeLinear& op, OpCall& call);
void Run(const DequantizeLinear& op, OpCall& call);
void Run(const Fft& op, OpCall& call);
void Run(const Random& op, OpCall& call);
void Run(const RandomShuffle& op, OpCall& call);
void Run(const Multinomial& op, OpCall& call);
void Run(const LookupTable& op, OpCall& call);
void Run(const Assert& op, OpCall& call);
void Run(const MatrixInverse& op, OpCall& call);
void Run(const MatrixDeterminant& op, OpCall& call);
void Run(const StringMap& op, OpCall& call);
void Run(const StringJoin& op, OpCall& call);
void Run(const StringSplit& op, OpCall& call);
void Run(const StringReduceJoin& op, OpCall& call);
void Run(const StringHash& op, OpCall& call);
void Run(const AsString& op, OpCall& call);
void Run(const StringToNumber& op, OpCall& call);

// factorization.cc, unicode.cc, text.cc, wav.cc, edit_distance.cc, ctc.cc, philox.cc, gather_tree.cc,
// scale_and_translate.cc, picture.cc, stateless_draws.cc
void Run(const RandomKey& op, OpCall& call);
void Run(const StatelessRandom& op, OpCall& call);
void Run(const StatelessDraw& op, OpCall& call);
void Run(const StatelessMultinomial& op, OpCall& call);
void Run(const StatelessCropBox& op, OpCall& call);
void Run(const RandomCropBox& op, OpCall& call);
void Run(const GatherTree& op, OpCall& call);
void Run(const CtcBeamSearch& op, OpCall& call);
void Run(const LogDeterminant& op, OpCall& call);
void Run(const MatrixSolve& op, OpCall& call);
void Run(const Cholesky& op, OpCall& call);
void Run(const Qr& op, OpCall& call);
void Run(const Svd& op, OpCall& call);
void Run(const SymmetricEigen& op, OpCall& call);
void Run(const Substr& op, OpCall& call);
void Run(const UnicodeDecode& op, OpCall& call);
void Run(const UnicodeEncode& op, OpCall& call);
void Run(const StringNGrams& op, OpCall& call);
void Run(const DecodeRaw& op, OpCall& call);
void Run(const DecodeWav& op, OpCall& call);
void Run(const DecodePicture& op, OpCall& call);
void Run(const EncodePicture& op, OpCall& call);
void Run(const EditDistance& op, OpCall& call);
void Run(const ExampleFeature& op, OpCall& call);
void Run(const ExampleFeatureList& op, OpCall& call);
void Run(const EncodeWav& op, OpCall& call);
void Run(const ScaleAndTranslate& op, OpCall& call);

// control.cc
void Run(const Group& op, OpCall& call);
void Run(const If& op, OpCall& call);
void Run(const Loop& op, OpCall& call);

}  // namespace floe::reference

#endif  // FLOE_BACKENDS_REFERENCE_KERNELS_H_
