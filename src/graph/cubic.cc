#include "graph/cubic.h"

namespace floe {

ValueId ValueAt(Builder& b, const CubicPiece& piece, ValueId x) {
  const DType type = b.dtype(x);
  ValueId y = b.Scalar(type, piece[0]);
  for (size_t i = 1; i < piece.size(); ++i) {
    y = b.Binary(BinaryKind::kMul, y, x);
    if (piece[i] != 0) y = b.Binary(BinaryKind::kAdd, y, b.Scalar(type, piece[i]));
  }
  return y;
}

}  // namespace floe
