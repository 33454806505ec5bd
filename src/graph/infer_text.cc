// Parts, code points, n-grams and bytes of strings.
#include "graph/infer_ops.h"
#include "graph/infer_util.h"

namespace floe {
namespace {

void RequireStrings(const InferContext& ctx, size_t i) {
  if (ctx.dtype(i) != DType::kString && ctx.dtype(i) != DType::kInvalid) {
    ctx.Fail("input {} should be strings, got {}", i, DTypeName(ctx.dtype(i)));
  }
}

void RequireInteger(const InferContext& ctx, size_t i) {
  if (ctx.dtype(i) != DType::kInvalid && !IsInteger(ctx.dtype(i))) {
    ctx.Fail("input {} should be integers, got {}", i, DTypeName(ctx.dtype(i)));
  }
}

Dim Rows(const InferContext& ctx, size_t splits) {
  ctx.RequireRank(splits, 1);
  const Shape& shape = ctx.shape(splits);
  return shape.has_rank() && shape[0].known() ? AddDim(ctx, shape[0], -1) : Dim();
}

}  // namespace

void Infer(const Substr&, InferContext& ctx) {
  RequireStrings(ctx, 0);
  RequireInteger(ctx, 1);
  MergeDType(ctx, 1, 2);
  ctx.Set(0, DType::kString, BroadcastInputs(ctx, 0, 2));
}

void Infer(const UnicodeDecode&, InferContext& ctx) {
  RequireStrings(ctx, 0);
  ctx.RequireRank(0, 1);
  const Dim rows = ctx.shape(0).has_rank() ? ctx.shape(0)[0] : Dim();
  ctx.Set(0, DType::kInt64, Shape{rows.known() ? AddDim(ctx, rows, 1) : Dim()});
  if (ctx.output_count() > 1) ctx.Set(1, DType::kInt32, Shape{Dim()});
  if (ctx.output_count() > 2) ctx.Set(2, DType::kInt64, Shape{Dim()});
}

void Infer(const UnicodeEncode&, InferContext& ctx) {
  ctx.RequireRank(0, 1);
  if (ctx.dtype(0) != DType::kInt32 && ctx.dtype(0) != DType::kInvalid)
    ctx.Fail("expected code points of int32, got {}", DTypeName(ctx.dtype(0)));
  RequireInteger(ctx, 1);
  ctx.Set(0, DType::kString, Shape{Rows(ctx, 1)});
}

void Infer(const StringNGrams& op, InferContext& ctx) {
  RequireStrings(ctx, 0);
  ctx.RequireRank(0, 1);
  ctx.RequireRank(1, 1);
  RequireInteger(ctx, 1);
  for (const int64_t width : op.widths)
    if (width < 1) ctx.Fail("n-grams of {} words", width);
  ctx.Set(0, DType::kString, Shape{Dim()});
  ctx.Set(1, ctx.dtype(1), ctx.shape(1));
}

namespace {

void InferBytesOfNumbers(const DecodeRaw& op, InferContext& ctx) {
  if (op.length >= 0 || !op.little_endian || ctx.dtype(0) == DType::kBool || op.to == DType::kBool)
    ctx.Fail("the bytes of {} are no {}", DTypeName(ctx.dtype(0)), DTypeName(op.to));
  const auto from = static_cast<int64_t>(DTypeSize(ctx.dtype(0))),
             to = static_cast<int64_t>(DTypeSize(op.to));
  const Shape& x = ctx.shape(0);
  if (from == to || !x.has_rank()) return ctx.Set(0, op.to, x);
  std::vector<Dim> dims = x.dims();
  if (from > to) {
    dims.push_back(from / to);
  } else {
    if (dims.empty() || (dims.back().known() && dims.back().value() != to / from))
      ctx.Fail("expected a last dimension of {}, got {}", to / from, x.ToString());
    dims.pop_back();
  }
  ctx.Set(0, op.to, Shape(std::move(dims)));
}

}  // namespace

void Infer(const DecodeRaw& op, InferContext& ctx) {
  if (op.to == DType::kString || op.to == DType::kInvalid) ctx.Fail("no numbers of {}", DTypeName(op.to));
  if (ctx.dtype(0) != DType::kString) return InferBytesOfNumbers(op, ctx);
  const int64_t width = static_cast<int64_t>(DTypeSize(op.to));
  if (op.length >= 0 && op.length % width != 0)
    ctx.Fail("{} bytes are no whole number of {}", op.length, DTypeName(op.to));
  const Shape& x = ctx.shape(0);
  if (!x.has_rank()) return ctx.Set(0, op.to, {});
  std::vector<Dim> dims = x.dims();
  dims.push_back(op.length >= 0 ? Dim(op.length / width) : Dim());
  ctx.Set(0, op.to, Shape(std::move(dims)));
}

void Infer(const DecodeWav& op, InferContext& ctx) {
  RequireStrings(ctx, 0);
  ctx.RequireRank(0, 0);
  ctx.Set(0, DType::kFloat32,
          Shape{op.samples >= 0 ? Dim(op.samples) : Dim(), op.channels >= 0 ? Dim(op.channels) : Dim()});
  ctx.Set(1, DType::kInt32, Shape(std::vector<Dim>{}));
}

void Infer(const DecodePicture& op, InferContext& ctx) {
  const bool is_bytes = ctx.dtype(0) == DType::kUInt8;
  if (!is_bytes) RequireStrings(ctx, 0);
  ctx.RequireRank(0, is_bytes ? 1 : 0);
  if (ctx.has(1)) ctx.RequireRank(1, 1);
  if (op.to != DType::kUInt8 && op.to != DType::kUInt16 && op.to != DType::kFloat32)
    ctx.Fail("no picture of {}", DTypeName(op.to));
  if (op.channels != 0 && op.channels != 1 && op.channels != 3 && op.channels != 4)
    ctx.Fail("expected 0, 1, 3 or 4 channels, got {}", op.channels);
  if (op.ratio != 1 && op.ratio != 2 && op.ratio != 4 && op.ratio != 8)
    ctx.Fail("expected a ratio of 1, 2, 4 or 8, got {}", op.ratio);
  ctx.Set(0, op.to, Shape{Dim(), Dim(), op.channels > 0 ? Dim(op.channels) : Dim()});
}

void Infer(const EncodePicture& op, InferContext& ctx) {
  const DType type = ctx.dtype(0);
  if (type != DType::kInvalid && type != DType::kUInt8 && (type != DType::kUInt16 || !op.png))
    ctx.Fail("no {} picture of {}", op.png ? "PNG" : "JPEG", DTypeName(type));
  const Shape& x = ctx.shape(0);
  if (!x.has_rank()) return ctx.Set(0, DType::kString, {});
  if (x.rank() < 3) ctx.Fail("expected rank 3 or more, got {}", x.ToString());
  ctx.Set(0, DType::kString, Shape(std::vector<Dim>(x.dims().begin(), x.dims().end() - 3)));
}

void Infer(const EditDistance&, InferContext& ctx) {
  for (const size_t side : {size_t{0}, size_t{3}}) {
    ctx.RequireRank(side, 2);
    ctx.RequireRank(side + 1, 1);
    ctx.RequireRank(side + 2, 1);
  }
  MergeDType(ctx, 1, 4);
  const auto a = ElementsOf(ctx, 2), b = ElementsOf(ctx, 5);
  if (!a || !b) return ctx.Set(0, DType::kFloat32, {});
  if (a->size() != b->size() || a->size() < 2)
    ctx.Fail("expected shapes of one rank from 2 on, got {} and {} dimensions", a->size(), b->size());
  std::vector<Dim> dims;
  for (size_t i = 0; i + 1 < a->size(); ++i) {
    const bool known = (*a)[i].number && (*b)[i].number;
    dims.push_back(known ? Dim(std::max(*(*a)[i].number, *(*b)[i].number)) : Dim());
  }
  ctx.Set(0, DType::kFloat32, Shape(std::move(dims)));
}

void Infer(const ExampleFeature& op, InferContext& ctx) {
  RequireStrings(ctx, 0);
  ctx.RequireRank(0, 1);
  if (op.to != DType::kFloat32 && op.to != DType::kInt64 && op.to != DType::kString)
    ctx.Fail("expected a feature of float32, int64 or string, got {}", DTypeName(op.to));
  const Dim rows = ctx.shape(0).has_rank() ? ctx.shape(0)[0] : Dim();
  if (op.count >= 0) return ctx.Set(0, op.to, Shape{rows, op.count});
  ctx.Set(0, op.to, Shape{Dim()});
  if (ctx.output_count() > 1) ctx.Set(1, DType::kInt64, Shape{rows.known() ? AddDim(ctx, rows, 1) : Dim()});
}

void Infer(const ExampleFeatureList& op, InferContext& ctx) {
  RequireStrings(ctx, 0);
  ctx.RequireRank(0, 1);
  if (op.to != DType::kFloat32 && op.to != DType::kInt64 && op.to != DType::kString)
    ctx.Fail("no feature of {}", DTypeName(op.to));
  const Dim protos = ctx.shape(0).has_rank() ? ctx.shape(0)[0] : Dim();
  ctx.Set(0, op.to, Shape{Dim()});
  ctx.Set(1, DType::kInt64, Shape{Dim()});
  ctx.Set(2, DType::kInt64, Shape{protos.known() ? AddDim(ctx, protos, 1) : Dim()});
}

void Infer(const EncodeWav&, InferContext& ctx) {
  if (ctx.dtype(0) != DType::kFloat32 && ctx.dtype(0) != DType::kInvalid)
    ctx.Fail("expected samples of float32, got {}", DTypeName(ctx.dtype(0)));
  ctx.RequireRank(0, 2);
  ctx.RequireRank(1, 0);
  ctx.Set(0, DType::kString, Shape(std::vector<Dim>{}));
}

}  // namespace floe
