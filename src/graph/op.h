// An op: what a node does. One plain struct each, gathered in one list; everything generic (printing,
// hashing, comparing, files) goes through OpInfo and the fields.
#ifndef FLOE_GRAPH_OP_H_
#define FLOE_GRAPH_OP_H_

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <new>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "base/check.h"
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
};

template <typename... Ts>
struct OpTypeList {
  static constexpr size_t kSize = std::max({sizeof(Ts)...});
  static constexpr size_t kAlignment = std::max({alignof(Ts)...});
};

// The order carries no meaning in files: ops are written by name.
using OpTypes = OpTypeList<
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
    Bucketize, SearchSorted,
    // recurrent.h
    Lstm, Gru,
    // misc.h
    NonMaxSuppression, TfNonMaxSuppression, CombinedNonMaxSuppression, QuantizeLinear, DequantizeLinear, Fft,
    Random, RandomShuffle, Multinomial, RandomKey, StatelessRandom, StatelessDraw, StatelessMultinomial,
    StatelessCropBox, RandomCropBox, LookupTable, Assert, GatherTree, CtcBeamSearch, StringMap, StringJoin,
    StringSplit, StringReduceJoin, StringHash, AsString, StringToNumber,
    // linear_algebra.h
    MatrixInverse, MatrixDeterminant, LogDeterminant, MatrixSolve, Cholesky, Qr, Svd, SymmetricEigen,
    // text.h
    Substr, UnicodeDecode, UnicodeEncode, StringNGrams, DecodeRaw, DecodeWav, DecodePicture, EncodePicture,
    EditDistance, ExampleFeature, ExampleFeatureList, EncodeWav,
    // control.h
    Group, If, Loop>;

template <typename T, typename... Ts>
consteval size_t IndexOfType(OpTypeList<Ts...>) {
  constexpr bool same[] = {__is_same(T, Ts)...};
  return static_cast<size_t>(std::find(std::begin(same), std::end(same), true) - std::begin(same));
}
template <typename T>
inline constexpr size_t kOpIndex = IndexOfType<T>(OpTypes());

// One op of any type. Not a std::variant: with so many alternatives, whatever it instantiates in every file
// that touches a node would be half of the build.
class Op {
 public:
  Op();  // Identity
  template <typename T>
  requires(InfoStruct<T>) Op(T op) : index_(kOpIndex<T>) {  // NOLINT: an op struct is an op
    new (storage_) T(std::move(op));
  }
  Op(const Op& other);
  Op(Op&& other) noexcept;
  Op& operator=(const Op& other);
  Op& operator=(Op&& other) noexcept;
  ~Op();

  size_t index() const { return index_; }  // of its type in OpTypes
  const void* fields() const { return storage_; }
  void* fields() { return storage_; }

 private:
  size_t index_;
  alignas(OpTypes::kAlignment) std::byte storage_[OpTypes::kSize];
};

// Null when the op is of another type.
template <typename T>
const T* OpCast(const Op& op) {
  return op.index() == kOpIndex<T> ? static_cast<const T*>(op.fields()) : nullptr;
}
template <typename T>
T* OpCast(Op& op) {
  return op.index() == kOpIndex<T> ? static_cast<T*>(op.fields()) : nullptr;
}
template <typename T>
bool IsOp(const Op& op) {
  return op.index() == kOpIndex<T>;
}
// For an op known to be of the type.
template <typename T>
const T& OpAs(const Op& op) {
  CHECK(IsOp<T>(op));
  return *static_cast<const T*>(op.fields());
}
template <typename T>
T& OpAs(Op& op) {
  CHECK(IsOp<T>(op));
  return *static_cast<T*>(op.fields());
}

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

inline bool IsUnary(const Op& op, UnaryKind kind) {
  const Unary* u = OpCast<Unary>(op);
  return u != nullptr && u->kind == kind;
}
inline bool IsBinary(const Op& op, BinaryKind kind) {
  const Binary* b = OpCast<Binary>(op);
  return b != nullptr && b->kind == kind;
}

}  // namespace floe

#endif  // FLOE_GRAPH_OP_H_
