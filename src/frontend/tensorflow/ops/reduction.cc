#include "frontend/tensorflow/ops/families.h"

namespace floe {
namespace {

Ints ReductionAxes(NodeContext& c) {
  Ints axes = c.NeedInts(1, "the reduction axes");
  if (c.shape(0).has_rank())
    for (int64_t& axis : axes) axis = c.Axis(axis, static_cast<int64_t>(c.shape(0).rank()));
  return axes;
}

template <ReduceKind kKind>
void ImportReduce(NodeContext& c) {
  Ints axes = ReductionAxes(c);
  const bool keep = c.Bool("keep_dims");
  if (kKind == ReduceKind::kL2) {
    // The norm is never negative, also over no axes at all.
    const bool exact = IsFloat(c.dtype(0));
    const ValueId x = exact ? c.in(0) : c.build().CastTo(c.in(0), DType::kFloat64);
    if (exact) return c.Return(Reduce{kKind, std::move(axes), keep}, {x});
    return c.Return(Cast{c.dtype(0)}, {c.Add(Reduce{kKind, std::move(axes), keep}, {x})});
  }
  if (axes.empty()) return c.Set(0, c.in(0));
  c.Return(Reduce{kKind, std::move(axes), keep}, {c.in(0)});
}

template <ArgKind kKind>
void ImportArg(NodeContext& c) {
  ArgReduce op;
  op.kind = kKind;
  op.axis = c.NeedInt(1, "the axis");
  op.to = c.Type("output_type");
  c.Return(std::move(op), {c.in(0)});
}

void ImportTopK(NodeContext& c) {
  TopK op;
  op.sorted = c.Bool("sorted");
  op.index_type = c.op() == "TopKV2" ? c.Type("index_type") : DType::kInt32;
  const ValueId k = c.op() == "TopKV2" ? c.in(1) : c.build().Int64(c.Int("k"));
  c.Return(std::move(op), {c.in(0), k}, 2);
}

template <CumulativeKind kKind>
void ImportCumulative(NodeContext& c) {
  c.Return(Cumulative{kKind, c.Bool("exclusive"), c.Bool("reverse")}, {c.in(0), c.in(1)});
}

constexpr OpImporter kRows[] = {
    {"Sum", ImportReduce<ReduceKind::kSum>},
    {"Mean", ImportReduce<ReduceKind::kMean>},
    {"Max", ImportReduce<ReduceKind::kMax>},
    {"Min", ImportReduce<ReduceKind::kMin>},
    {"Prod", ImportReduce<ReduceKind::kProd>},
    {"All", ImportReduce<ReduceKind::kAll>},
    {"Any", ImportReduce<ReduceKind::kAny>},
    {"EuclideanNorm", ImportReduce<ReduceKind::kL2>},
    {"ArgMax", ImportArg<ArgKind::kArgMax>},
    {"ArgMin", ImportArg<ArgKind::kArgMin>},
    {"TopK", ImportTopK},
    {"TopKV2", ImportTopK},
    {"Cumsum", ImportCumulative<CumulativeKind::kCumSum>},
    {"Cumprod", ImportCumulative<CumulativeKind::kCumProd>},
};

}  // namespace

std::span<const OpImporter> ReductionImporters() {
  return kRows;
}

}  // namespace floe
