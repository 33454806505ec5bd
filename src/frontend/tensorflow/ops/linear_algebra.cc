// Systems of equations and factorisations of matrices.
#include "frontend/tensorflow/ops/families.h"

namespace floe {
namespace {

void ImportMatrixInverse(NodeContext& c) {
  c.Return(MatrixInverse{c.Bool("adjoint")}, {c.in(0)});
}

void ImportDeterminant(NodeContext& c) {
  c.Return(MatrixDeterminant{}, {c.in(0)});
}

void ImportLogDeterminant(NodeContext& c) {
  c.Return(LogDeterminant{}, {c.in(0)}, 2);
}

void ImportSolve(NodeContext& c) {
  c.Return(MatrixSolve{MatrixForm::kGeneral, c.Bool("adjoint")}, c.ins(0, 2));
}

void ImportTriangularSolve(NodeContext& c) {
  const MatrixForm form = c.Bool("lower") ? MatrixForm::kLower : MatrixForm::kUpper;
  c.Return(MatrixSolve{form, c.Bool("adjoint")}, c.ins(0, 2));
}

void ImportCholesky(NodeContext& c) {
  c.Return(Cholesky{}, {c.in(0)});
}

void RequireReal(const NodeContext& c) {
  if (!IsFloat(c.dtype(0))) c.Fail("matrices of {} are not supported", DTypeName(c.dtype(0)));
}

void ImportQr(NodeContext& c) {
  RequireReal(c);
  c.Return(Qr{c.Bool("full_matrices")}, {c.in(0)}, 2);
}

void ImportSvd(NodeContext& c) {
  RequireReal(c);
  c.Return(Svd{c.Bool("compute_uv"), c.Bool("full_matrices")}, {c.in(0)}, 3);
}

void ImportSymmetricEigen(NodeContext& c) {
  RequireReal(c);
  c.Return(SymmetricEigen{c.Bool("compute_v")}, {c.in(0)}, 2);
}

// By the normal equations, as TensorFlow's fast path: (a* a + l2 I) x = a* b; of a wide matrix the solution
// of least norm, a* (a a* + l2 I)^-1 b.
void ImportLeastSquares(NodeContext& c) {
  Builder& b = c.build();
  if (!c.Bool("fast")) c.FailWith("least squares by complete orthogonal decomposition is not supported", "");
  RequireReal(c);
  const ValueId a = c.in(0);
  const int64_t rank = c.Rank(0);
  const Shape& shape = c.shape(0);
  const Dim rows = shape[static_cast<size_t>(rank - 2)], columns = shape[static_cast<size_t>(rank - 1)];
  if (!rows.known() || !columns.known()) c.Fail("rows and columns of its matrix are not known");
  const bool tall = rows.value() >= columns.value();
  const int64_t n = tall ? columns.value() : rows.value();
  Ints band(static_cast<size_t>(n), 1);
  const ValueId ones = b.CastTo(b.Int64s(band), c.dtype(0));
  const ValueId identity =
      b.Add(MatrixDiag{}, {ones, b.Int64(0), b.Int64(n), b.Int64(n), b.Scalar(c.dtype(0), 0)});
  const ValueId gram = b.Add(MatMul{.transpose_a = tall, .transpose_b = !tall}, {a, a});
  const ValueId weight = b.CastTo(c.in(2), c.dtype(0));
  const ValueId regular = b.Binary(BinaryKind::kAdd, gram, b.Binary(BinaryKind::kMul, identity, weight));
  if (tall) {
    const ValueId right = b.Add(MatMul{.transpose_a = true}, {a, c.in(1)});
    return c.Return(MatrixSolve{}, {regular, right});
  }
  c.Return(MatMul{.transpose_a = true}, {a, b.Add(MatrixSolve{}, {regular, c.in(1)})});
}

constexpr OpImporter kRows[] = {
    {"MatrixInverse", ImportMatrixInverse},
    {"BatchMatrixInverse", ImportMatrixInverse},
    {"MatrixDeterminant", ImportDeterminant},
    {"BatchMatrixDeterminant", ImportDeterminant},
    {"LogMatrixDeterminant", ImportLogDeterminant},
    {"MatrixSolve", ImportSolve},
    {"BatchMatrixSolve", ImportSolve},
    {"MatrixTriangularSolve", ImportTriangularSolve},
    {"BatchMatrixTriangularSolve", ImportTriangularSolve},
    {"MatrixSolveLs", ImportLeastSquares},
    {"Cholesky", ImportCholesky},
    {"BatchCholesky", ImportCholesky},
    {"Qr", ImportQr},
    {"Svd", ImportSvd},
    {"SelfAdjointEigV2", ImportSymmetricEigen},
};

}  // namespace

std::span<const OpImporter> LinearAlgebraImporters() {
  return kRows;
}

}  // namespace floe
