#include "base/check.h"
#include "graph/infer_ops.h"
#include "graph/infer_util.h"

namespace floe {
namespace {

void RequireSignature(const InferContext& ctx, size_t which, size_t inputs, size_t outputs) {
  const Graph& body = ctx.body(which);
  if (body.inputs().size() != inputs || body.outputs().size() != outputs) {
    ctx.Fail("body {} takes {} values and gives {}, expected {} and {}", which, body.inputs().size(),
             body.outputs().size(), inputs, outputs);
  }
}

const TensorType& OutputType(const Graph& body, size_t i) {
  return body.value(body.outputs()[i]).type;
}

// What is sure when either type may come.
TensorType Either(const InferContext& ctx, const TensorType& a, const TensorType& b, size_t i) {
  if (a.dtype == DType::kInvalid) return {b.dtype, GeneraliseShapes(a.shape, b.shape)};
  if (b.dtype != DType::kInvalid && a.dtype != b.dtype) {
    ctx.Fail("value {} is {} one way and {} the other", i, DTypeName(a.dtype), DTypeName(b.dtype));
  }
  return {a.dtype, GeneraliseShapes(a.shape, b.shape)};
}

}  // namespace

void Infer(const Group&, InferContext& ctx) {
  RequireSignature(ctx, 0, ctx.input_count(), ctx.output_count());
  for (size_t i = 0; i < ctx.output_count(); ++i) {
    const TensorType& type = OutputType(ctx.body(0), i);
    ctx.Set(i, type.dtype, type.shape);
  }
}

void Infer(const If&, InferContext& ctx) {
  for (size_t branch = 0; branch < 2; ++branch) {
    RequireSignature(ctx, branch, ctx.input_count() - 1, ctx.output_count());
  }
  for (size_t i = 0; i < ctx.output_count(); ++i) {
    TensorType type = Either(ctx, OutputType(ctx.body(0), i), OutputType(ctx.body(1), i), i);
    ctx.Set(i, type.dtype, std::move(type.shape));
  }
}

void Infer(const Loop& op, InferContext& ctx) {
  const size_t outer = ctx.input_count() - 2;
  if (op.carried < 0 || op.carried > static_cast<int64_t>(std::min(outer, ctx.output_count()))) {
    ctx.Fail("{} carried values among {} inputs and {} outputs", op.carried, outer, ctx.output_count());
  }
  RequireSignature(ctx, 0, ctx.input_count(), ctx.output_count() + 1);
  const auto carried = static_cast<size_t>(op.carried);
  for (size_t i = 0; i < carried; ++i) {
    if (!ctx.has(i + 2)) ctx.Fail("carried value {} is missing", i);
    TensorType type = Either(ctx, ctx.type(i + 2), OutputType(ctx.body(0), i + 1), i);
    ctx.Set(i, type.dtype, std::move(type.shape));
  }
  for (size_t i = carried; i < ctx.output_count(); ++i) {
    const TensorType& type = OutputType(ctx.body(0), i + 1);
    if (!type.shape.has_rank()) {
      ctx.Set(i, type.dtype, {});
      continue;
    }
    std::vector<Dim> dims{Dim()};  // the body's condition may end it before the trip count
    dims.insert(dims.end(), type.shape.dims().begin(), type.shape.dims().end());
    ctx.Set(i, type.dtype, Shape(std::move(dims)));
  }
}

}  // namespace floe
