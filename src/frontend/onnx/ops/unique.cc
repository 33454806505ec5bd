// Unique, of elements and of slices along an axis.
#include "frontend/onnx/ops/families.h"

namespace floe {
namespace {

constexpr int64_t kNewest = kNewestOnnxOpset;

ValueId Count(OnnxContext& c, size_t count_of, ValueId x) {
  return c.build().ToScalar(c.build().DimTensor(x, static_cast<int64_t>(count_of)));
}

ValueId UpTo(OnnxContext& c, ValueId count) {
  return c.Add(Range{}, {c.build().Int64(0), count, c.build().Int64(1)});
}

// Distinct ids in order of appearance, and what ONNX wants beside them.
struct Distinct {
  ValueId ids, inverse, counts, first;
};
Distinct DistinctOf(OnnxContext& c, ValueId ids) {
  Builder& b = c.build();
  const std::vector<ValueId> parts = b.AddNode(Unique{DType::kInt64}, {ids}, 3);
  Distinct d{parts[0], parts[1], b.ToInt64(parts[2]), kNoValue};
  const ValueId length = Count(c, 0, ids);
  const ValueId start = c.Add(Expand{}, {length, b.ShapeTensor(d.ids)});
  d.first = c.Add(ScatterElements{.axis = 0, .reduction = ScatterReduction::kMin},
                  {start, d.inverse, UpTo(c, length)});
  return d;
}

// Renumbers so that entry i of the result is entry order[i].
void Reorder(OnnxContext& c, Distinct* d, ValueId order) {
  Builder& b = c.build();
  const auto take = [&](ValueId x) { return b.Add(Gather{}, {x, order}); };
  d->ids = take(d->ids);
  d->counts = take(d->counts);
  d->first = take(d->first);
  d->inverse = b.Add(Gather{}, {b.Add(InvertPermutation{}, {order}), d->inverse});
}

ValueId AscendingOrder(OnnxContext& c, ValueId keys) {
  return c.build().AddNode(TopK{.axis = 0, .largest = false}, {keys, Count(c, 0, keys)}, 2)[1];
}

void SetRest(OnnxContext& c, const Distinct& d) {
  c.Set(1, d.first);
  c.Set(2, d.inverse);
  c.Set(3, d.counts);
}

// Slices as rows of a matrix: each gets the number of the first row equal to it as its id. Their order is
// that of the first element in which two differ: a row's rank is the number of rows below it.
void UniqueSlices(OnnxContext& c, int64_t axis, bool sorted) {
  Builder& b = c.build();
  const int64_t rank = c.Rank(0);
  Ints perm = {axis};
  for (int64_t i = 0; i < rank; ++i)
    if (i != axis) perm.push_back(i);
  const ValueId front = b.Transpose(c.in(0), perm);
  const ValueId rows = c.Add(Reshape{}, {front, b.ConcatVectors({b.DimTensor(front, 0), b.Int64s({-1})})});
  const ValueId left = c.Add(Unsqueeze{{1}}, {rows}), right = c.Add(Unsqueeze{{0}}, {rows});
  const ValueId differs = b.Binary(BinaryKind::kNotEqual, left, right);  // [n, n, m]
  const ValueId equal = b.Unary(UnaryKind::kNot, b.Reduce(ReduceKind::kAny, differs, {2}, false));
  const ValueId ids = c.Add(ArgReduce{.axis = 1}, {b.CastTo(equal, DType::kInt32)});
  Distinct d = DistinctOf(c, ids);
  if (sorted) {
    const ValueId at = c.Add(ArgReduce{.axis = 2, .keep_dims = true}, {b.CastTo(differs, DType::kInt32)});
    const ValueId below = b.Binary(BinaryKind::kGreater, left, right);
    const ValueId decided = c.Add(GatherElements{2}, {b.CastTo(below, DType::kInt64), at});
    const ValueId places = b.Reduce(ReduceKind::kSum, decided, {1, 2}, false);  // [n]
    Reorder(c, &d, AscendingOrder(c, c.Add(Gather{}, {places, d.ids})));
  }
  c.Set(0, c.Add(Gather{.axis = axis}, {c.in(0), d.ids}));
  SetRest(c, d);
}

void ImportUnique(OnnxContext& c) {
  const bool sorted = c.Flag("sorted", true);
  if (c.HasAttr("axis")) return UniqueSlices(c, c.Axis(c.NeedInt("axis"), c.Rank(0)), sorted);
  const Shape& shape = c.shape(0);
  const bool flat = shape.has_rank() && shape.rank() == 1;
  Distinct d = DistinctOf(c, flat ? c.in(0) : c.build().Reshape(c.in(0), {-1}));
  if (sorted) Reorder(c, &d, AscendingOrder(c, d.ids));
  c.Set(0, d.ids);
  SetRest(c, d);
}

constexpr OnnxOpImporter kRows[] = {
    {"Unique", 11, kNewest, ImportUnique},
};

}  // namespace

std::span<const OnnxOpImporter> OnnxUniqueImporters() {
  return kRows;
}

}  // namespace floe
