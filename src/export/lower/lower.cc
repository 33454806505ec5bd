#include "export/lower/lower.h"

#include <algorithm>
#include <limits>
#include <set>

#include "base/check.h"
#include "export/lower/rules.h"
#include "graph/visit_op.h"

namespace floe {
namespace {

struct AnyOp {
  template <typename T>
  AnyOp(const T&) {}  // NOLINT: that is what it is for
};
// ONNX has it, or the emitter refuses it.
Lowering::Result Lower(AnyOp, Lowering& l) {
  return l.Keep();
}

class GraphLowering {
 public:
  GraphLowering(Graph& graph, int opset, const Evaluator* evaluator, std::vector<ExportProblem>* problems,
                std::vector<std::string>* notes)
      : graph_(graph), opset_(opset), evaluator_(evaluator), problems_(problems), notes_(notes) {}

  void Run() {
    while (Round()) graph_.RemoveDeadNodes();
  }

 private:
  bool Round() {
    bool changed = false;
    for (const NodeId id : graph_.Order()) {
      if (graph_.node(id).removed || refused_.contains(id)) continue;
      for (const auto& body : graph_.node(id).bodies)
        LowerGraph(*body, opset_, evaluator_, problems_, notes_);
      changed |= TryNode(id);
    }
    return changed;
  }

  bool TryNode(NodeId id) {
    Lowering lowering(graph_, id, opset_, evaluator_);
    const Lowering::Result results =
        VisitOp([&](const auto& op) { return Lower(op, lowering); }, Op(graph_.node(id).op));
    for (const std::string& note : lowering.notes()) notes_->push_back(note);
    if (lowering.refused()) {
      const Node& node = graph_.node(id);
      problems_->push_back(
          {node.name, std::string(OpName(node.op)), node.sources, lowering.reason(), lowering.remedy()});
      refused_.insert(id);
      return false;
    }
    if (results.empty()) return false;
    const std::vector<ValueId> outputs = graph_.node(id).outputs;
    CHECK(results.size() == outputs.size());
    for (size_t i = 0; i < outputs.size(); ++i) {
      if (results[i] != kNoValue && results[i] != outputs[i]) TakePlace(graph_, outputs[i], results[i]);
    }
    // It would stay without a reader.
    if (IsOp<Assert>(graph_.node(id).op)) graph_.RemoveNode(id);
    return true;
  }

  Graph& graph_;
  int opset_;
  const Evaluator* evaluator_;
  std::vector<ExportProblem>* problems_;
  std::vector<std::string>* notes_;
  std::set<NodeId> refused_;
};

}  // namespace

void TakePlace(Graph& graph, ValueId result, ValueId made) {
  Value& to = graph.value(made);
  const bool own = to.producer != kNoNode && !graph.IsOutput(made) && to.sources.empty();
  if (!own) {
    graph.ReplaceUses(result, made);
    return;
  }
  // The name of the model's value goes on to the value that takes its place.
  Value& from = graph.value(result);
  graph.node(from.producer).outputs[static_cast<size_t>(from.output_index)] = made;
  graph.node(to.producer).outputs[static_cast<size_t>(to.output_index)] = result;
  std::swap(from.producer, to.producer);
  std::swap(from.output_index, to.output_index);
  if (const auto both = MergeShapes(from.type.shape, to.type.shape)) from.type.shape = *both;
  CHECK(from.type.dtype == to.type.dtype,
        "'" + from.name + "' would change its type to " + to.type.ToString());
  graph.ReplaceUses(made, result);
}

Lowering::Lowering(Graph& graph, NodeId node, int opset, const Evaluator* evaluator)
    : graph_(graph), id_(node), opset_(opset), evaluator_(evaluator), builder_(graph, evaluator) {
  // By what it came from, which a file notes too: names of helpers are then the same when it is read back.
  const Node& from = graph.node(node);
  builder_.SetSource(from.sources.empty() ? from.name : from.sources[0], from.sources);
}

bool Lowering::is_used(size_t output) const {
  if (output >= node().outputs.size()) return false;
  const ValueId out = node().outputs[output];
  return !graph_.value(out).users.empty() || graph_.IsOutput(out);
}

int64_t Lowering::Rank(size_t i) {
  if (shape(i).has_rank()) return static_cast<int64_t>(shape(i).rank());
  Refuse("the number of dimensions of its input is not known",
         "fix the input's shape with --input NAME=SHAPE");
  return -1;
}

ValueId Lowering::IotaOf(ValueId count_vector) {
  return Add(Range{}, {builder_.Int64(0), builder_.ToScalar(count_vector), builder_.Int64(1)});
}

ValueId Lowering::Iota(ValueId x, int64_t axis) {
  return IotaOf(builder_.DimTensor(x, axis));
}

ValueId Lowering::Cut(ValueId x, int64_t axis, int64_t begin, int64_t end, int64_t step) {
  return builder_.Slice(x, {begin}, {end}, {axis}, {step});
}

Lowering::Result Lowering::Refuse(std::string reason, std::string remedy) {
  if (reason_.empty()) {
    reason_ = std::move(reason);
    remedy_ = std::move(remedy);
  }
  return {};
}

void LowerGraph(Graph& graph, int opset, const Evaluator* evaluator, std::vector<ExportProblem>* problems,
                std::vector<std::string>* notes) {
  GraphLowering(graph, opset, evaluator, problems, notes).Run();
}

}  // namespace floe
