#include "frontend/tensorflow/list_ops.h"

#include <algorithm>

#include "frontend/tensorflow/importer.h"
#include "frontend/tensorflow/ragged_list.h"

namespace floe {
namespace {

// A buffer whose elements have the item's shape.
ValueId FittingBuffer(Builder& b, const ListState& list, ValueId item) {
  const auto shaped = [&](ValueId length) { return b.ConcatVectors({length, b.ShapeTensor(item)}); };
  if (list.buffer == kNoValue) return b.Zeros(b.dtype(item), shaped(list.length));
  if (list.stretches) return b.Add(Expand{}, {list.buffer, shaped(b.DimTensor(list.buffer, 0))});
  return list.buffer;
}

// Whether an item can't be an element of a buffer.
bool Differ(const Shape& buffer, const Shape& item) {
  if (!buffer.has_rank() || !item.has_rank() || buffer.rank() != item.rank() + 1) return false;
  for (size_t d = 0; d < item.rank(); ++d)
    if (buffer[d + 1].known() && item[d].known() && buffer[d + 1].value() != item[d].value()) return true;
  return false;
}

// A dimension that the run decides, and may decide anew.
bool HasOpenDim(const Shape& shape) {
  for (const Dim& dim : shape.dims())
    if (!dim.known() && dim.symbol().empty()) return true;
  return false;
}

void NoteDiffers(NodeContext& c, const ListState& list) {
  if (list.differs && !list.alike) c.lists().uses[list.origin].differs = true;
}

// Zeros at the end until the list has `needed` (int64 [1]) elements.
ValueId Grown(Builder& b, ValueId buffer, ValueId needed) {
  const ValueId missing = b.Binary(BinaryKind::kSub, needed, b.DimTensor(buffer, 0));
  const ValueId more = b.Binary(BinaryKind::kMax, missing, b.Int64s({0}));
  const size_t rank = b.shape(buffer).rank();
  const Ints zeros(rank, 0), behind(rank - 1, 0);
  std::vector<ValueId> pads = {b.Int64s(zeros), more};
  if (!behind.empty()) pads.push_back(b.Int64s(behind));
  return b.Add(Pad{}, {buffer, b.ConcatVectors(std::move(pads))});
}

bool CountsUp(const Tensor& indices) {
  const Ints values = TensorToInts(indices);
  for (size_t i = 0; i < values.size(); ++i)
    if (values[i] != static_cast<int64_t>(i)) return false;
  return true;
}

}  // namespace

const ListState& NeedList(const NodeContext& c, size_t input) {
  const Slot& slot = c.slot(input);
  if (!slot.is_list())
    throw ImportFailure{fmt::format("input {} is not a list of tensors that the graph makes", input), ""};
  return *slot.list;
}

ValueId ListLength(Builder& b, const ListState& list) {
  if (list.ragged) return RaggedLength(b, list);
  return list.buffer == kNoValue ? list.length : b.DimTensor(list.buffer, 0);
}

ListState MadeList(NodeContext& c, ListState list) {
  Builder& b = c.build();
  list.origin = b.source();
  list.declared = list.element;
  if (!c.lists().ragged.contains(list.origin) || list.ragged) return list;
  if (list.buffer != kNoValue)
    return b.shape(list.buffer).rank() < 2 ? list : RaggedFromAlike(b, std::move(list));
  list.ragged = true;
  return list;
}

ValueId NeedBuffer(NodeContext& c, const ListState& list) {
  return MaterialiseList(c.build(), list).buffer;
}

ValueId StackedList(NodeContext& c, const ListState& list) {
  c.lists().uses[list.origin].stacked = true;
  if (!list.ragged) return NeedBuffer(c, list);
  return RaggedStacked(c.build(), NeedRagged(c, list));
}

ListState NeedRagged(NodeContext& c, const ListState& list) {
  if (list.buffer != kNoValue) return list;
  if (list.dtype == DType::kInvalid || !list.declared.has_rank())
    c.Fail("the type of the elements of a list is not known before the first one");
  return MaterialiseRagged(c.build(), list, list.dtype, list.declared.rank());
}

ValueId ItemOf(NodeContext& c, const ListState& list, ValueId index) {
  Builder& b = c.build();
  NoteDiffers(c, list);
  if (!list.ragged) return b.AddNode(Gather{}, {NeedBuffer(c, list), index}, 1, b.source())[0];
  return RaggedItem(b, NeedRagged(c, list), index);
}

ListState WriteList(NodeContext& c, ListState list, ValueId index, ValueId item) {
  Builder& b = c.build();
  if (list.dtype != DType::kInvalid && list.dtype != b.dtype(item))
    c.Fail("an element of {} for a list of {}", DTypeName(b.dtype(item)), DTypeName(list.dtype));
  const Shape& shape = b.shape(item);
  if (!shape.has_rank()) c.FailUnknown("the rank of an element is not known");
  const ValueId at = b.Reshape(b.ToInt64(index), {1, 1});
  if (!list.ragged && !list.alike && list.buffer != kNoValue && Differ(b.shape(list.buffer), shape))
    list = RaggedFromAlike(b, std::move(list));
  if (list.ragged) return WriteRagged(c, std::move(list), b.ToVector(at), item);
  list.differs = list.differs || HasOpenDim(shape);
  list.buffer = FittingBuffer(b, list, item);
  if (list.grows)
    list.buffer = Grown(b, list.buffer, b.Binary(BinaryKind::kAdd, b.ToVector(at), b.Int64s({1})));
  list.buffer = b.Add(ScatterND{}, {list.buffer, at, b.Add(Unsqueeze{{0}}, {item})});
  list.length = kNoValue;
  list.element = shape;
  return list;
}

namespace {

// Row by row, as many as the graph says there are.
ListState ScatterRagged(NodeContext& c, ListState list, ValueId indices, ValueId items) {
  Builder& b = c.build();
  const Tensor* order = b.constant(indices);
  const Tensor* length = b.constant(ListLength(b, list));
  if (order != nullptr && length != nullptr && CountsUp(*order) &&
      (order->size() == TensorToInts(*length)[0] ||
       (list.grows && order->size() > TensorToInts(*length)[0]))) {
    list.buffer = items;
    return RaggedFromAlike(b, std::move(list));
  }
  constexpr int64_t kMost = 64;
  const Shape& shape = b.shape(items);
  if (!shape[0].known() || shape[0].value() > kMost)
    c.Fail("more than {} elements are scattered into a list whose elements differ in shape", kMost);
  for (int64_t i = 0; i < shape[0].value(); ++i) {
    const ValueId at = b.ToVector(b.Add(Gather{}, {b.ToInt64(indices), b.Int64(i)}));
    list = WriteRagged(c, std::move(list), at, b.Add(Gather{}, {items, b.Int64(i)}));
  }
  return list;
}

}  // namespace

ListState ScatterList(NodeContext& c, ListState list, ValueId indices, ValueId items) {
  Builder& b = c.build();
  const Shape& shape = b.shape(items);
  if (!shape.has_rank() || shape.rank() == 0) c.FailUnknown("the rank of the elements is not known");
  if (list.ragged) return ScatterRagged(c, std::move(list), indices, items);
  list.element = Shape(std::vector<Dim>(shape.dims().begin() + 1, shape.dims().end()));
  const Tensor* order = b.constant(indices);
  const Tensor* length = b.constant(ListLength(b, list));
  const bool whole =
      order != nullptr && length != nullptr && order->size() == TensorToInts(*length)[0] && CountsUp(*order);
  if (whole || (list.grows && order != nullptr && CountsUp(*order) && length != nullptr &&
                TensorToInts(*length)[0] <= order->size())) {
    list.buffer = items;
    list.length = kNoValue;
    list.stretches = false;
    return list;
  }
  const ValueId element = b.SliceVector(b.ShapeTensor(items), 1, static_cast<int64_t>(shape.rank()));
  if (list.buffer == kNoValue)
    list.buffer = b.Zeros(b.dtype(items), b.ConcatVectors({list.length, element}));
  else if (list.stretches)
    list.buffer = b.Add(Expand{}, {list.buffer, b.ConcatVectors({b.DimTensor(list.buffer, 0), element})});
  const ValueId places = b.ToInt64(indices);
  if (list.grows) {
    const ValueId last = b.Reduce(ReduceKind::kMax, b.ConcatVectors({b.Int64s({-1}), places}), {0}, true);
    list.buffer = Grown(b, list.buffer, b.Binary(BinaryKind::kAdd, last, b.Int64s({1})));
  }
  list.buffer = b.Add(ScatterND{}, {list.buffer, b.Add(Unsqueeze{{-1}}, {places}), items});
  list.length = kNoValue;
  return list;
}

ListState AppendList(NodeContext& c, ListState list, ValueId item) {
  Builder& b = c.build();
  if (!b.shape(item).has_rank()) c.FailUnknown("the rank of an element is not known");
  if (!list.ragged && !list.alike && list.buffer != kNoValue && Differ(b.shape(list.buffer), b.shape(item)))
    list = RaggedFromAlike(b, std::move(list));
  if (list.ragged) return AppendRagged(c, std::move(list), item);
  list.differs = list.differs || HasOpenDim(b.shape(item));
  const ValueId row = b.Add(Unsqueeze{{0}}, {item});
  const Tensor* length = list.buffer == kNoValue ? b.constant(list.length) : nullptr;
  if (length != nullptr && TensorToInts(*length)[0] == 0)
    list.buffer = row;
  else
    list.buffer = b.Add(Concat{0}, {FittingBuffer(b, list, item), row});
  list.length = kNoValue;
  list.element = b.shape(item);
  return list;
}

void ReturnConcatenated(NodeContext& c, const ListState& list) {
  Builder& b = c.build();
  NoteDiffers(c, list);
  c.lists().uses[list.origin].joined = true;
  if (list.ragged) {
    const ListState whole = NeedRagged(c, list);
    c.Set(0, RaggedRows(b, whole));
    return c.Set(1, RaggedRowLengths(b, whole));
  }
  const ValueId buffer = NeedBuffer(c, list);
  const Shape& shape = b.shape(buffer);
  if (!shape.has_rank() || shape.rank() < 2) c.Fail("expected elements of rank 1 or more");
  const ValueId rest = b.SliceVector(b.ShapeTensor(buffer), 2, static_cast<int64_t>(shape.rank()));
  c.Set(0, b.Add(Reshape{}, {buffer, b.ConcatVectors({b.Int64s({-1}), rest})}));
  c.Set(1, b.Add(Expand{}, {b.DimTensor(buffer, 1), b.DimTensor(buffer, 0)}));
}

ListState SplitIntoList(NodeContext& c, ValueId value, size_t lengths_input) {
  Builder& b = c.build();
  const Shape& shape = b.shape(value);
  if (!shape.has_rank()) c.FailUnknown("the rank of its value is not known");
  if (shape.rank() == 0) c.Fail("expected a value of rank 1 or more, found a scalar");
  const std::optional<Ints> known = c.KnownInts(lengths_input);
  if (!known || known->empty() ||
      std::adjacent_find(known->begin(), known->end(), std::not_equal_to<>()) != known->end()) {
    return RaggedFromRows(b, {}, value, b.ToInt64(c.in(lengths_input)));
  }
  const Ints& lengths = *known;
  const ValueId rest = b.SliceVector(b.ShapeTensor(value), 1, static_cast<int64_t>(shape.rank()));
  const ValueId front = b.Int64s({static_cast<int64_t>(lengths.size()), lengths[0]});
  ListState list;
  list.dtype = b.dtype(value);
  list.buffer = b.Add(Reshape{}, {value, b.ConcatVectors({front, rest})});
  const Shape& whole = b.shape(list.buffer);
  list.element = Shape(std::vector<Dim>(whole.dims().begin() + 1, whole.dims().end()));
  return list;
}

}  // namespace floe
