#include "view/diff.h"

#include <fmt/format.h>

#include <map>
#include <unordered_map>

namespace floe::view {
namespace {

std::string InputsText(const Side& side, const Node& node) {
  std::vector<std::string> parts;
  for (const Source& source : node.inputs) {
    parts.push_back(fmt::format("{}:{}", side.nodes[static_cast<size_t>(source.node)].name, source.port));
  }
  for (const int32_t control : node.controls)
    parts.push_back("^" + side.nodes[static_cast<size_t>(control)].name);
  return fmt::format("{}", fmt::join(parts, ", "));
}

std::map<std::string, std::string> AttributeMap(const Node& node) {
  std::map<std::string, std::string> out;
  for (const auto& [key, value] : node.attributes) out[key] += out[key].empty() ? value : ", " + value;
  return out;
}

std::string Changes(const Side& side_a, const Node& a, const Side& side_b, const Node& b) {
  std::vector<std::string> out;
  const auto compare = [&](const std::string& label, const std::string& x, const std::string& y) {
    if (x != y)
      out.push_back(fmt::format("{} {} -> {}", label, x.empty() ? "(none)" : x, y.empty() ? "(none)" : y));
  };
  compare("operation", a.op, b.op);
  compare("kernel", a.kernel, b.kernel);
  std::map<std::string, std::string> attributes_a = AttributeMap(a);
  std::map<std::string, std::string> attributes_b = AttributeMap(b);
  for (const auto& [key, value] : attributes_a) compare(key, value, attributes_b[key]);
  for (const auto& [key, value] : attributes_b) {
    if (!attributes_a.contains(key)) compare(key, "", value);
  }
  compare("inputs", InputsText(side_a, a), InputsText(side_b, b));
  for (size_t i = 0; i < std::max(a.outputs.size(), b.outputs.size()); ++i) {
    compare(fmt::format("output {}", i), i < a.outputs.size() ? a.outputs[i] : "",
            i < b.outputs.size() ? b.outputs[i] : "");
  }
  const std::string contents_a = a.tensor ? a.tensor->contents : "";
  const std::string contents_b = b.tensor ? b.tensor->contents : "";
  if (contents_a != contents_b) out.push_back("contents");
  return fmt::format("{}", fmt::join(out, "; "));
}

}  // namespace

Differences Diff(Side* a, Side* b) {
  Differences out;
  std::unordered_map<std::string, Node*> in_b;
  for (Node& node : b->nodes) {
    in_b.try_emplace(node.name, &node);
    node.change = "added";
  }
  for (Node& node : a->nodes) {
    const auto at = in_b.find(node.name);
    if (at == in_b.end()) {
      node.change = "removed";
      out.nodes.push_back({node.name, node.op, "removed", ""});
      continue;
    }
    std::string what = Changes(*a, node, *b, *at->second);
    node.change = at->second->change = what.empty() ? "same" : "changed";
    if (what.empty()) {
      ++out.same;
    } else {
      out.nodes.push_back({node.name, node.op, "changed", std::move(what)});
    }
  }
  for (const Node& node : b->nodes) {
    if (node.change == "added") out.nodes.push_back({node.name, node.op, "added", ""});
  }
  return out;
}

}  // namespace floe::view
