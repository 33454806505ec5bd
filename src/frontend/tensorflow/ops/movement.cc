// Rearranging, joining and cutting apart.
#include <algorithm>
#include <limits>
#include <numeric>

#include "frontend/tensorflow/ops/families.h"
#include "frontend/tensorflow/ops/spatial.h"

namespace floe {
namespace {

void ImportReshape(NodeContext& c) {
  c.Return(Reshape{}, {c.in(0), c.in(1)});
}

void ImportSqueeze(NodeContext& c) {
  Ints axes = c.IntList("squeeze_dims");
  const Shape& shape = c.shape(0);
  if (axes.empty() && shape.IsStatic()) {
    for (size_t i = 0; i < shape.rank(); ++i)
      if (shape[i].value() == 1) axes.push_back(static_cast<int64_t>(i));
    if (axes.empty()) return c.Set(0, c.in(0));
  }
  c.Return(Squeeze{std::move(axes)}, {c.in(0)});
}

// At a place that only the run knows: dimensions before it stay, those behind it move by one.
void ExpandDimsAtRunTime(NodeContext& c) {
  Builder& b = c.build();
  const int64_t rank = c.Rank(0);
  const ValueId axis = b.ToInt64(b.Reshape(c.in(1), {1}));
  const ValueId counted = b.Binary(BinaryKind::kAdd, axis, b.Int64s({rank + 1}));
  const ValueId place = b.Add(Where{}, {b.Binary(BinaryKind::kLess, axis, b.Int64s({0})), counted, axis});
  Ints order(static_cast<size_t>(rank) + 1);
  std::iota(order.begin(), order.end(), 0);
  const ValueId places = b.Int64s(std::move(order));
  const ValueId one = b.Int64s({1}), shape = b.ShapeTensor(c.in(0));
  const ValueId moved =
      b.Add(Where{}, {b.Binary(BinaryKind::kEqual, places, place), one, b.ConcatVectors({one, shape})});
  const ValueId wanted =
      b.Add(Where{}, {b.Binary(BinaryKind::kLess, places, place), b.ConcatVectors({shape, one}), moved});
  c.Return(Reshape{}, {c.in(0), wanted});
}

void ImportExpandDims(NodeContext& c) {
  if (c.Constant(1) == nullptr && c.shape(0).has_rank()) return ExpandDimsAtRunTime(c);
  c.Return(Unsqueeze{{c.NeedInt(1, "the new axis")}}, {c.in(0)});
}

// A permutation that only the run knows: element (i, j, ...) lies at i * strides[perm[0]] + j *
// strides[perm[1]] + ...
ValueId TransposeAtRunTime(NodeContext& c, ValueId x) {
  Builder& b = c.build();
  const int64_t rank = c.Rank(0);
  const ValueId shape = b.ShapeTensor(x),
                perm = b.Binary(BinaryKind::kFloorMod, b.ToInt64(c.in(1)), b.Int64(rank));
  const ValueId strides = b.Add(Cumulative{CumulativeKind::kCumProd, true, true}, {shape, b.Int64(0)});
  const ValueId steps = b.Add(Gather{}, {strides, perm}), dims = b.Add(Gather{}, {shape, perm});
  ValueId places = b.Int64s({0});
  for (int64_t axis = 0; axis < rank; ++axis) {
    const ValueId count =
        b.Add(Range{}, {b.Int64(0), b.ToScalar(b.SliceVector(dims, axis, axis + 1)), b.Int64(1)});
    const ValueId offsets = b.Binary(BinaryKind::kMul, count, b.SliceVector(steps, axis, axis + 1));
    places = b.Binary(BinaryKind::kAdd, b.Add(Unsqueeze{{-1}}, {places}), offsets);
  }
  const ValueId flat = b.Add(Gather{}, {b.Reshape(x, {-1}), b.Reshape(places, {-1})});
  return b.Add(Reshape{}, {flat, dims});
}

void ImportTranspose(NodeContext& c) {
  if (c.Constant(1) == nullptr && c.shape(0).has_rank() && c.shape(0).rank() > 0) {
    const bool conjugate = c.op() == "ConjugateTranspose" && IsComplex(c.dtype(0));
    const ValueId y = TransposeAtRunTime(c, c.in(0));
    return c.Set(0, conjugate ? c.build().Unary(UnaryKind::kConj, y) : y);
  }
  Ints perm = c.NeedInts(1, "the permutation");
  const int64_t rank = static_cast<int64_t>(perm.size());
  for (int64_t& axis : perm) axis = c.Axis(axis, rank);
  Ints sorted = perm;
  std::sort(sorted.begin(), sorted.end());
  for (int64_t i = 0; i < rank; ++i)
    if (sorted[static_cast<size_t>(i)] != i) c.Fail("{} is not a permutation", DimsToString(perm));
  ValueId x = c.in(0);
  if (c.op() == "ConjugateTranspose" && IsComplex(c.dtype(0))) x = c.build().Unary(UnaryKind::kConj, x);
  if (std::is_sorted(perm.begin(), perm.end())) return c.Set(0, x);
  c.Return(Transpose{std::move(perm)}, {x});
}

void ReturnConcat(NodeContext& c, std::vector<ValueId> parts, int64_t axis) {
  if (parts.empty()) c.Fail("expected at least one input");
  if (parts.size() == 1) return c.Set(0, parts[0]);
  c.Return(Concat{axis}, std::move(parts));
}

void ImportConcat(NodeContext& c) {
  ReturnConcat(c, c.ins(1, c.input_count()), c.NeedInt(0, "the axis"));
}
void ImportConcatV2(NodeContext& c) {
  if (c.input_count() < 2) c.Fail("expected at least two inputs");
  const size_t last = c.input_count() - 1;
  ReturnConcat(c, c.ins(0, last), c.NeedInt(last, "the axis"));
}

// Parts that each have one row.
void ImportParallelConcat(NodeContext& c) {
  ReturnConcat(c, c.ins(0, c.input_count()), 0);
}

void ImportPack(NodeContext& c) {
  const int64_t axis = c.Int("axis");
  std::vector<ValueId> parts;
  for (const ValueId x : c.ins(0, c.input_count())) parts.push_back(c.Add(Unsqueeze{{axis}}, {x}));
  ReturnConcat(c, std::move(parts), axis);
}

constexpr int64_t kMostParts = 1 << 16;

void ImportUnpack(NodeContext& c) {
  const int64_t parts = c.Int("num"), axis = c.Int("axis");
  if (parts < 0 || parts > kMostParts) c.Fail("expected at most {} parts, found {}", kMostParts, parts);
  if (parts == 0) return;
  if (parts == 1) return c.Return(Squeeze{{axis}}, {c.in(0)});
  const std::vector<ValueId> pieces =
      c.build().AddNode(Split{axis, Ints(static_cast<size_t>(parts), 1)}, {c.in(0)}, static_cast<int>(parts));
  for (size_t i = 0; i < pieces.size(); ++i) c.Set(i, c.Add(Squeeze{{axis}}, {pieces[i]}));
}

void ImportSplit(NodeContext& c) {
  const int64_t parts = c.Int("num_split"), axis = c.NeedInt(0, "the axis");
  if (parts < 1 || parts > kMostParts) c.Fail("expected 1 to {} parts, found {}", kMostParts, parts);
  if (parts == 1) return c.Set(0, c.in(1));
  c.Return(Split{axis, {}}, {c.in(1)}, static_cast<int>(parts));
}

// Sizes that only the run knows: one slice a part.
void SplitBySlices(NodeContext& c, int64_t axis, int64_t parts) {
  Builder& b = c.build();
  ValueId sizes = b.ToInt64(c.in(1));
  const ValueId zero = b.Int64s({0});
  // At most one size is -1: the rest.
  const ValueId total = b.DimTensor(c.in(0), axis);
  const ValueId others = b.Reduce(ReduceKind::kSum, b.Binary(BinaryKind::kMax, sizes, zero), {0}, true);
  const ValueId rest = b.Binary(BinaryKind::kSub, total, others);
  sizes = b.Add(Where{}, {b.Binary(BinaryKind::kLess, sizes, zero), rest, sizes});
  ValueId begin = zero;
  for (int64_t i = 0; i < parts; ++i) {
    const ValueId end = b.Binary(BinaryKind::kAdd, begin, b.SliceVector(sizes, i, i + 1));
    c.Set(static_cast<size_t>(i), b.Add(Slice{}, {c.in(0), begin, end, b.Int64s({axis})}));
    begin = end;
  }
}

void ImportSplitV(NodeContext& c) {
  const int64_t axis = c.Axis(c.NeedInt(2, "the axis"), c.Rank(0)), parts = c.Int("num_split");
  if (parts < 1 || parts > kMostParts) c.Fail("expected 1 to {} parts, found {}", kMostParts, parts);
  if (parts == 1) return c.Set(0, c.in(0));
  std::optional<Ints> sizes = c.KnownInts(1);
  if (!sizes) return SplitBySlices(c, axis, parts);
  if (static_cast<int64_t>(sizes->size()) != parts)
    c.Fail("expected {} sizes, found {}", parts, sizes->size());
  const auto rest = std::find(sizes->begin(), sizes->end(), -1);
  if (rest != sizes->end()) {
    const Dim& dim = c.shape(0)[static_cast<size_t>(axis)];
    if (!dim.known()) return SplitBySlices(c, axis, parts);
    *rest = dim.value() - (std::accumulate(sizes->begin(), sizes->end(), int64_t{0}) + 1);
  }
  for (const int64_t size : *sizes)
    if (size < 0) c.Fail("expected sizes that are not negative, found {}", DimsToString(*sizes));
  c.Return(Split{axis, std::move(*sizes)}, {c.in(0)}, static_cast<int>(parts));
}

void ImportTile(NodeContext& c) {
  c.Return(Tile{}, {c.in(0), c.build().ToInt64(c.in(1))});
}

void ImportPad(NodeContext& c) {
  std::vector<ValueId> inputs = {c.in(0), PadsOf(c.build(), c.in(1))};
  if (c.op() == "PadV2") inputs.push_back(c.in(2));
  c.Return(Pad{PadMode::kConstant}, std::move(inputs));
}

void ImportMirrorPad(NodeContext& c) {
  const std::string mode = c.String("mode");
  if (mode != "REFLECT" && mode != "SYMMETRIC") c.Fail("expected mode REFLECT or SYMMETRIC, found {}", mode);
  c.Return(Pad{mode == "REFLECT" ? PadMode::kReflect : PadMode::kSymmetric},
           {c.in(0), PadsOf(c.build(), c.in(1))});
}

void ImportReverseV2(NodeContext& c) {
  Ints axes = c.NeedInts(1, "the axes");
  if (axes.empty()) return c.Set(0, c.in(0));
  c.Return(Reverse{std::move(axes)}, {c.in(0)});
}

void ImportReverse(NodeContext& c) {
  const Tensor& dims = c.NeedConstant(1, "the axes");
  if (dims.dtype() != DType::kBool) c.Fail("expected bools for the axes, found {}", DTypeName(dims.dtype()));
  Ints axes;
  for (int64_t i = 0; i < dims.size(); ++i)
    if (dims.data<bool>()[i]) axes.push_back(i);
  if (axes.empty()) return c.Set(0, c.in(0));
  c.Return(Reverse{std::move(axes)}, {c.in(0)});
}

void ImportReverseSequence(NodeContext& c) {
  c.Return(ReverseSequence{c.Int("batch_dim"), c.Int("seq_dim")}, {c.in(0), c.in(1)});
}

// Shifts or axes that only the run knows: element i of a dimension of n comes from (i - shift) mod n.
void RollAtRunTime(NodeContext& c) {
  Builder& b = c.build();
  const int64_t rank = c.Rank(0);
  const ValueId axes = b.Reshape(b.ToInt64(c.in(2)), {-1}), shifts = b.Reshape(b.ToInt64(c.in(1)), {-1});
  const ValueId counted = b.Binary(BinaryKind::kFloorMod, axes, b.Int64(rank));
  const ValueId by_axis =
      b.Add(ScatterND{ScatterReduction::kAdd},
            {b.Int64s(Ints(static_cast<size_t>(rank), 0)), b.Add(Unsqueeze{{1}}, {counted}), shifts});
  ValueId x = c.in(0);
  for (int64_t axis = 0; axis < rank; ++axis) {
    const ValueId size = b.ToScalar(b.DimTensor(x, axis));
    const ValueId places = b.Add(Range{}, {b.Int64(0), size, b.Int64(1)});
    const ValueId from = b.Binary(BinaryKind::kSub, places, b.SliceVector(by_axis, axis, axis + 1));
    x = b.Add(Gather{.axis = axis}, {x, b.Binary(BinaryKind::kFloorMod, from, size)});
  }
  c.Set(0, x);
}

void ImportRoll(NodeContext& c) {
  if (c.Constant(1) == nullptr || c.Constant(2) == nullptr) return RollAtRunTime(c);
  Ints shifts = c.NeedInts(1, "the shift"), axes = c.NeedInts(2, "the axis");
  if (shifts.size() != axes.size()) c.Fail("{} shifts for {} axes", shifts.size(), axes.size());
  c.Return(Roll{std::move(shifts), std::move(axes)}, {c.in(0)});
}

void ImportSpaceToBatchNd(NodeContext& c) {
  c.Return(SpaceToBatch{}, {c.in(0), c.in(1), c.in(2)});
}
void ImportBatchToSpaceNd(NodeContext& c) {
  c.Return(BatchToSpace{}, {c.in(0), c.in(1), c.in(2)});
}

void ImportSpaceToBatch(NodeContext& c) {
  const int64_t block = c.Int("block_size");
  c.Return(SpaceToBatch{}, {c.in(0), c.build().Int64s({block, block}), c.build().ToInt64(c.in(1))});
}
void ImportBatchToSpace(NodeContext& c) {
  const int64_t block = c.Int("block_size");
  c.Return(BatchToSpace{}, {c.in(0), c.build().Int64s({block, block}), c.build().ToInt64(c.in(1))});
}

Layout BlockLayout(const NodeContext& c) {
  const std::string format = c.String("data_format");
  if (format != "NHWC" && format != "NCHW") c.Fail("data format {} is not supported", format);
  return format == "NHWC" ? Layout::kNhwc : Layout::kNchw;
}

void ImportSpaceToDepth(NodeContext& c) {
  c.Return(SpaceToDepth{BlockLayout(c), c.Int("block_size")}, {c.in(0)});
}
void ImportDepthToSpace(NodeContext& c) {
  c.Return(DepthToSpace{BlockLayout(c), c.Int("block_size"), DepthOrder::kDcr}, {c.in(0)});
}

constexpr OpImporter kRows[] = {
    {"Reshape", ImportReshape},
    {"Squeeze", ImportSqueeze},
    {"ExpandDims", ImportExpandDims},
    {"Transpose", ImportTranspose},
    {"ConjugateTranspose", ImportTranspose},
    {"Concat", ImportConcat},
    {"ConcatV2", ImportConcatV2},
    {"ParallelConcat", ImportParallelConcat},
    {"Pack", ImportPack},
    {"Unpack", ImportUnpack},
    {"Split", ImportSplit},
    {"SplitV", ImportSplitV},
    {"Tile", ImportTile},
    {"Pad", ImportPad},
    {"PadV2", ImportPad},
    {"MirrorPad", ImportMirrorPad},
    {"ReverseV2", ImportReverseV2},
    {"Reverse", ImportReverse},
    {"ReverseSequence", ImportReverseSequence},
    {"Roll", ImportRoll},
    {"SpaceToBatchND", ImportSpaceToBatchNd},
    {"BatchToSpaceND", ImportBatchToSpaceNd},
    {"SpaceToBatch", ImportSpaceToBatch},
    {"BatchToSpace", ImportBatchToSpace},
    {"SpaceToDepth", ImportSpaceToDepth},
    {"DepthToSpace", ImportDepthToSpace},
};

}  // namespace

std::span<const OpImporter> MovementImporters() {
  return kRows;
}

}  // namespace floe
