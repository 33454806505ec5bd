// Reductions, orderings and counts.
#ifndef FLOE_GRAPH_OPS_REDUCE_H_
#define FLOE_GRAPH_OPS_REDUCE_H_

#include <tuple>
#include <vector>

#include "graph/field.h"
#include "graph/ops/traits.h"

namespace floe {

enum class ReduceKind : uint8_t {
  kSum,
  kMean,
  kMax,
  kMin,
  kProd,
  kL1,
  kL2,
  kSumSquare,
  kLogSum,
  kLogSumExp,
  kAll,
  kAny,  // bool
};
constexpr std::string_view kReduceNames[] = {
    "ReduceSum", "ReduceMean",      "ReduceMax",    "ReduceMin",       "ReduceProd", "ReduceL1",
    "ReduceL2",  "ReduceSumSquare", "ReduceLogSum", "ReduceLogSumExp", "ReduceAll",  "ReduceAny"};
constexpr auto& EnumNames(ReduceKind) {
  return kReduceNames;
}

enum class ArgKind : uint8_t { kArgMax, kArgMin };
constexpr std::string_view kArgNames[] = {"ArgMax", "ArgMin"};
constexpr auto& EnumNames(ArgKind) {
  return kArgNames;
}

enum class CumulativeKind : uint8_t { kCumSum, kCumProd, kCumLogSumExp };
constexpr std::string_view kCumulativeNames[] = {"CumSum", "CumProd", "CumLogSumExp"};
constexpr auto& EnumNames(CumulativeKind) {
  return kCumulativeNames;
}

// Reduces over `axes` (an empty list: over none of them, x comes out as it is; the importer lists all axes
// where TensorFlow means all). Float sums accumulate in float32 or better.
struct Reduce {
  static constexpr std::string_view kName = "Reduce";
  static constexpr OpTraits kTraits{};
  ReduceKind kind = ReduceKind::kSum;
  std::vector<int64_t> axes;
  bool keep_dims = false;
  template <typename Self = Reduce>
  static constexpr auto Fields() {
    return std::tuple{Field{"kind", &Self::kind}, Field{"axes", &Self::axes},
                      Field{"keep_dims", &Self::keep_dims}};
  }
};

// The place of the extreme along `axis`, the first one on ties unless select_last.
struct ArgReduce {
  static constexpr std::string_view kName = "ArgReduce";
  static constexpr OpTraits kTraits{};
  ArgKind kind = ArgKind::kArgMax;
  int64_t axis = 0;
  bool keep_dims = false;
  bool select_last = false;
  DType to = DType::kInt64;
  template <typename Self = ArgReduce>
  static constexpr auto Fields() {
    return std::tuple{Field{"kind", &Self::kind}, Field{"axis", &Self::axis},
                      Field{"keep_dims", &Self::keep_dims}, Field{"select_last", &Self::select_last},
                      Field{"to", &Self::to}};
  }
};

// (x, k scalar or [1]) -> (values, indices). Ties: the lower index first.
struct TopK {
  static constexpr std::string_view kName = "TopK";
  static constexpr OpTraits kTraits{.min_inputs = 2, .max_inputs = 2, .min_outputs = 2, .max_outputs = 2};
  int64_t axis = -1;
  bool largest = true;
  bool sorted = true;
  DType index_type = DType::kInt64;
  template <typename Self = TopK>
  static constexpr auto Fields() {
    return std::tuple{Field{"axis", &Self::axis}, Field{"largest", &Self::largest},
                      Field{"sorted", &Self::sorted}, Field{"index_type", &Self::index_type}};
  }
};

// (x, axis scalar).
struct Cumulative {
  static constexpr std::string_view kName = "Cumulative";
  static constexpr OpTraits kTraits{.min_inputs = 2, .max_inputs = 2};
  CumulativeKind kind = CumulativeKind::kCumSum;
  bool exclusive = false;
  bool reverse = false;
  template <typename Self = Cumulative>
  static constexpr auto Fields() {
    return std::tuple{Field{"kind", &Self::kind}, Field{"exclusive", &Self::exclusive},
                      Field{"reverse", &Self::reverse}};
  }
};

// (x, segment ids[, number of segments]): reduces the leading entries of one id together. sorted: ids ascend
// and are of rank 1 (SegmentSum…); else they may come in any order and rank, negative ones are dropped
// (UnsortedSegment…).
struct SegmentReduce {
  static constexpr std::string_view kName = "SegmentReduce";
  static constexpr OpTraits kTraits{.min_inputs = 2, .max_inputs = 3};
  ReduceKind reduction = ReduceKind::kSum;
  bool sorted = true;
  template <typename Self = SegmentReduce>
  static constexpr auto Fields() {
    return std::tuple{Field{"reduction", &Self::reduction}, Field{"sorted", &Self::sorted}};
  }
};

// (x, indices, segment ids[, number of segments]): SegmentReduce of x gathered by indices; kind Sum or Mean,
// sqrt_n divides the sum by the square root of the count.
struct SparseSegmentReduce {
  static constexpr std::string_view kName = "SparseSegmentReduce";
  static constexpr OpTraits kTraits{.min_inputs = 3, .max_inputs = 4};
  ReduceKind reduction = ReduceKind::kSum;
  bool sqrt_n = false;
  template <typename Self = SparseSegmentReduce>
  static constexpr auto Fields() {
    return std::tuple{Field{"reduction", &Self::reduction}, Field{"sqrt_n", &Self::sqrt_n}};
  }
};

// x of rank 1 -> (distinct values in order of first appearance, index of each element among them[, counts]).
struct Unique {
  static constexpr std::string_view kName = "Unique";
  static constexpr OpTraits kTraits{.min_outputs = 2, .max_outputs = 3};
  DType index_type = DType::kInt32;
  template <typename Self = Unique>
  static constexpr auto Fields() {
    return std::tuple{Field{"index_type", &Self::index_type}};
  }
};

// (x, y of rank 1) -> (values of x not in y, their places).
struct ListDiff {
  static constexpr std::string_view kName = "ListDiff";
  static constexpr OpTraits kTraits{.min_inputs = 2, .max_inputs = 2, .min_outputs = 2, .max_outputs = 2};
  DType index_type = DType::kInt32;
  template <typename Self = ListDiff>
  static constexpr auto Fields() {
    return std::tuple{Field{"index_type", &Self::index_type}};
  }
};

// (ints of rank 1 or 2, size scalar, weights or empty): counts or sums of weights per value; TensorFlow's
// DenseBincount and, with rank-1 weights, Bincount.
struct Bincount {
  static constexpr std::string_view kName = "Bincount";
  static constexpr OpTraits kTraits{.min_inputs = 3, .max_inputs = 3};
  bool binary = false;
  template <typename Self = Bincount>
  static constexpr auto Fields() {
    return std::tuple{Field{"binary", &Self::binary}};
  }
};

// The number of boundaries <= x, int32.
struct Bucketize {
  static constexpr std::string_view kName = "Bucketize";
  static constexpr OpTraits kTraits{.elementwise = true};
  std::vector<double> boundaries;
  template <typename Self = Bucketize>
  static constexpr auto Fields() {
    return std::tuple{Field{"boundaries", &Self::boundaries}};
  }
};

// (rows [b, n] sorted upwards, values [b, m] of their type): for each value the place in its row where it
// would be put to keep the order, in front of what equals it or, with `behind`, behind it.
struct SearchSorted {
  static constexpr std::string_view kName = "SearchSorted";
  static constexpr OpTraits kTraits{.min_inputs = 2, .max_inputs = 2};
  bool behind = false;
  DType to = DType::kInt32;
  template <typename Self = SearchSorted>
  static constexpr auto Fields() {
    return std::tuple{Field{"behind", &Self::behind}, Field{"to", &Self::to}};
  }
};

}  // namespace floe

#endif  // FLOE_GRAPH_OPS_REDUCE_H_
