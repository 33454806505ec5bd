// Reductions, orders, matrices, random numbers, recurrent layers, detection.
#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <cmath>
#include <limits>
#include <numeric>

#include "export/lower/rules.h"

namespace floe {
namespace {

using enum UnaryKind;
using enum BinaryKind;

// log(exp(x) + exp(y)), -inf for two of them.
ValueId LogAddExp(Lowering& l, ValueId x, ValueId y) {
  const ValueId largest = l.Bin(kMax, x, y);
  const ValueId lowest = l.Num(-std::numeric_limits<double>::infinity(), x);
  const ValueId base = l.If(l.Bin(kEqual, largest, lowest), l.Num(0, x), largest);
  const auto part = [&](ValueId v) { return l.Un(kExp, l.Bin(kSub, v, base)); };
  return l.Bin(kAdd, base, l.Un(kLog, l.Bin(kAdd, part(x), part(y))));
}

ValueId ReduceNothing(const Reduce& op, Lowering& l) {
  const ValueId x = l.in(0);
  switch (op.kind) {
    case ReduceKind::kL1:
    case ReduceKind::kL2:
      return l.Un(kAbs, x);
    case ReduceKind::kSumSquare:
      return l.Un(kSquare, x);
    case ReduceKind::kLogSum:
      return l.Un(kLog, x);
    default:
      return l.Un(kIdentity, x);
  }
}

// A dimension that is reduced away is empty: the result is the neutral element, whatever runtimes make of it.
bool ReducesNothing(const Reduce& op, const Shape& shape) {
  return shape.has_rank() && std::ranges::any_of(op.axes, [&](int64_t a) {
           const Dim& d = shape[static_cast<size_t>(a < 0 ? a + static_cast<int64_t>(shape.rank()) : a)];
           return d.known() && d.value() == 0;
         });
}

ValueId NeutralElement(const Reduce& op, Lowering& l) {
  if (l.evaluator() == nullptr) return kNoValue;
  Ints dims;
  for (const Dim& d : l.shape(0).dims()) dims.push_back(d.known() && d.value() == 0 ? 0 : 1);
  Graph empty("empty");
  empty.SetOutputs({empty.Add(op, {empty.AddConstant("x", Tensor(l.dtype(0), dims))})});
  const Tensor result = l.evaluator()->Evaluate(empty, {})[0];
  if (result.size() != 1) return kNoValue;
  std::vector<ValueId> kept;
  const auto rank = static_cast<int64_t>(dims.size());
  for (int64_t i = 0; i < rank; ++i) {
    const bool gone = std::ranges::any_of(op.axes, [&](int64_t a) { return a == i || a + rank == i; });
    if (!gone) kept.push_back(l.b().DimTensor(l.in(0), i));
    if (gone && op.keep_dims) kept.push_back(l.b().Int64s({1}));
  }
  const ValueId shape = kept.empty() ? l.b().Int64s({}) : l.b().ConcatVectors(kept);
  return l.Add(Expand{}, {l.b().Constant(result.Reshaped({})), shape});
}

// The number of elements that are reduced together, in x's type.
ValueId CountOf(const Reduce& op, Lowering& l) {
  ValueId count = l.b().Int64s({1});
  for (const int64_t axis : op.axes) count = l.Bin(kMul, count, l.b().DimTensor(l.in(0), axis));
  return l.b().CastTo(l.b().ToScalar(count), l.dtype(0));
}

}  // namespace

Lowering::Result Lower(const Reduce& op, Lowering& l) {
  const ValueId x = l.in(0);
  const DType dtype = l.dtype(0);
  if (op.axes.empty()) return {ReduceNothing(op, l)};
  if (ReducesNothing(op, l.shape(0))) {
    const ValueId y = NeutralElement(op, l);
    if (y != kNoValue) return {y};
  }
  if (op.kind == ReduceKind::kAll || op.kind == ReduceKind::kAny) {
    const ReduceKind kind = op.kind == ReduceKind::kAll ? ReduceKind::kMin : ReduceKind::kMax;
    const ValueId y = l.b().Reduce(kind, l.b().CastTo(x, DType::kInt32), op.axes, op.keep_dims);
    return {l.b().CastTo(y, DType::kBool)};
  }
  if (op.kind == ReduceKind::kMean && IsInteger(dtype)) {
    const ValueId wide = l.b().CastTo(x, dtype);
    const ValueId sum = l.b().Reduce(ReduceKind::kSum, wide, op.axes, op.keep_dims);
    return {l.Bin(kDiv, sum, CountOf(op, l))};
  }
  const bool narrow = dtype == DType::kFloat64 || IsInteger(dtype);
  if (op.kind == ReduceKind::kL2 && narrow) {
    const ValueId wide = l.b().CastTo(x, DType::kFloat64);
    const ValueId sum = l.b().Reduce(ReduceKind::kSum, l.Bin(kMul, wide, wide), op.axes, op.keep_dims);
    return {l.b().CastTo(l.Un(kSqrt, sum), dtype)};
  }
  if (op.kind == ReduceKind::kL1 && dtype == DType::kFloat64) {
    return {l.b().Reduce(ReduceKind::kSum, l.Un(kAbs, x), op.axes, op.keep_dims)};
  }
  if (op.kind == ReduceKind::kSumSquare && IsInteger(dtype)) {
    return {l.b().Reduce(ReduceKind::kSum, l.Bin(kMul, x, x), op.axes, op.keep_dims)};
  }
  return l.Keep();
}

Lowering::Result Lower(const ArgReduce& op, Lowering& l) {
  if (l.dtype(0) != DType::kBool) return l.Keep();
  return {l.Add(op, {l.b().CastTo(l.in(0), DType::kInt32)})};
}

// A cumulative product, or log of a sum of exponentials, by doubling: after step k each element holds that of
// the last 2^k.
Lowering::Result Lower(const Cumulative& op, Lowering& l) {
  if (op.kind == CumulativeKind::kCumSum) return l.Keep();
  const int64_t rank = l.Rank(0);
  if (rank < 0) return {};
  const auto given = ConstantScalar(l.graph(), l.in(1));
  if (!given) return l.Refuse(fmt::format("the axis of its {} is known only at run time", OpName(op)));
  const int64_t axis =
      static_cast<int64_t>(*given) < 0 ? static_cast<int64_t>(*given) + rank : static_cast<int64_t>(*given);
  const Dim& size = l.shape(0)[static_cast<size_t>(axis)];
  if (!size.known()) {
    return l.Refuse(fmt::format("ONNX has no {}, and the size along it is not known", OpName(op)),
                    "fix the input's shape with --input NAME=SHAPE");
  }
  const int64_t n = size.value();
  const bool product = op.kind == CumulativeKind::kCumProd;
  const double neutral = product ? 1 : -std::numeric_limits<double>::infinity();
  const auto shift = [&](ValueId x, int64_t by) {
    Ints pads(static_cast<size_t>(2 * rank), 0);
    pads[static_cast<size_t>(op.reverse ? rank + axis : axis)] = by;
    const ValueId kept = op.reverse ? l.Cut(x, axis, by, n) : l.Cut(x, axis, 0, n - by);
    return l.Add(Pad{}, {kept, l.b().Int64s(pads), l.Num(neutral, x)});
  };
  const auto join = [&](ValueId x, ValueId y) { return product ? l.Bin(kMul, x, y) : LogAddExp(l, x, y); };
  ValueId y = l.in(0);
  if (op.exclusive && n > 0) y = shift(y, 1);
  for (int64_t by = 1; by < n; by *= 2) y = join(y, shift(y, by));
  return {y == l.in(0) ? l.Un(kIdentity, y) : y};
}

Lowering::Result Lower(const LayerNormalization& op, Lowering& l) {
  if (l.opset() >= 17) return l.Keep();
  const int64_t rank = l.Rank(0);
  if (rank < 0) return {};
  Ints axes;
  for (int64_t a = op.axis < 0 ? op.axis + rank : op.axis; a < rank; ++a) axes.push_back(a);
  const ValueId x = l.in(0);
  const ValueId centred = l.Bin(kSub, x, l.b().Reduce(ReduceKind::kMean, x, axes, true));
  const ValueId variance = l.b().Reduce(ReduceKind::kMean, l.Bin(kMul, centred, centred), axes, true);
  const ValueId deviation = l.Un(kSqrt, l.Bin(kAdd, variance, l.Num(op.epsilon, x)));
  ValueId y = l.Bin(kMul, l.Bin(kDiv, centred, deviation), l.in(1));
  if (l.has(2)) y = l.Bin(kAdd, y, l.in(2));
  return {y};
}

// ONNX's checker takes an ellipsis for the same dimensions in every operand.
Lowering::Result Lower(const Einsum& op, Lowering& l) {
  if (op.equation.find("...") == std::string::npos || l.node().inputs.size() < 2) return l.Keep();
  const Shape &a = l.shape(0), &b = l.shape(1);
  const size_t comma = op.equation.find(','), arrow = op.equation.find("->");
  const auto letters = [](std::string_view part) {
    return static_cast<size_t>(
        std::ranges::count_if(part, [](char c) { return std::isalpha(static_cast<unsigned char>(c)); }));
  };
  const std::string_view equation = op.equation;
  const std::string_view left = equation.substr(0, comma),
                         right = equation.substr(comma + 1, arrow - comma - 1);
  const bool both = left.find("...") != std::string_view::npos && right.find("...") != std::string_view::npos;
  if (both && a.has_rank() && b.has_rank() && a.rank() - letters(left) == b.rank() - letters(right)) {
    const size_t count = a.rank() - letters(left), at = left.find("..."), there = right.find("...");
    bool same = true;
    for (size_t i = 0; i < count; ++i)
      same &= a[letters(left.substr(0, at)) + i].Same(b[letters(right.substr(0, there)) + i]);
    if (same) return l.Keep();
  }
  if (!both) return l.Keep();
  return l.Refuse("ONNX broadcasts no dimensions under an ellipsis", "write the broadcast out in the model");
}

Lowering::Result Lower(const MatMul& op, Lowering& l) {
  if (!op.conjugate_a && !op.conjugate_b) return l.Keep();
  MatMul plain = op;
  plain.conjugate_a = plain.conjugate_b = false;
  if (IsComplex(l.dtype(0))) return l.Refuse("ONNX has no complex matrix product");
  return {l.Add(plain, l.node().inputs)};
}

namespace {

// Time first, which is all that runtimes have.
template <typename T>
Lowering::Result LowerRecurrent(T op, Lowering& l, std::vector<ValueId> inputs) {
  const bool batch_first = op.batch_first;
  op.batch_first = false;
  if (batch_first) inputs[0] = l.b().Transpose(inputs[0], {1, 0, 2});
  Lowering::Result made = l.b().AddNode(op, std::move(inputs), static_cast<int>(l.node().outputs.size()));
  // [T, D, B, H] to [B, T, D, H]
  if (batch_first) made[0] = l.b().Transpose(made[0], {2, 0, 1, 3});
  return made;
}

// forget_bias joins the f gate of the bias, [D, 8H] in order i o f c.
ValueId WithForgetBias(const Lstm& op, Lowering& l) {
  const int64_t directions = op.direction == Direction::kBidirectional ? 2 : 1, h = op.hidden_size;
  Tensor extra(l.dtype(0), {directions, 8 * h});
  std::vector<double> values(static_cast<size_t>(directions * 8 * h), 0);
  for (int64_t d = 0; d < directions; ++d) {
    std::fill_n(values.begin() + (d * 8 + 2) * h, h, op.forget_bias);
  }
  const ValueId bias = l.b().Constant(TensorOfNumbers(l.dtype(0), {directions, 8 * h}, values));
  return l.has(3) ? l.Bin(kAdd, l.in(3), bias) : bias;
}

}  // namespace

Lowering::Result Lower(const Lstm& op, Lowering& l) {
  if (!op.batch_first && op.forget_bias == 0) return l.Keep();
  std::vector<ValueId> inputs = l.node().inputs;
  Lstm plain = op;
  if (op.forget_bias != 0) {
    inputs.resize(std::max<size_t>(inputs.size(), 4), kNoValue);
    inputs[3] = WithForgetBias(op, l);
    plain.forget_bias = 0;
  }
  return LowerRecurrent(plain, l, std::move(inputs));
}

Lowering::Result Lower(const Gru& op, Lowering& l) {
  if (!op.batch_first) return l.Keep();
  return LowerRecurrent(op, l, l.node().inputs);
}

// ONNX's for one image and one class; what it selects, filled up with zeros where asked.
Lowering::Result Lower(const TfNonMaxSuppression& op, Lowering& l) {
  if (op.overlaps) {
    return l.Refuse("ONNX's suppression takes boxes, not the overlap of each pair",
                    "choose outputs before it");
  }
  if (l.has(5)) {
    const auto sigma = ConstantScalar(l.graph(), l.in(5));
    if (sigma != 0) return l.Refuse("ONNX has no soft non-maximum suppression", "set soft_nms_sigma to 0");
  }
  const ValueId boxes = l.Unsqueezed(l.b().CastTo(l.in(0), DType::kFloat32), {0});
  const ValueId scores = l.Unsqueezed(l.b().CastTo(l.in(1), DType::kFloat32), {0, 1});
  const auto limit = [&](size_t i, double fallback) {
    if (!l.has(i)) return l.b().Scalar(DType::kFloat32, fallback);
    return l.b().CastTo(l.in(i), DType::kFloat32);
  };
  const ValueId most = l.b().ToInt64(l.in(2));
  // TensorFlow's scores may be anything above minus infinity; ONNX compares with the threshold as well.
  const ValueId lowest = limit(4, -std::numeric_limits<double>::infinity());
  const ValueId found = l.Add(NonMaxSuppression{}, {boxes, scores, most, limit(3, 0.5), lowest});
  const ValueId chosen = l.b().Reshape(l.Cut(found, 1, 2, 3), {-1});
  const ValueId count = l.b().DimTensor(chosen, 0);
  ValueId indices = l.b().CastTo(chosen, DType::kInt32);
  ValueId picked = l.Add(Gather{}, {l.in(1), chosen});
  if (op.pad_to_max) {
    const ValueId missing = l.Bin(kSub, l.b().Reshape(most, {1}), count);
    const ValueId pads = l.b().ConcatVectors({l.b().Int64s({0}), missing});
    indices = l.Add(Pad{}, {indices, pads});
    picked = l.Add(Pad{}, {picked, pads});
  }
  Lowering::Result results{indices, picked, l.b().CastTo(l.b().ToScalar(count), DType::kInt32)};
  results.resize(l.node().outputs.size());
  return results;
}

// TensorFlow's combined suppression. ONNX selects boxes of each class of each image; their scores, in a table
// of all boxes of all classes, are ranked, and the best of each image are gathered.
Lowering::Result Lower(const CombinedNonMaxSuppression& op, Lowering& l) {
  const Shape& boxes = l.shape(0);
  const Shape& scores = l.shape(1);
  if (!boxes.has_rank() || !boxes[2].known() || !scores.has_rank() || !scores[2].known()) {
    return l.Refuse("the number of classes is not known", "fix the input's shape with --input NAME=SHAPE");
  }
  Builder& b = l.b();
  const bool shared = boxes[2].value() == 1;  // one box for all classes
  const int64_t classes = scores[2].value();
  const auto ints = [&](Ints v) { return b.Int64s(std::move(v)); };
  const ValueId images = b.DimTensor(l.in(0), 0), count = b.DimTensor(l.in(0), 1);
  const ValueId per_class = b.ToInt64(l.in(2));
  ValueId total = b.Reshape(b.ToInt64(l.in(3)), {1});
  if (op.pad_per_class) total = l.Bin(kMin, total, l.Bin(kMul, b.Reshape(per_class, {1}), ints({classes})));
  const ValueId by_class = b.Transpose(l.in(1), {0, 2, 1});  // [images, classes, boxes]
  // Boxes of one class are those of an image of its own where classes have boxes of their own.
  ValueId all = kNoValue, rated = by_class;
  if (shared) {
    all = l.Add(Squeeze{{2}}, {l.in(0)});
  } else {
    const ValueId turned = b.Transpose(l.in(0), {0, 2, 1, 3});
    all =
        l.Add(Reshape{}, {turned, b.ConcatVectors({l.Bin(kMul, images, ints({classes})), count, ints({4})})});
    rated = l.Add(Reshape{},
                  {by_class, b.ConcatVectors({l.Bin(kMul, images, ints({classes})), ints({1}), count})});
  }
  const ValueId found = l.Add(NonMaxSuppression{}, {all, rated, per_class, l.in(4), l.in(5)});
  const ValueId lowest = b.Scalar(DType::kFloat32, -std::numeric_limits<double>::infinity());
  const ValueId none = l.Add(Expand{}, {lowest, b.ShapeTensor(rated)});
  const ValueId chosen = l.Add(ScatterND{}, {none, found, l.Add(GatherND{}, {rated, found})});
  // As many entries that never win as are asked for, so that there always are enough.
  const ValueId width = l.Bin(kMul, ints({classes}), count);
  const ValueId table = l.Add(Reshape{}, {chosen, b.ConcatVectors({images, width})});
  const ValueId rest = l.Add(Expand{}, {lowest, b.ConcatVectors({images, total})});
  const ValueId wide = l.Add(Concat{1}, {table, rest});
  const std::vector<ValueId> top = b.AddNode(TopK{.axis = 1}, {wide, total}, 2);
  const ValueId is_valid = l.Bin(kGreater, top[0], lowest);
  const ValueId zero = b.Scalar(DType::kFloat32, 0);
  const ValueId place = l.Bin(kMin, top[1], l.Bin(kSub, width, ints({1})));
  const ValueId klass = l.Bin(kDiv, place, count), box = l.Bin(kFloorMod, place, count);
  const ValueId slot = shared ? box : l.Bin(kAdd, l.Bin(kMul, box, ints({classes})), klass);
  const ValueId flat = l.Add(Reshape{}, {l.in(0), b.ConcatVectors({images, ints({-1, 4})})});
  ValueId picked = l.Add(GatherND{.batch_dims = 1}, {flat, l.Unsqueezed(slot, {2})});
  if (op.clip_boxes) picked = l.Add(Clip{.min = 0, .max = 1}, {picked});
  return {l.If(l.Unsqueezed(is_valid, {2}), picked, zero), l.If(is_valid, top[0], zero),
          l.If(is_valid, b.CastTo(klass, DType::kFloat32), zero),
          b.Reduce(ReduceKind::kSum, b.CastTo(is_valid, DType::kInt32), {1}, false)};
}

Lowering::Result Lower(const Random& op, Lowering& l) {
  if (op.kind == RandomKind::kUniform || op.kind == RandomKind::kNormal) {
    if (op.to != DType::kFloat16 && op.to != DType::kBFloat16) return l.Keep();
    Random wide = op;
    wide.to = DType::kFloat32;
    return {l.b().CastTo(l.Add(wide, l.node().inputs), op.to)};
  }
  Random uniform = op;
  uniform.kind = RandomKind::kUniform;
  uniform.to = DType::kFloat64;
  const ValueId u = l.Add(uniform, {l.in(0)});
  if (op.kind == RandomKind::kUniformInt) {
    const ValueId low = l.b().CastTo(l.in(1), DType::kFloat64), high = l.b().CastTo(l.in(2), DType::kFloat64);
    const ValueId place = l.Un(kFloor, l.Bin(kMul, u, l.Bin(kSub, high, low)));
    return {l.b().CastTo(l.Bin(kAdd, low, place), op.to)};
  }
  // Truncated at two deviations: the inverse of the distribution between erf(-sqrt 2) and erf(sqrt 2).
  const double edge = std::erf(std::sqrt(2.0));
  const ValueId spread = l.Bin(kMul, l.Bin(kSub, u, l.Num(0.5, u)), l.Num(2 * edge, u));
  const ValueId narrow = l.b().CastTo(spread, DType::kFloat32);
  const ValueId y = l.Bin(kMul, l.Un(kErfinv, narrow), l.Num(std::sqrt(2.0), narrow));
  return {l.b().CastTo(y, op.to)};
}

// Rows in the order of random keys.
Lowering::Result Lower(const RandomShuffle& op, Lowering& l) {
  if (l.Rank(0) < 1) return {l.Un(kIdentity, l.in(0))};
  const ValueId count = l.b().DimTensor(l.in(0), 0);
  const ValueId keys =
      l.Add(Random{.kind = RandomKind::kUniform, .seed = op.seed, .seed2 = op.seed2}, {count});
  const std::vector<ValueId> top = l.b().AddNode(TopK{.axis = 0}, {keys, count}, 2);
  return {l.Add(Gather{}, {l.in(0), top[1]})};
}

// Gumbel's trick: the largest of logits plus noise, one draw a sample.
Lowering::Result Lower(const Multinomial& op, Lowering& l) {
  const ValueId logits = l.Unsqueezed(l.b().CastTo(l.in(0), DType::kFloat32), {1});
  const ValueId samples = l.b().Reshape(l.b().ToInt64(l.in(1)), {1});
  const ValueId dims =
      l.b().ConcatVectors({l.b().DimTensor(l.in(0), 0), samples, l.b().DimTensor(l.in(0), 1)});
  const ValueId u = l.Add(Random{.kind = RandomKind::kUniform, .seed = op.seed, .seed2 = op.seed2}, {dims});
  const ValueId tiny = l.Num(1e-30, u);
  const ValueId noise =
      l.Un(kNeg, l.Un(kLog, l.Bin(kAdd, l.Un(kNeg, l.Un(kLog, l.Bin(kMax, u, tiny))), tiny)));
  return {l.Add(ArgReduce{.axis = -1, .to = op.to}, {l.Bin(kAdd, logits, noise)})};
}

Lowering::Result Lower(const Assert&, Lowering& l) {
  l.Note(fmt::format("the assertion '{}' is not checked: ONNX has none", l.node().name));
  return {l.Un(kIdentity, l.in(0))};
}

}  // namespace floe
