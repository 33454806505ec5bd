// Operations that move data: shapes, orders, joins, repetitions.
#include <algorithm>

#include "frontend/onnx/ops/families.h"
#include "frontend/onnx/ops/run_time_axes.h"

namespace floe {
namespace {

constexpr int64_t kNewest = kNewestOnnxOpset;

void ImportReshape(OnnxContext& c) {
  c.Return(Reshape{.allow_zero = c.Flag("allowzero")}, {c.in(0), c.build().ToInt64(c.in(1))});
}

void ImportFlatten(OnnxContext& c) {
  Builder& b = c.build();
  const int64_t rank = c.Rank(0);
  int64_t axis = c.Int("axis", 1);
  if (axis < -rank || axis > rank) c.Fail("axis {} is outside the rank {}", axis, rank);
  if (axis < 0) axis += rank;
  if (axis == 1) {
    const ValueId shape = b.ConcatVectors({b.DimTensor(c.in(0), 0), b.Int64s({-1})});
    const Shape& x = c.shape(0);
    bool empty = false;
    for (const Dim& d : x.dims()) empty = empty || (d.known() && d.value() == 0);
    if (!empty) return c.Return(Reshape{}, {c.in(0), shape});
  }
  const ValueId dims = b.ShapeTensor(c.in(0));
  const auto product = [&](int64_t begin, int64_t end) {
    return b.Reduce(ReduceKind::kProd, b.SliceVector(dims, begin, end), {0}, true);
  };
  c.Return(Reshape{}, {c.in(0), b.ConcatVectors({product(0, axis), product(axis, rank)})});
}

Ints AxesOf(OnnxContext& c) {
  return c.opset() < 13 ? c.IntList("axes") : c.has(1) ? c.NeedInts(1, "its list of axes") : Ints{};
}

// Axes that only the run knows.
bool AxesComeLater(OnnxContext& c) {
  return c.opset() >= 13 && c.has(1) && c.Constant(1) == nullptr && c.shape(1).ElementCount() != 0;
}

void ImportSqueeze(OnnxContext& c) {
  if (AxesComeLater(c)) return SqueezeAtRunTime(c);
  const Ints axes = AxesOf(c);
  const bool all = c.opset() < 13 ? !c.HasAttr("axes") : !c.has(1);
  if (!all && axes.empty()) return c.Set(0, c.in(0));
  c.Return(Squeeze{axes}, {c.in(0)});
}

void ImportUnsqueeze(OnnxContext& c) {
  if (AxesComeLater(c)) return UnsqueezeAtRunTime(c);
  if (c.opset() >= 13 && !c.has(1)) c.Fail("its list of axes is missing");
  const Ints axes = AxesOf(c);
  if (axes.empty()) return c.Set(0, c.in(0));
  c.Return(Unsqueeze{axes}, {c.in(0)});
}

// One that takes another back gives what that took.
void ImportTranspose(OnnxContext& c) {
  const Ints perm = c.IntList("perm");
  const Graph& graph = c.build().graph();
  const NodeId before = graph.value(c.in(0)).producer;
  if (before != kNoNode && IsOp<Transpose>(graph.node(before).op)) {
    const Ints& first = OpAs<Transpose>(graph.node(before).op).perm;
    bool inverse = first.size() == perm.size() && !perm.empty();
    for (size_t i = 0; inverse && i < perm.size(); ++i) {
      const auto at = static_cast<size_t>(perm[i]);
      inverse = at < first.size() && first[at] == static_cast<int64_t>(i);
    }
    if (inverse) return c.Set(0, graph.node(before).inputs[0]);
  }
  c.Return(Transpose{perm}, {c.in(0)});
}

void ImportConcat(OnnxContext& c) {
  std::vector<ValueId> parts;
  for (size_t i = 0; i < c.input_count(); ++i) parts.push_back(c.in(i));
  const int64_t axis = c.opset() < 4 ? c.Int("axis", 1) : c.NeedInt("axis");
  c.Return(Concat{axis}, std::move(parts));
}

void ImportExpand(OnnxContext& c) {
  c.Return(Expand{}, {c.in(0), c.build().ToInt64(c.in(1))});
}

void ImportTile(OnnxContext& c) {
  c.Return(Tile{}, {c.in(0), c.build().ToInt64(c.in(1))});
}

// Equal parts, the last one smaller where they do not come out even.
Ints EqualSizes(OnnxContext& c, int64_t axis, int64_t parts) {
  const Dim& size = c.shape(0)[static_cast<size_t>(axis)];
  if (parts < 1) c.Fail("it splits into {} parts", parts);
  if (!size.known()) return {};
  const int64_t each = (size.value() + parts - 1) / parts;
  Ints sizes;
  for (int64_t i = 0; i < parts; ++i)
    sizes.push_back(std::max<int64_t>(0, std::min(each, size.value() - i * each)));
  return sizes;
}

// Sizes that only the run knows: slices between their running sums.
void SplitAtRunTime(OnnxContext& c, int64_t axis, ValueId sizes) {
  Builder& b = c.build();
  ValueId begin = b.Int64s({0});
  for (size_t i = 0; i < c.output_count(); ++i) {
    const auto at = static_cast<int64_t>(i);
    const ValueId end = b.Binary(BinaryKind::kAdd, begin, b.SliceVector(sizes, at, at + 1));
    c.Set(i, c.Add(Slice{}, {c.in(0), begin, end, b.Int64s({axis})}));
    begin = end;
  }
}

void ImportSplit(OnnxContext& c) {
  const int64_t axis = c.Axis(c.Int("axis", 0), c.Rank(0));
  const auto parts = static_cast<int64_t>(c.output_count());
  Ints sizes = c.opset() < 13 ? c.IntList("split") : Ints{};
  if (c.opset() >= 13 && c.has(1)) {
    if (c.Constant(1) == nullptr) return SplitAtRunTime(c, axis, c.build().ToInt64(c.in(1)));
    sizes = c.NeedInts(1, "its list of sizes");
  }
  if (c.Int("num_outputs", parts) != parts)
    c.Fail("it has {} outputs, and num_outputs is {}", parts, c.Int("num_outputs", parts));
  if (sizes.empty()) sizes = EqualSizes(c, axis, parts);
  if (!sizes.empty() && static_cast<int64_t>(sizes.size()) != parts)
    c.Fail("it has {} outputs for {} sizes", parts, sizes.size());
  c.Return(Split{.axis = axis, .sizes = std::move(sizes)}, {c.in(0)}, static_cast<int>(parts));
}

void ImportReverseSequence(OnnxContext& c) {
  ReverseSequence op;
  op.batch_axis = c.Int("batch_axis", 1);
  op.time_axis = c.Int("time_axis", 0);
  c.Return(op, {c.in(0), c.in(1)});
}

void ImportDepthToSpace(OnnxContext& c) {
  const std::string mode = c.String("mode", "DCR");
  if (mode != "DCR" && mode != "CRD") c.Fail("attribute 'mode': expected DCR or CRD, found '{}'", mode);
  DepthToSpace op;
  op.layout = Layout::kNchw;
  op.block_size = c.NeedInt("blocksize");
  op.order = mode == "DCR" ? DepthOrder::kDcr : DepthOrder::kCrd;
  c.Return(op, {c.in(0)});
}

void ImportSpaceToDepth(OnnxContext& c) {
  c.Return(SpaceToDepth{.layout = Layout::kNchw, .block_size = c.NeedInt("blocksize")}, {c.in(0)});
}

constexpr OnnxOpImporter kRows[] = {
    {"Reshape", 5, kNewest, ImportReshape},
    {"Flatten", 1, kNewest, ImportFlatten},
    {"Squeeze", 1, kNewest, ImportSqueeze},
    {"Unsqueeze", 1, kNewest, ImportUnsqueeze},
    {"Transpose", 1, kNewest, ImportTranspose},
    {"Concat", 1, kNewest, ImportConcat},
    {"Expand", 8, kNewest, ImportExpand},
    {"Tile", 6, kNewest, ImportTile},
    {"Split", 2, kNewest, ImportSplit},
    {"ReverseSequence", 10, kNewest, ImportReverseSequence},
    {"DepthToSpace", 1, kNewest, ImportDepthToSpace},
    {"SpaceToDepth", 1, kNewest, ImportSpaceToDepth},
};

}  // namespace

std::span<const OnnxOpImporter> OnnxMovementImporters() {
  return kRows;
}

}  // namespace floe
