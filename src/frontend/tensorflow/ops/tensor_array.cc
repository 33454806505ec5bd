// TensorArrays: TensorFlow threads a scalar, the flow, through every operation on one, so the flow is the
// contents.
#include "frontend/tensorflow/list_ops.h"
#include "frontend/tensorflow/ops/families.h"
#include "frontend/tensorflow/ragged_list.h"

namespace floe {
namespace {

void ImportArray(NodeContext& c) {
  if (c.TfType("dtype") == tf::DT_VARIANT) {  // rows of a ragged tensor
    Builder& b = c.build();
    ListState rows = EmptyRaggedList(b, b.ToVector(b.ToInt64(c.in(0))));
    rows.grows = c.Bool("dynamic_size");
    c.SetSlot(0, {.kind = Slot::Kind::kArray});
    return c.SetSlot(1, Slot::OfList(MadeList(c, std::move(rows))));
  }
  ListState list;
  list.dtype = c.Type("dtype");
  const tf::AttrValue& shape = c.Attr("element_shape");
  if (shape.has_shape() && !shape.shape().unknown_rank()) {
    std::vector<Dim> dims;
    for (const auto& dim : shape.shape().dim()) dims.emplace_back(dim.size());
    list.element = Shape(std::move(dims));
  }
  list.grows = c.Bool("dynamic_size");
  list.alike = c.Bool("identical_element_shapes");
  c.SetSlot(0, {.kind = Slot::Kind::kArray});
  list.length = c.build().ToVector(c.build().ToInt64(c.in(0)));
  c.SetSlot(1, Slot::OfList(MadeList(c, std::move(list))));
}

void ImportWrite(NodeContext& c) {
  c.SetSlot(0, Slot::OfList(WriteList(c, NeedList(c, 3), c.in(1), c.in(2))));
}

void ImportRead(NodeContext& c) {
  c.Set(0, ItemOf(c, NeedList(c, 2), c.in(1)));
}

// Of a list of rows only the whole in its order makes a ragged tensor.
bool TakesAllInOrder(NodeContext& c, const ListState& list) {
  const std::optional<Ints> order = c.KnownInts(1);
  const Tensor* length = c.build().constant(ListLength(c.build(), list));
  if (!order || length == nullptr || TensorToInts(*length)[0] != static_cast<int64_t>(order->size()))
    return false;
  for (size_t i = 0; i < order->size(); ++i)
    if ((*order)[i] != static_cast<int64_t>(i)) return false;
  return true;
}

void ImportGatherArray(NodeContext& c) {
  ListState list = NeedList(c, 2);
  if (c.TfType("dtype") == tf::DT_VARIANT) {
    if (!TakesAllInOrder(c, list)) c.Fail("rows of a ragged tensor are not taken all in their order");
    return c.SetSlot(0, Slot::OfList(std::move(list)));
  }
  const tf::AttrValue& shape = c.Attr("element_shape");
  if (list.buffer == kNoValue && shape.has_shape() && !shape.shape().unknown_rank()) {
    std::vector<Dim> dims;
    for (const auto& dim : shape.shape().dim()) dims.emplace_back(dim.size());
    if (const std::optional<Shape> merged = MergeShapes(list.element, Shape(std::move(dims))))
      list.element = *merged;
  }
  c.Return(Gather{}, {StackedList(c, list), c.in(1)});
}

void ImportScatterArray(NodeContext& c) {
  if (c.slot(2).is_list()) {
    if (!TakesAllInOrder(c, *c.slot(2).list))
      c.Fail("rows of a ragged tensor are not put all in their order");
    return c.SetSlot(0, c.slot(2));
  }
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
  list.origin = NeedList(c, 3).origin;
  if (NeedList(c, 3).ragged && !list.ragged) list = RaggedFromAlike(c.build(), std::move(list));
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
