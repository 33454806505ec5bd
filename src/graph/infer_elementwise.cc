#include <algorithm>
#include <limits>

#include "base/element_type.h"
#include "graph/infer_ops.h"
#include "graph/infer_util.h"

namespace floe {
namespace {

void SameAsInput(InferContext& ctx) {
  ctx.Set(0, ctx.dtype(0), ctx.shape(0));
}

void RequireDType(const InferContext& ctx, size_t i, DType wanted) {
  if (ctx.dtype(i) != wanted && ctx.dtype(i) != DType::kInvalid) {
    ctx.Fail("input {} should be {}, got {}", i, DTypeName(wanted), DTypeName(ctx.dtype(i)));
  }
}

bool IsComparison(BinaryKind kind) {
  return kind >= BinaryKind::kEqual && kind <= BinaryKind::kGreaterOrEqual;
}

std::optional<int64_t> FloorDivide(int64_t a, int64_t b) {
  if (b == 0 || (a == std::numeric_limits<int64_t>::min() && b == -1)) return std::nullopt;
  const int64_t q = a / b;
  return a % b != 0 && (a < 0) != (b < 0) ? q - 1 : q;
}

// nullopt where the kind is not followed or the number does not fit.
std::optional<int64_t> Compute(BinaryKind kind, int64_t a, int64_t b) {
  int64_t out = 0;
  switch (kind) {
    case BinaryKind::kAdd:
      return __builtin_add_overflow(a, b, &out) ? std::nullopt : std::optional(out);
    case BinaryKind::kSub:
      return __builtin_sub_overflow(a, b, &out) ? std::nullopt : std::optional(out);
    case BinaryKind::kMul:
      return __builtin_mul_overflow(a, b, &out) ? std::nullopt : std::optional(out);
    case BinaryKind::kDiv:
      if (!FloorDivide(a, b)) return std::nullopt;
      return a / b;
    case BinaryKind::kFloorDiv:
      return FloorDivide(a, b);
    case BinaryKind::kFloorMod:
      if (const auto q = FloorDivide(a, b)) return a - *q * b;
      return std::nullopt;
    case BinaryKind::kTruncMod:
      if (!FloorDivide(a, b)) return std::nullopt;
      return a % b;
    case BinaryKind::kMin:
      return std::min(a, b);
    case BinaryKind::kMax:
      return std::max(a, b);
    default:
      return std::nullopt;
  }
}

Element Combine(BinaryKind kind, const Element& a, const Element& b) {
  const bool a_is = a.number.has_value();
  const bool b_is = b.number.has_value();
  if (a_is && b_is) return {Compute(kind, *a.number, *b.number), ""};
  // A symbol stands for a dimension, so it is never negative.
  switch (kind) {
    case BinaryKind::kAdd:
      if (b_is && *b.number == 0) return a;
      return a_is && *a.number == 0 ? b : Element{};
    case BinaryKind::kSub:
      if (a.Same(b)) return {0, ""};
      return b_is && *b.number == 0 ? a : Element{};
    case BinaryKind::kMul:
      if (b_is && *b.number == 1) return a;
      return a_is && *a.number == 1 ? b : Element{};
    case BinaryKind::kDiv:
    case BinaryKind::kFloorDiv:
      return b_is && *b.number == 1 ? a : Element{};
    case BinaryKind::kMax:
      if (!a.symbol.empty() && b_is && *b.number <= 0) return a;
      if (!b.symbol.empty() && a_is && *a.number <= 0) return b;
      return a.Same(b) ? a : Element{};
    case BinaryKind::kMin:
      return a.Same(b) ? a : Element{};
    default:
      return {};
  }
}

// Contents of rank 0 or 1 that broadcast to the output's count.
const Element& Broadcasted(const Elements& elements, size_t i) {
  return elements.size() == 1 ? elements[0] : elements[i];
}

void FollowElements(BinaryKind kind, InferContext& ctx, DType dtype, const Shape& shape) {
  if (!shape.has_rank() || shape.rank() > 1) return;
  const auto a = ElementsOf(ctx, 0);
  const auto b = ElementsOf(ctx, 1);
  const auto count = shape.ElementCount();
  if (!a || !b || !count || *count > kMaxElements) return;
  Elements out;
  for (size_t i = 0; i < static_cast<size_t>(*count); ++i) {
    Element e = Combine(kind, Broadcasted(*a, i), Broadcasted(*b, i));
    const bool wraps =
        dtype == DType::kInt32 && e.number.has_value() &&
        (*e.number > std::numeric_limits<int32_t>::max() || *e.number < std::numeric_limits<int32_t>::min());
    out.push_back(wraps ? Element{} : std::move(e));
  }
  SetElementsOf(ctx, 0, out);
}

}  // namespace

void Infer(const Unary& op, InferContext& ctx) {
  DType dtype = ctx.dtype(0);
  switch (op.kind) {
    case UnaryKind::kAbs:
    case UnaryKind::kReal:
    case UnaryKind::kImag:
    case UnaryKind::kAngle:
      dtype = RealOf(dtype);
      break;
    case UnaryKind::kIsNaN:
    case UnaryKind::kIsInf:
    case UnaryKind::kIsFinite:
      dtype = DType::kBool;
      break;
    case UnaryKind::kNot:
      RequireDType(ctx, 0, DType::kBool);
      dtype = DType::kBool;
      break;
    case UnaryKind::kPopulationCount:
      dtype = DType::kUInt8;
      break;
    default:
      break;
  }
  if (ctx.dtype(0) == DType::kString && op.kind != UnaryKind::kIdentity) {
    ctx.Fail("expected numbers, got strings");
  }
  ctx.Set(0, dtype, ctx.shape(0));
  if (op.kind == UnaryKind::kIdentity) PassElements(ctx, 0);
  if (op.kind == UnaryKind::kNeg || op.kind == UnaryKind::kAbs) {
    auto numbers = ctx.ints(0);
    if (!numbers) return;
    Elements out;
    for (const int64_t n : *numbers) {
      const bool flips = op.kind == UnaryKind::kNeg || n < 0;
      out.push_back({flips ? Compute(BinaryKind::kSub, 0, n) : std::optional(n), ""});
    }
    SetElementsOf(ctx, 0, out);
  }
}

void Infer(const Binary& op, InferContext& ctx) {
  // TensorFlow's Polygamma and shifts have equal types too.
  DType dtype = MergeDType(ctx, 0, 1);
  const Shape shape = BroadcastInputs(ctx, 0, 1);
  if (IsComparison(op.kind)) {
    dtype = DType::kBool;
  } else if (op.kind == BinaryKind::kAnd || op.kind == BinaryKind::kOr || op.kind == BinaryKind::kXor) {
    RequireDType(ctx, 0, DType::kBool);
    RequireDType(ctx, 1, DType::kBool);
    dtype = DType::kBool;
  } else if (op.kind == BinaryKind::kComplex) {
    dtype = ComplexOf(dtype);
  } else if (dtype == DType::kString && op.kind != BinaryKind::kAdd) {
    ctx.Fail("expected numbers, got strings");
  }
  ctx.Set(0, dtype, shape);
  if (!IsComparison(op.kind)) FollowElements(op.kind, ctx, dtype, shape);
}

void Infer(const Sum&, InferContext& ctx) {
  Shape shape = ctx.shape(0);
  DType dtype = ctx.dtype(0);
  for (size_t i = 1; i < ctx.input_count(); ++i) {
    if (!ctx.has(i)) ctx.Fail("input {} is missing", i);
    dtype = MergeDType(ctx, dtype == DType::kInvalid ? i : 0, i);
    auto both = MergeShapes(shape, ctx.shape(i));
    if (!both)
      ctx.Fail("inputs should have one shape, got {} and {}", shape.ToString(), ctx.shape(i).ToString());
    shape = std::move(*both);
  }
  ctx.Set(0, dtype, std::move(shape));
}

void Infer(const Clip&, InferContext& ctx) {
  SameAsInput(ctx);
}
void Infer(const LeakyRelu&, InferContext& ctx) {
  SameAsInput(ctx);
}
void Infer(const Elu&, InferContext& ctx) {
  SameAsInput(ctx);
}
void Infer(const Selu&, InferContext& ctx) {
  SameAsInput(ctx);
}
void Infer(const HardSigmoid&, InferContext& ctx) {
  SameAsInput(ctx);
}
void Infer(const Gelu&, InferContext& ctx) {
  SameAsInput(ctx);
}

void Infer(const PRelu&, InferContext& ctx) {
  ctx.Set(0, MergeDType(ctx, 0, 1), BroadcastInputs(ctx, 0, 1));
}

void Infer(const Cast& op, InferContext& ctx) {
  if (op.to == DType::kInvalid) ctx.Fail("the type to cast to is not known");
  ctx.Set(0, op.to, ctx.shape(0));
  if (ctx.dtype(0) != DType::kInt32 && ctx.dtype(0) != DType::kInt64) return;
  auto elements = ElementsOf(ctx, 0);
  if (!elements) return;
  for (Element& e : *elements) {
    // A dimension over 2^31 would not survive the cast.
    if (op.to == DType::kInt32 && e.number && *e.number != static_cast<int32_t>(*e.number)) e = {};
  }
  SetElementsOf(ctx, 0, *elements);
}

void Infer(const Where&, InferContext& ctx) {
  RequireDType(ctx, 0, DType::kBool);
  const DType dtype = MergeDType(ctx, 1, 2);
  const Shape shape = BroadcastInputs(ctx, 0, 2);
  ctx.Set(0, dtype, shape);
  const Tensor* condition = ctx.constant(0);
  const auto x = ElementsOf(ctx, 1);
  const auto y = ElementsOf(ctx, 2);
  if (!x || !y || !shape.has_rank() || shape.rank() > 1) return;
  const auto count = shape.ElementCount();
  if (!count || *count > kMaxElements) return;
  if (condition != nullptr && condition->dtype() != DType::kBool) condition = nullptr;
  Elements out;
  for (size_t i = 0; i < static_cast<size_t>(*count); ++i) {
    const Element& a = Broadcasted(*x, i);
    const Element& b = Broadcasted(*y, i);
    if (condition == nullptr) {
      out.push_back(a.Same(b) ? a : Element{});
    } else {
      out.push_back(condition->data<bool>()[condition->size() == 1 ? 0 : i] ? a : b);
    }
  }
  SetElementsOf(ctx, 0, out);
}

void Infer(const FakeQuant& op, InferContext& ctx) {
  if (op.bits < 2 || op.bits > 16) ctx.Fail("bits should be 2 to 16, got {}", op.bits);
  SameAsInput(ctx);
}

}  // namespace floe
