// What shape functions share: arithmetic on dimensions and on the partial contents of shape-like tensors.
// Sizes come from files that may be hostile: nothing here overflows or allocates by a value.
#ifndef FLOE_GRAPH_INFER_UTIL_H_
#define FLOE_GRAPH_INFER_UTIL_H_

#include <optional>
#include <string>
#include <vector>

#include "graph/infer.h"

namespace floe {

// More dimensions than any tensor may have.
constexpr size_t kMaxRank = 254;
// Contents of longer tensors are not followed: they are no shapes.
constexpr int64_t kMaxElements = 4096;

// One element of a shape-like tensor. Unlike a Dim it may be a negative number.
struct Element {
  std::optional<int64_t> number;
  std::string symbol;  // set for an unknown number with a name

  static Element Of(const Dim& dim);
  Dim ToDim() const;
  bool Same(const Element& other) const;  // certainly equal
};
using Elements = std::vector<Element>;

// Contents of input i as far as known; nullopt when not even the count is.
std::optional<Elements> ElementsOf(const InferContext& ctx, size_t i);
// The number that a scalar or one-element input holds, if known.
std::optional<int64_t> IntOf(const InferContext& ctx, size_t i);
// Elements of an output; dropped when nothing of them is known.
void SetElementsOf(InferContext& ctx, size_t output, const Elements& elements);
// Output has the contents of input i.
void PassElements(InferContext& ctx, size_t i, size_t output = 0);

int64_t CheckedAdd(const InferContext& ctx, int64_t a, int64_t b);
int64_t CheckedMul(const InferContext& ctx, int64_t a, int64_t b);

Dim AddDim(const InferContext& ctx, const Dim& a, int64_t b);  // fails below 0
Dim AddDims(const InferContext& ctx, const Dim& a, const Dim& b);
Dim MulDim(const InferContext& ctx, const Dim& a, int64_t b);
Dim MulDims(const InferContext& ctx, const Dim& a, const Dim& b);
// What two dimensions that must be equal say together; fails, naming `what`, where they contradict.
Dim MergeDim(const InferContext& ctx, const Dim& a, const Dim& b, std::string_view what);
// As numpy broadcasts; nullopt where they contradict.
std::optional<Dim> BroadcastDim(const Dim& a, const Dim& b);

// The type both inputs must have; fails where they differ.
DType MergeDType(const InferContext& ctx, size_t i, size_t j);
// Broadcast of the shapes of inputs first..last; fails where they contradict.
Shape BroadcastInputs(const InferContext& ctx, size_t first, size_t last);
// Dimensions that differ become unknown, ranks that differ an unknown rank.
Shape GeneraliseShapes(const Shape& a, const Shape& b);

// The flags of `axes` (which may be negative) over the rank; fails on one outside or, unless allowed, twice.
std::vector<bool> AxisFlags(const InferContext& ctx, const std::vector<int64_t>& axes, size_t rank,
                            bool repeats = false);

DType ComplexOf(DType dtype);  // float64 -> complex128, float32 -> complex64, else itself

}  // namespace floe

#endif  // FLOE_GRAPH_INFER_UTIL_H_
