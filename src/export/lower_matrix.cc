// Matrices. Of diagonals elements only move, so that one gather by indices computed here says it all; an
// inverse is made of determinants.
#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <numeric>

#include "export/lower_ops.h"

namespace floe {
namespace {

using enum UnaryKind;
using enum BinaryKind;

Tensor Counting(Ints dims, int64_t from) {
  Tensor t(DType::kInt64, std::move(dims));
  std::iota(t.data<int64_t>(), t.data<int64_t>() + t.size(), from);
  return t;
}

// The last `inner` dimensions as numbers, all known.
std::optional<Ints> Inner(const Shape& shape, size_t inner) {
  if (!shape.has_rank() || shape.rank() < inner) return std::nullopt;
  Ints dims;
  for (size_t i = shape.rank() - inner; i < shape.rank(); ++i) {
    if (!shape[i].known()) return std::nullopt;
    dims.push_back(shape[i].value());
  }
  return dims;
}

ValueId Batch(Lowering& l, ValueId x, size_t inner) {
  const auto rank = static_cast<int64_t>(l.b().shape(x).rank());
  return l.b().SliceVector(l.b().ShapeTensor(x), 0, rank - static_cast<int64_t>(inner));
}

// [batch, elements]; the batch is counted, since it cannot be told from a matrix without elements.
ValueId Flat(Lowering& l, ValueId x, const Ints& inner) {
  const ValueId count = l.b().Reduce(ReduceKind::kProd, Batch(l, x, inner.size()), {0}, true);
  return l.Add(Reshape{}, {x, l.b().ConcatVectors({count, l.b().Int64s({ElementCount(inner)})})});
}

// What the op gives for one matrix of numbered elements: where each element of its output comes from.
std::optional<Tensor> IndexMap(Lowering& l, const std::vector<Tensor>& inputs) {
  if (l.evaluator() == nullptr) return std::nullopt;
  Graph probe("probe");
  std::vector<ValueId> ids;
  for (size_t i = 0; i < inputs.size(); ++i)
    ids.push_back(probe.AddConstant("in" + std::to_string(i), inputs[i]));
  probe.SetOutputs({probe.Add(l.node().op, ids)});
  return l.evaluator()->Evaluate(probe, {})[0];
}

// [batch, elements] gathered by the map, as batch dims and the map's own.
ValueId GatherBy(Lowering& l, ValueId flat, const Tensor& map, ValueId batch) {
  const ValueId places = l.b().Constant(map.Reshaped({map.size()}));
  const ValueId taken = l.Add(Gather{.axis = 1}, {flat, places});
  return l.Add(Reshape{}, {taken, l.b().ConcatVectors({batch, l.b().Int64s(map.dims())})});
}

// `value` as one more element of each row of [batch, elements], the first.
ValueId WithPadding(Lowering& l, ValueId value, ValueId flat) {
  const ValueId rows = l.b().ConcatVectors({l.b().DimTensor(flat, 0), l.b().Int64s({1})});
  return l.Add(Concat{1}, {l.Add(Expand{}, {l.b().Reshape(value, {1, 1}), rows}), flat});
}

constexpr int64_t kMostInverted = 8;  // beyond, determinants cost too many digits and steps
constexpr const char* kUnknown =
    "the sizes of the matrices, or which diagonals are meant, are known only at run time";
constexpr const char* kRemedy = "fix the input's shape with --input NAME=SHAPE";

bool AllConstant(const Lowering& l, std::initializer_list<size_t> inputs) {
  return std::ranges::all_of(inputs, [&](size_t i) { return l.constant(i) != nullptr; });
}

// TensorFlow's sizes where -1 asks for the smallest ones that hold a diagonal of `length`, or smallest
// square.
ValueId SizeOrLeast(Lowering& l, ValueId size, ValueId other, ValueId least, ValueId other_least) {
  const auto is_open = [&](ValueId x) { return l.Bin(kEqual, x, l.b().Int64(-1)); };
  const ValueId square = l.If(is_open(other), l.Bin(kMax, least, other_least), least);
  return l.If(is_open(size), square, size);
}

// One diagonal whose place or whose matrix only the run knows: y[i, j] = j - i == k ? x[min(i, j)] : padding.
ValueId DiagonalAtRunTime(Lowering& l) {
  Builder& b = l.b();
  const auto number = [&](size_t i) { return b.ToScalar(b.ToInt64(l.in(i))); };
  const ValueId x = l.in(0), k = number(1), zero = b.Int64(0), length = b.ToScalar(b.DimTensor(x, -1));
  const ValueId least_rows = l.Bin(kSub, length, l.Bin(kMin, k, zero));
  const ValueId least_columns = l.Bin(kAdd, length, l.Bin(kMax, k, zero));
  const ValueId rows = SizeOrLeast(l, number(2), number(3), least_rows, least_columns);
  const ValueId columns = SizeOrLeast(l, number(3), number(2), least_columns, least_rows);
  const ValueId i = l.Unsqueezed(l.IotaOf(b.ToVector(rows)), {1});
  const ValueId j = l.Unsqueezed(l.IotaOf(b.ToVector(columns)), {0});
  const ValueId last = l.Bin(kSub, length, b.Int64(1));
  const ValueId taken = l.Add(Gather{.axis = l.Rank(0) - 1}, {x, l.Bin(kMin, l.Bin(kMin, i, j), last)});
  return l.If(l.Bin(kEqual, l.Bin(kSub, j, i), k), taken, l.in(4));
}

}  // namespace

Lowering::Result Lower(const MatrixDiagPart&, Lowering& l) {
  const auto inner = Inner(l.shape(0), 2);
  if (!inner || !AllConstant(l, {1})) return l.Refuse(kUnknown, kRemedy);
  const auto map = IndexMap(l, {Counting(*inner, 1), *l.constant(1), Tensor::Scalar<int64_t>(0)});
  if (!map) return l.Refuse(kUnknown, kRemedy);
  const ValueId flat = WithPadding(l, l.in(2), Flat(l, l.in(0), *inner));
  return {GatherBy(l, flat, *map, Batch(l, l.in(0), 2))};
}

Lowering::Result Lower(const MatrixDiag&, Lowering& l) {
  // One diagonal is a vector, several are the rows of a matrix.
  const auto k = ConstantInts(l.graph(), l.in(1));
  const bool one = l.shape(1).ElementCount() == 1 || (k && (*k)[0] == (*k)[1]);
  const auto inner = Inner(l.shape(0), one ? 1 : 2);
  if (!inner || !AllConstant(l, {1, 2, 3})) {
    const bool can = one && l.shape(1).ElementCount() == 1 && l.shape(0).has_rank() && l.shape(0).rank() > 0;
    return can ? Lowering::Result{DiagonalAtRunTime(l)} : l.Refuse(kUnknown, kRemedy);
  }
  const auto map = IndexMap(
      l, {Counting(*inner, 1), *l.constant(1), *l.constant(2), *l.constant(3), Tensor::Scalar<int64_t>(0)});
  if (!map) return l.Refuse(kUnknown, kRemedy);
  const ValueId flat = WithPadding(l, l.in(4), Flat(l, l.in(0), *inner));
  return {GatherBy(l, flat, *map, Batch(l, l.in(0), inner->size()))};
}

// inverse[j, i] = (-1)^(i+j) det(x without row i and column j) / det(x)
Lowering::Result Lower(const MatrixInverse& op, Lowering& l) {
  const auto inner = Inner(l.shape(0), 2);
  if (!inner || l.dtype(0) != DType::kFloat32 || (*inner)[0] != (*inner)[1] || (*inner)[0] > kMostInverted) {
    return l.Refuse(fmt::format("ONNX inverts no matrices, and only float32 ones of known sizes up to {} are "
                                "written as determinants",
                                kMostInverted),
                    kRemedy);
  }
  const int64_t n = (*inner)[0], rank = l.Rank(0);
  const ValueId x = l.in(0);
  if (n == 0) return {l.Un(kIdentity, x)};
  if (n == 1) return {l.Un(kReciprocal, x)};
  Tensor others(DType::kInt64, {n, n - 1}), signs(DType::kFloat32, {n, n});
  for (int64_t i = 0; i < n * n; ++i) {
    const int64_t row = i / n, column = i % n;
    signs.data<float>()[i] = (row + column) % 2 == 0 ? 1.0F : -1.0F;
    if (row != column) others.data<int64_t>()[row * (n - 1) + column - (column > row ? 1 : 0)] = column;
  }
  const ValueId without = l.b().Constant(others);
  const ValueId rows = l.Add(Gather{.axis = rank - 2}, {x, without});   // [..., i, n-1, n]
  const ValueId minors = l.Add(Gather{.axis = rank}, {rows, without});  // [..., i, n-1, j, n-1]
  Ints perm(static_cast<size_t>(rank) + 2);
  std::iota(perm.begin(), perm.end(), 0);
  std::swap(perm[static_cast<size_t>(rank) - 1], perm[static_cast<size_t>(rank)]);
  const ValueId cofactors =
      l.Bin(kMul, l.Add(MatrixDeterminant{}, {l.b().Transpose(minors, perm)}), l.b().Constant(signs));
  const ValueId whole = l.Unsqueezed(l.Add(MatrixDeterminant{}, {x}), {-2, -1});
  const ValueId inverse = l.Bin(kDiv, cofactors, whole);
  if (op.adjoint) return {inverse};
  Ints turned(static_cast<size_t>(rank));
  std::iota(turned.begin(), turned.end(), 0);
  std::swap(turned[static_cast<size_t>(rank) - 1], turned[static_cast<size_t>(rank) - 2]);
  return {l.b().Transpose(inverse, turned)};
}

Lowering::Result Lower(const MatrixSetDiag&, Lowering& l) {
  const auto inner = Inner(l.shape(0), 2);
  if (!inner || !AllConstant(l, {2})) return l.Refuse(kUnknown, kRemedy);
  const auto k = ConstantInts(l.graph(), l.in(2));
  const bool one = k && (k->size() == 1 || (*k)[0] == (*k)[1]);
  const auto diagonal = Inner(l.shape(1), one ? 1 : 2);
  if (!diagonal) return l.Refuse(kUnknown, kRemedy);
  const auto map =
      IndexMap(l, {Counting(*inner, 0), Counting(*diagonal, ElementCount(*inner)), *l.constant(2)});
  if (!map) return l.Refuse(kUnknown, kRemedy);
  const ValueId flat = l.Add(Concat{1}, {Flat(l, l.in(0), *inner), Flat(l, l.in(1), *diagonal)});
  return {GatherBy(l, flat, *map, Batch(l, l.in(0), 2))};
}

}  // namespace floe
