#include "frontend/tensorflow/ops/families.h"

namespace floe {
namespace {

template <ReduceKind kKind>
void ImportSegment(NodeContext& c) {
  c.Return(SegmentReduce{kKind, true}, c.ins(0, 2));
}

template <ReduceKind kKind>
void ImportUnsorted(NodeContext& c) {
  c.Return(SegmentReduce{kKind, false}, c.ins(0, 3));
}

template <ReduceKind kKind, bool kSqrtN>
void ImportSparseSegment(NodeContext& c) {
  const bool with_count = c.op().ends_with("WithNumSegments");
  c.Return(SparseSegmentReduce{kKind, kSqrtN}, c.ins(0, with_count ? 4 : 3));
}

constexpr OpImporter kRows[] = {
    {"SegmentSum", ImportSegment<ReduceKind::kSum>},
    {"SegmentMean", ImportSegment<ReduceKind::kMean>},
    {"SegmentMax", ImportSegment<ReduceKind::kMax>},
    {"SegmentMin", ImportSegment<ReduceKind::kMin>},
    {"SegmentProd", ImportSegment<ReduceKind::kProd>},
    {"UnsortedSegmentSum", ImportUnsorted<ReduceKind::kSum>},
    {"UnsortedSegmentMax", ImportUnsorted<ReduceKind::kMax>},
    {"UnsortedSegmentMin", ImportUnsorted<ReduceKind::kMin>},
    {"UnsortedSegmentProd", ImportUnsorted<ReduceKind::kProd>},
    {"SparseSegmentSum", ImportSparseSegment<ReduceKind::kSum, false>},
    {"SparseSegmentSumWithNumSegments", ImportSparseSegment<ReduceKind::kSum, false>},
    {"SparseSegmentMean", ImportSparseSegment<ReduceKind::kMean, false>},
    {"SparseSegmentMeanWithNumSegments", ImportSparseSegment<ReduceKind::kMean, false>},
    {"SparseSegmentSqrtN", ImportSparseSegment<ReduceKind::kSum, true>},
    {"SparseSegmentSqrtNWithNumSegments", ImportSparseSegment<ReduceKind::kSum, true>},
};

}  // namespace

std::span<const OpImporter> SegmentImporters() {
  return kRows;
}

}  // namespace floe
