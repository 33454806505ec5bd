#include "frontend/tensorflow/rewrite/prepare.h"

#include <algorithm>
#include <optional>
#include <set>
#include <unordered_set>
#include <utility>

#include "base/error.h"
#include "base/text.h"
#include "formats/tensorflow/op_defs.h"
#include "formats/tensorflow/tensor_proto.h"
#include "frontend/tensorflow/rewrite/candidates.h"
#include "frontend/tensorflow/rewrite/choices.h"
#include "frontend/tensorflow/rewrite/cut.h"
#include "frontend/tensorflow/rewrite/fold_branches.h"
#include "frontend/tensorflow/rewrite/freeze.h"
#include "frontend/tensorflow/rewrite/graph_index.h"
#include "frontend/tensorflow/rewrite/inline.h"
#include "frontend/tensorflow/rewrite/lower_switch_n.h"
#include "frontend/tensorflow/rewrite/open_loops.h"
#include "frontend/tensorflow/rewrite/strip.h"
#include "frontend/tensorflow/rewrite/tables.h"
#include "frontend/tensorflow/rewrite/variable_values.h"

namespace floe {
namespace {

class Preparation {
 public:
  Preparation(TensorFlowModel model, const Selection& selection)
      : choices_(model, selection), values_(model), assets_(AssetFiles(model)), folder_(model.folder) {
    result_.nodes_before = model.graph.node_size();
    for (const tf::FunctionDef& function : model.graph.library().function()) {
      result_.nodes_before += function.node_def_size();
    }
    OpTable table(model.graph.library());
    if (model.meta) {
      for (const tf::OpDef& op : model.meta->meta_info_def().stripped_op_list().op()) table.Add(op);
    }
    work_.ops = OpSignatures(std::move(table));
    *result_.graph.mutable_versions() = model.graph.versions();
    *work_.main.graph.mutable_versions() = model.graph.versions();
    work_.main.graph.mutable_node()->Swap(model.graph.mutable_node());
    for (const tf::NodeDef& node : work_.main.graph.node()) work_.ops.CheckInputCount(node);
    for (tf::FunctionDef& function : *model.graph.mutable_library()->mutable_function()) {
      const std::string name = function.signature().name();
      tf::FunctionDef& taken = library_[name];
      if (taken.has_signature())
        Throw(ErrorCode::kModel, "graph: expected unique function names, found '{}' twice", name);
      taken.Swap(&function);
    }
  }

  void KeepWhatRuns() {
    GraphIndex(work_.main.graph).TopologicalOrder();
    Kept roots;
    roots.initializers = FindTableInitializers(work_.main.graph, library_);
    for (const std::string& node : choices_.Roots(work_.main.graph)) roots.outputs.push_back({node, 0});
    PruneDeadNodes(work_.main, roots);
  }

  void Inline() {
    LowerSwitchN(work_.main);
    InlineCalls(work_, library_, choices_.named_nodes());
  }

  void ResolveInnerNames() {
    choices_.ResolveRest(work_);
    kept_.outputs = choices_.output_refs();
  }

  void SetConstants() {
    for (const auto& [tensor, choice] : choices_.sets()) {
      if (!SetVariable(tensor, choice)) SetConstant(work_, tensor, choice);
    }
  }

  void CutAtInputs() {
    const std::vector<Cut> cuts = choices_.Cuts(work_.main.graph);
    for (const Cut& cut : cuts) kept_.inputs.push_back(cut.tensor);
    placeholders_ = CutInputs(work_, cuts);
    const GraphIndex index(work_.main.graph);
    for (size_t i = 0; i < cuts.size(); ++i) {
      cut_names_.emplace_back(cuts[i].given, placeholders_[i]);
      cut_inputs_.push_back(Describe(cuts[i].given, index.node(index.Find(placeholders_[i]))));
    }
    UseDefaults(work_);
    OpenCutLoops(work_.main, kept_.outputs);
  }

  void FoldConditions() {
    while (FoldBranches(work_.main, kept_.outputs)) InlineCalls(work_, library_, choices_.named_nodes());
  }

  void KeepTables() {
    kept_.initializers = UsedTableInitializers(work_, kept_.outputs);
    PruneDeadNodes(work_.main, kept_);
    PruneBodies(work_);
    EmbedTableContents(work_, kept_.initializers, folder_, assets_, values_);
  }

  void ResolveWrites() {
    LiftVariableState(work_, kept_);
    CheckVariableWrites(work_, kept_);
  }

  void Strip() {
    ForEachScope([&](Scope& scope) { ResolveControlInputs(work_, scope, kept_); });
    ForEachScope([&](Scope& scope) { BypassPassThrough(scope, kept_); });
    ForEachScope([&](Scope& scope) { PruneDeadNodes(scope, kept_); });
    PruneBodies(work_);
  }

  void Freeze() { FreezeVariables(work_, values_); }

  void TrimPorts() {
    TrimKeptPorts(work_.main, kept_);
    PruneDeadNodes(work_.main, kept_);
    PruneBodies(work_);
  }

  FreezeResult Result() {
    DescribeInputs();
    DescribeOutputs();
    result_.initializers = kept_.initializers;
    ForEachScope([&](Scope& scope) { DropAnnotations(scope.graph); });
    result_.graph.mutable_node()->Swap(work_.main.graph.mutable_node());
    result_.nodes_after = result_.graph.node_size();
    for (auto& [name, scope] : work_.functions) {
      tf::FunctionDef& function = *result_.graph.mutable_library()->add_function();
      function = UnflattenFunction(std::move(scope), work_.ops);
      result_.nodes_after += function.node_def_size();
    }
    for (std::string& warning : work_.warnings) result_.warnings.push_back(std::move(warning));
    return std::move(result_);
  }

 private:
  template <typename Visit>
  void ForEachScope(Visit visit) {
    visit(work_.main);
    for (auto& [name, scope] : work_.functions) visit(scope);
  }

  // A variable that is set does without the checkpoint.
  bool SetVariable(const TensorRef& tensor, const SetChoice& choice) {
    for (const tf::NodeDef& node : work_.main.graph.node()) {
      if (node.name() != tensor.node) continue;
      const std::optional<VariableNode> variable = AsVariable(node);
      if (!variable || !variable->is_resource) return false;
      values_.Override(*variable, ValueToSet(choice, variable->type, variable->dims));
      return true;
    }
    return false;
  }

  // Devices, colocation and what the runtime noted for itself bind a graph to where it was made.
  static void DropAnnotations(tf::GraphDef& graph) {
    for (tf::NodeDef& node : *graph.mutable_node()) {
      node.clear_device();
      node.clear_experimental_debug_info();
      std::vector<std::string> stale;
      for (const auto& [name, attr] : node.attr()) {
        if (name.starts_with('_') && name != "_lower_using_switch_merge") stale.push_back(name);
      }
      for (const std::string& name : stale) node.mutable_attr()->erase(name);
    }
  }

  ResolvedTensor Describe(const std::string& name, const tf::NodeDef& placeholder) const {
    // Not in one braced list: where an element of it throws, g++ 12 frees texts that have not been made yet.
    ResolvedTensor input;
    input.name = name;
    input.tensor = {placeholder.name(), 0};
    input.type = TypeAttr(placeholder, "dtype");
    input.dims = KnownDims(placeholder, 0, work_.main.graph.versions().producer());
    return input;
  }

  void DescribeInputs() {
    const GraphIndex index(work_.main.graph);
    std::set<std::string> described;
    const auto describe = [&](const std::string& name, int node, const std::string& why) {
      described.insert(index.node(node).name());
      result_.inputs.push_back(Describe(name, index.node(node)));
      result_.inputs.back().why = why;
    };
    for (size_t i = 0; i < cut_names_.size(); ++i) {
      const auto& [given, placeholder] = cut_names_[i];
      const int node = index.Find(placeholder);
      if (node >= 0) {
        describe(given, node, choices_.WhyInput(given));
        continue;
      }
      if (choices_.WhyInput(given) == "given")
        result_.warnings.push_back("input '" + given + "': the outputs do not need it");
      result_.unneeded.push_back(cut_inputs_[i]);
    }
    for (int i = 0; i < index.size(); ++i) {
      const tf::NodeDef& node = index.node(i);
      const bool placeholder = node.op() == "Placeholder" || node.op() == "PlaceholderV2";
      if (placeholder && !described.contains(node.name())) describe(node.name(), i, "placeholder");
    }
  }

  void DescribeOutputs() {
    const GraphIndex index(work_.main.graph);
    for (ResolvedTensor output : choices_.outputs()) {
      const tf::NodeDef& node = index.node(index.Find(output.tensor.node));
      output.type = RemoveRef(work_.ops.OutputType(node, output.tensor.port));
      if (const PartialDims known =
              KnownDims(node, output.tensor.port, work_.main.graph.versions().producer())) {
        output.dims = known;
      }
      result_.outputs.push_back(std::move(output));
    }
  }

  Choices choices_;
  VariableValues values_;
  std::map<std::string, std::string> assets_;
  std::string folder_;
  WorkGraph work_;
  FunctionMap library_;
  Kept kept_;
  std::vector<std::string> placeholders_;
  std::vector<std::pair<std::string, std::string>> cut_names_;  // as given, and the placeholder
  std::vector<ResolvedTensor> cut_inputs_;                      // of cut_names_, before anything is dropped
  FreezeResult result_;
};

}  // namespace

FreezeResult PrepareGraph(TensorFlowModel model, const Selection& selection) {
  Preparation graph(std::move(model), selection);
  graph.KeepWhatRuns();
  graph.Inline();
  graph.ResolveInnerNames();
  graph.SetConstants();
  graph.CutAtInputs();
  graph.FoldConditions();
  graph.KeepTables();
  graph.ResolveWrites();
  graph.Strip();
  graph.Freeze();
  graph.FoldConditions();
  graph.Strip();
  graph.TrimPorts();
  return graph.Result();
}

}  // namespace floe
