#include "planner/rounding.h"

#include <algorithm>

namespace floe {
namespace {

// Error bound times layers. Winograd's F(6,3) at the stem of Inception-v4, with seventy layers behind it,
// moved the logits by 7e-4 of their range, more than twice what direct convolution did; with fifty it does no
// harm.
constexpr double kMost = 1e-2;
// However deep the network: only Winograd's larger tiles round more, so that a direct kernel is always left.
constexpr double kLeast = 1e-4;

bool IsLayer(const Op& op) {
  return IsOp<Conv>(op) || IsOp<ConvTranspose>(op) || IsOp<MatMul>(op);
}

int LayersOf(const Node& node);

// For each node, the most layers that follow on each other from its results to an output.
std::vector<int> LayersAfter(const Graph& graph) {
  const std::vector<NodeId> order = graph.Order();
  NodeId last = -1;
  for (const NodeId id : order) last = std::max(last, id);
  std::vector<int> after(static_cast<size_t>(last + 1), 0);
  for (auto at = order.rbegin(); at != order.rend(); ++at) {
    const Node& node = graph.node(*at);
    const int own = after[static_cast<size_t>(*at)] + LayersOf(node);
    for (const ValueId input : node.inputs) {
      if (input == kNoValue) continue;
      const NodeId producer = graph.value(input).producer;
      if (producer < 0) continue;
      after[static_cast<size_t>(producer)] = std::max(after[static_cast<size_t>(producer)], own);
    }
  }
  return after;
}

// Of a group, as many as follow on each other.
int LayersOf(const Node& node) {
  if (!IsOp<Group>(node.op)) return IsLayer(node.op) ? 1 : 0;
  const Graph& body = *node.bodies[0];
  const std::vector<int> after = LayersAfter(body);
  int most = 0;
  for (const NodeId id : body.Order()) {
    most = std::max(most, after[static_cast<size_t>(id)] + LayersOf(body.node(id)));
  }
  return most;
}

}  // namespace

std::vector<double> MostRounding(const Graph& graph) {
  const std::vector<int> after = LayersAfter(graph);
  std::vector<double> most(after.size());
  std::ranges::transform(after, most.begin(),
                         [](int layers) { return std::max(kMost / std::max(layers, 1), kLeast); });
  return most;
}

}  // namespace floe
