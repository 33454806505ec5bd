#include <algorithm>

#include "passes/passes.h"
#include "passes/rewrite.h"

namespace floe {
namespace {

std::optional<std::vector<int64_t>> Ints(const Graph& graph, ValueId id) {
  const Tensor* t = ConstantOf(graph, id);
  if (t == nullptr || t->raw() == nullptr) return std::nullopt;
  if (t->dtype() == DType::kInt64) {
    return std::vector<int64_t>(t->data<int64_t>(), t->data<int64_t>() + t->size());
  }
  if (t->dtype() == DType::kInt32) {
    return std::vector<int64_t>(t->data<int32_t>(), t->data<int32_t>() + t->size());
  }
  return std::nullopt;
}

bool AllOf(const std::vector<int64_t>& list, int64_t value) {
  return std::ranges::all_of(list, [&](int64_t v) { return v == value; });
}

// The convolution of the pixels that lie `block` apart: no padding, steps or dilation of its own.
bool IsPlain(const Conv& conv) {
  return conv.layout == Layout::kNhwc && conv.auto_pad == AutoPad::kExplicit && AllOf(conv.strides, 1) &&
         AllOf(conv.dilations, 1) && AllOf(conv.pads, 0);
}

// batch_to_space(conv(space_to_batch(x, d, p)), d, c) = conv(x, dilation d, pads p - c)
bool Fold(Graph& graph, NodeId last) {
  const Node& joined = graph.node(last);
  const NodeId middle = MadeBy<Conv>(graph, joined.inputs[0]);
  if (middle == kNoNode || SoleUser(graph, joined.inputs[0]) != last) return false;
  const Node& conv = graph.node(middle);
  const NodeId first = MadeBy<SpaceToBatch>(graph, conv.inputs[0]);
  if (first == kNoNode || !IsPlain(OpAs<Conv>(conv.op))) return false;
  const Node& split = graph.node(first);
  const auto block = Ints(graph, split.inputs[1]);
  const auto pads = Ints(graph, split.inputs[2]);
  const auto crops = Ints(graph, joined.inputs[2]);
  if (!block || !pads || !crops || Ints(graph, joined.inputs[1]) != block) return false;
  const Shape& shape = ShapeOfValue(graph, conv.outputs[0]);
  if (!shape.has_rank() || block->size() > shape.rank() - 2) return false;
  const size_t spatial = shape.rank() - 2;
  Conv dilated = OpAs<Conv>(conv.op);
  dilated.strides.clear();
  dilated.dilations.assign(spatial, 1);
  dilated.pads.assign(2 * spatial, 0);
  for (size_t i = 0; i < block->size(); ++i) {
    dilated.dilations[i] = (*block)[i];
    dilated.pads[i] = (*pads)[2 * i] - (*crops)[2 * i];
    dilated.pads[spatial + i] = (*pads)[2 * i + 1] - (*crops)[2 * i + 1];
    if (dilated.pads[i] < 0 || dilated.pads[spatial + i] < 0) return false;
  }
  std::vector<ValueId> inputs = conv.inputs;
  inputs[0] = split.inputs[0];
  std::vector<std::string> sources = conv.sources;
  sources.insert(sources.end(), split.sources.begin(), split.sources.end());
  const ValueId result = joined.outputs[0];
  ReplaceNode(graph, last, std::move(dilated), std::move(inputs));
  AddSources(graph, graph.value(result).producer, sources);
  return true;
}

}  // namespace

int FoldDilation(Graph& graph, const PassContext&) {
  int changes = 0;
  for (const NodeId id : graph.Order()) {
    if (graph.node(id).removed || !IsOp<BatchToSpace>(graph.node(id).op)) continue;
    changes += Fold(graph, id) ? 1 : 0;
  }
  if (changes > 0) graph.RemoveDeadNodes();
  return changes;
}

}  // namespace floe
