#include "frontend/tensorflow/list_ops.h"

#include <algorithm>

#include "frontend/tensorflow/importer.h"

namespace floe {
namespace {

// A buffer whose elements have the item's shape.
ValueId FittingBuffer(Builder& b, const ListState& list, ValueId item) {
  const auto shaped = [&](ValueId length) { return b.ConcatVectors({length, b.ShapeTensor(item)}); };
  if (list.buffer == kNoValue) return b.Zeros(b.dtype(item), shaped(list.length));
  if (list.stretches) return b.Add(Expand{}, {list.buffer, shaped(b.DimTensor(list.buffer, 0))});
  return list.buffer;
}

// Where the elements of a ragged list begin, and behind the last its end: [n + 1].
ValueId StartsOf(Builder& b, ValueId lengths) {
  const ValueId ends = b.Add(Cumulative{CumulativeKind::kCumSum}, {lengths, b.Int64(0)});
  return b.ConcatVectors({b.Int64s({0}), ends});
}

// Whether an item can't be an element of a buffer for its first dimension alone.
bool DiffersInFirst(const Shape& buffer, const Shape& item) {
  if (!buffer.has_rank() || !item.has_rank() || buffer.rank() != item.rank() + 1 || item.rank() == 0)
    return false;
  return buffer[1].known() && item[0].known() && buffer[1].value() != item[0].value();
}

ListState RaggedOf(Builder& b, ListState list) {
  const Shape& shape = b.shape(list.buffer);
  const ValueId rest = b.SliceVector(b.ShapeTensor(list.buffer), 2, static_cast<int64_t>(shape.rank()));
  list.lengths = b.Add(Expand{}, {b.DimTensor(list.buffer, 1), b.DimTensor(list.buffer, 0)});
  list.buffer = b.Add(Reshape{}, {list.buffer, b.ConcatVectors({b.Int64s({-1}), rest})});
  list.length = kNoValue;
  return list;
}

// The item takes the place of element `at` (int64 [1, 1]), whose length it may change.
ListState WriteRagged(NodeContext& c, ListState list, ValueId at, ValueId item) {
  Builder& b = c.build();
  if (b.shape(item).rank() == 0) c.Fail("a scalar is no element of a list whose elements differ in length");
  if (list.grows) {
    const ValueId needed = b.Binary(BinaryKind::kAdd, b.ToVector(at), b.Int64s({1}));
    const ValueId missing = b.Binary(BinaryKind::kSub, needed, b.ShapeTensor(list.lengths));
    const ValueId more = b.Binary(BinaryKind::kMax, missing, b.Int64s({0}));
    list.lengths = b.ConcatVectors({list.lengths, b.Zeros(DType::kInt64, more)});
  }
  const ValueId starts = StartsOf(b, list.lengths), index = b.ToVector(at);
  const ValueId begin = b.Add(Gather{}, {starts, index});
  const ValueId end = b.Add(Gather{}, {starts, b.Binary(BinaryKind::kAdd, index, b.Int64s({1}))});
  if (list.buffer == kNoValue) {
    list.buffer = item;
  } else {
    const ValueId before = b.Add(Slice{}, {list.buffer, b.Int64s({0}), begin});
    const ValueId after = b.Add(Slice{}, {list.buffer, end, b.Int64s({int64_t{1} << 40})});
    list.buffer = b.Add(Concat{0}, {before, item, after});
  }
  list.lengths = b.Add(ScatterND{}, {list.lengths, at, b.DimTensor(item, 0)});
  list.dtype = b.dtype(item);
  return list;
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
  if (list.ragged()) return b.ShapeTensor(list.lengths);
  return list.buffer == kNoValue ? list.length : b.DimTensor(list.buffer, 0);
}

ValueId NeedBuffer(NodeContext& c, const ListState& list) {
  return MaterialiseList(c.build(), list).buffer;
}

ValueId ItemOf(NodeContext& c, const ListState& list, ValueId index) {
  Builder& b = c.build();
  if (!list.ragged()) return b.Add(Gather{}, {NeedBuffer(c, list), index});
  if (list.buffer == kNoValue) c.Fail("the type of the elements of a list is not known before the first one");
  const ValueId starts = StartsOf(b, list.lengths), at = b.ToVector(b.ToInt64(index));
  const ValueId begin = b.Add(Gather{}, {starts, at});
  const ValueId end = b.Add(Gather{}, {starts, b.Binary(BinaryKind::kAdd, at, b.Int64s({1}))});
  return b.Add(Slice{}, {list.buffer, begin, end});
}

ListState EmptyRaggedList(Builder& b, ValueId length) {
  ListState list;
  list.lengths = b.Zeros(DType::kInt64, length);
  return list;
}

ListState WriteList(NodeContext& c, ListState list, ValueId index, ValueId item) {
  Builder& b = c.build();
  if (list.dtype != DType::kInvalid && list.dtype != b.dtype(item))
    c.Fail("an element of {} for a list of {}", DTypeName(b.dtype(item)), DTypeName(list.dtype));
  const Shape& shape = b.shape(item);
  if (!shape.has_rank()) c.FailUnknown("the rank of an element is not known");
  const ValueId at = b.Reshape(b.ToInt64(index), {1, 1});
  if (!list.ragged() && list.buffer != kNoValue && DiffersInFirst(b.shape(list.buffer), shape))
    list = RaggedOf(b, std::move(list));
  if (list.ragged()) return WriteRagged(c, std::move(list), at, item);
  list.buffer = FittingBuffer(b, list, item);
  if (list.grows)
    list.buffer = Grown(b, list.buffer, b.Binary(BinaryKind::kAdd, b.ToVector(at), b.Int64s({1})));
  list.buffer = b.Add(ScatterND{}, {list.buffer, at, b.Add(Unsqueeze{{0}}, {item})});
  list.length = kNoValue;
  list.element = shape;
  return list;
}

ListState ScatterList(NodeContext& c, ListState list, ValueId indices, ValueId items) {
  Builder& b = c.build();
  const Shape& shape = b.shape(items);
  if (!shape.has_rank() || shape.rank() == 0) c.FailUnknown("the rank of the elements is not known");
  if (list.ragged()) c.Fail("elements of a list differ in length");
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
  if (list.ragged()) {
    list.buffer = list.buffer == kNoValue ? item : b.Add(Concat{0}, {list.buffer, item});
    list.lengths = b.ConcatVectors({list.lengths, b.DimTensor(item, 0)});
    list.dtype = b.dtype(item);
    return list;
  }
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
  if (list.ragged()) {
    if (list.buffer == kNoValue) c.Fail("the type of the elements of a list is not known");
    c.Set(0, list.buffer);
    return c.Set(1, list.lengths);
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
  const std::optional<Ints> known = c.KnownInts(lengths_input);
  if (!known || known->empty() ||
      std::adjacent_find(known->begin(), known->end(), std::not_equal_to<>()) != known->end()) {
    ListState list;
    list.dtype = b.dtype(value);
    list.buffer = value;
    list.lengths = b.ToInt64(c.in(lengths_input));
    return list;
  }
  const Ints& lengths = *known;
  const Shape& shape = b.shape(value);
  if (!shape.has_rank() || shape.rank() == 0) c.FailUnknown("the rank of its value is not known");
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
