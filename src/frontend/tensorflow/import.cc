#include "frontend/tensorflow/import.h"

#include <algorithm>
#include <unordered_set>

#include "base/error.h"
#include "base/text.h"
#include "formats/tensorflow/data_type.h"
#include "formats/tensorflow/op_defs.h"
#include "formats/tensorflow/tensor_proto.h"
#include "frontend/tensorflow/attach_checks.h"
#include "frontend/tensorflow/importer.h"

namespace floe {
namespace {

bool IsPlaceholder(const FlatNode& node) {
  return node.op() == "Placeholder" || node.op() == "PlaceholderV2" || node.op() == "_Arg";
}

// What the graph says of a tensor that is fed.
TensorType DeclaredType(const FlatNode& node, int port) {
  TensorType type;
  const TfOpDef* op_def = FindOpDef(node.op());
  if (op_def != nullptr) {
    const std::vector<tf::DataType> types = OutputTypes(*op_def, *node.def);
    if (port < static_cast<int>(types.size()) && types[static_cast<size_t>(port)] == tf::DT_RESOURCE)
      Throw(ErrorCode::kModel,
            "input '{}': a table or variable of the program that froze the graph, which the file does not "
            "contain; "
            "export the model as a SavedModel, or choose --input behind it",
            node.name());
    if (port < static_cast<int>(types.size()))
      type.dtype = DTypeFromTf(types[static_cast<size_t>(port)]).value_or(DType::kInvalid);
  }
  const auto shape = node.def->attr().find("shape");
  const bool has_shape = IsPlaceholder(node) || node.op() == "PlaceholderWithDefault";
  if (has_shape && shape != node.def->attr().end() && shape->second.has_shape()) {
    const std::optional<std::vector<int64_t>> dims = DimsFromShapeProto(shape->second.shape(), node.name());
    if (dims) type.shape = Shape::Of(*dims);
  }
  return type;
}

TensorType MergeTypes(const TensorType& declared, const TensorType& wanted, const std::string& name) {
  TensorType type = declared;
  if (wanted.dtype != DType::kInvalid) {
    if (declared.dtype != DType::kInvalid && declared.dtype != wanted.dtype)
      Throw(ErrorCode::kModel, "input '{}': expected {}, found {}", name, DTypeName(declared.dtype),
            DTypeName(wanted.dtype));
    type.dtype = wanted.dtype;
  }
  if (type.dtype == DType::kInvalid)
    Throw(ErrorCode::kModel, "input '{}': its element type is not known", name);
  const std::optional<Shape> shape = MergeShapes(wanted.shape, declared.shape);
  if (!shape)
    Throw(ErrorCode::kModel, "input '{}': expected shape {}, found {}", name, declared.shape.ToString(),
          wanted.shape.ToString());
  type.shape = *shape;
  return type;
}

// The main graph with an argument for each input, cut there.
class MainScope {
 public:
  // `unchecked`: checks that are left out.
  MainScope(const tf::GraphDef& graph, const ImportOptions& options,
            const std::map<std::string, std::string>& unchecked)
      : flat_(FlattenGraph(graph)) {
    for (const std::string& output : options.outputs) flat_.results.push_back(FindTensor(flat_, output));
    for (const ImportInput& input : options.inputs)
      AddInput(input.name, FindTensor(flat_, input.name), input.type);
    Redirect();
    AddPlaceholders();
    Redirect();
    AttachChecks(flat_, AssertingFunctions(graph.library()), unchecked);
    Prune();
  }

  struct Input {
    InputInfo info;
    TensorType type;
    bool needed = false;
  };
  FlatGraph& flat() { return flat_; }
  std::vector<Input>& inputs() { return inputs_; }

 private:
  void AddInput(const std::string& name, FlatRef ref, const TensorType& wanted) {
    if (redirected_.contains(Key(ref))) return;
    const FlatNode& node = flat_.nodes[static_cast<size_t>(ref.node)];
    Input input;
    input.info.name = name;
    input.info.tensor = node.name() + ":" + std::to_string(ref.port);
    input.type = MergeTypes(DeclaredType(node, ref.port), wanted, name);
    inputs_.push_back(std::move(input));
    redirected_.emplace(Key(ref), static_cast<int>(flat_.nodes.size()));
    flat_.nodes.push_back({.kind = FlatNode::Kind::kArg, .arg = flat_.args++});
  }

  static int64_t Key(FlatRef ref) { return static_cast<int64_t>(ref.node) * (1 << 21) + ref.port; }

  void Redirect(FlatRef& ref) {
    const auto found = redirected_.find(Key(ref));
    if (found != redirected_.end()) ref = {found->second, 0};
  }

  void Redirect() {
    for (FlatNode& node : flat_.nodes)
      for (FlatRef& ref : node.inputs) Redirect(ref);
    for (FlatRef& ref : flat_.results) Redirect(ref);
  }

  // Nodes that the results may depend on, loops followed too.
  std::vector<bool> Reachable(bool controls) const {
    std::vector<bool> seen(flat_.nodes.size());
    std::vector<int> pending;
    const auto visit = [&](int node) {
      if (seen[static_cast<size_t>(node)]) return;
      seen[static_cast<size_t>(node)] = true;
      pending.push_back(node);
    };
    for (const FlatRef& ref : flat_.results) visit(ref.node);
    while (!pending.empty()) {
      const FlatNode& node = flat_.nodes[static_cast<size_t>(pending.back())];
      pending.pop_back();
      for (const FlatRef& ref : node.inputs) visit(ref.node);
      if (controls)
        for (const int control : node.controls) visit(control);
    }
    return seen;
  }

  void AddPlaceholders() {
    const std::vector<bool> seen = Reachable(false);
    for (size_t i = 0; i < seen.size(); ++i) {
      if (!seen[i] || !IsPlaceholder(flat_.nodes[i])) continue;
      const std::string name = flat_.nodes[i].name();
      AddInput(name, {static_cast<int>(i), 0}, {});
    }
    for (size_t i = 0; i < seen.size(); ++i)
      for (const FlatRef& ref : flat_.nodes[i].inputs)
        if (seen[i] && ref.port != 0 && IsPlaceholder(flat_.nodes[static_cast<size_t>(ref.node)]))
          Throw(ErrorCode::kModel, "node '{}': Placeholder '{}' has no output {}", flat_.nodes[i].name(),
                flat_.nodes[static_cast<size_t>(ref.node)].name(), ref.port);
  }

  // What no output needs loses its edges, so that nothing in it can stand in the way.
  void Prune() {
    const std::vector<bool> data = Reachable(false), all = Reachable(true);
    for (size_t i = 0; i < flat_.nodes.size(); ++i) {
      FlatNode& node = flat_.nodes[i];
      if (node.kind == FlatNode::Kind::kArg) {
        inputs_[static_cast<size_t>(node.arg)].needed = data[i];
      } else if (!all[i]) {
        node.inputs.clear();
        node.controls.clear();
      }
    }
  }

  FlatGraph flat_;
  std::vector<Input> inputs_;
  std::unordered_map<int64_t, int> redirected_;
};

void SetGraphOutputs(Graph& graph, const std::vector<Slot>& results, const std::vector<std::string>& names) {
  for (size_t i = 0; i < results.size(); ++i) {
    const Slot& slot = results[i];
    if (!slot.is_tensor())
      Throw(ErrorCode::kModel, "output '{}': it is a list or a table, expected a tensor", names[i]);
    graph.AddOutput(slot.value);
  }
}

void TakeConstants(google::protobuf::RepeatedPtrField<tf::NodeDef>& nodes, TakenConstants& out) {
  constexpr size_t kWorthTaking = 4096;
  for (tf::NodeDef& node : nodes) {
    if (node.op() != "Const") continue;
    const auto value = node.mutable_attr()->find("value");
    if (value == node.mutable_attr()->end() || !value->second.has_tensor()) continue;
    tf::TensorProto* tensor = value->second.mutable_tensor();
    if (tensor->tensor_content().size() < kWorthTaking || tensor->dtype() == tf::DT_STRING) continue;
    try {
      out.emplace(&node, TensorFromProto(std::move(*tensor), node.name()));
    } catch (const Error&) {
      // Left where it is: the import refuses the node when something needs it.
    }
  }
}

TakenConstants TakeConstants(tf::GraphDef& graph) {
  TakenConstants taken;
  TakeConstants(*graph.mutable_node(), taken);
  for (tf::FunctionDef& function : *graph.mutable_library()->mutable_function())
    TakeConstants(*function.mutable_node_def(), taken);
  return taken;
}

ImportResult ImportOnce(MainScope& scope, Importer& importer, const ImportOptions& options) {
  ImportResult result;
  result.graph = std::make_unique<Graph>();
  Builder builder(*result.graph, options.evaluator);
  builder.SetSurvey(!options.strict);
  std::vector<Slot> args;
  for (MainScope::Input& input : scope.inputs()) {
    std::string name = input.info.tensor;
    if (name.ends_with(":0")) name.resize(name.size() - 2);
    input.info.value = result.graph->AddInput(result.graph->UniqueName(name), input.type);
    result.graph->value(input.info.value).sources.push_back(input.info.tensor);
    args.push_back(Slot::Of(input.info.value));
    if (!input.needed) result.unneeded_inputs.push_back(input.info.name);
    result.inputs.push_back(input.info);
  }

  std::vector<Slot> results;
  try {
    results = importer.ImportScope(scope.flat(), builder, args);
  } catch (const ImportFailure& failure) {
    Throw(ErrorCode::kModel, "graph: {}", failure.reason);
  }
  for (const FlatNode& node : scope.flat().nodes) {
    if (node.def == nullptr || importer.Reported(node.name())) continue;
    if (IsPlaceholder(node))
      importer.Report(scope.flat(), node, NodeStatus::kOk);
    else if (const auto left = importer.unchecked().find(node.name()); left != importer.unchecked().end())
      importer.Report(scope.flat(), node, NodeStatus::kRemoved, left->second);
    else
      importer.Report(scope.flat(), node, NodeStatus::kRemoved, "no output needs it");
  }
  result.nodes = importer.TakeReports();
  const bool failed =
      std::any_of(results.begin(), results.end(), [](const Slot& s) { return s.is_poison(); });
  if (failed) {
    result.partial = std::move(result.graph);
    for (InputInfo& input : result.inputs) input.value = kNoValue;
    return result;
  }
  SetGraphOutputs(*result.graph, results, options.outputs);
  result.graph->Compact();
  for (size_t i = 0; i < result.inputs.size(); ++i) result.inputs[i].value = result.graph->inputs()[i];
  return result;
}

}  // namespace

ImportResult ImportGraphDef(tf::GraphDef graph_def, const ImportOptions& options) {
  if (options.outputs.empty()) Throw(ErrorCode::kUsage, "no output is named");
  TableContents tables = FindTableContents(graph_def, options.evaluator);
  TakenConstants constants = TakeConstants(graph_def);
  std::set<std::string> ragged;
  std::map<std::string, std::string> unchecked;
  for (;;) {
    MainScope scope(graph_def, options, unchecked);
    StructureLoops(scope.flat());
    StructureConds(scope.flat());
    Importer importer(graph_def.library(), options.evaluator, constants, ragged, unchecked);
    importer.SetTables(tables);
    ImportResult result = ImportOnce(scope, importer, options);
    std::set<std::string> more = importer.RaggedLists();
    if (more.size() == ragged.size() && importer.unchecked().size() == unchecked.size()) {
      if (options.strict && result.graph == nullptr) FailOnUnsupported(result.nodes);
      return result;
    }
    ragged = std::move(more);
    unchecked = importer.unchecked();
  }
}

}  // namespace floe
