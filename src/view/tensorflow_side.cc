#include "view/tensorflow_side.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <unordered_map>

#include "base/error.h"
#include "base/quoting.h"
#include "compiler/model.h"
#include "compiler/summary.h"
#include "formats/tensorflow/data_type.h"
#include "formats/tensorflow/op_defs.h"
#include "formats/tensorflow/tensor_proto.h"
#include "frontend/tensorflow/rewrite/candidates.h"
#include "frontend/tensorflow/rewrite/variable_values.h"
#include "graph/cost.h"
#include "view/open_functions.h"
#include "view/sides.h"
#include "view/tensor_summary.h"
#include "view/type_text.h"

namespace floe::view {
namespace {

TensorFlowModel Read(const ModelSelection& selection) {
  return ReadTensorFlowModel(selection.path, {selection.tags, selection.checkpoint, std::nullopt});
}

// `declared`: the outputs are the model's own word, not a guess.
template <typename Listed>
ModelSelection Fill(ModelSelection selection, const std::vector<Listed>& inputs,
                    const std::vector<Listed>& outputs, bool declared, bool close) {
  if (selection.inputs.empty() && close) {
    for (const auto& input : inputs) {
      if (!input.dims || std::ranges::none_of(*input.dims, [](int64_t d) { return d < 0; })) continue;
      std::vector<int64_t> dims = *input.dims;
      for (int64_t& d : dims) d = d < 0 ? 1 : d;
      selection.inputs.push_back(fmt::format("{}=[{}]", input.name, fmt::join(dims, ",")));
    }
  }
  if (selection.outputs.empty() && !declared && !outputs.empty()) selection.outputs = {outputs[0].name};
  return selection;
}

ModelSelection Fill(const ModelSelection& selection, const Candidates& candidates, bool close) {
  return Fill(selection, candidates.inputs, candidates.outputs, candidates.from_signature, close);
}

// What importing the selection tells of the nodes.
struct Conversion {
  std::map<std::string, NodeReport> reports;           // by name; "function/node" in one that was not inlined
  std::unordered_map<std::string, std::string> types;  // of tensors, "node:0"
  std::unordered_map<std::string, int64_t> macs;       // by node
  int64_t total_macs = 0;
  std::string problem;
};

void AddTypes(const Graph& graph, Conversion* out) {
  for (const ValueId id : graph.Values()) {
    const Value& value = graph.value(id);
    for (const std::string& tensor : value.sources) out->types.try_emplace(tensor, value.type.ToString());
  }
  for (const NodeId id : graph.Order()) {
    for (const auto& body : graph.node(id).bodies) AddTypes(*body, out);
  }
}

void AddMacs(const Graph& graph, Conversion* out) {
  for (const NodeId id : graph.Order()) {
    const floe::Node& node = graph.node(id);
    const int64_t macs = MultiplyAccumulates(graph, id);
    if (macs > 0 && !node.sources.empty()) out->macs[node.sources.front()] += macs;
  }
  out->total_macs = MultiplyAccumulates(graph);
}

Conversion Convert(const ModelSelection& open, const ModelSelection& closed) {
  Conversion out;
  try {
    const ImportedModel model = ImportModel(LoadModel(open), /*strict=*/false);
    for (const NodeReport& report : model.nodes) out.reports.emplace(report.name, report);
    if (model.graph == nullptr) return out;
    AddTypes(*model.graph, &out);
    AddMacs(*model.graph, &out);
    if (out.total_macs == 0 && closed.inputs != open.inputs) {
      const ImportedModel sized = ImportModel(LoadModel(closed), /*strict=*/false);
      if (sized.graph != nullptr) AddMacs(*sized.graph, &out);
    }
  } catch (const Error& error) {
    out.problem = error.what();
  }
  return out;
}

bool IsHiddenAttribute(const std::string& key, const tf::NodeDef& def) {
  return key == "_output_shapes" || (key == "value" && def.op() == "Const");
}

std::vector<std::pair<std::string, std::string>> Attributes(const tf::NodeDef& def) {
  std::map<std::string, std::string> sorted;
  for (const auto& [key, value] : def.attr()) {
    if (!IsHiddenAttribute(key, def)) sorted[key] = AttributeText(value);
  }
  return {sorted.begin(), sorted.end()};
}

// Element types by the operation's definition and shapes as the file has noted them, where it has.
std::vector<std::string> TypesInFile(const tf::NodeDef& def, const OpTable& ops) {
  std::vector<std::string> out;
  const TfOpDef* known = ops.Find(def.op());
  if (known == nullptr) return out;
  const auto noted = def.attr().find("_output_shapes");
  const auto own = def.attr().find("shape");
  try {
    tf::NodeDef full = def;
    full.mutable_attr()->erase("value");
    AddDefaultAttrs(*known, &full);
    const std::vector<tf::DataType> types = OutputTypes(*known, full);
    for (size_t i = 0; i < types.size(); ++i) {
      std::string text = TypeText(types[i]);
      const int port = static_cast<int>(i);
      if (noted != def.attr().end() && port < noted->second.list().shape_size()) {
        text += ShapeText(noted->second.list().shape(port));
      } else if (own != def.attr().end() && own->second.has_shape() && types[i] != tf::DT_RESOURCE) {
        text += ShapeText(own->second.shape());
      }
      out.push_back(text);
    }
  } catch (const Error&) {
    out.clear();  // the definition and the node disagree: `floe check` says how
  }
  return out;
}

// Elements of a variable by the shape that its node declares; 0 where that leaves one open.
int64_t DeclaredSize(const VariableNode& variable) {
  const bool known = variable.dims && std::ranges::none_of(*variable.dims, [](int64_t d) { return d < 0; });
  const std::optional<DType> type = DTypeFromTf(variable.type);
  return known && type && IsParameterType(*type) ? ElementCount(*variable.dims) : 0;
}

class SideBuilder {
 public:
  explicit SideBuilder(const ModelSelection& selection)
      : selection_(selection), model_(Read(selection)), ops_(model_.graph.library()), values_(model_) {
    if (model_.meta) {
      for (const tf::OpDef& op : model_.meta->meta_info_def().stripped_op_list().op()) ops_.Add(op);
    }
  }

  Side Build() {
    side_.title = FileName(selection_.path);
    side_.kind = ModelKindName(model_.kind);
    side_.build_command = "floe build " + ShellWord(selection_.path);
    if (!selection_.checkpoint.empty())
      side_.build_command += " --checkpoint " + ShellWord(selection_.checkpoint);
    for (const std::string& tag : selection_.tags) side_.build_command += " --tag " + ShellWord(tag);

    try {
      candidates_ = FindCandidates(model_, selection_.signature);
    } catch (const Error& error) {
      Warn(error.what());
    }
    conversion_ = Convert(Fill(selection_, candidates_, false), Fill(selection_, candidates_, true));
    Warn(conversion_.problem);

    open_ = OpenFunctions(model_.graph, ops_);
    for (const std::string& warning : open_.warnings) Warn(warning);
    for (OpenNode& node : open_.nodes) AddNode(node);
    for (size_t i = 0; i < side_.nodes.size(); ++i) index_.try_emplace(side_.nodes[i].name, i);
    PassTypesOn();
    MarkInputsAndOutputs();
    MarkAuxiliary();
    AddFacts();
    return std::move(side_);
  }

 private:
  void Warn(const std::string& text) {
    if (!text.empty() && std::ranges::find(side_.warnings, text) == side_.warnings.end())
      side_.warnings.push_back(text);
  }

  void AddNode(OpenNode& from) {
    Node node;
    node.name = std::move(from.name);
    node.op = std::move(from.op);
    node.inputs = std::move(from.inputs);
    node.controls = std::move(from.controls);
    node.note = std::move(from.note);
    node.lookup = std::move(from.lookup);
    node.opens = from.opened;
    if (from.def != nullptr) {
      node.device = from.def->device();
      node.attributes = Attributes(*from.def);
      node.outputs = TypesInFile(*from.def, ops_);
      AddContents(*from.def, &node);
    } else if (!from.type.empty()) {
      node.outputs = {from.type};
    }
    AddConversion(&node);
    side_.nodes.push_back(std::move(node));
  }

  void AddContents(const tf::NodeDef& def, Node* node) {
    try {
      if (def.op() == "Const") {
        node->role = NodeRole::kConstant;
        const auto value = def.attr().find("value");
        if (value != def.attr().end()) SetTensor(TensorFromProto(value->second.tensor(), node->name), node);
      } else if (const std::optional<VariableNode> variable = AsVariable(def)) {
        node->role = NodeRole::kVariable;
        if (const std::optional<Tensor> tensor = values_.Read(*variable)) {
          SetTensor(*tensor, node);
        } else {
          node->note = "no value for this variable in the checkpoint";
          node->parameters = DeclaredSize(*variable);
        }
      }
    } catch (const Error& error) {
      node->note = error.what();
    }
  }

  static void SetTensor(const Tensor& tensor, Node* node) {
    node->tensor = Summarise(tensor);
    if (IsParameterType(tensor.dtype())) node->parameters = tensor.size();
    if (node->role == NodeRole::kConstant) node->outputs = {node->tensor->type};
  }

  void AddConversion(Node* node) {
    auto report = conversion_.reports.find(node->name);
    if (report == conversion_.reports.end()) report = conversion_.reports.find(node->lookup);
    if (report != conversion_.reports.end()) {
      node->status = NodeStatusName(report->second.status);
      node->reason = report->second.reason;
      node->remedy = report->second.remedy;
    }
    const auto macs = conversion_.macs.find(node->name);
    if (macs != conversion_.macs.end()) node->macs = macs->second;
    for (size_t port = 0; port < std::max<size_t>(node->outputs.size(), 1); ++port) {
      const auto type = conversion_.types.find(fmt::format("{}:{}", node->name, port));
      if (type == conversion_.types.end()) continue;
      if (node->outputs.size() <= port) node->outputs.resize(port + 1);
      node->outputs[port] = type->second;
    }
  }

  // Arguments and results of functions have the types of what flows into them.
  void PassTypesOn() {
    for (bool changed = true; changed;) {
      changed = false;
      for (Node& node : side_.nodes) {
        if ((node.op != "Argument" && node.op != "Result") || node.inputs.empty()) continue;
        const Source from = node.inputs.front();
        const std::vector<std::string>& types = side_.nodes[static_cast<size_t>(from.node)].outputs;
        if (static_cast<size_t>(from.port) >= types.size()) continue;
        const std::string& type = types[static_cast<size_t>(from.port)];
        const bool has = !node.outputs.empty() && node.outputs[0].find('[') != std::string::npos;
        if (has || type.find('[') == std::string::npos) continue;
        node.outputs = {type};
        changed = true;
      }
    }
  }

  void MarkInputsAndOutputs() {
    for (const auto& input : candidates_.inputs) {
      if (Node* node = Find(input.tensor.node)) node->role = NodeRole::kInput;
    }
    for (Node& node : side_.nodes) {
      if (node.op == "Placeholder" && node.role == NodeRole::kOther) node.role = NodeRole::kInput;
    }
    std::vector<std::string> outputs = selection_.outputs;
    if (outputs.empty()) {
      for (const auto& output : candidates_.outputs) {
        if (!candidates_.from_signature && !outputs.empty()) break;
        outputs.push_back(output.tensor.node);
      }
    }
    for (const std::string& output : outputs) {
      const std::optional<TensorRefView> ref = ParseTensorRef(output);
      Node* node = ref ? Find(std::string(ref->node)) : nullptr;
      if (node == nullptr) continue;
      if (node->role == NodeRole::kOther) node->role = NodeRole::kOutput;
      const auto id = static_cast<int32_t>(node - side_.nodes.data());
      roots_.push_back(id);
      if (!node->opens) continue;
      for (size_t i = 0; i < side_.nodes.size(); ++i) {
        if (side_.nodes[i].op == "Result" && side_.nodes[i].name.starts_with(node->name + "/")) {
          roots_.push_back(static_cast<int32_t>(i));
        }
      }
    }
  }

  Node* Find(const std::string& name) {
    const auto at = index_.find(name);
    return at == index_.end() ? nullptr : &side_.nodes[at->second];
  }

  // Everything that no output depends on, when outputs are known.
  void MarkAuxiliary() {
    if (roots_.empty()) return;
    std::vector<bool> needed(side_.nodes.size());
    std::vector<int32_t> stack = roots_;
    while (!stack.empty()) {
      const auto at = static_cast<size_t>(stack.back());
      stack.pop_back();
      if (needed[at]) continue;
      needed[at] = true;
      for (const Source& source : side_.nodes[at].inputs) stack.push_back(source.node);
      PushOpenedCalls(side_.nodes[at].name, &stack);
    }
    for (size_t i = 0; i < needed.size(); ++i) side_.nodes[i].auxiliary = !needed[i];
  }

  // The calls in whose bodies a node lies: needed when it is.
  void PushOpenedCalls(const std::string& name, std::vector<int32_t>* stack) const {
    for (size_t slash = name.find('/'); slash != std::string::npos; slash = name.find('/', slash + 1)) {
      const auto at = index_.find(name.substr(0, slash));
      if (at != index_.end() && side_.nodes[at->second].opens)
        stack->push_back(static_cast<int32_t>(at->second));
    }
  }

  void AddFacts() {
    const auto fact = [&](const char* label, std::string text) {
      if (!text.empty()) side_.facts.emplace_back(label, std::move(text));
    };
    std::set<std::string> ops;
    int64_t parameters = 0;
    for (const Node& node : side_.nodes) {
      ops.insert(node.op);
      parameters += node.parameters;
    }
    fact("file", selection_.path);
    fact("nodes", fmt::format("{} of {} operations", side_.nodes.size(), ops.size()));
    fact("parameters", std::to_string(parameters));
    if (conversion_.total_macs > 0) fact("multiply-accumulates", std::to_string(conversion_.total_macs));
    if (model_.graph.library().function_size() > 0) {
      fact("functions", std::to_string(model_.graph.library().function_size()));
    }
    if (model_.meta) {
      fact("TensorFlow", model_.meta->meta_info_def().tensorflow_version());
      std::vector<std::string> signatures;
      for (const auto& [name, signature] : model_.meta->signature_def()) signatures.push_back(name);
      std::ranges::sort(signatures);
      fact("signatures", fmt::format("{}", fmt::join(signatures, ", ")));
    }
    if (model_.graph.versions().producer() != 0) {
      fact("producer version", std::to_string(model_.graph.versions().producer()));
    }
    fact("checkpoint", model_.checkpoint_prefix);
  }

  ModelSelection selection_;
  TensorFlowModel model_;
  OpTable ops_;
  VariableValues values_;
  Candidates candidates_;
  Conversion conversion_;
  OpenGraph open_;
  Side side_;
  std::unordered_map<std::string, size_t> index_;
  std::vector<int32_t> roots_;
};

}  // namespace

Side TensorFlowSide(const ModelSelection& selection) {
  return SideBuilder(selection).Build();
}

ModelSelection LikelySelection(const ModelSelection& selection, bool close) {
  const ModelSummary summary = SummariseModel(selection);
  return Fill(selection, summary.inputs, summary.outputs, summary.outputs_are_declared, close);
}

}  // namespace floe::view
