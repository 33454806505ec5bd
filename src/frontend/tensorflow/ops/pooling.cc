#include "frontend/tensorflow/ops/families.h"
#include "frontend/tensorflow/ops/spatial.h"

namespace floe {
namespace {

Ints ListOrInput(NodeContext& c, size_t input, const char* name) {
  return c.op() == "MaxPoolV2" ? c.NeedInts(input, name) : c.IntList(name);
}

// Pooling over channels: as many of them at a time as the stride says.
void ImportChannelMaxPool(NodeContext& c, const Ints& window, const Ints& strides) {
  const int64_t k = window[3];
  const Shape& shape = c.shape(0);
  if (window[0] != 1 || window[1] != 1 || window[2] != 1 || strides != window)
    c.Fail("pooling over channels and space at once is not supported");
  if (!shape.has_rank() || shape.rank() != 4 || !shape[3].known() || shape[3].value() % k != 0)
    c.Fail("expected channels that are a multiple of {}, found {}", k, shape.ToString());
  Builder& b = c.build();
  const ValueId dims =
      b.ConcatVectors({b.SliceVector(b.ShapeTensor(c.in(0)), 0, 3), b.Int64s({shape[3].value() / k, k})});
  const ValueId split = b.Add(Reshape{}, {c.in(0), dims});
  c.Return(Reduce{ReduceKind::kMax, {4}, false}, {split});
}

template <size_t kSpatial, bool kArgmax>
void ImportMaxPool(NodeContext& c) {
  MaxPool op;
  op.layout = kArgmax ? Layout::kNhwc : LayoutOf(c);
  const Ints window = ListOrInput(c, 1, "ksize"), strides = ListOrInput(c, 2, "strides");
  if (kSpatial == 2 && !kArgmax && op.layout == Layout::kNhwc && window.size() == 4 && strides.size() == 4 &&
      window[3] > 1)
    return ImportChannelMaxPool(c, window, strides);
  op.kernel_shape = SpatialEntries(c, window, op.layout, kSpatial, "ksize");
  op.strides = SpatialEntries(c, strides, op.layout, kSpatial, "strides");
  const Padding padding = PaddingOf(c, op.layout, kSpatial);
  op.auto_pad = padding.auto_pad;
  op.pads = padding.pads;
  if constexpr (kArgmax) {
    op.argmax_index =
        c.Bool("include_batch_in_index") ? ArgmaxIndex::kTensorFlowBatch : ArgmaxIndex::kTensorFlow;
    c.Return(std::move(op), {c.in(0)}, 2);
    std::vector<Slot> outputs = c.TakeOutputs();
    const ValueId places = c.build().CastTo(outputs[1].value, c.Type("Targmax"));
    c.SetSlot(0, outputs[0]);
    c.Set(1, places);
  } else {
    c.Return(std::move(op), {c.in(0)});
  }
}

template <size_t kSpatial>
void ImportAvgPool(NodeContext& c) {
  AveragePool op;
  op.layout = LayoutOf(c);
  op.kernel_shape = SpatialEntries(c, c.IntList("ksize"), op.layout, kSpatial, "ksize");
  op.strides = SpatialEntries(c, c.IntList("strides"), op.layout, kSpatial, "strides");
  const Padding padding = PaddingOf(c, op.layout, kSpatial);
  op.auto_pad = padding.auto_pad;
  op.pads = padding.pads;
  c.Return(std::move(op), {c.in(0)});
}

constexpr OpImporter kRows[] = {
    {"MaxPool", ImportMaxPool<2, false>},   {"MaxPoolV2", ImportMaxPool<2, false>},
    {"MaxPool3D", ImportMaxPool<3, false>}, {"MaxPoolWithArgmax", ImportMaxPool<2, true>},
    {"AvgPool", ImportAvgPool<2>},          {"AvgPool3D", ImportAvgPool<3>},
};

}  // namespace

std::span<const OpImporter> PoolingImporters() {
  return kRows;
}

}  // namespace floe
