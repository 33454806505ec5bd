// An op: what a node does. One plain struct each, gathered in one variant; everything generic (printing,
// hashing, comparing, files) goes through OpInfo and the fields.
#ifndef FLOE_GRAPH_OP_H_
#define FLOE_GRAPH_OP_H_

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>

#include "graph/field.h"
#include "graph/ops/control.h"
#include "graph/ops/elementwise.h"
#include "graph/ops/linear_algebra.h"
#include "graph/ops/misc.h"
#include "graph/ops/movement.h"
#include "graph/ops/neural.h"
#include "graph/ops/recurrent.h"
#include "graph/ops/reduce.h"
#include "graph/ops/text.h"
#include "graph/ops/traits.h"

namespace floe {

template <typename T>
concept InfoStruct = requires {
  T::kName;
  T::kTraits;
  T::Fields();
};

// The order carries no meaning in files: ops are written by name.
using OpVariant = std::variant<
    // elementwise.h
    Unary, Binary, Sum, Clip, LeakyRelu, Elu, Selu, HardSigmoid, Gelu, PRelu, Cast, Where, FakeQuant,
    // neural.h
    Conv, ConvTranspose, MaxPool, AveragePool, BatchNormalization, LayerNormalization, LRN, Softmax,
    LogSoftmax, MatMul, Einsum, Resize, CropAndResize, DepthToSpace, SpaceToDepth, Dilation2D, ExtractPatches,
    ScaleAndTranslate,
    // movement.h
    Reshape, Squeeze, Unsqueeze, Transpose, Concat, Split, Slice, Pad, Expand, Tile, Gather, GatherND,
    GatherElements, ScatterND, ScatterElements, OneHot, ShapeOf, SizeOf, Range, LinSpace, Reverse,
    ReverseSequence, Roll, SpaceToBatch, BatchToSpace, MatrixBandPart, MatrixDiag, MatrixDiagPart,
    MatrixSetDiag, NonZero, InvertPermutation, BroadcastShapes, UnravelIndex, DynamicStitch, DynamicPartition,
    // reduce.h
    Reduce, ArgReduce, TopK, Cumulative, SegmentReduce, SparseSegmentReduce, Unique, ListDiff, Bincount,
    Bucketize,
    // recurrent.h
    Lstm, Gru,
    // misc.h
    NonMaxSuppression, TfNonMaxSuppression, CombinedNonMaxSuppression, QuantizeLinear, DequantizeLinear, Fft,
    Random, RandomShuffle, Multinomial, RandomKey, StatelessRandom, RandomCropBox, LookupTable, Assert,
    GatherTree, CtcBeamSearch, StringMap, StringJoin, StringSplit, StringReduceJoin, StringHash, AsString,
    StringToNumber,
    // linear_algebra.h
    MatrixInverse, MatrixDeterminant, LogDeterminant, MatrixSolve, Cholesky, Qr, Svd, SymmetricEigen,
    // text.h
    Substr, UnicodeDecode, UnicodeEncode, StringNGrams, DecodeRaw, DecodeWav, EditDistance,
    // control.h
    Group, If, Loop>;

// A class of its own, with what copies and destroys in op.cc: ninety alternatives in every file that touches
// a node would cost a third of the build.
class Op : public OpVariant {
 public:
  Op();  // Identity
  template <typename T>
  requires(InfoStruct<T>) Op(T op)
      : OpVariant(std::in_place_type<T>, std::move(op)) {}  // NOLINT: an op struct is an op
  Op(const Op& other);
  Op(Op&& other) noexcept;
  Op& operator=(const Op& other);
  Op& operator=(Op&& other) noexcept;
  ~Op();
};

// What is known of an op type without an instance.
struct OpInfo {
  std::string_view name;  // the struct's; see OpName for what is printed
  OpTraits traits;
  std::span<const std::string_view> kinds;  // names of the values of a field `kind`, if the op has one
  size_t field_count;
  std::string_view (*field_name)(size_t i);
  FieldRef (*field)(Op& op, size_t i);
  Op (*make)();
};

const OpInfo& InfoOf(const Op& op);
std::span<const OpInfo> AllOps();

// "Conv", "Relu", "ReduceMean": the kind's name where there is one.
std::string_view OpName(const Op& op);
// The op of that name with default fields, its kind set.
std::optional<Op> MakeOp(std::string_view name);

bool SameOp(const Op& a, const Op& b);         // same type and fields
uint64_t HashOp(const Op& op, uint64_t seed);  // stable from run to run
// "{strides=[2, 2], group=32}": the fields that differ from their defaults, "" when none does. `kind` is left
// out.
std::string FieldsToString(const Op& op);

template <typename T>
const T* OpCast(const Op& op) {
  return std::get_if<T>(&op);
}
template <typename T>
bool IsOp(const Op& op) {
  return std::holds_alternative<T>(op);
}
inline bool IsUnary(const Op& op, UnaryKind kind) {
  const Unary* u = std::get_if<Unary>(&op);
  return u != nullptr && u->kind == kind;
}
inline bool IsBinary(const Op& op, BinaryKind kind) {
  const Binary* b = std::get_if<Binary>(&op);
  return b != nullptr && b->kind == kind;
}

}  // namespace floe

#endif  // FLOE_GRAPH_OP_H_
