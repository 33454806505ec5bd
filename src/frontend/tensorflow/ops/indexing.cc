// Gathering, scattering, and what is found by value.
#include "frontend/tensorflow/ops/families.h"

namespace floe {
namespace {

void ImportGather(NodeContext& c) {
  c.Return(Gather{}, {c.in(0), c.in(1)});
}

void ImportGatherV2(NodeContext& c) {
  Gather op;
  op.axis = c.NeedInt(2, "the axis");
  op.batch_dims = c.Int("batch_dims");
  c.Return(std::move(op), {c.in(0), c.in(1)});
}

void ImportGatherNd(NodeContext& c) {
  c.Return(GatherND{}, {c.in(0), c.in(1)});
}

// Updates at one place add up.
void ImportScatterNd(NodeContext& c) {
  const ValueId zeros = c.build().Zeros(c.dtype(1), c.build().ToInt64(c.in(2)));
  c.Return(ScatterND{ScatterReduction::kAdd}, {zeros, c.in(0), c.in(1)});
}

template <ScatterReduction kReduction>
void ImportTensorScatter(NodeContext& c) {
  c.Return(ScatterND{kReduction}, {c.in(0), c.in(1), c.in(2)});
}

void ImportWhere(NodeContext& c) {
  c.Return(NonZero{}, {c.in(0)});
}

DType IndexType(const NodeContext& c) {
  return c.Type("out_idx");
}

void ImportUnique(NodeContext& c) {
  const bool counts = c.op().find("Counts") != std::string::npos;
  if (c.op().ends_with("V2")) {
    const std::optional<Ints> axis = c.KnownInts(1);
    const bool plain = axis && (axis->empty() || (*axis)[0] == 0) && c.Rank(0) == 1;
    if (!plain) c.Fail("unique rows along an axis are not supported, only unique elements of a vector");
  }
  c.Return(Unique{IndexType(c)}, {c.in(0)}, counts ? 3 : 2);
}

void ImportListDiff(NodeContext& c) {
  c.Return(ListDiff{IndexType(c)}, {c.in(0), c.in(1)}, 2);
}

void ImportDynamicStitch(NodeContext& c) {
  c.Return(DynamicStitch{}, c.ins(0, c.input_count()));
}

void ImportDynamicPartition(NodeContext& c) {
  const int64_t parts = c.Int("num_partitions");
  if (parts < 1 || parts > (1 << 16)) c.Fail("expected 1 to 65536 partitions, found {}", parts);
  c.Return(DynamicPartition{parts}, {c.in(0), c.in(1)}, static_cast<int>(parts));
}

void ImportBincount(NodeContext& c) {
  const ValueId flat = c.op() == "Bincount" ? c.build().Reshape(c.in(0), {-1}) : c.in(0);
  const bool binary = c.op() == "DenseBincount" && c.Bool("binary_output");
  c.Return(Bincount{binary}, {flat, c.in(1), c.in(2)});
}

constexpr OpImporter kRows[] = {
    {"Gather", ImportGather},
    {"GatherV2", ImportGatherV2},
    {"GatherNd", ImportGatherNd},
    {"ScatterNd", ImportScatterNd},
    {"TensorScatterUpdate", ImportTensorScatter<ScatterReduction::kNone>},
    {"TensorScatterAdd", ImportTensorScatter<ScatterReduction::kAdd>},
    {"TensorScatterSub", ImportTensorScatter<ScatterReduction::kSub>},
    {"TensorScatterMin", ImportTensorScatter<ScatterReduction::kMin>},
    {"TensorScatterMax", ImportTensorScatter<ScatterReduction::kMax>},
    {"ScatterNdNonAliasingAdd", ImportTensorScatter<ScatterReduction::kAdd>},
    {"Where", ImportWhere},
    {"Unique", ImportUnique},
    {"UniqueV2", ImportUnique},
    {"UniqueWithCounts", ImportUnique},
    {"UniqueWithCountsV2", ImportUnique},
    {"ListDiff", ImportListDiff},
    {"DynamicStitch", ImportDynamicStitch},
    {"ParallelDynamicStitch", ImportDynamicStitch},
    {"DynamicPartition", ImportDynamicPartition},
    {"Bincount", ImportBincount},
    {"DenseBincount", ImportBincount},
};

}  // namespace

std::span<const OpImporter> IndexingImporters() {
  return kRows;
}

}  // namespace floe
