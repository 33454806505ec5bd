#include "frontend/tensorflow/ragged_list.h"

namespace floe {
namespace {

// Where the contents of each element begin in the buffer, and behind the last their end: [n + 1].
ValueId StartsOf(Builder& b, const ListState& list) {
  const ValueId sizes = b.Reduce(ReduceKind::kProd, list.shapes, {1}, false);
  const ValueId ends = b.Add(Cumulative{CumulativeKind::kCumSum}, {sizes, b.Int64(0)});
  return b.ConcatVectors({b.Int64s({0}), ends});
}

ValueId Next(Builder& b, ValueId at) {
  return b.Binary(BinaryKind::kAdd, at, b.Int64s({1}));
}

ValueId Row(Builder& b, ValueId vector) {
  return b.Add(Unsqueeze{{0}}, {vector});
}

// The shape vector with the dimensions put in that all elements share.
ValueId WithKnownDims(Builder& b, const ListState& list, ValueId dims) {
  if (!list.element.has_rank()) return dims;
  std::vector<ValueId> parts;
  for (size_t d = 0; d < list.element.rank(); ++d) {
    const int64_t at = static_cast<int64_t>(d);
    parts.push_back(list.element[d].known() ? b.Int64s({list.element[d].value()})
                                            : b.SliceVector(dims, at, at + 1));
  }
  return b.ConcatVectors(std::move(parts));
}

int64_t RankOf(Builder& b, const ListState& list) {
  const Shape& shapes = b.shape(list.shapes);
  if (!shapes.has_rank() || !shapes[1].known())
    throw ImportFailure{"the rank of the elements of a list is not known", ""};
  return shapes[1].value();
}

// The largest dimensions; zeros if there are no elements.
ValueId LargestDims(Builder& b, const ListState& list) {
  const int64_t rank = RankOf(b, list);
  const ValueId none = b.Constant(Tensor(DType::kInt64, {1, rank}));
  const ValueId largest = b.Reduce(ReduceKind::kMax, b.Add(Concat{0}, {none, list.shapes}), {0}, false);
  return WithKnownDims(b, list, largest);
}

ListState FitForItem(NodeContext& c, ListState list, ValueId item) {
  Builder& b = c.build();
  if (b.shape(item).rank() == 0) c.Fail("a scalar is no element of a list whose elements differ in shape");
  const Shape shape = MergeShapes(list.declared, b.shape(item)).value_or(b.shape(item));
  if (list.buffer == kNoValue) {
    list = MaterialiseRagged(b, std::move(list), b.dtype(item), shape.rank());
    list.element = SharedDims(shape, shape);
    return list;
  }
  if (RankOf(b, list) != static_cast<int64_t>(shape.rank())) c.Fail("elements of a list differ in rank");
  list.element = SharedDims(list.element, shape);
  return list;
}

}  // namespace

Shape SharedDims(const Shape& a, const Shape& b) {
  if (!a.has_rank() || !b.has_rank() || a.rank() != b.rank()) return {};
  std::vector<Dim> dims;
  for (size_t d = 0; d < a.rank(); ++d)
    dims.push_back(a[d].known() && a[d].Same(b[d]) ? Dim(a[d].value()) : Dim());
  return Shape(std::move(dims));
}

ListState EmptyRaggedList(Builder&, ValueId length) {
  ListState list;
  list.ragged = true;
  list.length = length;
  return list;
}

ListState MaterialiseRagged(Builder& b, ListState list, DType dtype, size_t rank) {
  const ValueId dims = b.Int64s({static_cast<int64_t>(rank)});
  list.shapes = b.Zeros(DType::kInt64, b.ConcatVectors({list.length, dims}));
  list.buffer = b.Zeros(dtype, b.Int64s({0}));
  list.length = kNoValue;
  list.dtype = dtype;
  return list;
}

ListState RaggedFromAlike(Builder& b, ListState list) {
  const Shape shape = b.shape(list.buffer);
  const int64_t rank = static_cast<int64_t>(shape.rank());
  const ValueId dims = b.SliceVector(b.ShapeTensor(list.buffer), 1, rank);
  const ValueId all = b.ConcatVectors({b.DimTensor(list.buffer, 0), b.Int64s({rank - 1})});
  list.shapes = b.Add(Expand{}, {dims, all});
  list.buffer = b.Reshape(list.buffer, {-1});
  const Shape element(std::vector<Dim>(shape.dims().begin() + 1, shape.dims().end()));
  list.element = SharedDims(element, element);
  list.ragged = true;
  list.length = kNoValue;
  return list;
}

ListState RaggedFromRows(Builder& b, ListState list, ValueId values, ValueId lengths) {
  const Shape shape = b.shape(values);
  const int64_t rank = static_cast<int64_t>(shape.rank());
  ValueId first = b.Add(Unsqueeze{{1}}, {lengths});
  if (rank > 1) {
    const ValueId rest = b.SliceVector(b.ShapeTensor(values), 1, rank);
    const ValueId all = b.ConcatVectors({b.ShapeTensor(lengths), b.Int64s({rank - 1})});
    first = b.Add(Concat{1}, {first, b.Add(Expand{}, {rest, all})});
  }
  list.shapes = first;
  list.dtype = b.dtype(values);
  list.buffer = b.Reshape(values, {-1});
  std::vector<Dim> dims = shape.dims();
  dims[0] = Dim();
  list.element = SharedDims(Shape(dims), Shape(dims));
  list.ragged = true;
  list.length = kNoValue;
  return list;
}

ValueId RaggedLength(Builder& b, const ListState& list) {
  return list.buffer == kNoValue ? list.length : b.DimTensor(list.shapes, 0);
}

ValueId RaggedItem(Builder& b, const ListState& list, ValueId index) {
  const ValueId starts = StartsOf(b, list), at = b.ToVector(b.ToInt64(index));
  const ValueId begin = b.Add(Gather{}, {starts, at});
  const ValueId end = b.Add(Gather{}, {starts, Next(b, at)});
  const ValueId dims = b.Add(Gather{}, {list.shapes, b.ToScalar(at)});
  return b.Add(Reshape{}, {b.Add(Slice{}, {list.buffer, begin, end}), WithKnownDims(b, list, dims)});
}

ListState WriteRagged(NodeContext& c, ListState list, ValueId at, ValueId item) {
  Builder& b = c.build();
  list = FitForItem(c, std::move(list), item);
  if (list.grows) {
    const ValueId missing = b.Binary(BinaryKind::kSub, Next(b, at), b.DimTensor(list.shapes, 0));
    const ValueId more = b.Binary(BinaryKind::kMax, missing, b.Int64s({0}));
    const ValueId rank = b.DimTensor(list.shapes, 1);
    list.shapes = b.Add(Concat{0}, {list.shapes, b.Zeros(DType::kInt64, b.ConcatVectors({more, rank}))});
  }
  const ValueId starts = StartsOf(b, list);
  const ValueId begin = b.Add(Gather{}, {starts, at});
  const ValueId end = b.Add(Gather{}, {starts, Next(b, at)});
  const ValueId before = b.Add(Slice{}, {list.buffer, b.Int64s({0}), begin});
  const ValueId after = b.Add(Slice{}, {list.buffer, end, b.Int64s({int64_t{1} << 40})});
  list.buffer = b.Add(Concat{0}, {before, b.Reshape(item, {-1}), after});
  list.shapes = b.Add(ScatterND{}, {list.shapes, Row(b, at), Row(b, b.ShapeTensor(item))});
  return list;
}

ListState AppendRagged(NodeContext& c, ListState list, ValueId item) {
  Builder& b = c.build();
  list = FitForItem(c, std::move(list), item);
  list.buffer = b.Add(Concat{0}, {list.buffer, b.Reshape(item, {-1})});
  list.shapes = b.Add(Concat{0}, {list.shapes, Row(b, b.ShapeTensor(item))});
  return list;
}

ListState WithoutLast(Builder& b, ListState list) {
  const ValueId last = b.Binary(BinaryKind::kSub, b.DimTensor(list.shapes, 0), b.Int64s({1}));
  const ValueId end = b.Add(Gather{}, {StartsOf(b, list), last});
  list.buffer = b.Add(Slice{}, {list.buffer, b.Int64s({0}), end});
  list.shapes = b.Slice(list.shapes, {0}, {-1}, {0});
  return list;
}

ValueId RaggedRows(Builder& b, const ListState& list) {
  const int64_t rank = RankOf(b, list);
  const ValueId first = b.Reduce(ReduceKind::kSum, RaggedRowLengths(b, list), {0}, true);
  const ValueId rest = b.SliceVector(LargestDims(b, list), 1, rank);
  return b.Add(Reshape{}, {list.buffer, b.ConcatVectors({first, rest})});
}

ValueId RaggedRowLengths(Builder& b, const ListState& list) {
  return b.Add(Gather{.axis = 1}, {list.shapes, b.Int64(0)});
}

// Where elements are not alike the largest dimensions ask for more than there is.
ValueId RaggedStacked(Builder& b, const ListState& list) {
  const ValueId dims = b.ConcatVectors({b.DimTensor(list.shapes, 0), LargestDims(b, list)});
  return b.Add(Reshape{}, {list.buffer, dims});
}

}  // namespace floe
