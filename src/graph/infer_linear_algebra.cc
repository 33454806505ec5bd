// Systems of equations and factorisations.
#include <algorithm>

#include "graph/infer_ops.h"
#include "graph/infer_util.h"

namespace floe {
namespace {

void RequireMatrices(const InferContext& ctx, size_t i, bool square) {
  const Shape& x = ctx.shape(i);
  if (!x.has_rank()) return;
  if (x.rank() < 2) ctx.Fail("expected matrices, got {}", x.ToString());
  if (square) MergeDim(ctx, x[x.rank() - 2], x[x.rank() - 1], "rows and columns");
}

void RequireReal(const InferContext& ctx) {
  if (ctx.dtype(0) != DType::kInvalid && !IsFloat(ctx.dtype(0)))
    ctx.Fail("expected real numbers, got {}", DTypeName(ctx.dtype(0)));
}

// The batch of x and two more dimensions.
Shape WithMatrix(const Shape& x, std::vector<Dim> matrix) {
  std::vector<Dim> dims(x.dims().begin(), x.dims().end() - 2);
  dims.insert(dims.end(), matrix.begin(), matrix.end());
  return Shape(std::move(dims));
}

Dim Smaller(const Dim& a, const Dim& b) {
  if (a.known() && b.known()) return Dim(std::min(a.value(), b.value()));
  return {};
}

}  // namespace

void Infer(const MatrixInverse&, InferContext& ctx) {
  RequireMatrices(ctx, 0, true);
  ctx.Set(0, ctx.dtype(0), ctx.shape(0));
}

void Infer(const MatrixDeterminant&, InferContext& ctx) {
  RequireMatrices(ctx, 0, true);
  const Shape& x = ctx.shape(0);
  ctx.Set(0, ctx.dtype(0), x.has_rank() ? WithMatrix(x, {}) : Shape());
}

void Infer(const LogDeterminant&, InferContext& ctx) {
  RequireMatrices(ctx, 0, true);
  const Shape& x = ctx.shape(0);
  for (const size_t i : {size_t{0}, size_t{1}})
    ctx.Set(i, ctx.dtype(0), x.has_rank() ? WithMatrix(x, {}) : Shape());
}

void Infer(const MatrixSolve&, InferContext& ctx) {
  RequireMatrices(ctx, 0, true);
  RequireMatrices(ctx, 1, false);
  const DType dtype = MergeDType(ctx, 0, 1);
  const Shape &a = ctx.shape(0), &b = ctx.shape(1);
  if (!a.has_rank() || !b.has_rank()) return ctx.Set(0, dtype, {});
  const Dim rows = MergeDim(ctx, a[a.rank() - 1], b[b.rank() - 2], "the matrix and the right side");
  const std::optional<Shape> batch = BroadcastShape(WithMatrix(a, {}), WithMatrix(b, {}));
  if (!batch) ctx.Fail("batches {} and {} do not broadcast", a.ToString(), b.ToString());
  std::vector<Dim> dims = batch->dims();
  dims.push_back(rows);
  dims.push_back(b[b.rank() - 1]);
  ctx.Set(0, dtype, Shape(std::move(dims)));
}

void Infer(const Cholesky&, InferContext& ctx) {
  RequireMatrices(ctx, 0, true);
  ctx.Set(0, ctx.dtype(0), ctx.shape(0));
}

void Infer(const Qr& op, InferContext& ctx) {
  RequireReal(ctx);
  RequireMatrices(ctx, 0, false);
  const Shape& x = ctx.shape(0);
  if (!x.has_rank()) {
    ctx.Set(0, ctx.dtype(0), {});
    return ctx.Set(1, ctx.dtype(0), {});
  }
  const Dim rows = x[x.rank() - 2], columns = x[x.rank() - 1];
  const Dim inner = op.full ? rows : Smaller(rows, columns);
  ctx.Set(0, ctx.dtype(0), WithMatrix(x, {rows, inner}));
  ctx.Set(1, ctx.dtype(0), WithMatrix(x, {inner, columns}));
}

void Infer(const Svd& op, InferContext& ctx) {
  RequireReal(ctx);
  RequireMatrices(ctx, 0, false);
  const Shape& x = ctx.shape(0);
  if (!x.has_rank()) {
    for (size_t i = 0; i < 3; ++i) ctx.Set(i, ctx.dtype(0), {});
    return;
  }
  const Dim rows = x[x.rank() - 2], columns = x[x.rank() - 1], least = Smaller(rows, columns);
  ctx.Set(0, ctx.dtype(0), WithMatrix(x, {least}));
  ctx.Set(1, ctx.dtype(0),
          op.vectors ? WithMatrix(x, {rows, op.full ? rows : least}) : Shape(std::vector<Dim>{}));
  ctx.Set(2, ctx.dtype(0),
          op.vectors ? WithMatrix(x, {columns, op.full ? columns : least}) : Shape(std::vector<Dim>{}));
}

void Infer(const SymmetricEigen& op, InferContext& ctx) {
  RequireReal(ctx);
  RequireMatrices(ctx, 0, true);
  const Shape& x = ctx.shape(0);
  ctx.Set(0, ctx.dtype(0), x.has_rank() ? WithMatrix(x, {x[x.rank() - 1]}) : Shape());
  ctx.Set(1, ctx.dtype(0), op.vectors ? x : Shape(std::vector<Dim>{}));
}

}  // namespace floe
