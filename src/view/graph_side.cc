#include "view/graph_side.h"

#include <fmt/format.h>

#include <algorithm>

#include "backends/reference/evaluate.h"
#include "base/quoting.h"
#include "compiler/model.h"
#include "compiler/summary.h"
#include "graph/cost.h"
#include "passes/pass.h"
#include "view/op_text.h"
#include "view/sides.h"
#include "view/tensor_summary.h"
#include "view/tensorflow_side.h"

namespace floe::view {
namespace {

std::string LastPart(const std::string& name) {
  const size_t slash = name.rfind('/');
  return slash == std::string::npos ? name : name.substr(slash + 1);
}

}  // namespace

std::string GraphNodes::Unique(std::string name) {
  if (name.empty()) name = "unnamed";
  int& uses = taken_[name];
  if (++uses == 1) return name;
  return Unique(fmt::format("{}#{}", name, uses));
}

std::vector<Source> GraphNodes::Add(const Graph& graph, const std::string& prefix, const Sources& inputs,
                                    bool short_names) {
  Scope scope{graph, prefix, short_names, {}};
  AddInputs(scope, inputs);
  for (const NodeId id : graph.Order()) AddNode(scope, id);
  std::vector<Source> outputs;
  for (const ValueId id : graph.outputs()) {
    const std::vector<Source>& from = SourcesOf(scope, id);
    outputs.push_back(from.empty() ? Source{-1, 0} : from.front());
  }
  return outputs;
}

std::string GraphNodes::NameIn(const Scope& scope, const std::string& name) {
  return Unique(scope.prefix + (scope.short_names ? LastPart(name) : name));
}

int32_t GraphNodes::Append(Node node) {
  nodes_->push_back(std::move(node));
  return static_cast<int32_t>(nodes_->size() - 1);
}

void GraphNodes::AddInputs(Scope& scope, const Sources& inputs) {
  for (size_t i = 0; i < scope.graph.inputs().size(); ++i) {
    const ValueId id = scope.graph.inputs()[i];
    if (i < inputs.size() && !inputs[i].empty()) {
      scope.made[id] = inputs[i];
      continue;
    }
    const Value& value = scope.graph.value(id);
    Node node;
    node.name = NameIn(scope, value.name);
    node.op = "Input";
    node.role = scope.prefix.empty() ? NodeRole::kInput : NodeRole::kOther;
    node.outputs = {value.type.ToString()};
    node.sources = value.sources;
    scope.made[id] = {{Append(std::move(node)), 0}};
  }
}

// A constant becomes a node when it is first used.
const std::vector<Source>& GraphNodes::SourcesOf(Scope& scope, ValueId id) {
  auto [at, added] = scope.made.try_emplace(id);
  const Value& value = scope.graph.value(id);
  if (added && value.is_constant()) at->second = {{AddConstant(value, scope.prefix), 0}};
  return at->second;
}

void GraphNodes::AddNode(Scope& scope, NodeId id) {
  const floe::Node& from = scope.graph.node(id);
  Node node;
  node.name = NameIn(scope, from.name);
  node.op = IsOp<Group>(from.op) ? OpsText(*from.bodies[0]) : std::string(OpName(from.op));
  node.attributes = OpAttributes(from.op);
  node.sources = from.sources;
  node.macs = MultiplyAccumulates(scope.graph, id);
  node.bytes = BytesRead(scope.graph, id) + BytesWritten(scope.graph, id);
  node.opens = !from.bodies.empty();
  for (const ValueId output : from.outputs) node.outputs.push_back(scope.graph.value(output).type.ToString());
  Sources taken;
  for (const ValueId input : from.inputs) {
    taken.push_back(input == kNoValue ? std::vector<Source>{} : SourcesOf(scope, input));
  }
  if (!node.opens) {
    for (const auto& list : taken) node.inputs.insert(node.inputs.end(), list.begin(), list.end());
  }
  const std::string inner = node.name + "/";
  const int32_t self = Append(std::move(node));
  for (size_t i = 0; i < from.outputs.size(); ++i) {
    scope.made[from.outputs[i]] = {{self, static_cast<int32_t>(i)}};
  }
  if (!from.bodies.empty()) AddBodies(from, self, inner, taken, &scope.made);
}

// What leads into the node leads into its bodies, and what they give is what it gives.
void GraphNodes::AddBodies(const floe::Node& from, int32_t self, const std::string& scope,
                           const Sources& inputs, std::unordered_map<ValueId, std::vector<Source>>* made) {
  // Inputs of an If before the captured ones; of a Loop, trip count and condition stand where its body has
  // the iteration and the condition.
  const size_t own = IsOp<If>(from.op) ? 1 : 0;
  for (size_t i = 0; i < own && i < inputs.size(); ++i) {
    auto& to = (*nodes_)[static_cast<size_t>(self)].inputs;
    to.insert(to.end(), inputs[i].begin(), inputs[i].end());
  }
  const Sources passed(inputs.begin() + static_cast<ptrdiff_t>(std::min(own, inputs.size())), inputs.end());
  const size_t skipped = IsOp<Loop>(from.op) ? 1 : 0;  // the body's condition is no output of the node
  for (const ValueId output : from.outputs) (*made)[output].clear();
  for (size_t b = 0; b < from.bodies.size(); ++b) {
    const std::string prefix = IsOp<If>(from.op) ? scope + (b == 0 ? "then/" : "else/") : scope;
    const std::vector<Source> results = Add(*from.bodies[b], prefix, passed, true);
    for (size_t i = 0; i < from.outputs.size() && i + skipped < results.size(); ++i) {
      if (results[i + skipped].node >= 0) (*made)[from.outputs[i]].push_back(results[i + skipped]);
    }
  }
}

int32_t GraphNodes::AddConstant(const Value& value, const std::string& prefix) {
  Node node;
  node.name = Unique(prefix + (prefix.empty() ? value.name : LastPart(value.name)));
  node.op = "Constant";
  node.role = NodeRole::kConstant;
  node.outputs = {value.type.ToString()};
  node.sources = value.sources;
  node.tensor = Summarise(value.constant);
  if (IsParameterType(value.type.dtype)) node.parameters = value.constant.size();
  return Append(std::move(node));
}

Side GraphSide(const Graph& graph, std::string title) {
  Side side;
  side.title = std::move(title);
  side.kind = "Graph";
  const std::vector<Source> outputs = GraphNodes(&side.nodes).Add(graph, "", {}, false);
  for (const Source& output : outputs) {
    if (output.node < 0) continue;
    Node& node = side.nodes[static_cast<size_t>(output.node)];
    if (node.role == NodeRole::kOther) node.role = NodeRole::kOutput;
  }
  side.facts = {{"nodes", std::to_string(graph.node_count())},
                {"parameters", std::to_string(ParameterCount(graph))},
                {"multiply-accumulates", std::to_string(MultiplyAccumulates(graph))}};
  return side;
}

Side GraphSide(const ModelSelection& selection, bool passes, const std::string& stop_after) {
  const ImportedModel model = ImportModel(LoadModel(LikelySelection(selection, true)));
  if (passes) {
    const ReferenceEvaluator evaluator;
    PipelineOptions options;
    options.stop_after = stop_after;
    RunPasses(*model.graph, {evaluator}, options);
  }
  const std::string file = FileName(selection.path);
  const std::string stage = !passes              ? "as imported"
                            : stop_after.empty() ? "after all passes"
                                                 : "after " + stop_after;
  return GraphSide(*model.graph, file + ", " + stage);
}

Side OnnxSide(const ModelSelection& selection) {
  Side side = GraphSide(selection, /*passes=*/false);
  side.title = FileName(selection.path);
  side.kind = SummariseModel(selection).kind;
  side.build_command = "floe build " + ShellWord(selection.path);
  return side;
}

}  // namespace floe::view
