#include "graph/infer_bodies.h"

#include "graph/infer_util.h"

namespace floe {
namespace {

// Turns of a loop after which a carried type that still changes is given up.
constexpr int kMostTurns = 3;

std::optional<std::vector<Dim>> ContentsOf(const InferredValue& in) {
  if (in.constant == nullptr) return in.elements;
  const InferContext ctx({&in, 1}, {}, 0, "");
  return ctx.elements(0);
}

// True when the body's input changed.
bool Feed(Graph& body, size_t i, const TensorType& type, std::optional<std::vector<Dim>> elements) {
  Value& v = body.value(body.inputs()[i]);
  // What the builder of the body knew stays where the outside knows nothing.
  TensorType fed = type;
  if (fed.dtype == DType::kInvalid) fed.dtype = v.type.dtype;
  if (v.type == fed && v.elements == elements) return false;
  v.type = std::move(fed);
  v.elements = std::move(elements);
  return true;
}

// Body inputs first, first + 1, ... are node inputs from, from + 1, ...
bool FeedRest(Graph& body, std::span<const InferredValue> inputs, size_t from, size_t first) {
  bool changed = false;
  for (size_t i = from; i < inputs.size(); ++i) {
    if (!inputs[i].present) continue;
    changed |= Feed(body, first + i - from, inputs[i].type, ContentsOf(inputs[i]));
  }
  return changed;
}

void InferLoopBody(const Loop& op, Graph& body, std::span<const InferredValue> inputs) {
  const auto carried = static_cast<size_t>(op.carried);
  const Shape scalar(std::vector<Dim>{});
  bool changed = Feed(body, 0, {DType::kInt64, scalar}, {});
  changed |= Feed(body, 1, {DType::kBool, scalar}, {});
  changed |= FeedRest(body, inputs, 2 + carried, 2 + carried);
  std::vector<TensorType> types;
  for (size_t i = 0; i < carried; ++i) types.push_back(inputs[i + 2].type);
  for (int turn = 0;; ++turn) {
    for (size_t i = 0; i < carried; ++i) changed |= Feed(body, i + 2, types[i], {});
    if (changed) body.ReinferAll();
    changed = false;
    bool stable = true;
    for (size_t i = 0; i < carried; ++i) {
      const TensorType& after = body.value(body.outputs()[i + 1]).type;
      Shape both = GeneraliseShapes(types[i].shape, after.shape);
      if (both == types[i].shape) continue;
      stable = false;
      types[i].shape = turn < kMostTurns ? std::move(both) : Shape();
    }
    if (stable) return;
  }
}

}  // namespace

void InferBodies(Node& node, std::span<const InferredValue> inputs) {
  if (node.bodies.empty()) return;
  if (const Loop* loop = OpCast<Loop>(node.op)) {
    Graph& body = *node.bodies[0];
    const auto carried = static_cast<size_t>(loop->carried);
    if (inputs.size() < 2 || loop->carried < 0 || body.inputs().size() != inputs.size() ||
        carried + 2 > inputs.size() || body.outputs().size() < carried + 1) {
      return;
    }
    return InferLoopBody(*loop, body, inputs);
  }
  const size_t skipped = IsOp<If>(node.op) ? 1 : 0;
  for (const auto& body : node.bodies) {
    if (inputs.size() < skipped || body->inputs().size() != inputs.size() - skipped) continue;
    if (FeedRest(*body, inputs, skipped, 0)) body->ReinferAll();
  }
}

}  // namespace floe
