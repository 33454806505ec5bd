#include "graph/infer_ops.h"
#include "graph/infer_util.h"

namespace floe {
namespace {

struct Layer {
  Direction direction = Direction::kForward;
  int64_t hidden_size = 0;
  bool batch_first = false;
  int64_t gates = 0;
};

// Checks x, w, r (inputs 0 to 2) and sets y and the final states, outputs 0 and from 1 on.
void InferLayer(const Layer& layer, size_t states, InferContext& ctx) {
  for (size_t i = 0; i < 3; ++i) ctx.RequireRank(i, 3);
  if (layer.hidden_size < 1) ctx.Fail("hidden_size should be at least 1, got {}", layer.hidden_size);
  const DType dtype = MergeDType(ctx, 0, 1);
  MergeDType(ctx, 1, 2);
  const Dim directions = layer.direction == Direction::kBidirectional ? 2 : 1;
  const Dim hidden = layer.hidden_size;
  const int64_t rows = CheckedMul(ctx, layer.gates, layer.hidden_size);
  const Shape x = ctx.shape(0).has_rank() ? ctx.shape(0) : Shape::UnknownOfRank(3);
  for (size_t i = 1; i < 3; ++i) {
    if (!ctx.shape(i).has_rank()) continue;
    MergeDim(ctx, ctx.shape(i)[0], directions, "weights and the number of directions");
    MergeDim(ctx, ctx.shape(i)[1], rows, "rows of the weights and gates times hidden_size");
    MergeDim(ctx, ctx.shape(i)[2], i == 1 ? x[2] : hidden, "columns of the weights and what they multiply");
  }
  if (ctx.has(3)) {
    ctx.RequireRank(3, 2);
    if (ctx.shape(3).has_rank()) {
      MergeDim(ctx, ctx.shape(3)[1], CheckedMul(ctx, rows, 2),
               "the bias and twice the gates times hidden_size");
    }
  }
  const Dim& time = x[layer.batch_first ? 1 : 0];
  const Dim& batch = x[layer.batch_first ? 0 : 1];
  ctx.Set(
      0, dtype,
      layer.batch_first ? Shape{batch, time, directions, hidden} : Shape{time, directions, batch, hidden});
  for (size_t i = 1; i <= states; ++i) ctx.Set(i, dtype, Shape{directions, batch, hidden});
}

}  // namespace

void Infer(const Lstm& op, InferContext& ctx) {
  InferLayer({op.direction, op.hidden_size, op.batch_first, 4}, 2, ctx);
}

void Infer(const Gru& op, InferContext& ctx) {
  InferLayer({op.direction, op.hidden_size, op.batch_first, 3}, 1, ctx);
}

}  // namespace floe
