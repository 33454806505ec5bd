#include <algorithm>

#include "passes/passes.h"
#include "passes/rewrite.h"

namespace floe {
namespace {

// Where `axis` of a tensor of `rank` stands among the spatial dimensions of an NHWC op; nullopt when it is
// none.
std::optional<size_t> SpatialIndex(int64_t axis, size_t rank) {
  const auto dims = static_cast<int64_t>(rank);
  const int64_t at = axis < 0 ? axis + dims : axis;
  if (dims < 4 || at < 1 || at > dims - 2) return std::nullopt;
  return static_cast<size_t>(at - 1);
}

// Takes entry `index` out of a list with one entry a spatial dimension, if it is `neutral`.
bool DropIf(std::vector<int64_t>& list, size_t index, int64_t neutral) {
  if (list.empty()) return true;
  if (list[index] != neutral) return false;
  list.erase(list.begin() + static_cast<std::ptrdiff_t>(index));
  return true;
}

// Begins, then ends.
bool DropPads(std::vector<int64_t>& pads, size_t index) {
  const size_t spatial = pads.size() / 2;
  return pads.empty() || (DropIf(pads, spatial + index, 0) && DropIf(pads, index, 0));
}

void Drop(std::vector<int64_t>& list, size_t index) {
  if (!list.empty()) list.erase(list.begin() + static_cast<std::ptrdiff_t>(index));
}

// What all ops with a window have. The dimension has one place, so that a window of one place without padding
// has no use for stride (TensorFlow wants depthwise strides equal) or dilation.
template <typename T>
bool DropWindow(T& op, size_t index) {
  if (op.layout != Layout::kNhwc || !DropPads(op.pads, index)) return false;
  Drop(op.strides, index);
  if constexpr (requires { op.dilations; }) Drop(op.dilations, index);
  return true;
}

template <typename T>
bool DropPool(T* pool, size_t index) {
  return pool != nullptr && DropWindow(*pool, index) && DropIf(pool->kernel_shape, index, 1);
}

bool FilterIsOneWide(const Graph& graph, const Node& node, size_t index) {
  const Shape& filter = ShapeOfValue(graph, node.inputs[1]);
  if (!filter.has_rank() || filter.rank() < index + 3) return false;
  const Dim& width = filter.dims()[index + 1];
  return width.known() && width.value() == 1;
}

// The op without the spatial dimension `index`, along which it does nothing; nullopt when it does something.
std::optional<Op> WithoutAxis(const Graph& graph, const Node& node, size_t index) {
  Op op = node.op;
  if (auto* conv = OpCast<Conv>(op)) {
    if (FilterIsOneWide(graph, node, index) && DropWindow(*conv, index)) return op;
  } else if (auto* transpose = OpCast<ConvTranspose>(op)) {
    const bool sized = node.inputs.size() > 3;  // by a value: it would have to be cut as well
    const bool one = transpose->strides.empty() || transpose->strides[index] == 1;
    if (!sized && one && FilterIsOneWide(graph, node, index) && DropWindow(*transpose, index) &&
        DropIf(transpose->output_padding, index, 0) && DropIf(transpose->output_shape, index, 1)) {
      return op;
    }
  } else if (DropPool(OpCast<MaxPool>(op), index) || DropPool(OpCast<AveragePool>(op), index)) {
    return op;
  } else if (const auto* norm = OpCast<BatchNormalization>(op)) {
    if (norm->layout == Layout::kNhwc) return op;
  } else if (InfoOf(node.op).traits.elementwise && !IsOp<FakeQuant>(op)) {
    // Other operands are numbers by channel: they meet the last dimension with or without the one that goes.
    for (size_t i = 1; i < node.inputs.size(); ++i) {
      const Shape& other = ShapeOfValue(graph, node.inputs[i]);
      if (!other.has_rank() || other.rank() > 1) return std::nullopt;
    }
    return op;
  }
  return std::nullopt;
}

bool HasFilter(const Op& op) {
  return IsOp<Conv>(op) || IsOp<ConvTranspose>(op);
}

// A filter without its dimension `axis` of one place.
ValueId DropFromFilter(Graph& graph, ValueId filter, int64_t axis) {
  if (!graph.value(filter).is_constant()) return graph.Add(Squeeze{{axis}}, {filter});
  const Tensor constant = graph.value(filter).constant;
  std::vector<int64_t> dims = constant.dims();
  dims.erase(dims.begin() + static_cast<std::ptrdiff_t>(axis));
  const std::vector<std::string> sources = graph.value(filter).sources;
  const ValueId made = graph.AddConstant(graph.value(filter).name, constant.Reshaped(dims));
  graph.value(made).sources = sources;
  return made;
}

struct Link {
  NodeId node;
  Op op;  // without the dimension
};

// squeeze(op(… unsqueeze(x))) = op'(… x), where no op works along the dimension that comes and goes.
bool DropAround(Graph& graph, NodeId last) {
  const Squeeze& squeeze = OpAs<Squeeze>(graph.node(last).op);
  const Shape& shape = ShapeOfValue(graph, graph.node(last).inputs[0]);
  if (squeeze.axes.size() != 1 || !shape.has_rank()) return false;
  const auto index = SpatialIndex(squeeze.axes[0], shape.rank());
  if (!index) return false;
  std::vector<Link> chain;
  NodeId user = last;
  NodeId first = graph.value(graph.node(last).inputs[0]).producer;
  while (first != kNoNode && !IsOp<Unsqueeze>(graph.node(first).op)) {
    const Node& node = graph.node(first);
    if (node.outputs.size() != 1 || node.inputs.empty() || SoleUser(graph, node.outputs[0]) != user)
      return false;
    std::optional<Op> op = WithoutAxis(graph, node, *index);
    if (!op) return false;
    chain.push_back({first, *std::move(op)});
    user = first;
    first = graph.value(node.inputs[0]).producer;
  }
  if (first == kNoNode || chain.empty()) return false;
  const Unsqueeze& unsqueeze = OpAs<Unsqueeze>(graph.node(first).op);
  if (unsqueeze.axes.size() != 1 || SpatialIndex(unsqueeze.axes[0], shape.rank()) != index) return false;
  ValueId x = graph.node(first).inputs[0];
  for (auto link = chain.rbegin(); link != chain.rend(); ++link) {
    std::vector<ValueId> inputs = graph.node(link->node).inputs;
    inputs[0] = x;
    if (HasFilter(link->op)) inputs[1] = DropFromFilter(graph, inputs[1], static_cast<int64_t>(*index) + 1);
    const Node& node = graph.node(link->node);
    x = graph.Add(link->op, std::move(inputs), {.name = node.name, .sources = node.sources});
  }
  AddSources(graph, graph.value(x).producer, graph.node(first).sources);
  TakeOver(graph, graph.node(last).outputs[0], x);
  return true;
}

}  // namespace

int DropUnitAxis(Graph& graph, const PassContext&) {
  int changes = 0;
  for (const NodeId id : graph.Order()) {
    if (graph.node(id).removed || !IsOp<Squeeze>(graph.node(id).op)) continue;
    changes += DropAround(graph, id) ? 1 : 0;
  }
  if (changes > 0) graph.RemoveDeadNodes();
  return changes;
}

}  // namespace floe
