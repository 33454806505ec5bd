#include "backends/reference/evaluate.h"

#include <algorithm>
#include <new>
#include <unordered_map>

#include "backends/reference/kernels.h"
#include "base/check.h"
#include "base/error.h"

namespace floe {
namespace {

bool Fits(const TensorType& type, const Tensor& tensor) {
  if (tensor.empty() || (type.dtype != DType::kInvalid && type.dtype != tensor.dtype())) return false;
  if (!type.shape.has_rank()) return true;
  if (type.shape.rank() != tensor.rank()) return false;
  for (size_t i = 0; i < tensor.rank(); ++i) {
    if (type.shape[i].known() && type.shape[i].value() != tensor.dims()[i]) return false;
  }
  return true;
}

class Interpreter {
 public:
  Interpreter(const Graph& graph, std::span<Tensor> outputs, const EvaluateOptions& options)
      : graph_(graph), outputs_(outputs), options_(options), order_(graph.Order()) {
    for (const NodeId id : order_) {
      for (const ValueId input : graph_.node(id).inputs) {
        if (input != kNoValue) ++uses_left_[input];
      }
    }
    for (const ValueId output : graph_.outputs()) ++uses_left_[output];
  }

  void SetInputs(std::span<const Tensor> inputs) {
    for (size_t i = 0; i < inputs.size(); ++i) {
      const Value& value = graph_.value(graph_.inputs()[i]);
      if (!Fits(value.type, inputs[i])) {
        Throw(ErrorCode::kUsage, "input '{}': expected {}, found {}{}", value.name, value.type.ToString(),
              DTypeName(inputs[i].dtype()), DimsToString(inputs[i].dims()));
      }
      values_[graph_.inputs()[i]] = inputs[i];
    }
  }

  void Run() {
    PlaceOutputs();
    for (const NodeId id : order_) RunNode(graph_.node(id));
    for (size_t i = 0; i < outputs_.size(); ++i) CopyOutput(i);
  }

 private:
  // A value that is a graph output is computed in the caller's memory at once.
  void PlaceOutputs() {
    for (size_t i = 0; i < outputs_.size(); ++i) {
      const Value& value = graph_.value(graph_.outputs()[i]);
      if (!outputs_[i].empty() && value.producer != kNoNode)
        values_.emplace(graph_.outputs()[i], outputs_[i]);
    }
  }

  void RunNode(const Node& node) {
    std::vector<Tensor> inputs;
    inputs.reserve(node.inputs.size());
    for (const ValueId id : node.inputs) inputs.push_back(id == kNoValue ? Tensor() : Get(id));
    std::vector<Tensor> outputs;
    outputs.reserve(node.outputs.size());
    for (const ValueId id : node.outputs) {
      const auto placed = values_.find(id);
      outputs.push_back(placed == values_.end() ? Tensor() : placed->second);
    }
    reference::OpCall call(node, inputs, outputs, options_.pool);
    try {
      reference::RunOp(node.op, call);
    } catch (const std::bad_alloc&) {
      Throw(ErrorCode::kResource, "{}: out of memory", call.subject());
    }
    inputs.clear();
    for (size_t i = 0; i < node.outputs.size(); ++i) {
      CHECK(!outputs[i].empty(), call.subject());
      if (options_.on_value) options_.on_value(node.outputs[i], outputs[i]);
      if (uses_left_[node.outputs[i]] > 0) values_[node.outputs[i]] = std::move(outputs[i]);
    }
    for (const ValueId id : node.inputs) {
      if (id != kNoValue && --uses_left_[id] == 0) values_.erase(id);
    }
  }

  const Tensor& Get(ValueId id) const {
    const Value& value = graph_.value(id);
    if (value.is_constant()) {
      if (value.constant.raw() == nullptr && value.constant.size() > 0) {
        Throw(ErrorCode::kEngine, "constant '{}': its contents are not in the engine", value.name);
      }
      return value.constant;
    }
    const auto found = values_.find(id);
    CHECK(found != values_.end(), value.name);
    return found->second;
  }

  void CopyOutput(size_t i) {
    const Tensor& result = Get(graph_.outputs()[i]);
    if (outputs_[i].empty()) {
      outputs_[i] = result;
      return;
    }
    if (outputs_[i].raw() == result.raw()) return;
    if (outputs_[i].dtype() != result.dtype() || outputs_[i].dims() != result.dims()) {
      Throw(ErrorCode::kModel, "output '{}': expected {}{}, found {}{}",
            graph_.value(graph_.outputs()[i]).name, DTypeName(outputs_[i].dtype()),
            DimsToString(outputs_[i].dims()), DTypeName(result.dtype()), DimsToString(result.dims()));
    }
    if (result.size() == 0) return;
    if (result.dtype() == DType::kString) {
      std::copy_n(result.data<std::string>(), result.size(), outputs_[i].data<std::string>());
    } else {
      std::copy_n(static_cast<const char*>(result.raw()), result.size_bytes(),
                  static_cast<char*>(outputs_[i].raw()));
    }
  }

  const Graph& graph_;
  std::span<Tensor> outputs_;
  const EvaluateOptions& options_;
  std::vector<NodeId> order_;
  std::unordered_map<ValueId, int> uses_left_;
  std::unordered_map<ValueId, Tensor> values_;
};

}  // namespace

void EvaluateGraphInto(const Graph& graph, std::span<const Tensor> inputs, std::span<Tensor> outputs,
                       const EvaluateOptions& options) {
  if (inputs.size() != graph.inputs().size()) {
    Throw(ErrorCode::kUsage, "graph '{}': expected {} inputs, found {}", graph.name(), graph.inputs().size(),
          inputs.size());
  }
  CHECK(outputs.size() == graph.outputs().size());
  Interpreter interpreter(graph, outputs, options);
  interpreter.SetInputs(inputs);
  interpreter.Run();
}

std::vector<Tensor> EvaluateGraph(const Graph& graph, std::span<const Tensor> inputs,
                                  const EvaluateOptions& options) {
  std::vector<Tensor> outputs(graph.outputs().size());
  EvaluateGraphInto(graph, inputs, outputs, options);
  return outputs;
}

std::vector<Tensor> ReferenceEvaluator::Evaluate(const Graph& graph, std::span<const Tensor> inputs) const {
  for (const NodeId id : keep_quantised_ ? graph.Order() : std::vector<NodeId>()) {
    const Op& op = graph.node(id).op;
    if (IsOp<FakeQuant>(op) || IsOp<QuantizeLinear>(op) || IsOp<DequantizeLinear>(op))
      Throw(ErrorCode::kModel, "{} '{}' is kept", OpName(op), graph.node(id).name);
  }
  return EvaluateGraph(graph, inputs);
}

}  // namespace floe
