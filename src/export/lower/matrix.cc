// An inverse is made of determinants.
#include <fmt/format.h>

#include <numeric>

#include "export/lower/rules.h"

namespace floe {
namespace {

using enum UnaryKind;
using enum BinaryKind;

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

constexpr int64_t kMostInverted = 8;  // beyond, determinants cost too many digits and steps
constexpr const char* kRemedy = "fix the input's shape with --input NAME=SHAPE";

}  // namespace

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

}  // namespace floe
