// Detection, quantisation, transforms, random numbers, strings and tables.
#include <algorithm>

#include "base/element_type.h"
#include "graph/infer_ops.h"
#include "graph/infer_util.h"

namespace floe {
namespace {

Shape Scalar() {
  return Shape(std::vector<Dim>{});
}

Dim CountOf(const InferContext& ctx, size_t i) {
  const auto count = ElementsOf(ctx, i);
  if (!count) return {};
  if (count->size() != 1) ctx.Fail("input {} should be one number, got {}", i, count->size());
  if (count->front().number && *count->front().number < 0) ctx.Fail("a count of {}", *count->front().number);
  return count->front().ToDim();
}

void RequireStrings(const InferContext& ctx, size_t i) {
  if (ctx.dtype(i) != DType::kString && ctx.dtype(i) != DType::kInvalid) {
    ctx.Fail("input {} should be strings, got {}", i, DTypeName(ctx.dtype(i)));
  }
}

// Scale and zero point are one number, or as many as dimension `axis` of x.
void CheckScale(const InferContext& ctx, int64_t axis, size_t i) {
  const Shape& x = ctx.shape(0);
  const Shape& scale = ctx.shape(i);
  if (!ctx.has(i) || !x.has_rank() || !scale.has_rank() || scale.rank() == 0) return;
  if (scale.rank() == 1 && scale[0].known() && scale[0].value() == 1) return;
  ctx.RequireRank(i, 1);
  MergeDim(ctx, x[ctx.Axis(axis, x.rank())], scale[0], "the quantised dimension and its scales");
}

Shape ShapeFromInput(const InferContext& ctx, size_t i) {
  const auto sizes = ElementsOf(ctx, i);
  if (!sizes) return {};
  std::vector<Dim> dims;
  for (const Element& e : *sizes) {
    if (e.number && *e.number < 0) ctx.Fail("a dimension of {}", *e.number);
    dims.push_back(e.ToDim());
  }
  return Shape(std::move(dims));
}

}  // namespace

void Infer(const NonMaxSuppression&, InferContext& ctx) {
  ctx.RequireRank(0, 3);
  ctx.RequireRank(1, 3);
  ctx.Set(0, DType::kInt64, Shape{Dim(), Dim(3)});
}

void Infer(const TfNonMaxSuppression& op, InferContext& ctx) {
  ctx.RequireRank(0, 2);
  ctx.RequireRank(1, 1);
  if (ctx.shape(0).has_rank()) {
    const Dim columns = op.overlaps ? ctx.shape(0)[0] : Dim(4);
    MergeDim(ctx, ctx.shape(0)[1], columns, op.overlaps ? "rows and columns" : "columns of boxes and 4");
    if (ctx.shape(1).has_rank()) MergeDim(ctx, ctx.shape(0)[0], ctx.shape(1)[0], "boxes and scores");
  }
  const Dim count = op.pad_to_max ? CountOf(ctx, 2) : Dim();
  ctx.Set(0, DType::kInt32, Shape{count});
  ctx.Set(1, ctx.dtype(1), Shape{count});
  ctx.Set(2, DType::kInt32, Scalar());
}

void Infer(const CombinedNonMaxSuppression& op, InferContext& ctx) {
  ctx.RequireRank(0, 4);
  ctx.RequireRank(1, 3);
  const Shape boxes = ctx.shape(0).has_rank() ? ctx.shape(0) : Shape::UnknownOfRank(4);
  const Shape scores = ctx.shape(1).has_rank() ? ctx.shape(1) : Shape::UnknownOfRank(3);
  const Dim batch = MergeDim(ctx, boxes[0], scores[0], "batches of boxes and scores");
  MergeDim(ctx, boxes[1], scores[1], "boxes and scores");
  Dim total = CountOf(ctx, 3);
  if (op.pad_per_class) {
    const Dim all = MulDims(ctx, CountOf(ctx, 2), scores[2]);
    total = total.known() && all.known() ? Dim(std::min(total.value(), all.value())) : Dim();
  }
  ctx.Set(0, DType::kFloat32, Shape{batch, total, Dim(4)});
  ctx.Set(1, DType::kFloat32, Shape{batch, total});
  ctx.Set(2, DType::kFloat32, Shape{batch, total});
  ctx.Set(3, DType::kInt32, Shape{batch});
}

void Infer(const QuantizeLinear& op, InferContext& ctx) {
  CheckScale(ctx, op.axis, 1);
  CheckScale(ctx, op.axis, 2);
  ctx.Set(0, ctx.has(2) ? ctx.dtype(2) : DType::kUInt8, ctx.shape(0));
}

void Infer(const DequantizeLinear& op, InferContext& ctx) {
  CheckScale(ctx, op.axis, 1);
  CheckScale(ctx, op.axis, 2);
  ctx.Set(0, ctx.dtype(1), ctx.shape(0));
}

void Infer(const Fft& op, InferContext& ctx) {
  const bool real_in = op.kind == FftKind::kRfft;
  const bool real_out = op.kind == FftKind::kIrfft;
  if (op.dims < 1 || op.dims > 3) ctx.Fail("expected 1 to 3 transformed dimensions, got {}", op.dims);
  if (ctx.dtype(0) != DType::kInvalid && (real_in ? !IsFloat(ctx.dtype(0)) : !IsComplex(ctx.dtype(0)))) {
    ctx.Fail("expected {} input, got {}", real_in ? "real" : "complex", DTypeName(ctx.dtype(0)));
  }
  const DType dtype = real_in ? ComplexOf(ctx.dtype(0)) : real_out ? RealOf(ctx.dtype(0)) : ctx.dtype(0);
  Shape out = ctx.shape(0);
  if (!out.has_rank()) return ctx.Set(0, dtype, {});
  const auto count = static_cast<size_t>(op.dims);
  if (out.rank() < count) ctx.Fail("expected at least {} dimensions, got {}", count, out.ToString());
  const auto lengths = ElementsOf(ctx, 1);
  if (lengths && lengths->size() != count) ctx.Fail("expected {} lengths, got {}", count, lengths->size());
  const size_t first = out.rank() - count;
  if (ctx.has(1)) {
    for (size_t i = 0; i < count; ++i) {
      const Element e = lengths ? (*lengths)[i] : Element{};
      if (e.number && *e.number < 0) ctx.Fail("a length of {}", *e.number);
      out[first + i] = e.ToDim();
    }
  } else if (real_out) {
    Dim& last = out[out.rank() - 1];
    last = last.known() && last.value() > 0 ? AddDim(ctx, MulDim(ctx, last, 2), -2) : Dim();
  }
  if (real_in) {
    Dim& last = out[out.rank() - 1];
    last = last.known() ? Dim(last.value() == 0 ? 0 : last.value() / 2 + 1) : Dim();
  }
  ctx.Set(0, dtype, std::move(out));
}

void Infer(const Random& op, InferContext& ctx) {
  if (op.to == DType::kInvalid || op.to == DType::kString) ctx.Fail("no random {}", DTypeName(op.to));
  ctx.Set(0, op.to, ShapeFromInput(ctx, 0));
}

void Infer(const RandomShuffle&, InferContext& ctx) {
  ctx.Set(0, ctx.dtype(0), ctx.shape(0));
}

void Infer(const Multinomial& op, InferContext& ctx) {
  ctx.RequireRank(0, 2);
  ctx.Set(0, op.to, Shape{ctx.shape(0).has_rank() ? ctx.shape(0)[0] : Dim(), CountOf(ctx, 1)});
}

void Infer(const RandomKey&, InferContext& ctx) {
  ctx.RequireRank(0, 1);
  ctx.Set(0, DType::kUInt64, Shape{Dim(1)});
  ctx.Set(1, DType::kUInt64, Shape{Dim(2)});
}

void Infer(const StatelessRandom& op, InferContext& ctx) {
  if (op.to == DType::kInvalid || op.to == DType::kString) ctx.Fail("no random {}", DTypeName(op.to));
  ctx.Set(0, op.to, ShapeFromInput(ctx, 0));
}

void Infer(const StatelessDraw& op, InferContext& ctx) {
  if (!IsFloat(op.to) && !IsInteger(op.to)) ctx.Fail("no random {}", DTypeName(op.to));
  ctx.Set(0, op.to, ShapeFromInput(ctx, 0));
}

void Infer(const StatelessMultinomial& op, InferContext& ctx) {
  if (!IsInteger(op.to)) ctx.Fail("cannot give classes as {}", DTypeName(op.to));
  ctx.RequireRank(0, 2);
  ctx.Set(0, op.to, Shape{ctx.shape(0).has_rank() ? ctx.shape(0)[0] : Dim(), CountOf(ctx, 1)});
}

namespace {

// Where the crop begins, how large it is, and both as a box.
void InferCropBox(InferContext& ctx) {
  ctx.RequireRank(0, 1);
  ctx.RequireRank(1, 3);
  ctx.Set(0, ctx.dtype(0), Shape{Dim(3)});
  ctx.Set(1, ctx.dtype(0), Shape{Dim(3)});
  ctx.Set(2, DType::kFloat32, Shape{Dim(1), Dim(1), Dim(4)});
}

}  // namespace

void Infer(const StatelessCropBox&, InferContext& ctx) {
  InferCropBox(ctx);
}
void Infer(const RandomCropBox&, InferContext& ctx) {
  InferCropBox(ctx);
}

void Infer(const GatherTree&, InferContext& ctx) {
  ctx.RequireRank(0, 3);
  ctx.RequireRank(1, 3);
  ctx.RequireRank(2, 1);
  ctx.RequireRank(3, 0);
  ctx.Set(0, ctx.dtype(0), ctx.shape(0));
}

void Infer(const CtcBeamSearch& op, InferContext& ctx) {
  ctx.RequireRank(0, 3);
  ctx.RequireRank(1, 1);
  if (op.paths < 1 || op.paths > op.width || op.paths > 4096)
    ctx.Fail("expected 1 to {} paths, got {}", op.width, op.paths);
  const auto paths = static_cast<size_t>(op.paths);
  if (ctx.output_count() != 3 * paths + 1) ctx.Fail("expected {} outputs", 3 * paths + 1);
  for (size_t i = 0; i < paths; ++i) {
    ctx.Set(i, DType::kInt64, Shape{Dim(), Dim(2)});
    ctx.Set(paths + i, DType::kInt64, Shape{Dim()});
    ctx.Set(2 * paths + i, DType::kInt64, Shape{Dim(2)});
  }
  const Shape& x = ctx.shape(0);
  ctx.Set(3 * paths, ctx.dtype(0), Shape{x.has_rank() ? x[1] : Dim(), Dim(op.paths)});
}

void Infer(const LookupTable&, InferContext& ctx) {
  MergeDType(ctx, 0, 1);
  ctx.RequireRank(1, 1);
  ctx.RequireRank(2, 1);
  if (ctx.shape(1).has_rank() && ctx.shape(2).has_rank()) {
    MergeDim(ctx, ctx.shape(1)[0], ctx.shape(2)[0], "keys and values");
  }
  ctx.Set(0, MergeDType(ctx, 2, 3), ctx.shape(0));
}

void Infer(const Assert&, InferContext& ctx) {
  if (ctx.dtype(0) != DType::kBool && ctx.dtype(0) != DType::kInvalid) {
    ctx.Fail("the condition should be bool, got {}", DTypeName(ctx.dtype(0)));
  }
  ctx.Set(0, DType::kBool, ctx.shape(0));
}

void Infer(const StringMap& op, InferContext& ctx) {
  RequireStrings(ctx, 0);
  DType dtype = DType::kString;
  if (op.kind == StringMapKind::kRegexFullMatch) dtype = DType::kBool;
  if (op.kind == StringMapKind::kLength || op.kind == StringMapKind::kLengthUtf8) dtype = DType::kInt32;
  ctx.Set(0, dtype, ctx.shape(0));
}

void Infer(const StringJoin&, InferContext& ctx) {
  for (size_t i = 0; i < ctx.input_count(); ++i) {
    if (!ctx.has(i)) ctx.Fail("input {} is missing", i);
    RequireStrings(ctx, i);
  }
  ctx.Set(0, DType::kString, BroadcastInputs(ctx, 0, ctx.input_count() - 1));
}

void Infer(const StringSplit&, InferContext& ctx) {
  RequireStrings(ctx, 0);
  ctx.RequireRank(0, 1);
  ctx.Set(0, DType::kInt64, Shape{Dim(), Dim(2)});
  ctx.Set(1, DType::kString, Shape{Dim()});
  ctx.Set(2, DType::kInt64, Shape{Dim(2)});
}

void Infer(const StringReduceJoin& op, InferContext& ctx) {
  RequireStrings(ctx, 0);
  const Shape& x = ctx.shape(0);
  if (!x.has_rank()) return ctx.Set(0, DType::kString, {});
  const std::vector<bool> reduced = AxisFlags(ctx, op.axes, x.rank());
  std::vector<Dim> dims;
  for (size_t i = 0; i < x.rank(); ++i) {
    if (!reduced[i]) dims.push_back(x[i]);
    if (reduced[i] && op.keep_dims) dims.push_back(1);
  }
  ctx.Set(0, DType::kString, Shape(std::move(dims)));
}

void Infer(const StringHash& op, InferContext& ctx) {
  RequireStrings(ctx, 0);
  if (op.buckets < 0) ctx.Fail("expected buckets, got {}", op.buckets);
  ctx.Set(0, DType::kInt64, ctx.shape(0));
}

void Infer(const AsString&, InferContext& ctx) {
  ctx.Set(0, DType::kString, ctx.shape(0));
}

void Infer(const StringToNumber& op, InferContext& ctx) {
  RequireStrings(ctx, 0);
  ctx.Set(0, op.to, ctx.shape(0));
}

}  // namespace floe
