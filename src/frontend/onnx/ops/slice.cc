// Slices, pads and crops.
#include <numeric>

#include "frontend/onnx/ops/families.h"

namespace floe {
namespace {

constexpr int64_t kNewest = kNewestOnnxOpset;

void ImportSliceAttributes(OnnxContext& c) {
  const Ints starts = c.IntList("starts"), ends = c.IntList("ends");
  Ints axes = c.IntList("axes");
  if (axes.empty()) {
    axes.resize(starts.size());
    std::iota(axes.begin(), axes.end(), 0);
  }
  if (starts.size() != ends.size() || starts.size() != axes.size())
    c.Fail("{} starts, {} ends and {} axes do not fit", starts.size(), ends.size(), axes.size());
  c.Set(0, c.build().Slice(c.in(0), starts, ends, axes));
}

void ImportSlice(OnnxContext& c) {
  Builder& b = c.build();
  std::vector<ValueId> inputs = {c.in(0), b.ToInt64(c.in(1)), b.ToInt64(c.in(2))};
  for (size_t i = 3; i < 5; ++i) inputs.push_back(c.has(i) ? b.ToInt64(c.in(i)) : kNoValue);
  while (inputs.back() == kNoValue) inputs.pop_back();
  c.Return(Slice{}, std::move(inputs));
}

PadMode ModeOf(OnnxContext& c, const std::string& mode) {
  if (mode == "constant") return PadMode::kConstant;
  if (mode == "reflect") return PadMode::kReflect;
  if (mode == "edge") return PadMode::kEdge;
  c.Fail("attribute 'mode': expected constant, reflect, edge or wrap, found '{}'", mode);
}

// Goes round: each padded dimension is gathered at its places modulo its size.
void PadByWrapping(OnnxContext& c, ValueId pads, int64_t rank) {
  Builder& b = c.build();
  ValueId x = c.in(0);
  for (int64_t axis = 0; axis < rank; ++axis) {
    const ValueId size = b.ToScalar(b.DimTensor(x, axis));
    const ValueId before = b.ToScalar(b.SliceVector(pads, axis, axis + 1));
    const ValueId after = b.ToScalar(b.SliceVector(pads, rank + axis, rank + axis + 1));
    const ValueId places = c.Add(
        Range{}, {b.Unary(UnaryKind::kNeg, before), b.Binary(BinaryKind::kAdd, size, after), b.Int64(1)});
    x = c.Add(Gather{.axis = axis}, {x, b.Binary(BinaryKind::kFloorMod, places, size)});
  }
  c.Set(0, x);
}

void ReturnPad(OnnxContext& c, const std::string& mode, ValueId pads, ValueId value) {
  if (mode == "wrap") return PadByWrapping(c, pads, c.Rank(0));
  std::vector<ValueId> inputs = {c.in(0), pads};
  if (value != kNoValue) inputs.push_back(value);
  c.Return(Pad{ModeOf(c, mode)}, std::move(inputs));
}

void ImportPadAttributes(OnnxContext& c) {
  const ValueId value = c.build().Scalar(c.dtype(0), c.Float("value", 0));
  ReturnPad(c, c.String("mode", "constant"), c.build().Int64s(c.IntList("pads")), value);
}

// Pads given for some axes only, as pads for all.
ValueId SpreadPads(OnnxContext& c, ValueId pads, const Ints& axes, int64_t rank) {
  Builder& b = c.build();
  std::vector<ValueId> all(static_cast<size_t>(2 * rank), b.Int64s({0}));
  const auto count = static_cast<int64_t>(axes.size());
  for (int64_t i = 0; i < count; ++i) {
    const auto axis = static_cast<size_t>(axes[static_cast<size_t>(i)]);
    all[axis] = b.SliceVector(pads, i, i + 1);
    all[axis + static_cast<size_t>(rank)] = b.SliceVector(pads, count + i, count + i + 1);
  }
  return b.ConcatVectors(std::move(all));
}

void ImportPad(OnnxContext& c) {
  Builder& b = c.build();
  ValueId pads = b.ToInt64(c.in(1));
  if (c.has(3)) {
    const int64_t rank = c.Rank(0);
    pads = SpreadPads(c, pads, c.Axes(c.NeedInts(3, "its list of axes"), rank), rank);
  }
  const ValueId value = c.has(2) ? b.Reshape(c.in(2), {}) : kNoValue;
  ReturnPad(c, c.String("mode", "constant"), pads, value);
}

// Crops or pads the middle to the wanted sizes.
void ImportCenterCropPad(OnnxContext& c) {
  Builder& b = c.build();
  const int64_t rank = c.Rank(0);
  Ints axes = c.IntList("axes");
  if (axes.empty()) {
    axes.resize(static_cast<size_t>(rank));
    std::iota(axes.begin(), axes.end(), 0);
  }
  axes = c.Axes(axes, rank);
  std::vector<ValueId> begins(static_cast<size_t>(rank), b.Int64s({0})), ends = begins;
  const ValueId wanted = b.ToInt64(c.in(1));
  for (size_t i = 0; i < axes.size(); ++i) {
    const auto at = static_cast<int64_t>(i);
    const ValueId more =
        b.Binary(BinaryKind::kSub, b.SliceVector(wanted, at, at + 1), b.DimTensor(c.in(0), axes[i]));
    // Half of what is missing goes before, half of what is too much is cut before, both rounded down.
    const ValueId before = b.Binary(BinaryKind::kDiv, more, b.Int64s({2}));
    begins[static_cast<size_t>(axes[i])] = before;
    ends[static_cast<size_t>(axes[i])] = b.Binary(BinaryKind::kSub, more, before);
  }
  begins.insert(begins.end(), ends.begin(), ends.end());
  c.Return(Pad{}, {c.in(0), b.ConcatVectors(std::move(begins))});
}

constexpr OnnxOpImporter kRows[] = {
    {"Slice", 1, 9, ImportSliceAttributes},
    {"Slice", 10, kNewest, ImportSlice},
    {"Pad", 2, 10, ImportPadAttributes},
    {"Pad", 11, kNewest, ImportPad},
    {"CenterCropPad", 18, kNewest, ImportCenterCropPad},
};

}  // namespace

std::span<const OnnxOpImporter> OnnxSliceImporters() {
  return kRows;
}

}  // namespace floe
