#include "frontend/onnx/ops/run_time_axes.h"

#include "frontend/onnx/scope.h"

namespace floe {
namespace {

ValueId UpTo(OnnxContext& c, int64_t count) {
  Ints numbers;
  for (int64_t i = 0; i < count; ++i) numbers.push_back(i);
  return c.build().Int64s(std::move(numbers));
}

// x reduced over `axis` where the flag is true.
ValueId ReduceIf(OnnxContext& c, ValueId flag, ReduceKind kind, ValueId x, int64_t axis) {
  const std::string source = c.build().source();
  std::vector<std::unique_ptr<Graph>> bodies;
  for (const bool taken : {true, false}) {
    OnnxScope scope(c.scope(), source + (taken ? "/reduced" : "/kept"));
    const ValueId inner = scope.CaptureValue(x);
    scope.graph().SetOutputs({taken ? scope.builder().Reduce(kind, inner, {axis}, true)
                                    : scope.builder().Unary(UnaryKind::kIdentity, inner)});
    bodies.push_back(scope.Take());
  }
  return c.build().AddNode(If{}, {flag, x}, 1, "", std::move(bodies))[0];
}

}  // namespace

int64_t ListLength(OnnxContext& c, size_t i) {
  const std::optional<int64_t> count = c.shape(i).ElementCount();
  if (!count) c.Fail("the number of elements of its input {} is not known", i);
  if (*count > 64) c.Fail("{} axes are too many", *count);
  return *count;
}

ValueId IsOneOfAxes(OnnxContext& c, ValueId axes, int64_t rank) {
  Builder& b = c.build();
  const ValueId list = b.Reshape(b.ToInt64(axes), {-1, 1});
  const ValueId from_front = b.Binary(BinaryKind::kFloorMod, list, b.Int64(rank));
  return b.Reduce(ReduceKind::kAny, b.Binary(BinaryKind::kEqual, from_front, UpTo(c, rank)), {0}, false);
}

ValueId OtherAxes(OnnxContext& c, ValueId flags, int64_t rank, int64_t count) {
  Builder& b = c.build();
  const ValueId numbers = UpTo(c, rank);
  const ValueId behind = b.Binary(BinaryKind::kAdd, numbers, b.Int64(rank));
  const ValueId keys = c.Add(Where{}, {flags, behind, numbers});
  return b.AddNode(TopK{.axis = 0, .largest = false}, {keys, b.Int64(count)}, 2)[0];
}

void SqueezeAtRunTime(OnnxContext& c) {
  const int64_t rank = c.Rank(0), count = rank - ListLength(c, 1);
  if (count < 0) c.Fail("it drops {} of {} dimensions", rank - count, rank);
  const ValueId kept = OtherAxes(c, IsOneOfAxes(c, c.in(1), rank), rank, count);
  const ValueId shape = c.Add(Gather{}, {c.build().ShapeTensor(c.in(0)), kept});
  c.Return(Reshape{}, {c.in(0), shape});
}

void UnsqueezeAtRunTime(OnnxContext& c) {
  Builder& b = c.build();
  const int64_t rank = c.Rank(0), total = rank + ListLength(c, 1);
  const ValueId places = OtherAxes(c, IsOneOfAxes(c, c.in(1), total), total, rank);
  const ValueId ones = b.Int64s(Ints(static_cast<size_t>(total), 1));
  const ValueId shape = c.Add(ScatterElements{}, {ones, places, b.ShapeTensor(c.in(0))});
  c.Return(Reshape{}, {c.in(0), shape});
}

void ReduceAtRunTime(OnnxContext& c, ReduceKind kind, ValueId x, bool keep_dims) {
  Builder& b = c.build();
  const int64_t rank = c.RankOf(x);
  const ValueId flags = IsOneOfAxes(c, c.in(1), rank);
  for (int64_t axis = 0; axis < rank; ++axis)
    x = ReduceIf(c, b.ToScalar(b.SliceVector(flags, axis, axis + 1)), kind, x, axis);
  if (!keep_dims) {
    const ValueId kept = OtherAxes(c, flags, rank, rank - ListLength(c, 1));
    x = c.Add(Reshape{}, {x, c.Add(Gather{}, {b.ShapeTensor(x), kept})});
  }
  c.Set(0, x);
}

}  // namespace floe
