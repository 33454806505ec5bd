// Where to cut a model so that what is not supported stays outside.
#include <algorithm>
#include <set>

#include "base/error.h"
#include "frontend/tensorflow/rewrite/tensor_ref.h"
#include "tools/survey.h"

namespace floe::tools {
namespace {

using Names = std::set<std::string>;

class Cutter {
 public:
  explicit Cutter(const Survey& survey) : survey_(survey) {
    for (const NodeReport& node : UnsupportedNodes(survey)) unsupported_.insert(node.name);
    for (const auto& [node, inputs] : survey.data_inputs) {
      for (const std::string& input : inputs) readers_[NodeOf(input)].insert(node);
    }
    const Graph& graph = *survey.model.partial;
    for (const ValueId id : graph.Values()) {
      for (const std::string& source : graph.value(id).sources) shapes_[source] = graph.value(id).type.shape;
    }
  }

  // Feeds behind the last unsupported nodes.
  ModelSelection Front() const {
    ModelSelection advice = survey_.selection;
    for (const std::string& node : unsupported_) {
      if (Meets(Closure(readers_, node))) continue;
      const auto tensor = ShapedTensor(node);
      if (!tensor) return survey_.selection;
      const std::string text = *tensor + "=" + DimsText(Sample(*tensor));
      if (std::ranges::find(advice.inputs, text) == advice.inputs.end()) advice.inputs.push_back(text);
    }
    return advice;
  }

  // Fetches before the first unsupported nodes.
  ModelSelection Back() const {
    ModelSelection advice = survey_.selection;
    advice.outputs.clear();
    for (const std::string& node : unsupported_) {
      if (Meets(Closure(Inputs(), node))) continue;
      const auto inputs = survey_.data_inputs.find(node);
      if (inputs == survey_.data_inputs.end()) return survey_.selection;  // in a body
      for (const std::string& input : inputs->second) {
        if (!HasWork(NodeOf(input))) continue;  // or next to nothing would be left
        if (std::ranges::find(advice.outputs, input) == advice.outputs.end()) advice.outputs.push_back(input);
      }
    }
    return advice.outputs.empty() ? survey_.selection : advice;
  }

 private:
  using Edges = std::map<std::string, Names>;

  static std::string NodeOf(const std::string& input) {
    const auto ref = ParseTensorRef(input);
    return ref ? std::string(ref->node) : input;
  }

  Edges Inputs() const {
    Edges edges;
    for (const auto& [node, inputs] : survey_.data_inputs) {
      for (const std::string& input : inputs) edges[node].insert(NodeOf(input));
    }
    return edges;
  }

  // What can be reached from the node, itself left out.
  static Names Closure(const Edges& edges, const std::string& start) {
    Names seen;
    std::vector<std::string> pending = {start};
    while (!pending.empty()) {
      const auto next = edges.find(pending.back());
      pending.pop_back();
      if (next == edges.end()) continue;
      for (const std::string& node : next->second) {
        if (seen.insert(node).second) pending.push_back(node);
      }
    }
    return seen;
  }

  bool Meets(const Names& nodes) const {
    return std::ranges::any_of(unsupported_, [&](const std::string& node) { return nodes.contains(node); });
  }

  bool HasWork(const std::string& node) const {
    const Names before = Closure(Inputs(), node);
    return survey_.macs.contains(node) ||
           std::ranges::any_of(before, [&](const std::string& name) { return survey_.macs.contains(name); });
  }

  // The node, or the first behind it in a row whose shape is known but for the batch.
  std::optional<std::string> ShapedTensor(std::string node) const {
    for (int i = 0; i < 8; ++i) {
      const auto shape = shapes_.find(node + ":0");
      if (shape != shapes_.end() && shape->second.has_rank()) {
        const auto& dims = shape->second.dims();
        const bool open = std::ranges::any_of(dims.begin() + std::min<ptrdiff_t>(1, std::ssize(dims)),
                                              dims.end(), [](const Dim& d) { return !d.known(); });
        if (!open) return node;
      }
      const auto readers = readers_.find(node);
      if (readers == readers_.end() || readers->second.size() != 1) return std::nullopt;
      node = *readers->second.begin();
    }
    return std::nullopt;
  }

  std::vector<int64_t> Sample(const std::string& node) const {
    std::vector<int64_t> dims;
    for (const Dim& d : shapes_.at(node + ":0").dims()) dims.push_back(d.known() ? d.value() : 1);
    return dims;
  }

  const Survey& survey_;
  Names unsupported_;
  Edges readers_;
  std::map<std::string, Shape> shapes_;  // by tensor
};

bool Same(const ModelSelection& a, const ModelSelection& b) {
  return a.inputs == b.inputs && a.outputs == b.outputs;
}

}  // namespace

std::optional<Survey> SurveySupportedPart(const Survey& survey) {
  if (survey.model.partial == nullptr) return std::nullopt;
  const Cutter cutter(survey);
  for (const ModelSelection& advice : {cutter.Front(), cutter.Back()}) {
    if (Same(advice, survey.selection)) continue;
    Survey trial;
    trial.selection = advice;
    try {
      Convert(trial);
    } catch (const Error&) {
      continue;  // the advice is no good
    }
    if (UnsupportedNodes(trial).empty()) return trial;
  }
  return std::nullopt;
}

}  // namespace floe::tools
