// Diagonals and bands of matrices. The oldest versions know the main diagonal only, the second ones align
// left.
#include "frontend/tensorflow/ops/families.h"

namespace floe {
namespace {

DiagAlign AlignOf(const NodeContext& c) {
  if (!c.op().ends_with("V3")) return DiagAlign::kLeftLeft;
  const std::string align = c.String("align");
  for (size_t i = 0; i < std::size(kDiagAlignNames); ++i)
    if (kDiagAlignNames[i] == align) return static_cast<DiagAlign>(i);
  c.Fail("alignment {} is not known", align);
}

bool IsFirstVersion(const NodeContext& c) {
  return !c.op().ends_with("V2") && !c.op().ends_with("V3");
}

ValueId DiagonalIndex(NodeContext& c, size_t input) {
  Builder& b = c.build();
  if (IsFirstVersion(c)) return b.Int64s({0});
  const ValueId k = b.ToInt64(c.in(input));
  const Shape& shape = c.shape(input);
  return shape.has_rank() && shape.rank() == 0 ? b.ToVector(k) : k;
}

void ImportBandPart(NodeContext& c) {
  Builder& b = c.build();
  c.Return(MatrixBandPart{}, {c.in(0), b.ToInt64(c.in(1)), b.ToInt64(c.in(2))});
}

void ImportMatrixDiag(NodeContext& c) {
  Builder& b = c.build();
  const ValueId k = DiagonalIndex(c, 1);
  if (IsFirstVersion(c))
    return c.Return(MatrixDiag{}, {c.in(0), k, b.Int64(-1), b.Int64(-1), b.Scalar(c.dtype(0), 0)});
  c.Return(MatrixDiag{AlignOf(c)}, {c.in(0), k, b.ToInt64(c.in(2)), b.ToInt64(c.in(3)), c.in(4)});
}

void ImportMatrixDiagPart(NodeContext& c) {
  const ValueId k = DiagonalIndex(c, 1);
  const ValueId padding = IsFirstVersion(c) ? c.build().Scalar(c.dtype(0), 0) : c.in(2);
  c.Return(MatrixDiagPart{AlignOf(c)}, {c.in(0), k, padding});
}

void ImportMatrixSetDiag(NodeContext& c) {
  c.Return(MatrixSetDiag{AlignOf(c)}, {c.in(0), c.in(1), DiagonalIndex(c, 2)});
}

// A tensor of n elements on the diagonal of an n x n matrix, whose sides then take the tensor's shape.
void ImportDiag(NodeContext& c) {
  Builder& b = c.build();
  const ValueId shape = b.ShapeTensor(c.in(0)), flat = b.Reshape(c.in(0), {-1});
  const ValueId matrix =
      b.Add(MatrixDiag{}, {flat, b.Int64s({0}), b.Int64(-1), b.Int64(-1), b.Scalar(c.dtype(0), 0)});
  c.Return(Reshape{}, {matrix, b.ConcatVectors({shape, shape})});
}

void ImportDiagPart(NodeContext& c) {
  Builder& b = c.build();
  const int64_t rank = c.Rank(0);
  if (rank == 0 || rank % 2 != 0) c.Fail("expected an even rank, found {}", c.shape(0).ToString());
  const ValueId sides = b.SliceVector(b.ShapeTensor(c.in(0)), 0, rank / 2);
  const ValueId count = b.Reduce(ReduceKind::kProd, sides, {0}, true);
  const ValueId matrix = b.Add(Reshape{}, {c.in(0), b.ConcatVectors({count, count})});
  const ValueId flat = b.Add(MatrixDiagPart{}, {matrix, b.Int64s({0}), b.Scalar(c.dtype(0), 0)});
  c.Return(Reshape{}, {flat, sides});
}

constexpr OpImporter kRows[] = {
    {"MatrixBandPart", ImportBandPart},
    {"MatrixDiag", ImportMatrixDiag},
    {"MatrixDiagV2", ImportMatrixDiag},
    {"MatrixDiagV3", ImportMatrixDiag},
    {"MatrixDiagPart", ImportMatrixDiagPart},
    {"MatrixDiagPartV2", ImportMatrixDiagPart},
    {"MatrixDiagPartV3", ImportMatrixDiagPart},
    {"MatrixSetDiag", ImportMatrixSetDiag},
    {"MatrixSetDiagV2", ImportMatrixSetDiag},
    {"MatrixSetDiagV3", ImportMatrixSetDiag},
    {"Diag", ImportDiag},
    {"DiagPart", ImportDiagPart},
    {"BatchMatrixBandPart", ImportBandPart},
    {"BatchMatrixDiag", ImportMatrixDiag},
    {"BatchMatrixDiagPart", ImportMatrixDiagPart},
};

}  // namespace

std::span<const OpImporter> DiagonalImporters() {
  return kRows;
}

}  // namespace floe
