#include "export/emit/shorten_names.h"

#include <algorithm>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "formats/onnx/provenance.h"

namespace floe {
namespace {

void ForEachGraph(onnx::GraphProto* graph, const std::function<void(onnx::GraphProto*)>& visit) {
  visit(graph);
  for (onnx::NodeProto& node : *graph->mutable_node()) {
    for (onnx::AttributeProto& attribute : *node.mutable_attribute()) {
      if (attribute.has_g()) ForEachGraph(attribute.mutable_g(), visit);
    }
  }
}

// The scopes that both names stand in, the last slash included.
std::string CommonScope(std::string_view a, std::string_view b) {
  size_t same = 0;
  for (size_t i = 0; i < std::min(a.size(), b.size()) && a[i] == b[i]; ++i) {
    if (a[i] == '/') same = i + 1;
  }
  return std::string(a.substr(0, same));
}

// Calls with "a", "a/b", ... for "a/b/...", but not with the name itself, until that returns true.
template <typename Visit>
void ForEachScope(std::string_view name, Visit visit) {
  for (size_t at = name.find('/'); at != std::string_view::npos; at = name.find('/', at + 1)) {
    if (visit(name.substr(0, at))) return;
  }
}

class Shortener {
 public:
  Shortener(OnnxModel* model, const std::unordered_set<std::string>& made_constants)
      : model_(*model), made_constants_(made_constants) {}

  void Run() {
    onnx::GraphProto* graph = model_.proto.mutable_graph();
    for (const onnx::ValueInfoProto& input : graph->input()) edges_.insert(input.name());
    for (const onnx::ValueInfoProto& output : graph->output()) edges_.insert(output.name());
    ForEachGraph(graph, [&](onnx::GraphProto* g) { Collect(*g); });
    for (const NamedTensor& weight : model_.weights) CollectConstant(weight.name);
    Choose();
    ForEachGraph(graph, [&](onnx::GraphProto* g) { Rename(g); });
    for (NamedTensor& weight : model_.weights) Replace(&weight.name);
  }

 private:
  void Collect(const onnx::GraphProto& graph) {
    for (const onnx::ValueInfoProto& input : graph.input()) taken_.insert(input.name());
    for (const onnx::TensorProto& tensor : graph.initializer()) CollectConstant(tensor.name());
    for (const onnx::NodeProto& node : graph.node()) {
      taken_.insert(node.output().begin(), node.output().end());
      if (node.output_size() == 0 || node.output(0) != node.name() || IsAtEdge(node.name())) continue;
      values_.push_back(node.name());
      if (SourcesOf(node, node.name()).empty()) continue;
      const std::string_view name = values_.back();
      common_ = common_ ? CommonScope(*common_, name) : CommonScope(name, name);
    }
  }

  void CollectConstant(const std::string& name) {
    taken_.insert(name);
    if (made_constants_.contains(name)) constants_.push_back(name);
  }

  bool IsAtEdge(const std::string& name) const {
    bool found = edges_.contains(name);
    ForEachScope(name, [&](std::string_view scope) { return found |= edges_.contains(std::string(scope)); });
    return found;
  }

  void Choose() {
    const std::string common = common_.value_or("");
    std::erase_if(values_, [&](const std::string& name) { return !name.starts_with(common); });
    std::unordered_map<std::string_view, size_t> users;  // how many names stand in a scope or are called so
    for (const std::string& name : values_) {
      const std::string_view rest = std::string_view(name).substr(common.size());
      ++users[rest];
      ForEachScope(rest, [&](std::string_view scope) {
        ++users[scope];
        return false;
      });
    }
    for (const std::string& name : values_) {
      const std::string_view rest = std::string_view(name).substr(common.size());
      std::string_view alone = rest;
      ForEachScope(rest, [&](std::string_view scope) {
        if (users[scope] > 1) return false;
        alone = scope;
        return true;
      });
      if (!Claim(name, alone)) Claim(name, rest);
    }
    for (const std::string& name : constants_) {
      if (name.starts_with(common)) Claim(name, std::string_view(name).substr(common.size()));
    }
  }

  bool Claim(const std::string& name, std::string_view wanted) {
    if (wanted.empty() || !taken_.emplace(wanted).second) return false;
    renamed_.emplace(name, wanted);
    return true;
  }

  void Replace(std::string* name) const {
    const auto at = renamed_.find(*name);
    if (at != renamed_.end()) *name = at->second;
  }

  void Rename(onnx::GraphProto* graph) const {
    for (onnx::NodeProto& node : *graph->mutable_node()) {
      for (std::string& name : *node.mutable_input()) Replace(&name);
      for (std::string& name : *node.mutable_output()) Replace(&name);
    }
    for (onnx::TensorProto& tensor : *graph->mutable_initializer()) Replace(tensor.mutable_name());
    for (onnx::ValueInfoProto& info : *graph->mutable_value_info()) Replace(info.mutable_name());
    for (onnx::ValueInfoProto& output : *graph->mutable_output()) Replace(output.mutable_name());
  }

  OnnxModel& model_;
  const std::unordered_set<std::string>& made_constants_;
  std::unordered_set<std::string> edges_;
  std::unordered_set<std::string> taken_;  // all names of the file, as they were and as they become
  std::vector<std::string> values_, constants_;
  std::optional<std::string> common_;  // the scopes of all nodes that the model has
  std::unordered_map<std::string, std::string> renamed_;
};

}  // namespace

void ShortenNames(OnnxModel* model, const std::unordered_set<std::string>& made_constants) {
  Shortener(model, made_constants).Run();
}

}  // namespace floe
