#include "export/rewrite/index_from_end.h"

#include "graph/index_depth.h"

namespace floe {
namespace {

template <typename T>
NodeId MadeBy(const Graph& graph, ValueId value) {
  const NodeId id = graph.value(value).producer;
  return id != kNoNode && IsOp<T>(graph.node(id).op) ? id : kNoNode;
}

bool IsBinaryOf(const Graph& graph, NodeId id, BinaryKind kind, ValueId first) {
  if (id == kNoNode) return false;
  const auto* op = OpCast<Binary>(graph.node(id).op);
  return op != nullptr && op->kind == kind && graph.node(id).inputs[0] == first;
}

bool IsZero(const Graph& graph, ValueId id) {
  return ConstantScalar(graph, id) == 0.0;
}

// The dimension with which `value`, one number or a list, begins in the shape of `x`, taken from that shape
// in the graph; -1 where it is not.
int64_t FirstDimension(const Graph& graph, ValueId value, ValueId x) {
  const NodeId id = graph.value(value).producer;
  if (id == kNoNode) return -1;
  const Node& node = graph.node(id);
  if (IsOp<ShapeOf>(node.op)) return node.inputs[0] == x ? 0 : -1;
  const bool same_numbers = IsOp<Reshape>(node.op) || IsOp<Squeeze>(node.op) || IsOp<Unsqueeze>(node.op);
  if (same_numbers) return FirstDimension(graph, node.inputs[0], x);
  if (!IsOp<Slice>(node.op)) return -1;
  const auto begins = ConstantInts(graph, node.inputs[1]);
  const bool plain = node.inputs.size() < 5 || node.inputs[4] == kNoValue ||
                     ConstantInts(graph, node.inputs[4]) == std::vector<int64_t>{1};
  if (!plain || !begins || begins->size() != 1 || (*begins)[0] < 0) return -1;
  const int64_t first = FirstDimension(graph, node.inputs[0], x);
  return first < 0 ? -1 : first + (*begins)[0];
}

bool AreSizes(const Graph& graph, ValueId value, ValueId x, int64_t begin, int64_t count) {
  const Shape& shape = graph.value(x).type.shape;
  if (const auto known = ConstantInts(graph, value)) {
    if (!shape.has_rank() || static_cast<int64_t>(known->size()) != count) return false;
    for (int64_t i = 0; i < count; ++i) {
      const Dim& dim = shape[static_cast<size_t>(begin + i)];
      if (!dim.known() || dim.value() != (*known)[static_cast<size_t>(i)]) return false;
    }
    return true;
  }
  const auto elements = graph.value(value).type.shape.ElementCount();
  return elements == count && FirstDimension(graph, value, x) == begin;
}

// i, where `indices` is where(i < 0, i + n, i) and n the sizes of `x`'s dimensions from `begin` on, `count`
// of them; kNoValue where it is anything else.
ValueId CountedFromEnd(const Graph& graph, ValueId indices, ValueId x, int64_t begin, int64_t count) {
  const NodeId where = MadeBy<Where>(graph, indices);
  const Shape& shape = graph.value(x).type.shape;
  if (where == kNoNode || count < 1 ||
      (shape.has_rank() && begin + count > static_cast<int64_t>(shape.rank())))
    return kNoValue;
  const std::vector<ValueId>& in = graph.node(where).inputs;
  const ValueId i = in[2];
  const NodeId below = graph.value(in[0]).producer, moved = graph.value(in[1]).producer;
  const bool counts = IsBinaryOf(graph, below, BinaryKind::kLess, i) &&
                      IsZero(graph, graph.node(below).inputs[1]) &&
                      IsBinaryOf(graph, moved, BinaryKind::kAdd, i) &&
                      AreSizes(graph, graph.node(moved).inputs[1], x, begin, count);
  if (!counts) return kNoValue;
  // A cast that no tensor of the model stands behind was made with the counting.
  const NodeId cast = MadeBy<Cast>(graph, i);
  const bool own = cast != kNoNode && graph.value(i).sources.empty();
  return own ? graph.node(cast).inputs[0] : i;
}

ValueId PlainIndices(const Graph& graph, const Node& node) {
  const Op& op = node.op;
  int64_t begin = 0, count = 1;
  if (IsOp<GatherND>(op) || IsOp<ScatterND>(op)) {
    const auto shape = [&](size_t i) -> const Shape& { return graph.value(node.inputs[i]).type.shape; };
    const auto depth = IsOp<GatherND>(op) ? IndexDepth(shape(1)) : IndexDepth(shape(0), shape(1), shape(2));
    if (!depth) return kNoValue;
    count = *depth;
    if (const auto* gather = OpCast<GatherND>(op)) begin = gather->batch_dims;
  } else if (const auto* gather = OpCast<GatherElements>(op)) {
    begin = gather->axis;
  } else if (const auto* scatter = OpCast<ScatterElements>(op)) {
    begin = scatter->axis;
  } else {
    return kNoValue;
  }
  const Shape& x = graph.value(node.inputs[0]).type.shape;
  if (begin < 0 && !x.has_rank()) return kNoValue;
  return CountedFromEnd(graph, node.inputs[1], node.inputs[0],
                        begin < 0 ? begin + static_cast<int64_t>(x.rank()) : begin, count);
}

}  // namespace

void CountIndicesFromEnd(Graph& graph) {
  for (const NodeId id : graph.Order()) {
    for (const auto& body : graph.node(id).bodies) CountIndicesFromEnd(*body);
    const ValueId plain = PlainIndices(graph, graph.node(id));
    if (plain != kNoValue) graph.SetInput(id, 1, plain);
  }
  graph.RemoveDeadNodes();
}

}  // namespace floe
