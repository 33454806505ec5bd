#include "frontend/tensorflow/tables.h"

#include "frontend/tensorflow/importer.h"

namespace floe {
namespace {

bool FillsTable(std::string_view op) {
  return op == "InitializeTable" || op == "InitializeTableV2" || op == "LookupTableImport" ||
         op == "LookupTableImportV2";
}

const FlatNode* TableOf(const FlatGraph& flat, FlatRef ref) {
  for (size_t steps = 0; steps < flat.nodes.size(); ++steps) {
    const FlatNode& node = flat.nodes[static_cast<size_t>(ref.node)];
    if (IsTableOp(node.op())) return &node;
    if (node.op() != "Identity" || node.inputs.empty()) return nullptr;
    ref = node.inputs[0];
  }
  return nullptr;
}

}  // namespace

bool IsTableOp(std::string_view op) {
  return op == "HashTable" || op == "HashTableV2" || op == "MutableHashTable" || op == "MutableHashTableV2" ||
         op == "AnonymousHashTable";
}

std::string SharedName(const tf::NodeDef& table) {
  const auto found = table.attr().find("shared_name");
  return found == table.attr().end() ? "" : found->second.s();
}

TableContents FindTableContents(const tf::GraphDef& graph, const Evaluator* evaluator) {
  TableContents contents;
  bool any = false;
  for (const tf::NodeDef& node : graph.node()) any = any || FillsTable(node.op());
  if (!any) return contents;
  FlatGraph flat = FlattenGraph(graph);
  const TakenConstants no_constants;
  Importer importer(graph.library(), evaluator, no_constants);
  Graph scratch;
  Builder builder(scratch, evaluator);
  for (size_t i = 0; i < flat.nodes.size(); ++i) {
    const FlatNode& node = flat.nodes[i];
    if (!FillsTable(node.op()) || node.inputs.size() != 3) continue;
    const FlatNode* table = TableOf(flat, node.inputs[0]);
    if (table == nullptr) continue;
    flat.results = {node.inputs[1], node.inputs[2]};
    std::vector<Slot> slots;
    try {
      slots = importer.ImportScope(flat, builder, {});
    } catch (const ImportFailure&) {
      continue;  // a lookup in the table says that nothing fills it
    }
    const Tensor* tensors[2] = {};
    for (size_t k = 0; k < 2; ++k)
      if (slots[k].is_tensor()) tensors[k] = builder.constant(slots[k].value);
    if (tensors[0] == nullptr || tensors[1] == nullptr || tensors[0]->size() != tensors[1]->size()) continue;
    const int64_t count = tensors[0]->size();
    const auto state = std::make_shared<const TableState>(
        TableState{tensors[0]->Reshaped({count}), tensors[1]->Reshaped({count})});
    contents[table->name()] = state;
    if (const std::string shared = SharedName(*table->def); !shared.empty()) contents[shared] = state;
  }
  return contents;
}

}  // namespace floe
