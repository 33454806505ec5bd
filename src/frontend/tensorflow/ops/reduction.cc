#include "frontend/tensorflow/importer.h"
#include "frontend/tensorflow/ops/families.h"

namespace floe {
namespace {

Ints ReductionAxes(NodeContext& c) {
  Ints axes = c.NeedInts(1, "the reduction axes");
  if (c.shape(0).has_rank())
    for (int64_t& axis : axes) axis = c.Axis(axis, static_cast<int64_t>(c.shape(0).rank()));
  return axes;
}

// Axes that only the run knows. Each dimension is reduced in turn if it is among them: what is reduced here,
// sums, means of equal counts, extremes, can be taken one dimension at a time.
ValueId ReduceAtRunTime(NodeContext& c, ReduceKind kind, ValueId x, bool keep_dims) {
  Builder& b = c.build();
  const int64_t rank = c.Rank(0);
  const Shape& axes_shape = c.shape(1);
  if (!axes_shape.IsStatic()) c.NeedConstant(1, "the reduction axes");
  const int64_t count = *axes_shape.ElementCount();
  if (count > rank) c.Fail("{} reduction axes for a rank of {}", count, rank);
  const ValueId axes = b.Reshape(b.Binary(BinaryKind::kFloorMod, b.ToInt64(c.in(1)), b.Int64(rank)), {-1});
  const ValueId chosen = b.Add(ScatterND{ScatterReduction::kMax},
                               {b.Int64s(Ints(static_cast<size_t>(rank), 0)), b.Add(Unsqueeze{{1}}, {axes}),
                                b.Int64s(Ints(static_cast<size_t>(count), 1))});
  const ValueId shape = b.ShapeTensor(x);
  for (int64_t axis = 0; axis < rank; ++axis) {
    const ValueId flag = b.ToScalar(b.SliceVector(chosen, axis, axis + 1));
    BodyScope yes(b, b.source() + "/then"), no(b, b.source() + "/else");
    yes.graph().SetOutputs({yes.builder().Reduce(kind, yes.Capture(Slot::Of(x)).value, {axis}, true)});
    no.graph().SetOutputs({no.Capture(Slot::Of(x)).value});
    std::vector<ValueId> inputs = {b.Binary(BinaryKind::kEqual, flag, b.Int64(1))};
    inputs.insert(inputs.end(), yes.captures().begin(), yes.captures().end());
    std::vector<std::unique_ptr<Graph>> bodies;
    bodies.push_back(yes.Take());
    bodies.push_back(no.Take());
    x = b.AddNode(If{}, std::move(inputs), 1, "", std::move(bodies))[0];
  }
  if (keep_dims) return x;
  // The dimensions that stay, in order: the smallest of place + rank * chosen.
  Ints places;
  for (int64_t i = 0; i < rank; ++i) places.push_back(i);
  const ValueId keys =
      b.Binary(BinaryKind::kAdd, b.Binary(BinaryKind::kMul, chosen, b.Int64(rank)), b.Int64s(places));
  const std::vector<ValueId> kept =
      b.AddNode(TopK{.axis = 0, .largest = false, .sorted = true}, {keys, b.Int64(rank - count)}, 2);
  return b.Add(Reshape{}, {x, b.Add(Gather{}, {shape, kept[0]})});
}

template <ReduceKind kKind>
void ImportReduce(NodeContext& c) {
  const bool dynamic = c.Constant(1) == nullptr && c.shape(1).ElementCount() != 0;
  if (dynamic && c.shape(0).has_rank() && c.shape(0).rank() > 0) {
    if (kKind != ReduceKind::kL2) return c.Set(0, ReduceAtRunTime(c, kKind, c.in(0), c.Bool("keep_dims")));
    const ValueId squares = c.build().Unary(UnaryKind::kSquare, c.build().Unary(UnaryKind::kAbs, c.in(0)));
    const ValueId sum = ReduceAtRunTime(c, ReduceKind::kSum, squares, c.Bool("keep_dims"));
    return c.Return(Unary{UnaryKind::kSqrt}, {sum});
  }
  Ints axes = ReductionAxes(c);
  const bool keep = c.Bool("keep_dims");
  if (kKind == ReduceKind::kL2) {
    if (axes.empty()) return c.Return(Unary{UnaryKind::kAbs}, {c.in(0)});
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

// On a CPU TensorFlow's approximate one is exact.
void ImportApproxTopK(NodeContext& c) {
  TopK op;
  op.axis = c.Int("reduction_dimension");
  op.largest = c.Bool("is_max_k");
  op.index_type = DType::kInt32;
  c.Return(std::move(op), {c.in(0), c.build().Int64(c.Int("k"))}, 2);
}

// The element of each row that would be the n-th if it were sorted.
void ImportNthElement(NodeContext& c) {
  Builder& b = c.build();
  const TopK op{.largest = c.Bool("reverse"), .sorted = true};
  const ValueId count = b.Binary(BinaryKind::kAdd, b.ToInt64(c.in(1)), b.Int64(1));
  const ValueId first = b.AddNode(op, {c.in(0), count}, 2)[0];
  c.Return(Squeeze{{-1}}, {b.Slice(first, {-1}, {INT64_MAX}, {-1})});
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
    {"ApproxTopK", ImportApproxTopK},
    {"NthElement", ImportNthElement},
    {"Cumsum", ImportCumulative<CumulativeKind::kCumSum>},
    {"Cumprod", ImportCumulative<CumulativeKind::kCumProd>},
    {"CumulativeLogsumexp", ImportCumulative<CumulativeKind::kCumLogSumExp>},
};

}  // namespace

std::span<const OpImporter> ReductionImporters() {
  return kRows;
}

}  // namespace floe
