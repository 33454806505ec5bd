// Ops whose results are shapes, counts or sequences of numbers.
#include <algorithm>
#include <cmath>

#include "graph/infer_ops.h"
#include "graph/infer_util.h"

namespace floe {
namespace {

DType IndexType(const InferContext& ctx, DType to) {
  if (to != DType::kInt32 && to != DType::kInt64) ctx.Fail("expected int32 or int64, got {}", DTypeName(to));
  return to;
}

// As TensorFlow counts: in the type of the inputs.
template <typename T>
std::optional<double> FloatCount(const InferContext& ctx) {
  T values[3];
  for (size_t i = 0; i < 3; ++i) {
    const Tensor* t = ctx.constant(i);
    if (t == nullptr || t->size() != 1) return std::nullopt;
    values[i] = t->data<T>()[0];
  }
  const auto [start, limit, delta] = values;
  if (delta == 0) ctx.Fail("a step of 0");
  if (delta > 0 ? start > limit : start < limit) return -1;
  return std::ceil(std::abs((limit - start) / delta));
}

Dim RangeCount(const InferContext& ctx) {
  std::optional<double> count;
  if (ctx.dtype(0) == DType::kFloat32) count = FloatCount<float>(ctx);
  if (ctx.dtype(0) == DType::kFloat64) count = FloatCount<double>(ctx);
  if (count) {
    if (!(*count >= 0 && *count < 9e15)) ctx.Fail("start, limit and step give no count");
    return static_cast<int64_t>(*count);
  }
  const auto start = ElementsOf(ctx, 0);
  const auto limit = ElementsOf(ctx, 1);
  const auto delta = ElementsOf(ctx, 2);
  for (const auto* e : {&start, &limit, &delta}) {
    if (!*e) return {};
    if ((*e)->size() != 1) ctx.Fail("start, limit and step should be scalars");
  }
  const Element& from = start->front();
  const Element& to = limit->front();
  const Element& step = delta->front();
  if (step.number == 0) ctx.Fail("a step of 0");
  if (from.number == 0 && step.number == 1 && !to.number) return to.ToDim();
  if (!from.number || !to.number || !step.number) return {};
  const __int128 span = static_cast<__int128>(*to.number) - *from.number;
  if ((span < 0) != (*step.number < 0) && span != 0)
    ctx.Fail("{} to {} by {}", *from.number, *to.number, *step.number);
  const __int128 by = *step.number < 0 ? -static_cast<__int128>(*step.number) : *step.number;
  const __int128 length = ((span < 0 ? -span : span) + by - 1) / by;
  if (length > (static_cast<__int128>(1) << 62)) ctx.Fail("the range is too long");
  return static_cast<int64_t>(length);
}

}  // namespace

void Infer(const ShapeOf& op, InferContext& ctx) {
  const DType to = IndexType(ctx, op.to);
  const Shape& x = ctx.shape(0);
  ctx.Set(0, to, Shape{x.has_rank() ? Dim(static_cast<int64_t>(x.rank())) : Dim()});
  if (x.has_rank()) ctx.SetElements(0, x.dims());
}

void Infer(const SizeOf& op, InferContext& ctx) {
  ctx.Set(0, IndexType(ctx, op.to), Shape(std::vector<Dim>{}));
  if (!ctx.shape(0).has_rank()) return;
  Dim count = 1;
  for (const Dim& d : ctx.shape(0).dims()) count = MulDims(ctx, count, d);
  ctx.SetElements(0, {count});
}

void Infer(const Range&, InferContext& ctx) {
  DType dtype = MergeDType(ctx, 0, 1);
  if (dtype == DType::kInvalid) dtype = ctx.dtype(2);
  const Dim count = RangeCount(ctx);
  ctx.Set(0, dtype, Shape{count});
  const auto start = IntOf(ctx, 0);
  const auto step = IntOf(ctx, 2);
  if (!start || !step || !count.known() || count.value() > kMaxElements) return;
  Elements out;
  for (int64_t i = 0; i < count.value(); ++i) {
    out.push_back({CheckedAdd(ctx, *start, CheckedMul(ctx, i, *step)), ""});
  }
  SetElementsOf(ctx, 0, out);
}

void Infer(const LinSpace&, InferContext& ctx) {
  const auto count = ElementsOf(ctx, 2);
  Dim size;
  if (count) {
    if (count->size() != 1) ctx.Fail("the count should be a scalar");
    if (count->front().number && *count->front().number < 1)
      ctx.Fail("a count of {}", *count->front().number);
    size = count->front().ToDim();
  }
  ctx.Set(0, MergeDType(ctx, 0, 1), Shape{size});
}

void Infer(const BroadcastShapes&, InferContext& ctx) {
  const DType dtype = MergeDType(ctx, 0, 1);
  const auto a = ElementsOf(ctx, 0);
  const auto b = ElementsOf(ctx, 1);
  if (!a || !b) return ctx.Set(0, dtype, Shape::UnknownOfRank(1));
  const auto dims_of = [](const Elements& elements) {
    std::vector<Dim> dims;
    for (const Element& e : elements) dims.push_back(e.ToDim());
    return Shape(std::move(dims));
  };
  const auto both = BroadcastShape(dims_of(*a), dims_of(*b));
  if (!both) ctx.Fail("{} and {} do not broadcast", dims_of(*a).ToString(), dims_of(*b).ToString());
  ctx.Set(0, dtype, Shape{Dim(static_cast<int64_t>(both->rank()))});
  ctx.SetElements(0, both->dims());
}

}  // namespace floe
