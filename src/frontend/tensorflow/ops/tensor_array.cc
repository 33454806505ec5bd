// TensorArrays: TensorFlow threads a scalar, the flow, through every operation on one, so the flow is the
// contents.
#include "frontend/tensorflow/list_ops.h"
#include "frontend/tensorflow/ops/families.h"

namespace floe {
namespace {

void ImportArray(NodeContext& c) {
  ListState list;
  list.dtype = c.Type("dtype");
  const tf::AttrValue& shape = c.Attr("element_shape");
  if (shape.has_shape() && !shape.shape().unknown_rank()) {
    std::vector<Dim> dims;
    for (const auto& dim : shape.shape().dim()) dims.emplace_back(dim.size());
    list.element = Shape(std::move(dims));
  }
  list.grows = c.Bool("dynamic_size");
  c.SetSlot(0, {.kind = Slot::Kind::kArray});
  list.length = c.build().ToVector(c.build().ToInt64(c.in(0)));
  c.SetSlot(1, Slot::OfList(std::move(list)));
}

void ImportWrite(NodeContext& c) {
  c.SetSlot(0, Slot::OfList(WriteList(c, NeedList(c, 3), c.in(1), c.in(2))));
}

void ImportRead(NodeContext& c) {
  c.Return(Gather{}, {NeedBuffer(c, NeedList(c, 2)), c.in(1)});
}

void ImportGatherArray(NodeContext& c) {
  ListState list = NeedList(c, 2);
  const tf::AttrValue& shape = c.Attr("element_shape");
  if (list.buffer == kNoValue && shape.has_shape() && !shape.shape().unknown_rank()) {
    std::vector<Dim> dims;
    for (const auto& dim : shape.shape().dim()) dims.emplace_back(dim.size());
    if (const std::optional<Shape> merged = MergeShapes(list.element, Shape(std::move(dims))))
      list.element = *merged;
  }
  c.Return(Gather{}, {NeedBuffer(c, list), c.in(1)});
}

void ImportScatterArray(NodeContext& c) {
  c.SetSlot(0, Slot::OfList(ScatterList(c, NeedList(c, 3), c.in(1), c.in(2))));
}

void ImportSize(NodeContext& c) {
  Builder& b = c.build();
  c.Set(0, b.CastTo(b.ToScalar(ListLength(b, NeedList(c, 1))), DType::kInt32));
}

void ImportConcatArray(NodeContext& c) {
  ReturnConcatenated(c, NeedList(c, 1));
}

void ImportSplitArray(NodeContext& c) {
  ListState list = SplitIntoList(c, c.in(1), 2);
  list.grows = NeedList(c, 3).grows;
  c.SetSlot(0, Slot::OfList(std::move(list)));
}

void ImportClose(NodeContext&) {}

constexpr OpImporter kRows[] = {
    {"TensorArrayV3", ImportArray},
    {"TensorArrayWriteV3", ImportWrite},
    {"TensorArrayReadV3", ImportRead},
    {"TensorArrayGatherV3", ImportGatherArray},
    {"TensorArrayScatterV3", ImportScatterArray},
    {"TensorArraySizeV3", ImportSize},
    {"TensorArrayConcatV3", ImportConcatArray},
    {"TensorArraySplitV3", ImportSplitArray},
    {"TensorArrayCloseV3", ImportClose},
};

}  // namespace

std::span<const OpImporter> TensorArrayImporters() {
  return kRows;
}

}  // namespace floe
