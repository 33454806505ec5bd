// Ops that pick or place elements by index, and diagonals.
#include <algorithm>

#include "graph/infer_ops.h"
#include "graph/infer_util.h"

namespace floe {
namespace {

void RequireIndices(const InferContext& ctx, size_t i) {
  const DType dtype = ctx.dtype(i);
  if (dtype != DType::kInvalid && !IsInteger(dtype)) {
    ctx.Fail("input {} should be integers, got {}", i, DTypeName(dtype));
  }
}

void Append(std::vector<Dim>& dims, const Shape& shape, size_t from, size_t to) {
  for (size_t i = from; i < to; ++i) dims.push_back(shape[i]);
}

// Elements of x picked by known indices; both of rank 0 or 1.
void FollowGather(const Gather& op, InferContext& ctx) {
  const auto x = ElementsOf(ctx, 0);
  const auto indices = ctx.ints(1);
  if (!x || !indices || ctx.shape(0).rank() != 1 || ctx.shape(1).rank() > 1) return;
  Elements out;
  for (int64_t at : *indices) {
    const auto size = static_cast<int64_t>(x->size());
    if (at < 0 && op.allow_negative) at += size;
    if (at < 0 || at >= size) return;  // the run will raise
    out.push_back((*x)[static_cast<size_t>(at)]);
  }
  SetElementsOf(ctx, 0, out);
}

// (lower, upper) diagonal numbers from k of one or two elements.
std::optional<std::pair<int64_t, int64_t>> DiagonalRange(const InferContext& ctx, size_t i) {
  const auto k = ctx.ints(i);
  if (!k) return std::nullopt;
  if (k->empty() || k->size() > 2) ctx.Fail("expected one or two diagonals, got {}", k->size());
  if (k->front() > k->back()) ctx.Fail("diagonals {} to {} are none", k->front(), k->back());
  constexpr int64_t kLimit = int64_t{1} << 40;
  if (k->front() < -kLimit || k->back() > kLimit) ctx.Fail("a diagonal is out of range");
  return std::pair{k->front(), k->back()};
}

}  // namespace

void Infer(const Gather& op, InferContext& ctx) {
  RequireIndices(ctx, 1);
  const Shape& x = ctx.shape(0);
  const Shape& indices = ctx.shape(1);
  if (!x.has_rank() || !indices.has_rank()) return ctx.Set(0, ctx.dtype(0), {});
  if (x.rank() == 0) ctx.Fail("expected input of at least 1 dimension, got a scalar");
  const size_t axis = ctx.Axis(op.axis, x.rank());
  const int64_t given =
      op.batch_dims < 0 ? op.batch_dims + static_cast<int64_t>(indices.rank()) : op.batch_dims;
  if (given < 0 || given > static_cast<int64_t>(std::min(axis, indices.rank()))) {
    ctx.Fail("{} batch dimensions for {} and indices {}", op.batch_dims, x.ToString(), indices.ToString());
  }
  const auto batch = static_cast<size_t>(given);
  std::vector<Dim> dims;
  for (size_t i = 0; i < batch; ++i) dims.push_back(MergeDim(ctx, x[i], indices[i], "batch dimensions"));
  Append(dims, x, batch, axis);
  Append(dims, indices, batch, indices.rank());
  Append(dims, x, axis + 1, x.rank());
  ctx.Set(0, ctx.dtype(0), Shape(std::move(dims)));
  FollowGather(op, ctx);
}

void Infer(const GatherND& op, InferContext& ctx) {
  RequireIndices(ctx, 1);
  const Shape& x = ctx.shape(0);
  const Shape& indices = ctx.shape(1);
  if (!x.has_rank() || !indices.has_rank()) return ctx.Set(0, ctx.dtype(0), {});
  if (op.batch_dims < 0 || op.batch_dims >= static_cast<int64_t>(std::max<size_t>(indices.rank(), 1)) ||
      op.batch_dims > static_cast<int64_t>(x.rank()) || indices.rank() == 0) {
    ctx.Fail("{} batch dimensions for {} and indices {}", op.batch_dims, x.ToString(), indices.ToString());
  }
  const auto batch = static_cast<size_t>(op.batch_dims);
  const Dim& depth = indices[indices.rank() - 1];
  if (!depth.known()) return ctx.Set(0, ctx.dtype(0), {});
  if (depth.value() > static_cast<int64_t>(x.rank() - batch)) {
    ctx.Fail("indices of {} numbers into {}", depth.value(), x.ToString());
  }
  std::vector<Dim> dims;
  for (size_t i = 0; i < batch; ++i) dims.push_back(MergeDim(ctx, x[i], indices[i], "batch dimensions"));
  Append(dims, indices, batch, indices.rank() - 1);
  Append(dims, x, batch + static_cast<size_t>(depth.value()), x.rank());
  ctx.Set(0, ctx.dtype(0), Shape(std::move(dims)));
}

void Infer(const GatherElements& op, InferContext& ctx) {
  RequireIndices(ctx, 1);
  const Shape& x = ctx.shape(0);
  if (x.has_rank()) {
    ctx.Axis(op.axis, x.rank());
    ctx.RequireRank(1, x.rank());
  }
  Shape out = ctx.shape(1);
  if (!out.has_rank() && x.has_rank()) out = Shape::UnknownOfRank(x.rank());
  ctx.Set(0, ctx.dtype(0), std::move(out));
}

void Infer(const ScatterND&, InferContext& ctx) {
  RequireIndices(ctx, 1);
  const Shape& x = ctx.shape(0);
  const Shape& indices = ctx.shape(1);
  const Shape& updates = ctx.shape(2);
  const DType dtype = MergeDType(ctx, 0, 2);
  ctx.Set(0, dtype, x);
  if (!x.has_rank() || !indices.has_rank()) return;
  if (indices.rank() == 0) ctx.Fail("indices should have at least 1 dimension");
  const Dim& depth = indices[indices.rank() - 1];
  if (!depth.known() || !updates.has_rank()) return;
  if (depth.value() > static_cast<int64_t>(x.rank())) {
    ctx.Fail("indices of {} numbers into {}", depth.value(), x.ToString());
  }
  std::vector<Dim> wanted;
  Append(wanted, indices, 0, indices.rank() - 1);
  Append(wanted, x, static_cast<size_t>(depth.value()), x.rank());
  if (!MergeShapes(Shape(wanted), updates)) {
    ctx.Fail("expected updates of {}, got {}", Shape(wanted).ToString(), updates.ToString());
  }
}

void Infer(const ScatterElements& op, InferContext& ctx) {
  RequireIndices(ctx, 1);
  if (ctx.shape(0).has_rank()) {
    ctx.Axis(op.axis, ctx.shape(0).rank());
    ctx.RequireRank(1, ctx.shape(0).rank());
  }
  if (!MergeShapes(ctx.shape(1), ctx.shape(2))) {
    ctx.Fail("indices {} and updates {} differ", ctx.shape(1).ToString(), ctx.shape(2).ToString());
  }
  ctx.Set(0, MergeDType(ctx, 0, 2), ctx.shape(0));
}

void Infer(const OneHot& op, InferContext& ctx) {
  RequireIndices(ctx, 0);
  const auto depth = ElementsOf(ctx, 1);
  if (depth && depth->size() != 1) ctx.Fail("the depth should be one number, got {}", depth->size());
  const Shape& indices = ctx.shape(0);
  if (!indices.has_rank()) return ctx.Set(0, ctx.dtype(2), {});
  const Element size = depth ? depth->front() : Element{};
  if (size.number && *size.number < 0) ctx.Fail("a depth of {}", *size.number);
  std::vector<Dim> dims = indices.dims();
  const size_t axis = ctx.Axis(op.axis, dims.size() + 1);
  dims.insert(dims.begin() + static_cast<ptrdiff_t>(axis), size.ToDim());
  ctx.Set(0, ctx.dtype(2), Shape(std::move(dims)));
}

void Infer(const MatrixBandPart&, InferContext& ctx) {
  if (ctx.shape(0).has_rank() && ctx.shape(0).rank() < 2) {
    ctx.Fail("expected matrices, got {}", ctx.shape(0).ToString());
  }
  ctx.Set(0, ctx.dtype(0), ctx.shape(0));
}

void Infer(const MatrixDiag&, InferContext& ctx) {
  const Shape& diagonals = ctx.shape(0);
  const auto range = DiagonalRange(ctx, 1);
  if (!diagonals.has_rank() || !range) return ctx.Set(0, ctx.dtype(0), {});
  const auto [lower, upper] = *range;
  const size_t own = lower == upper ? 1 : 2;  // dimensions that are no batch
  if (diagonals.rank() < own) ctx.Fail("expected at least {} dimensions, got {}", own, diagonals.ToString());
  const Dim& longest = diagonals[diagonals.rank() - 1];
  if (own == 2) MergeDim(ctx, diagonals[diagonals.rank() - 2], upper - lower + 1, "diagonals and k");
  std::vector<Dim> dims;
  Append(dims, diagonals, 0, diagonals.rank() - own);
  const auto rows = IntOf(ctx, 2);
  const auto columns = IntOf(ctx, 3);
  Dim r;
  Dim c;
  if (rows && columns && longest.known()) {
    const int64_t least_rows = CheckedAdd(ctx, longest.value(), -std::min<int64_t>(upper, 0));
    const int64_t least_columns = CheckedAdd(ctx, longest.value(), std::max<int64_t>(lower, 0));
    const bool square = *rows == -1 && *columns == -1;
    r = square ? std::max(least_rows, least_columns) : *rows == -1 ? least_rows : *rows;
    c = square ? r.value() : *columns == -1 ? least_columns : *columns;
    if ((*rows != -1 && *rows < least_rows) || (*columns != -1 && *columns < least_columns)) {
      ctx.Fail("{} by {} is too small for diagonals of {}", *rows, *columns, longest.value());
    }
  }
  dims.push_back(r);
  dims.push_back(c);
  ctx.Set(0, ctx.dtype(0), Shape(std::move(dims)));
}

void Infer(const MatrixDiagPart&, InferContext& ctx) {
  const Shape& x = ctx.shape(0);
  if (x.has_rank() && x.rank() < 2) ctx.Fail("expected matrices, got {}", x.ToString());
  const auto range = DiagonalRange(ctx, 1);
  if (!x.has_rank() || !range) return ctx.Set(0, ctx.dtype(0), {});
  const auto [lower, upper] = *range;
  std::vector<Dim> dims;
  Append(dims, x, 0, x.rank() - 2);
  if (lower != upper) dims.push_back(upper - lower + 1);
  const Dim& rows = x[x.rank() - 2];
  const Dim& columns = x[x.rank() - 1];
  Dim length;
  if (rows.known() && columns.known()) {
    const int64_t longest =
        std::min(rows.value() + std::min<int64_t>(upper, 0), columns.value() - std::max<int64_t>(lower, 0));
    if (longest < 0) ctx.Fail("diagonals {} to {} are outside {}", lower, upper, x.ToString());
    length = longest;
  }
  dims.push_back(length);
  ctx.Set(0, ctx.dtype(0), Shape(std::move(dims)));
}

void Infer(const MatrixSetDiag&, InferContext& ctx) {
  if (ctx.shape(0).has_rank() && ctx.shape(0).rank() < 2) {
    ctx.Fail("expected matrices, got {}", ctx.shape(0).ToString());
  }
  DiagonalRange(ctx, 2);
  ctx.Set(0, MergeDType(ctx, 0, 1), ctx.shape(0));
}

void Infer(const NonZero&, InferContext& ctx) {
  Shape out = Shape::UnknownOfRank(2);
  if (ctx.shape(0).has_rank()) out[1] = static_cast<int64_t>(ctx.shape(0).rank());
  ctx.Set(0, DType::kInt64, std::move(out));
}

void Infer(const InvertPermutation&, InferContext& ctx) {
  ctx.RequireRank(0, 1);
  ctx.Set(0, ctx.dtype(0), ctx.shape(0).has_rank() ? ctx.shape(0) : Shape::UnknownOfRank(1));
  const auto places = ctx.ints(0);
  if (!places) return;
  Elements out(places->size());
  for (size_t i = 0; i < places->size(); ++i) {
    const int64_t at = (*places)[i];
    if (at < 0 || at >= static_cast<int64_t>(places->size())) ctx.Fail("{} is no place in a permutation", at);
    Element& slot = out[static_cast<size_t>(at)];
    if (slot.number) ctx.Fail("{} is in the permutation twice", at);
    slot.number = static_cast<int64_t>(i);
  }
  SetElementsOf(ctx, 0, out);
}

void Infer(const UnravelIndex&, InferContext& ctx) {
  RequireIndices(ctx, 0);
  const Shape& indices = ctx.shape(0);
  if (!indices.has_rank()) return ctx.Set(0, ctx.dtype(0), {});
  std::vector<Dim> dims{ctx.shape(1).rank() == 1 ? ctx.shape(1)[0] : Dim()};
  Append(dims, indices, 0, indices.rank());
  ctx.Set(0, ctx.dtype(0), Shape(std::move(dims)));
}

void Infer(const DynamicStitch&, InferContext& ctx) {
  if (ctx.input_count() % 2 != 0)
    ctx.Fail("{} inputs: as many indices as data are expected", ctx.input_count());
  const size_t n = ctx.input_count() / 2;
  DType dtype = DType::kInvalid;
  Dim rows = 0;
  Shape rest;
  for (size_t i = 0; i < n; ++i) {
    if (!ctx.has(i) || !ctx.has(n + i)) ctx.Fail("input {} is missing", i);
    if (ctx.dtype(n + i) != DType::kInvalid) dtype = ctx.dtype(n + i);
    const auto places = ctx.ints(i);
    if (!places) {
      rows = Dim();
    } else {
      for (const int64_t at : *places) {
        if (at < 0) ctx.Fail("index {} is negative", at);
        if (rows.known()) rows = std::max(rows.value(), CheckedAdd(ctx, at, 1));
      }
    }
    const Shape& indices = ctx.shape(i);
    const Shape& data = ctx.shape(n + i);
    if (!indices.has_rank() || !data.has_rank()) continue;
    if (data.rank() < indices.rank()) {
      ctx.Fail("data {} for indices {}", data.ToString(), indices.ToString());
    }
    std::vector<Dim> dims;
    Append(dims, data, indices.rank(), data.rank());
    auto both = MergeShapes(rest, Shape(dims));
    if (!both) ctx.Fail("data of {} and {} differ", rest.ToString(), Shape(dims).ToString());
    rest = *both;
  }
  if (!rest.has_rank()) return ctx.Set(0, dtype, {});
  std::vector<Dim> dims{rows};
  Append(dims, rest, 0, rest.rank());
  ctx.Set(0, dtype, Shape(std::move(dims)));
}

void Infer(const DynamicPartition& op, InferContext& ctx) {
  RequireIndices(ctx, 1);
  if (op.parts != static_cast<int64_t>(ctx.output_count())) {
    ctx.Fail("{} parts, {} outputs", op.parts, ctx.output_count());
  }
  const Shape& x = ctx.shape(0);
  const Shape& which = ctx.shape(1);
  Shape out;
  if (x.has_rank() && which.has_rank()) {
    if (x.rank() < which.rank()) ctx.Fail("partitions {} of {}", which.ToString(), x.ToString());
    std::vector<Dim> dims{Dim()};
    Append(dims, x, which.rank(), x.rank());
    out = Shape(std::move(dims));
  }
  for (size_t i = 0; i < ctx.output_count(); ++i) ctx.Set(i, ctx.dtype(0), out);
}

}  // namespace floe
