#include "frontend/tensorflow/list_ops.h"
#include "frontend/tensorflow/ops/families.h"
#include "frontend/tensorflow/ragged_list.h"

namespace floe {
namespace {

// What a tensor of dimensions, -1 for unknown ones, or a scalar -1 says.
Shape ElementShapeOf(NodeContext& c, size_t input) {
  const ValueId value = c.in(input);
  if (const Tensor* known = c.Constant(input)) {
    if (known->rank() == 0) return {};
    std::vector<Dim> dims;
    for (const int64_t dim : TensorToInts(*known)) dims.emplace_back(dim);
    return Shape(std::move(dims));
  }
  const auto& elements = c.build().graph().value(value).elements;
  if (elements && c.shape(input).has_rank() && c.shape(input).rank() == 1) return Shape(*elements);
  if (c.shape(input).IsStatic() && c.shape(input).rank() == 1)
    return Shape::UnknownOfRank(static_cast<size_t>(c.shape(input).Static()[0]));
  return {};
}

// Both what the list knows and what the operation says.
ListState Refined(NodeContext& c, ListState list, size_t shape_input) {
  if (list.buffer != kNoValue) return list;
  if (const std::optional<Shape> merged = MergeShapes(list.element, ElementShapeOf(c, shape_input)))
    list.element = list.declared = *merged;
  return list;
}

// Of variants that stand for rows of a ragged tensor.
bool HoldsRows(const NodeContext& c) {
  return c.TfType("element_dtype") == tf::DT_VARIANT;
}

void ImportReserve(NodeContext& c) {
  if (HoldsRows(c)) {
    Builder& b = c.build();
    return c.SetSlot(0, Slot::OfList(MadeList(c, EmptyRaggedList(b, b.ToVector(b.ToInt64(c.in(1)))))));
  }
  ListState list;
  list.dtype = c.Type("element_dtype");
  list.element = ElementShapeOf(c, 0);
  list.length = c.build().ToVector(c.build().ToInt64(c.in(1)));
  c.SetSlot(0, Slot::OfList(MadeList(c, std::move(list))));
}

void ImportEmptyList(NodeContext& c) {
  if (HoldsRows(c))
    return c.SetSlot(0, Slot::OfList(MadeList(c, EmptyRaggedList(c.build(), c.build().Int64s({0})))));
  ListState list;
  list.dtype = c.Type("element_dtype");
  list.element = ElementShapeOf(c, 0);
  list.length = c.build().Int64s({0});
  c.SetSlot(0, Slot::OfList(MadeList(c, std::move(list))));
}

void ImportFromTensor(NodeContext& c) {
  if (c.slot(0).is_list()) return c.SetSlot(0, c.slot(0));
  if (c.Rank(0) == 0) c.Fail("expected a tensor of rank 1 or more");
  const Shape& shape = c.shape(0);
  ListState list;
  list.dtype = c.dtype(0);
  list.buffer = c.in(0);
  list.element = Shape(std::vector<Dim>(shape.dims().begin() + 1, shape.dims().end()));
  c.SetSlot(0, Slot::OfList(MadeList(c, std::move(list))));
}

void ImportStack(NodeContext& c) {
  if (HoldsRows(c)) return c.SetSlot(0, c.slot(0));
  c.Set(0, StackedList(c, Refined(c, NeedList(c, 0), 1)));
}

void ImportGetItem(NodeContext& c) {
  const ListState list = Refined(c, NeedList(c, 0), 2);
  c.Set(0, ItemOf(c, list, c.in(1)));
}

void ImportSetItem(NodeContext& c) {
  ListState list = NeedList(c, 0);
  const bool grows = list.grows;
  list.grows = grows || c.Bool("resize_if_index_out_of_bounds");
  list = WriteList(c, std::move(list), c.in(1), c.in(2));
  list.grows = grows;
  c.SetSlot(0, Slot::OfList(std::move(list)));
}

void ImportGather(NodeContext& c) {
  const ListState list = Refined(c, NeedList(c, 0), 2);
  c.Return(Gather{}, {StackedList(c, list), c.in(1)});
}

void ImportScatter(NodeContext& c) {
  Builder& b = c.build();
  ListState list;
  list.dtype = c.dtype(0);
  // The list is as long as the largest index asks, or as num_elements says.
  list.length = b.Int64s({0});
  list.grows = true;
  if (c.op() == "TensorListScatterV2") {
    const std::optional<Ints> count = c.KnownInts(3);
    if (!count || (*count)[0] >= 0) {
      list.length = b.ToVector(b.ToInt64(c.in(3)));
      list.grows = false;
    }
  }
  list = ScatterList(c, std::move(list), c.in(1), c.in(0));
  list.grows = false;
  c.SetSlot(0, Slot::OfList(MadeList(c, std::move(list))));
}

void ImportScatterInto(NodeContext& c) {
  c.SetSlot(0, Slot::OfList(ScatterList(c, NeedList(c, 0), c.in(2), c.in(1))));
}

void ImportLength(NodeContext& c) {
  Builder& b = c.build();
  c.Set(0, b.CastTo(b.ToScalar(ListLength(b, NeedList(c, 0))), DType::kInt32));
}

void ImportElementShape(NodeContext& c) {
  Builder& b = c.build();
  const ListState& list = NeedList(c, 0);
  const DType type = c.Type("shape_type");
  if (list.buffer == kNoValue || list.stretches || list.ragged) {
    if (!list.element.has_rank()) return c.Set(0, b.CastTo(b.Int64(-1), type));
    Ints dims;
    for (const Dim& dim : list.element.dims()) dims.push_back(dim.value());
    return c.Set(0, b.CastTo(b.Int64s(std::move(dims)), type));
  }
  c.Set(0, b.CastTo(b.SliceVector(b.ShapeTensor(list.buffer), 1, 255), type));
}

void ImportPushBack(NodeContext& c) {
  c.SetSlot(0, Slot::OfList(AppendList(c, NeedList(c, 0), c.in(1))));
}

void ImportPopBack(NodeContext& c) {
  Builder& b = c.build();
  ListState list = NeedList(c, 0);
  if (list.ragged) {
    list = NeedRagged(c, list);
    const ValueId at = b.Binary(BinaryKind::kSub, ListLength(b, list), b.Int64s({1}));
    c.SetSlot(0, Slot::OfList(WithoutLast(b, list)));
    return c.Set(1, RaggedItem(b, list, b.ToScalar(at)));
  }
  const ValueId buffer = NeedBuffer(c, list);
  list.buffer = b.Slice(buffer, {0}, {-1}, {0});
  list.length = kNoValue;
  const ValueId last = b.Binary(BinaryKind::kSub, b.DimTensor(buffer, 0), b.Int64s({1}));
  c.SetSlot(0, Slot::OfList(std::move(list)));
  c.Set(1, b.Add(Gather{}, {buffer, b.ToScalar(last)}));
}

void ImportResizeList(NodeContext& c) {
  Builder& b = c.build();
  ListState list = NeedList(c, 0);
  const ValueId size = b.ToVector(b.ToInt64(c.in(1)));
  if (list.ragged && list.buffer != kNoValue)
    c.Fail("a list whose elements differ in shape is given another length");
  if (list.buffer == kNoValue) {
    list.length = size;
    return c.SetSlot(0, Slot::OfList(std::move(list)));
  }
  const size_t rank = b.shape(list.buffer).rank();
  const ValueId change = b.Binary(BinaryKind::kSub, size, b.DimTensor(list.buffer, 0));
  std::vector<ValueId> pads = {b.Int64s(Ints(rank, 0)), change};
  if (rank > 1) pads.push_back(b.Int64s(Ints(rank - 1, 0)));
  list.buffer = b.Add(Pad{}, {list.buffer, b.ConcatVectors(std::move(pads))});
  c.SetSlot(0, Slot::OfList(std::move(list)));
}

void ImportConcatList(NodeContext& c) {
  ReturnConcatenated(c, NeedList(c, 0));
}

void ImportConcatLists(NodeContext& c) {
  Builder& b = c.build();
  ListState list = NeedList(c, 0);
  list.buffer = b.Add(Concat{0}, {NeedBuffer(c, list), NeedBuffer(c, NeedList(c, 1))});
  list.length = kNoValue;
  c.SetSlot(0, Slot::OfList(std::move(list)));
}

void ImportSplitList(NodeContext& c) {
  c.SetSlot(0, Slot::OfList(SplitIntoList(c, c.in(0), 2)));
}

constexpr OpImporter kRows[] = {
    {"TensorListReserve", ImportReserve},       {"EmptyTensorList", ImportEmptyList},
    {"TensorListFromTensor", ImportFromTensor}, {"TensorListStack", ImportStack},
    {"TensorListGetItem", ImportGetItem},       {"TensorListSetItem", ImportSetItem},
    {"TensorListGather", ImportGather},         {"TensorListScatter", ImportScatter},
    {"TensorListScatterV2", ImportScatter},     {"TensorListScatterIntoExistingList", ImportScatterInto},
    {"TensorListLength", ImportLength},         {"TensorListElementShape", ImportElementShape},
    {"TensorListPushBack", ImportPushBack},     {"TensorListPopBack", ImportPopBack},
    {"TensorListResize", ImportResizeList},     {"TensorListConcat", ImportConcatList},
    {"TensorListConcatV2", ImportConcatList},   {"TensorListConcatLists", ImportConcatLists},
    {"TensorListSplit", ImportSplitList},
};

}  // namespace

std::span<const OpImporter> TensorListImporters() {
  return kRows;
}

}  // namespace floe
