// One overload an op that ONNX lacks, or lacks for some types, fields or opsets.
#ifndef FLOE_EXPORT_LOWER_RULES_H_
#define FLOE_EXPORT_LOWER_RULES_H_

#include "export/lower/lower.h"

namespace floe {

// elementwise.cc
Lowering::Result Lower(const Unary& op, Lowering& l);
Lowering::Result Lower(const Binary& op, Lowering& l);
Lowering::Result Lower(const Sum& op, Lowering& l);
// bits.cc: the binary ops on the bits of integers, and their complement
Lowering::Result LowerBits(BinaryKind kind, Lowering& l);
// activation.cc
Lowering::Result Lower(const LeakyRelu& op, Lowering& l);
Lowering::Result Lower(const Elu& op, Lowering& l);
Lowering::Result Lower(const Selu& op, Lowering& l);
Lowering::Result Lower(const HardSigmoid& op, Lowering& l);
Lowering::Result Lower(const PRelu& op, Lowering& l);
Lowering::Result Lower(const Gelu& op, Lowering& l);
Lowering::Result Lower(const FakeQuant& op, Lowering& l);
// movement.cc
Lowering::Result Lower(const Pad& op, Lowering& l);
Lowering::Result Lower(const Concat& op, Lowering& l);
Lowering::Result Lower(const Reverse& op, Lowering& l);
Lowering::Result Lower(const Roll& op, Lowering& l);
Lowering::Result Lower(const ReverseSequence& op, Lowering& l);
Lowering::Result Lower(const SpaceToBatch& op, Lowering& l);
Lowering::Result Lower(const BatchToSpace& op, Lowering& l);
Lowering::Result Lower(const MatrixBandPart& op, Lowering& l);
Lowering::Result Lower(const LinSpace& op, Lowering& l);
Lowering::Result Lower(const OneHot& op, Lowering& l);
Lowering::Result Lower(const InvertPermutation& op, Lowering& l);
Lowering::Result Lower(const BroadcastShapes& op, Lowering& l);
Lowering::Result Lower(const UnravelIndex& op, Lowering& l);
Lowering::Result Lower(const DynamicStitch& op, Lowering& l);
Lowering::Result Lower(const DynamicPartition& op, Lowering& l);
Lowering::Result Lower(const Transpose& op, Lowering& l);
// index.cc
Lowering::Result Lower(const Gather& op, Lowering& l);
Lowering::Result Lower(const GatherND& op, Lowering& l);
Lowering::Result Lower(const ScatterND& op, Lowering& l);
Lowering::Result Lower(const SegmentReduce& op, Lowering& l);
Lowering::Result Lower(const SparseSegmentReduce& op, Lowering& l);
Lowering::Result Lower(const ListDiff& op, Lowering& l);
Lowering::Result Lower(const Bincount& op, Lowering& l);
Lowering::Result Lower(const Bucketize& op, Lowering& l);
Lowering::Result Lower(const SearchSorted& op, Lowering& l);
Lowering::Result Lower(const LookupTable& op, Lowering& l);
// image.cc
Lowering::Result Lower(const ExtractPatches& op, Lowering& l);
Lowering::Result Lower(const Dilation2D& op, Lowering& l);
Lowering::Result Lower(const Conv& op, Lowering& l);
Lowering::Result Lower(const MaxPool& op, Lowering& l);
Lowering::Result Lower(const CropAndResize& op, Lowering& l);
Lowering::Result Lower(const DepthToSpace& op, Lowering& l);
Lowering::Result Lower(const SpaceToDepth& op, Lowering& l);
Lowering::Result Lower(const ConvTranspose& op, Lowering& l);
// resize.cc
Lowering::Result Lower(const Resize& op, Lowering& l);
Lowering::Result Lower(const ScaleAndTranslate& op, Lowering& l);
// reduce.cc
Lowering::Result Lower(const Reduce& op, Lowering& l);
Lowering::Result Lower(const ArgReduce& op, Lowering& l);
Lowering::Result Lower(const Cumulative& op, Lowering& l);
Lowering::Result Lower(const LayerNormalization& op, Lowering& l);
Lowering::Result Lower(const Einsum& op, Lowering& l);
Lowering::Result Lower(const MatMul& op, Lowering& l);
Lowering::Result Lower(const Lstm& op, Lowering& l);
Lowering::Result Lower(const Gru& op, Lowering& l);
Lowering::Result Lower(const TfNonMaxSuppression& op, Lowering& l);
Lowering::Result Lower(const CombinedNonMaxSuppression& op, Lowering& l);
Lowering::Result Lower(const Random& op, Lowering& l);
Lowering::Result Lower(const RandomShuffle& op, Lowering& l);
Lowering::Result Lower(const Multinomial& op, Lowering& l);
Lowering::Result Lower(const Assert& op, Lowering& l);
// text.cc
ValueId EqualStrings(Lowering& l, ValueId x, ValueId y);
Lowering::Result Lower(const StringMap& op, Lowering& l);
// matrix.cc
Lowering::Result Lower(const MatrixInverse& op, Lowering& l);
// diagonal.cc
Lowering::Result Lower(const MatrixDiagPart& op, Lowering& l);
Lowering::Result Lower(const MatrixDiag& op, Lowering& l);
Lowering::Result Lower(const MatrixSetDiag& op, Lowering& l);

}  // namespace floe

#endif  // FLOE_EXPORT_LOWER_RULES_H_
