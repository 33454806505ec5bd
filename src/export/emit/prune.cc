#include "export/emit/prune.h"

#include <algorithm>
#include <string>
#include <unordered_map>
#include <unordered_set>

namespace floe {
namespace {

using Names = std::unordered_set<std::string>;

// The elements for which `keep` holds, in order.
template <typename List, typename Keep>
void Filter(List* list, Keep keep) {
  int kept = 0;
  for (int i = 0; i < list->size(); ++i) {
    if (!keep(list->Get(i))) continue;
    if (kept != i) list->SwapElements(kept, i);
    ++kept;
  }
  list->DeleteSubrange(kept, list->size() - kept);
}

// The place of each name among those that the graph reads, in its bodies too.
void NumberReads(const onnx::GraphProto& graph, std::unordered_map<std::string, size_t>* places) {
  const auto number = [&](const std::string& name) { places->emplace(name, places->size()); };
  for (const onnx::NodeProto& node : graph.node()) {
    for (const std::string& name : node.input()) number(name);
    for (const onnx::AttributeProto& attribute : node.attribute()) {
      if (attribute.has_g()) NumberReads(attribute.g(), places);
    }
  }
}

void SortInitializers(onnx::GraphProto* graph, const std::unordered_map<std::string, size_t>& places) {
  std::sort(graph->mutable_initializer()->pointer_begin(), graph->mutable_initializer()->pointer_end(),
            [&](const onnx::TensorProto* a, const onnx::TensorProto* b) {
              return places.at(a->name()) < places.at(b->name());
            });
  for (onnx::NodeProto& node : *graph->mutable_node()) {
    for (onnx::AttributeProto& attribute : *node.mutable_attribute()) {
      if (attribute.has_g()) SortInitializers(attribute.mutable_g(), places);
    }
  }
}

void PruneGraph(onnx::GraphProto* graph, Names* read) {
  for (const onnx::ValueInfoProto& output : graph->output()) read->insert(output.name());
  Names dropped;  // outputs of nodes that go
  for (int i = graph->node_size() - 1; i >= 0; --i) {
    onnx::NodeProto& node = *graph->mutable_node(i);
    const bool live =
        std::ranges::any_of(node.output(), [&](const auto& name) { return read->contains(name); });
    if (!live) {
      dropped.insert(node.output().begin(), node.output().end());
      node.clear_op_type();  // marks it
      continue;
    }
    read->insert(node.input().begin(), node.input().end());
    for (onnx::AttributeProto& attribute : *node.mutable_attribute()) {
      if (attribute.has_g()) PruneGraph(attribute.mutable_g(), read);
    }
  }
  Filter(graph->mutable_node(), [](const auto& node) { return !node.op_type().empty(); });
  Filter(graph->mutable_initializer(), [&](const auto& tensor) { return read->contains(tensor.name()); });
  Filter(graph->mutable_value_info(), [&](const auto& info) { return !dropped.contains(info.name()); });
}

}  // namespace

void PruneUnused(OnnxModel* model) {
  Names read;
  PruneGraph(model->proto.mutable_graph(), &read);
  std::erase_if(model->weights, [&](const NamedTensor& weight) { return !read.contains(weight.name); });
  std::unordered_map<std::string, size_t> places;
  NumberReads(model->proto.graph(), &places);
  SortInitializers(model->proto.mutable_graph(), places);
  std::ranges::sort(model->weights, {}, [&](const NamedTensor& weight) { return places.at(weight.name); });
}

}  // namespace floe
