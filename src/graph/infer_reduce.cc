#include <algorithm>
#include <limits>

#include "graph/infer_ops.h"
#include "graph/infer_util.h"

namespace floe {
namespace {

Shape Reduced(const InferContext& ctx, const std::vector<bool>& reduced, bool keep_dims) {
  const Shape& x = ctx.shape(0);
  std::vector<Dim> dims;
  for (size_t i = 0; i < x.rank(); ++i) {
    if (!reduced[i]) {
      dims.push_back(x[i]);
    } else if (keep_dims) {
      dims.push_back(1);
    }
  }
  return Shape(std::move(dims));
}

// The product, sum or extreme of the elements of a shape, as importers write the size of a tensor.
void FollowReduce(const Reduce& op, InferContext& ctx) {
  const auto numbers = ctx.ints(0);
  if (!numbers || ctx.shape(0).rank() != 1 || op.axes.empty()) return;
  int64_t out = op.kind == ReduceKind::kProd ? 1 : 0;
  if (op.kind == ReduceKind::kMax || op.kind == ReduceKind::kMin) {
    if (numbers->empty()) return;
    out = numbers->front();
  }
  for (const int64_t n : *numbers) {
    bool overflows = false;
    switch (op.kind) {
      case ReduceKind::kProd:
        overflows = __builtin_mul_overflow(out, n, &out);
        break;
      case ReduceKind::kSum:
        overflows = __builtin_add_overflow(out, n, &out);
        break;
      case ReduceKind::kMax:
        out = std::max(out, n);
        break;
      case ReduceKind::kMin:
        out = std::min(out, n);
        break;
      default:
        return;
    }
    if (overflows) return;
  }
  if (ctx.dtype(0) == DType::kInt32 && out != static_cast<int32_t>(out)) return;
  SetElementsOf(ctx, 0, {{out, ""}});
}

void RequireIntegers(const InferContext& ctx, size_t i) {
  if (ctx.dtype(i) != DType::kInvalid && !IsInteger(ctx.dtype(i))) {
    ctx.Fail("input {} should be integers, got {}", i, DTypeName(ctx.dtype(i)));
  }
}

// A count given by a scalar input.
Dim CountOf(const InferContext& ctx, size_t i) {
  const auto count = ElementsOf(ctx, i);
  if (!count) return {};
  if (count->size() != 1) ctx.Fail("input {} should be one number, got {}", i, count->size());
  if (count->front().number && *count->front().number < 0) ctx.Fail("a count of {}", *count->front().number);
  return count->front().ToDim();
}

// `rows`, then the dimensions of x from `from` on.
Shape WithRows(const Dim& rows, const Shape& x, size_t from) {
  std::vector<Dim> dims{rows};
  for (size_t i = from; i < x.rank(); ++i) dims.push_back(x[i]);
  return Shape(std::move(dims));
}

// Sorted segments: as many as the last id says.
Dim SegmentsOf(const InferContext& ctx, size_t ids) {
  const auto numbers = ctx.ints(ids);
  if (!numbers) return {};
  if (numbers->empty()) return 0;
  if (numbers->back() < 0) ctx.Fail("segment {} is negative", numbers->back());
  return CheckedAdd(ctx, numbers->back(), 1);
}

}  // namespace

void Infer(const Reduce& op, InferContext& ctx) {
  DType dtype = ctx.dtype(0);
  if (op.kind == ReduceKind::kAll || op.kind == ReduceKind::kAny) {
    if (dtype != DType::kBool && dtype != DType::kInvalid)
      ctx.Fail("expected bool, got {}", DTypeName(dtype));
    dtype = DType::kBool;
  }
  if (!ctx.shape(0).has_rank()) return ctx.Set(0, dtype, {});
  // Repeated axes reduce once, as in TensorFlow.
  ctx.Set(0, dtype, Reduced(ctx, AxisFlags(ctx, op.axes, ctx.shape(0).rank(), true), op.keep_dims));
  FollowReduce(op, ctx);
}

void Infer(const ArgReduce& op, InferContext& ctx) {
  if (!ctx.shape(0).has_rank()) return ctx.Set(0, op.to, {});
  const std::vector<bool> reduced = AxisFlags(ctx, {op.axis}, ctx.shape(0).rank());
  ctx.Set(0, op.to, Reduced(ctx, reduced, op.keep_dims));
}

void Infer(const TopK& op, InferContext& ctx) {
  Shape out = ctx.shape(0);
  if (out.has_rank()) {
    if (out.rank() == 0) ctx.Fail("expected input of at least 1 dimension, got a scalar");
    const size_t axis = ctx.Axis(op.axis, out.rank());
    const Dim count = CountOf(ctx, 1);
    if (count.known() && out[axis].known() && count.value() > out[axis].value()) {
      ctx.Fail("the top {} of {}", count.value(), out[axis].value());
    }
    out[axis] = count;
  }
  ctx.Set(0, ctx.dtype(0), out);
  ctx.Set(1, op.index_type, out);
}

void Infer(const Cumulative&, InferContext& ctx) {
  const auto axis = IntOf(ctx, 1);
  if (axis && ctx.shape(0).has_rank()) ctx.Axis(*axis, ctx.shape(0).rank());
  ctx.Set(0, ctx.dtype(0), ctx.shape(0));
}

void Infer(const SegmentReduce& op, InferContext& ctx) {
  RequireIntegers(ctx, 1);
  const Shape& x = ctx.shape(0);
  const Shape& ids = ctx.shape(1);
  if (op.sorted) ctx.RequireRank(1, 1);
  if (!x.has_rank() || (!op.sorted && !ids.has_rank())) return ctx.Set(0, ctx.dtype(0), {});
  const size_t own = op.sorted ? 1 : ids.rank();
  if (x.rank() < own) ctx.Fail("ids {} of {}", ids.ToString(), x.ToString());
  if (ids.has_rank()) {
    for (size_t i = 0; i < own; ++i) MergeDim(ctx, x[i], ids[i], "dimensions of input and ids");
  }
  const Dim rows = ctx.has(2) ? CountOf(ctx, 2) : op.sorted ? SegmentsOf(ctx, 1) : Dim();
  ctx.Set(0, ctx.dtype(0), WithRows(rows, x, own));
}

void Infer(const SparseSegmentReduce&, InferContext& ctx) {
  RequireIntegers(ctx, 1);
  RequireIntegers(ctx, 2);
  const Shape& x = ctx.shape(0);
  if (!x.has_rank()) return ctx.Set(0, ctx.dtype(0), {});
  if (x.rank() == 0) ctx.Fail("expected input of at least 1 dimension, got a scalar");
  const Dim rows = ctx.has(3) ? CountOf(ctx, 3) : SegmentsOf(ctx, 2);
  ctx.Set(0, ctx.dtype(0), WithRows(rows, x, 1));
}

void Infer(const Unique& op, InferContext& ctx) {
  ctx.RequireRank(0, 1);
  const Shape& x = ctx.shape(0);
  const bool is_empty = x == Shape({0});
  ctx.Set(0, ctx.dtype(0), is_empty ? x : Shape::UnknownOfRank(1));
  ctx.Set(1, op.index_type, x.has_rank() ? x : Shape::UnknownOfRank(1));
  ctx.Set(2, op.index_type, is_empty ? x : Shape::UnknownOfRank(1));
  for (size_t i = 0; is_empty && i < 3; ++i) SetElementsOf(ctx, i, {});
}

void Infer(const ListDiff& op, InferContext& ctx) {
  ctx.RequireRank(0, 1);
  ctx.RequireRank(1, 1);
  ctx.Set(0, MergeDType(ctx, 0, 1), Shape::UnknownOfRank(1));
  ctx.Set(1, op.index_type, Shape::UnknownOfRank(1));
}

void Infer(const Bincount&, InferContext& ctx) {
  RequireIntegers(ctx, 0);
  const DType dtype = ctx.has(2) ? ctx.dtype(2) : DType::kInt32;
  const Shape& x = ctx.shape(0);
  if (!x.has_rank()) return ctx.Set(0, dtype, {});
  if (x.rank() > 2) ctx.Fail("expected input of at most 2 dimensions, got {}", x.ToString());
  const Dim size = CountOf(ctx, 1);
  ctx.Set(0, dtype, x.rank() == 2 ? Shape{x[0], size} : Shape{size});
}

void Infer(const Bucketize&, InferContext& ctx) {
  ctx.Set(0, DType::kInt32, ctx.shape(0));
}

void Infer(const SearchSorted& op, InferContext& ctx) {
  ctx.RequireRank(0, 2);
  ctx.RequireRank(1, 2);
  MergeDType(ctx, 0, 1);
  ctx.Set(0, op.to, ctx.shape(1));
}

}  // namespace floe
