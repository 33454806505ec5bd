#include "frontend/onnx/scope.h"

#include <unordered_set>

namespace floe {
namespace {

void CollectFree(const onnx::GraphProto& graph, std::vector<std::string>* free,
                 std::unordered_set<std::string>* seen) {
  std::unordered_set<std::string> defined;
  for (const onnx::ValueInfoProto& input : graph.input()) defined.insert(input.name());
  for (const onnx::TensorProto& initializer : graph.initializer()) defined.insert(initializer.name());
  for (const onnx::SparseTensorProto& sparse : graph.sparse_initializer())
    defined.insert(sparse.values().name());
  for (const onnx::NodeProto& node : graph.node()) defined.insert(node.output().begin(), node.output().end());
  const auto read = [&](const std::string& name) {
    if (!name.empty() && !defined.contains(name) && seen->insert(name).second) free->push_back(name);
  };
  for (const onnx::NodeProto& node : graph.node())
    for (const std::string& name : NamesReadBy(node)) read(name);
  for (const onnx::ValueInfoProto& output : graph.output()) read(output.name());
}

}  // namespace

OnnxScope OnnxScope::Inline(OnnxScope& outer) {
  OnnxScope scope(outer.builder());
  scope.outer_ = &outer;
  scope.attributes_ = outer.attributes_;
  scope.opsets_ = outer.opsets_;
  return scope;
}

OnnxScope::OnnxScope(OnnxScope& outer, std::string graph_name)
    : outer_(&outer),
      graph_(std::make_unique<Graph>(std::move(graph_name))),
      own_builder_(std::make_unique<Builder>(*graph_, outer.builder().evaluator())),
      builder_(own_builder_.get()),
      attributes_(outer.attributes_),
      opsets_(outer.opsets_) {
  builder_->SetSource(outer.builder().source());
}

ValueId OnnxScope::CaptureValue(ValueId outer) {
  if (graph_ == nullptr || outer == kNoValue) return outer;
  return captures_.Take(outer_->builder().graph(), outer, *graph_);
}

const OnnxEntry* OnnxScope::Find(const std::string& name) {
  const auto found = entries_.find(name);
  if (found != entries_.end()) return &found->second;
  if (outer_ == nullptr) return nullptr;
  const OnnxEntry* outside = outer_->Find(name);
  if (outside == nullptr) return nullptr;
  OnnxEntry entry = *outside;
  if (!entry.poison()) entry.value = CaptureValue(entry.value);
  return &entries_.emplace(name, std::move(entry)).first->second;
}

std::vector<std::string> FreeNames(const onnx::GraphProto& graph) {
  std::vector<std::string> free;
  std::unordered_set<std::string> seen;
  CollectFree(graph, &free, &seen);
  return free;
}

std::vector<std::string> NamesReadBy(const onnx::NodeProto& node) {
  std::vector<std::string> names(node.input().begin(), node.input().end());
  for (const onnx::AttributeProto& attribute : node.attribute()) {
    if (attribute.has_g()) {
      const std::vector<std::string> free = FreeNames(attribute.g());
      names.insert(names.end(), free.begin(), free.end());
    }
  }
  return names;
}

}  // namespace floe
