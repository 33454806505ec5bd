#include <algorithm>

#include "base/error.h"
#include "base/log.h"
#include "graph/cost.h"
#include "passes/inline_body.h"
#include "passes/passes.h"
#include "passes/rewrite.h"

namespace floe {
namespace {

constexpr int64_t kMostBytes = int64_t{256} << 20;     // of a folded result
constexpr int64_t kSmallBytes = int64_t{1} << 16;      // results up to here may grow the model
constexpr int64_t kMostInputBytes = int64_t{1} << 20;  // where the result's size is not known
constexpr int64_t kMostArithmetic = int64_t{1} << 30;

bool HasConstantInputs(const Graph& graph, const Node& node) {
  return std::ranges::all_of(node.inputs,
                             [&](ValueId in) { return in == kNoValue || graph.value(in).is_constant(); });
}

bool IsWorthFolding(const Graph& graph, NodeId id) {
  const Node& node = graph.node(id);
  if (InfoOf(node.op).traits.random || !node.bodies.empty() || !HasConstantInputs(graph, node)) return false;
  const bool is_static =
      std::ranges::all_of(node.outputs, [&](ValueId out) { return graph.value(out).type.IsStatic(); });
  const int64_t read = BytesRead(graph, id);
  if (!is_static) return read <= kMostInputBytes;
  const int64_t written = BytesWritten(graph, id);
  return written <= kMostBytes && written <= std::max(kSmallBytes, 2 * read) &&
         MultiplyAccumulates(graph, id) <= kMostArithmetic;
}

bool FoldNode(Graph& graph, NodeId id, const Evaluator& evaluator) {
  std::vector<ValueId> inputs;
  std::vector<Tensor> results;
  try {
    results = evaluator.Evaluate(*ExtractProblem(graph, id, &inputs), {});
  } catch (const Error& e) {
    // What raises at run time (an index out of range) must raise there, and only if the node is reached.
    LogDebug("{} '{}' is not folded: {}", OpName(graph.node(id).op), graph.node(id).name, e.what());
    return false;
  }
  const std::vector<ValueId> outputs = graph.node(id).outputs;
  for (size_t i = 0; i < outputs.size(); ++i) graph.MakeConstant(outputs[i], std::move(results[i]));
  return true;
}

// A value that shape inference knows fully becomes a constant.
bool FoldKnownContents(Graph& graph, ValueId id) {
  const Value& v = graph.value(id);
  if (!v.elements || !v.type.IsStatic() || v.producer == kNoNode) return false;
  if (std::ranges::any_of(*v.elements, [](const Dim& d) { return !d.known(); })) return false;
  Tensor contents(v.type.dtype, v.type.shape.Static());
  for (size_t i = 0; i < v.elements->size(); ++i) {
    if (v.type.dtype == DType::kInt64) {
      contents.data<int64_t>()[i] = (*v.elements)[i].value();
    } else {
      contents.data<int32_t>()[i] = static_cast<int32_t>((*v.elements)[i].value());
    }
  }
  graph.MakeConstant(id, std::move(contents));
  return true;
}

// If(true, x) = then(x); If(false, x) = else(x)
bool InlineBranch(Graph& graph, NodeId id) {
  const Node& node = graph.node(id);
  if (!IsOp<If>(node.op)) return false;
  const Tensor* condition = ConstantOf(graph, node.inputs[0]);
  if (condition == nullptr || condition->dtype() != DType::kBool || condition->size() != 1) return false;
  InlineBody(graph, id, condition->data<bool>()[0] ? 0 : 1, 1);
  return true;
}

// Assert(true, x...) checks nothing.
bool DropAssert(Graph& graph, NodeId id) {
  const Node& node = graph.node(id);
  if (!IsOp<Assert>(node.op)) return false;
  const Tensor* condition = ConstantOf(graph, node.inputs[0]);
  if (condition == nullptr || condition->dtype() != DType::kBool) return false;
  const auto* flags = static_cast<const uint8_t*>(condition->raw());
  if (std::find(flags, flags + condition->size(), 0) != flags + condition->size()) return false;
  graph.MakeConstant(node.outputs[0], *condition);
  return true;
}

}  // namespace

int FoldConstants(Graph& graph, const PassContext& context) {
  int changes = 0;
  for (bool inlined = true; inlined;) {
    inlined = false;
    for (const NodeId id : graph.Order()) {
      if (graph.node(id).removed) continue;
      graph.Reinfer(id);  // constants may tell more than the values they replaced
      if (InlineBranch(graph, id)) {
        ++changes;
        inlined = true;
        break;
      }
      if (DropAssert(graph, id)) {
        ++changes;
        continue;
      }
      if (IsWorthFolding(graph, id) && FoldNode(graph, id, context.evaluator)) {
        ++changes;
        continue;
      }
      const std::vector<ValueId> outputs = graph.node(id).outputs;
      for (const ValueId out : outputs) changes += FoldKnownContents(graph, out) ? 1 : 0;
    }
  }
  return changes;
}

}  // namespace floe
