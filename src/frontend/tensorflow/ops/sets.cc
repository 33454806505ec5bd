// Sets along the last dimension: of integers, in dense tensors or in sparse ones, a set for each place of the
// dimensions before.
#include "frontend/tensorflow/ops/families.h"
#include "frontend/tensorflow/ops/row_partition.h"

namespace floe {
namespace {

// All members one behind the other, and of which set each is.
struct Sets {
  ValueId values;
  ValueId set_of_value;
  ValueId lead;  // int64 shape of the places
};

// The distance in elements between neighbours along each dimension.
ValueId StridesOf(Builder& b, ValueId shape) {
  return b.Add(Cumulative{CumulativeKind::kCumProd, true, true}, {shape, b.Int64(0)});
}

Sets DenseSets(NodeContext& c, size_t input) {
  Builder& b = c.build();
  const ValueId x = c.in(input);
  const int64_t rank = c.Rank(input);
  if (rank < 2) c.Fail("expected sets of rank 2 or more, found {}", rank);
  const ValueId lead = b.SliceVector(b.ShapeTensor(x), 0, rank - 1);
  const ValueId sets = b.Reduce(ReduceKind::kProd, lead, {0}, false);
  const ValueId column = b.Add(Unsqueeze{{1}}, {CountTo(b, sets)});
  const ValueId matrix = b.ConcatVectors({b.ToVector(sets), b.DimTensor(x, rank - 1)});
  return {b.Reshape(x, {-1}), b.Reshape(b.Add(Expand{}, {column, matrix}), {-1}), lead};
}

// Indices, values and shape from input `input` on.
Sets SparseSets(NodeContext& c, size_t input) {
  Builder& b = c.build();
  const ValueId lead = b.SliceVector(b.ToInt64(c.in(input + 2)), 0, -1);
  const ValueId place = b.Binary(BinaryKind::kMul, b.Slice(c.in(input), {0}, {-1}, {1}), StridesOf(b, lead));
  return {c.in(input + 1), b.Reduce(ReduceKind::kSum, place, {1}, false), lead};
}

// Distinct members as numbers that sort by set, then by value: set * count + the value's place among all.
struct Members {
  ValueId keys;    // of every value given
  ValueId sorted;  // distinct values
  ValueId count;   // [1]: how many of them, at least 1
};

std::vector<ValueId> Ascending(Builder& b, ValueId x) {
  return b.AddNode(TopK{.axis = 0, .largest = false, .sorted = true}, {x, b.ToScalar(b.ShapeTensor(x))}, 2);
}

Members MembersOf(Builder& b, ValueId values, ValueId set_of_value) {
  const std::vector<ValueId> distinct = b.AddNode(Unique{DType::kInt64}, {values}, 3);
  const std::vector<ValueId> sorted = Ascending(b, distinct[0]);
  const ValueId place = b.Add(Gather{}, {b.Add(InvertPermutation{}, {sorted[1]}), distinct[1]});
  const ValueId count = b.Binary(BinaryKind::kMax, b.ShapeTensor(sorted[0]), b.Int64s({1}));
  const ValueId key = b.Binary(BinaryKind::kAdd, b.Binary(BinaryKind::kMul, set_of_value, count), place);
  return {key, sorted[0], count};
}

void RequireIntegers(NodeContext& c, size_t values) {
  if (!IsInteger(c.dtype(values))) c.Fail("sets of {} are not supported", DTypeName(c.dtype(values)));
}

// Which of the distinct keys stay.
ValueId Chosen(NodeContext& c, ValueId in_first, ValueId in_second) {
  Builder& b = c.build();
  const auto both = [&](ValueId x, ValueId y) { return b.Binary(BinaryKind::kAnd, x, y); };
  const auto no = [&](ValueId x) { return b.Unary(UnaryKind::kNot, x); };
  const std::string operation = c.String("set_operation");
  if (operation == "a-b") return both(in_first, no(in_second));
  if (operation == "b-a") return both(in_second, no(in_first));
  if (operation == "intersection") return both(in_first, in_second);
  if (operation == "union") return b.Binary(BinaryKind::kOr, in_first, in_second);
  c.Fail("set operation {} is not supported", operation);
}

void Operate(NodeContext& c, const Sets& first, const Sets& second) {
  Builder& b = c.build();
  const auto joined = [&](ValueId x, ValueId y) { return b.Add(Concat{0}, {x, y}); };
  const Members members =
      MembersOf(b, joined(first.values, second.values), joined(first.set_of_value, second.set_of_value));
  const std::vector<ValueId> distinct = b.AddNode(Unique{DType::kInt64}, {members.keys}, 3);
  const ValueId count = b.ShapeTensor(distinct[0]), middle = b.ShapeTensor(first.values);
  const auto holds = [&](ValueId begin, ValueId end) {
    const ValueId part = b.Add(Slice{}, {distinct[1], begin, end});
    const ValueId ones = b.Add(Expand{}, {b.Int64(1), b.ShapeTensor(part)});
    const ValueId times = b.Add(ScatterND{ScatterReduction::kAdd},
                                {b.Zeros(DType::kInt64, count), b.Add(Unsqueeze{{1}}, {part}), ones});
    return b.Binary(BinaryKind::kGreater, times, b.Int64(0));
  };
  const ValueId keep = Chosen(c, holds(b.Int64s({0}), middle), holds(middle, b.ShapeTensor(members.keys)));
  const ValueId kept = b.Add(GatherND{}, {distinct[0], b.Add(NonZero{}, {keep})});
  const ValueId keys = Ascending(b, kept)[0];
  const ValueId set = b.Binary(BinaryKind::kFloorDiv, keys, members.count);
  const ValueId sizes = LengthsOfRows(b, set, b.Reduce(ReduceKind::kProd, first.lead, {0}, false));
  const ValueId column = ColumnsOf(b, SplitsOf(b, sizes), set);
  const ValueId place = b.Binary(
      BinaryKind::kFloorMod,
      b.Binary(BinaryKind::kFloorDiv, b.Add(Unsqueeze{{1}}, {set}), StridesOf(b, first.lead)), first.lead);
  c.Return(Concat{1}, {place, b.Add(Unsqueeze{{1}}, {column})});
  const ValueId values = b.Binary(BinaryKind::kFloorMod, keys, members.count);
  c.Set(1, b.Add(Gather{}, {members.sorted, values}));
  const ValueId longest = b.Reduce(ReduceKind::kMax, b.ConcatVectors({b.Int64s({0}), sizes}), {0}, true);
  c.Set(2, b.ConcatVectors({first.lead, longest}));
}

void ImportDenseToDense(NodeContext& c) {
  if (c.Rank(0) != c.Rank(1)) c.Fail("expected two inputs of one rank above 1");
  RequireIntegers(c, 0);
  Operate(c, DenseSets(c, 0), DenseSets(c, 1));
}

void ImportDenseToSparse(NodeContext& c) {
  RequireIntegers(c, 0);
  Operate(c, DenseSets(c, 0), SparseSets(c, 1));
}

void ImportSparseToSparse(NodeContext& c) {
  RequireIntegers(c, 1);
  Operate(c, SparseSets(c, 0), SparseSets(c, 3));
}

void ImportSetSize(NodeContext& c) {
  Builder& b = c.build();
  const Sets sets = SparseSets(c, 0);
  // Which value is which matters, not their order: strings do, too.
  const ValueId which = b.AddNode(Unique{DType::kInt64}, {sets.values}, 3)[1];
  const Members members = MembersOf(b, which, sets.set_of_value);
  const ValueId distinct = b.AddNode(Unique{DType::kInt64}, {members.keys}, 3)[0];
  const ValueId set = b.Binary(BinaryKind::kFloorDiv, distinct, members.count);
  const ValueId sizes = LengthsOfRows(b, set, b.Reduce(ReduceKind::kProd, sets.lead, {0}, false));
  c.Return(Reshape{}, {b.CastTo(sizes, DType::kInt32), sets.lead});
}

constexpr OpImporter kRows[] = {
    {"DenseToDenseSetOperation", ImportDenseToDense},
    {"DenseToSparseSetOperation", ImportDenseToSparse},
    {"SparseToSparseSetOperation", ImportSparseToSparse},
    {"SetSize", ImportSetSize},
};

}  // namespace

std::span<const OpImporter> SetImporters() {
  return kRows;
}

}  // namespace floe
