#include "export/layout/transposes.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "formats/onnx/provenance.h"

namespace floe {
namespace {

struct Around {
  std::set<std::string> inputs, outputs;
  std::map<std::string, const onnx::NodeProto*> makers;
  std::map<std::string, std::vector<const onnx::NodeProto*>> users;
};

Around LookAround(const onnx::GraphProto& graph) {
  Around around;
  for (const auto& input : graph.input()) around.inputs.insert(input.name());
  for (const auto& output : graph.output()) around.outputs.insert(output.name());
  for (const auto& node : graph.node()) {
    for (const auto& out : node.output()) around.makers[out] = &node;
    for (const auto& in : node.input()) around.users[in].push_back(&node);
  }
  return around;
}

std::string Reason(const onnx::NodeProto& node, const Around& around) {
  const std::string& in = node.input(0);
  const std::string& out = node.output(0);
  const std::vector<std::string> sources = SourcesOf(node, node.name());
  if (std::ranges::any_of(sources, [](const auto& s) { return s.find("Transpose") != std::string::npos; }))
    return "the model transposes here";
  const auto users = around.users.find(out);
  const onnx::NodeProto* user = users == around.users.end() ? nullptr : users->second[0];
  const bool convolves = user != nullptr && (user->op_type() == "Conv" || user->op_type() == "ConvTranspose");
  if (convolves && user->input(1) == out) return "a filter that is no constant";
  if (around.inputs.contains(in)) return fmt::format("input '{}' has its channels last (--nchw-inputs)", in);
  if (around.outputs.contains(out))
    return fmt::format("output '{}' has its channels last (--nchw-outputs)", out);
  const auto maker = around.makers.find(in);
  const std::string from = maker == around.makers.end() ? "a constant" : maker->second->op_type();
  const std::string to = user == nullptr ? "a body" : user->op_type();
  return fmt::format("{} before it and {} after it have no common order", from, to);
}

void FindIn(const onnx::GraphProto& graph, std::vector<TransposeLeft>* found) {
  const Around around = LookAround(graph);
  for (const auto& node : graph.node()) {
    if (node.op_type() == "Transpose") found->push_back({node.name(), Reason(node, around)});
    for (const auto& attribute : node.attribute()) {
      if (attribute.has_g()) FindIn(attribute.g(), found);
    }
  }
}

}  // namespace

std::vector<TransposeLeft> FindTransposes(const onnx::GraphProto& graph) {
  std::vector<TransposeLeft> found;
  FindIn(graph, &found);
  return found;
}

}  // namespace floe
