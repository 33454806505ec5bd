#include "frontend/tensorflow/rewrite/tables.h"

#include <set>
#include <string_view>

#include "frontend/tensorflow/rewrite/graph_index.h"
#include "frontend/tensorflow/rewrite/nodes.h"

namespace floe {
namespace {

bool IsTable(const tf::NodeDef& node) {
  static const std::set<std::string_view> kOps = {"HashTable",
                                                  "HashTableV2",
                                                  "AnonymousHashTable",
                                                  "MutableHashTable",
                                                  "MutableHashTableV2",
                                                  "MutableDenseHashTable",
                                                  "MutableDenseHashTableV2",
                                                  "MutableHashTableOfTensors",
                                                  "MutableHashTableOfTensorsV2"};
  return kOps.contains(node.op());
}

std::string TableKey(const tf::NodeDef& node) {
  const std::string shared = StringAttr(node, "shared_name");
  return shared.empty() ? "node " + node.name() : "name " + StringAttr(node, "container") + "/" + shared;
}

// The table behind a handle; "" if it cannot be told.
std::string TableOf(const GraphIndex& index, int node) {
  std::set<int> seen;
  while (seen.insert(node).second) {
    if (IsTable(index.node(node))) return TableKey(index.node(node));
    if (index.inputs(node).empty()) return "";
    node = index.inputs(node)[0].node;
  }
  return "";
}

// Functions that fill a table, directly or through others.
std::set<std::string> FillingFunctions(const FunctionMap& library) {
  std::map<std::string, std::set<std::string>> callers;
  std::vector<std::string> pending;
  for (const auto& [key, function] : library) {
    const std::string& name = key;
    for (const tf::NodeDef& node : function.node_def()) {
      if (IsTableInitializer(node)) pending.push_back(name);
      if (library.contains(node.op())) callers[node.op()].insert(name);
      ForEachFunction(node, [&](const tf::NameAttrList& callee) { callers[callee.name()].insert(name); });
    }
  }
  std::set<std::string> filling;
  while (!pending.empty()) {
    const std::string name = std::move(pending.back());
    pending.pop_back();
    if (!filling.insert(name).second) continue;
    pending.insert(pending.end(), callers[name].begin(), callers[name].end());
  }
  return filling;
}

}  // namespace

bool IsTableInitializer(const tf::NodeDef& node) {
  static const std::set<std::string_view> kOps = {
      "InitializeTable",     "InitializeTableV2",           "LookupTableImport",
      "LookupTableImportV2", "InitializeTableFromTextFile", "InitializeTableFromTextFileV2"};
  return kOps.contains(node.op());
}

std::vector<std::string> FindTableInitializers(const tf::GraphDef& graph, const FunctionMap& library) {
  const std::set<std::string> filling = FillingFunctions(library);
  std::vector<std::string> nodes;
  for (const tf::NodeDef& node : graph.node()) {
    bool fills = IsTableInitializer(node) || filling.contains(node.op());
    ForEachFunction(
        node, [&](const tf::NameAttrList& function) { fills = fills || filling.contains(function.name()); });
    if (fills) nodes.push_back(node.name());
  }
  return nodes;
}

std::vector<std::string> UsedTableInitializers(const WorkGraph& work, const std::vector<TensorRef>& outputs) {
  const GraphIndex index(work.main.graph, "graph");
  std::vector<bool> needed(static_cast<size_t>(index.size()), false);
  std::vector<int> pending;
  std::set<std::string> used;
  for (const TensorRef& output : outputs) pending.push_back(index.Find(output.node));
  while (!pending.empty()) {
    const int node = pending.back();
    pending.pop_back();
    if (node < 0 || needed[static_cast<size_t>(node)]) continue;
    needed[static_cast<size_t>(node)] = true;
    if (IsTable(index.node(node))) used.insert(TableKey(index.node(node)));
    for (const GraphIndex::Input& input : index.inputs(node)) pending.push_back(input.node);
  }
  for (const auto& [name, scope] : work.functions) {
    for (const tf::NodeDef& node : scope.graph.node()) {
      if (IsTable(node)) used.insert(TableKey(node));
    }
  }
  std::vector<std::string> initializers;
  for (int i = 0; i < index.size(); ++i) {
    if (!IsTableInitializer(index.node(i)) || index.inputs(i).empty()) continue;
    if (used.contains(TableOf(index, index.inputs(i)[0].node))) initializers.push_back(index.node(i).name());
  }
  return initializers;
}

std::map<std::string, std::string> AssetFiles(const TensorFlowModel& model) {
  std::map<std::string, std::string> files;
  if (!model.meta) return files;
  for (const tf::AssetFileDef& asset : model.meta->asset_file_def()) {
    const std::string& tensor = asset.tensor_info().name();
    files[tensor.substr(0, tensor.rfind(':'))] = "assets/" + asset.filename();
  }
  return files;
}

}  // namespace floe
