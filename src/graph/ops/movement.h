// Ops that move or describe data without computing on it. Axes may be negative. Shape-like inputs (shapes,
// pads, indices, sizes) are int64 or int32 tensors.
#ifndef FLOE_GRAPH_OPS_MOVEMENT_H_
#define FLOE_GRAPH_OPS_MOVEMENT_H_

#include <tuple>
#include <vector>

#include "graph/field.h"
#include "graph/ops/traits.h"

namespace floe {

enum class PadMode : uint8_t { kConstant = 0, kReflect = 1, kSymmetric = 2, kEdge = 3 };
constexpr std::string_view kPadModeNames[] = {"constant", "reflect", "symmetric", "edge"};
constexpr auto& EnumNames(PadMode) {
  return kPadModeNames;
}

enum class ScatterReduction : uint8_t { kNone = 0, kAdd = 1, kSub = 2, kMul = 3, kMin = 4, kMax = 5 };
constexpr std::string_view kScatterReductionNames[] = {"none", "add", "sub", "mul", "min", "max"};
constexpr auto& EnumNames(ScatterReduction) {
  return kScatterReductionNames;
}

// TensorFlow's alignment of super- and sub-diagonals shorter than the longest.
enum class DiagAlign : uint8_t { kRightLeft = 0, kLeftRight = 1, kLeftLeft = 2, kRightRight = 3 };
constexpr std::string_view kDiagAlignNames[] = {"RIGHT_LEFT", "LEFT_RIGHT", "LEFT_LEFT", "RIGHT_RIGHT"};
constexpr auto& EnumNames(DiagAlign) {
  return kDiagAlignNames;
}

// (x, shape int64). -1 stands for the rest; 0 is a zero, or with allow_zero off the input's dimension at that
// place.
struct Reshape {
  static constexpr std::string_view kName = "Reshape";
  static constexpr OpTraits kTraits{.min_inputs = 2, .max_inputs = 2, .alias = true};
  bool allow_zero = true;
  template <typename Self = Reshape>
  static constexpr auto Fields() {
    return std::tuple{Field{"allow_zero", &Self::allow_zero}};
  }
};

// Without axes: all dimensions of size 1.
struct Squeeze {
  static constexpr std::string_view kName = "Squeeze";
  static constexpr OpTraits kTraits{.alias = true};
  std::vector<int64_t> axes;
  template <typename Self = Squeeze>
  static constexpr auto Fields() {
    return std::tuple{Field{"axes", &Self::axes}};
  }
};

// `axes` are places in the output; negative ones count from the output's end.
struct Unsqueeze {
  static constexpr std::string_view kName = "Unsqueeze";
  static constexpr OpTraits kTraits{.alias = true};
  std::vector<int64_t> axes;
  template <typename Self = Unsqueeze>
  static constexpr auto Fields() {
    return std::tuple{Field{"axes", &Self::axes}};
  }
};

// Output dimension i is input dimension perm[i]; empty reverses all.
struct Transpose {
  static constexpr std::string_view kName = "Transpose";
  static constexpr OpTraits kTraits{};
  std::vector<int64_t> perm;
  template <typename Self = Transpose>
  static constexpr auto Fields() {
    return std::tuple{Field{"perm", &Self::perm}};
  }
};

struct Concat {
  static constexpr std::string_view kName = "Concat";
  static constexpr OpTraits kTraits{.min_inputs = 1, .max_inputs = kVariadic};
  int64_t axis = 0;
  template <typename Self = Concat>
  static constexpr auto Fields() {
    return std::tuple{Field{"axis", &Self::axis}};
  }
};

// One output an entry of sizes; without sizes, equal parts.
struct Split {
  static constexpr std::string_view kName = "Split";
  static constexpr OpTraits kTraits{.max_outputs = kVariadic};
  int64_t axis = 0;
  std::vector<int64_t> sizes;
  template <typename Self = Split>
  static constexpr auto Fields() {
    return std::tuple{Field{"axis", &Self::axis}, Field{"sizes", &Self::sizes}};
  }
};

// (x, starts, ends[, axes[, steps]]), all int64 of rank 1, as in ONNX: negative values count from the end,
// ends are clamped, steps may be negative.
struct Slice {
  static constexpr std::string_view kName = "Slice";
  static constexpr OpTraits kTraits{.min_inputs = 3, .max_inputs = 5};
  static constexpr auto Fields() { return std::tuple{}; }
};

// (x, pads int64 of all begins then all ends[, scalar value of x's type, zero if absent]). Negative pads
// crop.
struct Pad {
  static constexpr std::string_view kName = "Pad";
  static constexpr OpTraits kTraits{.min_inputs = 2, .max_inputs = 3};
  PadMode mode = PadMode::kConstant;
  template <typename Self = Pad>
  static constexpr auto Fields() {
    return std::tuple{Field{"mode", &Self::mode}};
  }
};

// (x, shape int64): numpy's broadcast of x against shape.
struct Expand {
  static constexpr std::string_view kName = "Expand";
  static constexpr OpTraits kTraits{.min_inputs = 2, .max_inputs = 2};
  static constexpr auto Fields() { return std::tuple{}; }
};

// (x, repeats int64, one a dimension).
struct Tile {
  static constexpr std::string_view kName = "Tile";
  static constexpr OpTraits kTraits{.min_inputs = 2, .max_inputs = 2};
  static constexpr auto Fields() { return std::tuple{}; }
};

// (x, indices): TensorFlow's GatherV2. An index below 0 counts from the end; one outside
// [-n, n) raises Error(kUsage). Indices from TensorFlow may not be negative: `allow_negative` is off and they
// raise.
struct Gather {
  static constexpr std::string_view kName = "Gather";
  static constexpr OpTraits kTraits{.min_inputs = 2, .max_inputs = 2};
  int64_t axis = 0;
  int64_t batch_dims = 0;
  bool allow_negative = false;
  template <typename Self = Gather>
  static constexpr auto Fields() {
    return std::tuple{Field{"axis", &Self::axis}, Field{"batch_dims", &Self::batch_dims},
                      Field{"allow_negative", &Self::allow_negative}};
  }
};

// (x, indices [..., k]): the last dimension of indices addresses the first k dimensions of x after the batch.
struct GatherND {
  static constexpr std::string_view kName = "GatherND";
  static constexpr OpTraits kTraits{.min_inputs = 2, .max_inputs = 2};
  int64_t batch_dims = 0;
  template <typename Self = GatherND>
  static constexpr auto Fields() {
    return std::tuple{Field{"batch_dims", &Self::batch_dims}};
  }
};

// (x, indices of x's rank).
struct GatherElements {
  static constexpr std::string_view kName = "GatherElements";
  static constexpr OpTraits kTraits{.min_inputs = 2, .max_inputs = 2};
  int64_t axis = 0;
  template <typename Self = GatherElements>
  static constexpr auto Fields() {
    return std::tuple{Field{"axis", &Self::axis}};
  }
};

// (x, indices [..., k], updates): a copy of x with updates put (or combined) at the indices, in order.
struct ScatterND {
  static constexpr std::string_view kName = "ScatterND";
  static constexpr OpTraits kTraits{.min_inputs = 3, .max_inputs = 3};
  ScatterReduction reduction = ScatterReduction::kNone;
  template <typename Self = ScatterND>
  static constexpr auto Fields() {
    return std::tuple{Field{"reduction", &Self::reduction}};
  }
};

// (x, indices, updates), all of one rank.
struct ScatterElements {
  static constexpr std::string_view kName = "ScatterElements";
  static constexpr OpTraits kTraits{.min_inputs = 3, .max_inputs = 3};
  int64_t axis = 0;
  ScatterReduction reduction = ScatterReduction::kNone;
  template <typename Self = ScatterElements>
  static constexpr auto Fields() {
    return std::tuple{Field{"axis", &Self::axis}, Field{"reduction", &Self::reduction}};
  }
};

// (indices, depth scalar, values [off, on]). An index outside [0, depth) gives a row of off.
struct OneHot {
  static constexpr std::string_view kName = "OneHot";
  static constexpr OpTraits kTraits{.min_inputs = 3, .max_inputs = 3};
  int64_t axis = -1;
  template <typename Self = OneHot>
  static constexpr auto Fields() {
    return std::tuple{Field{"axis", &Self::axis}};
  }
};

// The dimensions of x, rank 1 (ONNX's Shape; to is int64 or int32).
struct ShapeOf {
  static constexpr std::string_view kName = "ShapeOf";
  static constexpr OpTraits kTraits{};
  DType to = DType::kInt64;
  template <typename Self = ShapeOf>
  static constexpr auto Fields() {
    return std::tuple{Field{"to", &Self::to}};
  }
};

// The number of elements of x, a scalar (ONNX's Size).
struct SizeOf {
  static constexpr std::string_view kName = "SizeOf";
  static constexpr OpTraits kTraits{};
  DType to = DType::kInt64;
  template <typename Self = SizeOf>
  static constexpr auto Fields() {
    return std::tuple{Field{"to", &Self::to}};
  }
};

// (start, limit, delta), scalars of one type.
struct Range {
  static constexpr std::string_view kName = "Range";
  static constexpr OpTraits kTraits{.min_inputs = 3, .max_inputs = 3};
  static constexpr auto Fields() { return std::tuple{}; }
};

// (start, stop, count), scalars.
struct LinSpace {
  static constexpr std::string_view kName = "LinSpace";
  static constexpr OpTraits kTraits{.min_inputs = 3, .max_inputs = 3};
  static constexpr auto Fields() { return std::tuple{}; }
};

struct Reverse {
  static constexpr std::string_view kName = "Reverse";
  static constexpr OpTraits kTraits{};
  std::vector<int64_t> axes;
  template <typename Self = Reverse>
  static constexpr auto Fields() {
    return std::tuple{Field{"axes", &Self::axes}};
  }
};

// (x, lengths of the batch): the first lengths[b] entries along time are reversed.
struct ReverseSequence {
  static constexpr std::string_view kName = "ReverseSequence";
  static constexpr OpTraits kTraits{.min_inputs = 2, .max_inputs = 2};
  int64_t batch_axis = 0;
  int64_t time_axis = 1;
  template <typename Self = ReverseSequence>
  static constexpr auto Fields() {
    return std::tuple{Field{"batch_axis", &Self::batch_axis}, Field{"time_axis", &Self::time_axis}};
  }
};

struct Roll {
  static constexpr std::string_view kName = "Roll";
  static constexpr OpTraits kTraits{};
  std::vector<int64_t> shifts;
  std::vector<int64_t> axes;
  template <typename Self = Roll>
  static constexpr auto Fields() {
    return std::tuple{Field{"shifts", &Self::shifts}, Field{"axes", &Self::axes}};
  }
};

// (x, block [m], pads [m, 2]): TensorFlow's SpaceToBatchND.
struct SpaceToBatch {
  static constexpr std::string_view kName = "SpaceToBatch";
  static constexpr OpTraits kTraits{.min_inputs = 3, .max_inputs = 3};
  static constexpr auto Fields() { return std::tuple{}; }
};

// (x, block [m], crops [m, 2]): TensorFlow's BatchToSpaceND.
struct BatchToSpace {
  static constexpr std::string_view kName = "BatchToSpace";
  static constexpr OpTraits kTraits{.min_inputs = 3, .max_inputs = 3};
  static constexpr auto Fields() { return std::tuple{}; }
};

// (x, lower, upper scalars): keeps a band of the last two dimensions; negative keeps the whole triangle.
struct MatrixBandPart {
  static constexpr std::string_view kName = "MatrixBandPart";
  static constexpr OpTraits kTraits{.min_inputs = 3, .max_inputs = 3};
  static constexpr auto Fields() { return std::tuple{}; }
};

// (diagonals, k [1 or 2], rows, columns, padding value): TensorFlow's MatrixDiagV3.
struct MatrixDiag {
  static constexpr std::string_view kName = "MatrixDiag";
  static constexpr OpTraits kTraits{.min_inputs = 5, .max_inputs = 5};
  DiagAlign align = DiagAlign::kRightLeft;
  template <typename Self = MatrixDiag>
  static constexpr auto Fields() {
    return std::tuple{Field{"align", &Self::align}};
  }
};

// (x, k [1 or 2], padding value): TensorFlow's MatrixDiagPartV3.
struct MatrixDiagPart {
  static constexpr std::string_view kName = "MatrixDiagPart";
  static constexpr OpTraits kTraits{.min_inputs = 3, .max_inputs = 3};
  DiagAlign align = DiagAlign::kRightLeft;
  template <typename Self = MatrixDiagPart>
  static constexpr auto Fields() {
    return std::tuple{Field{"align", &Self::align}};
  }
};

// (x, diagonals, k [1 or 2]): TensorFlow's MatrixSetDiagV3.
struct MatrixSetDiag {
  static constexpr std::string_view kName = "MatrixSetDiag";
  static constexpr OpTraits kTraits{.min_inputs = 3, .max_inputs = 3};
  DiagAlign align = DiagAlign::kRightLeft;
  template <typename Self = MatrixSetDiag>
  static constexpr auto Fields() {
    return std::tuple{Field{"align", &Self::align}};
  }
};

// The places where x is not zero, [n, rank] int64 in row-major order (TensorFlow's Where; ONNX's transposed).
// n is known only at run time.
struct NonZero {
  static constexpr std::string_view kName = "NonZero";
  static constexpr OpTraits kTraits{};
  static constexpr auto Fields() { return std::tuple{}; }
};

struct InvertPermutation {
  static constexpr std::string_view kName = "InvertPermutation";
  static constexpr OpTraits kTraits{};
  static constexpr auto Fields() { return std::tuple{}; }
};

// (shape, shape) -> the shape both broadcast to, as a tensor.
struct BroadcastShapes {
  static constexpr std::string_view kName = "BroadcastShapes";
  static constexpr OpTraits kTraits{.min_inputs = 2, .max_inputs = 2};
  static constexpr auto Fields() { return std::tuple{}; }
};

// (flat indices, dims) -> [rank, ...].
struct UnravelIndex {
  static constexpr std::string_view kName = "UnravelIndex";
  static constexpr OpTraits kTraits{.min_inputs = 2, .max_inputs = 2};
  static constexpr auto Fields() { return std::tuple{}; }
};

// n index tensors, then n data tensors; later ones win.
struct DynamicStitch {
  static constexpr std::string_view kName = "DynamicStitch";
  static constexpr OpTraits kTraits{.min_inputs = 2, .max_inputs = kVariadic};
  static constexpr auto Fields() { return std::tuple{}; }
};

// (x, partition of each leading entry): `parts` outputs whose sizes only the run knows.
struct DynamicPartition {
  static constexpr std::string_view kName = "DynamicPartition";
  static constexpr OpTraits kTraits{.min_inputs = 2, .max_inputs = 2, .max_outputs = kVariadic};
  int64_t parts = 1;
  template <typename Self = DynamicPartition>
  static constexpr auto Fields() {
    return std::tuple{Field{"parts", &Self::parts}};
  }
};

}  // namespace floe

#endif  // FLOE_GRAPH_OPS_MOVEMENT_H_
