// Products of matrices, losses.
#include "frontend/tensorflow/ops/families.h"

namespace floe {
namespace {

void ImportMatMul(NodeContext& c) {
  MatMul op;
  op.transpose_a = c.Bool("transpose_a");
  op.transpose_b = c.Bool("transpose_b");
  c.Return(std::move(op), {c.in(0), c.in(1)});
}

// Ordinary matrices that are said to hold many zeros; either may be bfloat16.
void ImportSparseMatMul(NodeContext& c) {
  MatMul op;
  op.transpose_a = c.Bool("transpose_a");
  op.transpose_b = c.Bool("transpose_b");
  Builder& b = c.build();
  c.Return(std::move(op), {b.CastTo(c.in(0), DType::kFloat32), b.CastTo(c.in(1), DType::kFloat32)});
}

void ImportBatchMatMul(NodeContext& c) {
  MatMul op;
  op.transpose_a = c.Bool("adj_x");
  op.transpose_b = c.Bool("adj_y");
  ValueId a = c.in(0), b = c.in(1);
  if (c.op() == "BatchMatMulV3") {
    const DType to = c.Type("Tout");
    a = c.build().CastTo(a, to);
    b = c.build().CastTo(b, to);
  }
  op.conjugate_a = op.transpose_a && IsComplex(c.build().dtype(a));
  op.conjugate_b = op.transpose_b && IsComplex(c.build().dtype(b));
  c.Return(std::move(op), {a, b});
}

void ImportL2Loss(NodeContext& c) {
  Builder& b = c.build();
  Ints axes;
  for (int64_t i = 0; i < c.Rank(0); ++i) axes.push_back(i);
  const ValueId squares = b.Unary(UnaryKind::kSquare, c.in(0));
  const ValueId sum = axes.empty() ? squares : b.Reduce(ReduceKind::kSum, squares, axes, false);
  c.Return(Binary{BinaryKind::kMul}, {sum, b.Scalar(c.dtype(0), 0.5)});
}

// loss = -sum(labels * log_softmax(logits)), gradient = softmax(logits) - labels.
void ImportCrossEntropy(NodeContext& c) {
  Builder& b = c.build();
  const ValueId logits = c.in(0), labels = c.in(1);
  const ValueId log = b.Add(LogSoftmax{-1}, {logits});
  const ValueId sum = b.Reduce(ReduceKind::kSum, b.Binary(BinaryKind::kMul, labels, log), {-1}, false);
  c.Return(Unary{UnaryKind::kNeg}, {sum});
  c.Set(1, b.Binary(BinaryKind::kSub, b.Add(Softmax{-1}, {logits}), labels));
}

void ImportSparseCrossEntropy(NodeContext& c) {
  Builder& b = c.build();
  const ValueId logits = c.in(0);
  const ValueId labels = b.Add(Unsqueeze{{-1}}, {c.in(1)});
  const ValueId log = b.Add(LogSoftmax{-1}, {logits});
  const ValueId picked = b.Add(GatherND{.batch_dims = 1}, {log, labels});
  c.Return(Unary{UnaryKind::kNeg}, {picked});
  const ValueId values = b.Constant(TensorOfNumbers(c.dtype(0), {2}, {0, 1}));
  const ValueId depth = b.ToScalar(b.DimTensor(logits, -1));
  const ValueId hot = b.Add(OneHot{-1}, {c.in(1), depth, values});
  c.Set(1, b.Binary(BinaryKind::kSub, b.Add(Softmax{-1}, {logits}), hot));
}

// Rows of three numbers.
void ImportCross(NodeContext& c) {
  Builder& b = c.build();
  const auto turned = [&](ValueId x, int64_t by) { return b.Add(Roll{{by}, {-1}}, {x}); };
  const ValueId left = b.Binary(BinaryKind::kMul, turned(c.in(0), -1), turned(c.in(1), -2));
  const ValueId right = b.Binary(BinaryKind::kMul, turned(c.in(0), -2), turned(c.in(1), -1));
  c.Return(Binary{BinaryKind::kSub}, {left, right});
}

constexpr OpImporter kRows[] = {
    {"MatMul", ImportMatMul},
    {"BatchMatMul", ImportBatchMatMul},
    {"BatchMatMulV2", ImportBatchMatMul},
    {"BatchMatMulV3", ImportBatchMatMul},
    {"L2Loss", ImportL2Loss},
    {"SoftmaxCrossEntropyWithLogits", ImportCrossEntropy},
    {"SparseSoftmaxCrossEntropyWithLogits", ImportSparseCrossEntropy},
    {"SparseMatMul", ImportSparseMatMul},
    {"Cross", ImportCross},
};

}  // namespace

std::span<const OpImporter> MathImporters() {
  return kRows;
}

}  // namespace floe
