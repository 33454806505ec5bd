#include "view/overlay.h"

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <unordered_map>
#include <vector>

#include "base/error.h"

namespace floe::view {
namespace {

using Json = nlohmann::json;

struct Layer {
  std::string name;
  double ms = 0;
  std::vector<std::string> sources;
};

using Index = std::unordered_map<std::string, Node*>;

Index IndexOf(Side& side) {
  Index index;
  for (Node& node : side.nodes) {
    index.try_emplace(node.name, &node);
    if (!node.lookup.empty()) index.try_emplace(node.lookup, &node);
  }
  return index;
}

std::string NodeOf(const std::string& tensor) {
  const size_t colon = tensor.rfind(':');
  const bool port = colon != std::string::npos && colon + 1 < tensor.size() &&
                    std::all_of(tensor.begin() + static_cast<ptrdiff_t>(colon) + 1, tensor.end(),
                                [](unsigned char c) { return c >= '0' && c <= '9'; });
  return port ? tensor.substr(0, colon) : tensor;
}

bool Share(const Layer& layer, const Index& index) {
  std::vector<Node*> found;
  for (const std::string& source : layer.sources) {
    const auto at = index.find(source);
    if (at != index.end()) found.push_back(at->second);
  }
  for (Node* node : found) node->ms = std::max(node->ms, 0.0) + layer.ms / static_cast<double>(found.size());
  return !found.empty();
}

void ForgetTimes(Side& side) {
  for (Node& node : side.nodes) node.ms = -1;
}

// Steps of one name come in the order of the run, in the file as in the side.
bool ApplyToEngine(const std::vector<Layer>& layers, Side& side) {
  std::map<std::string, std::vector<Node*>> steps;
  for (Node& node : side.nodes) {
    if (node.kernel.empty() && node.op != "If" && node.op != "Loop") continue;
    const size_t suffix = node.name.rfind('#');
    steps[node.name].push_back(&node);
    if (suffix != std::string::npos) steps[node.name.substr(0, suffix)].push_back(&node);
  }
  std::map<std::string, size_t> used;
  bool any = false;
  for (const Layer& layer : layers) {
    const auto at = steps.find(layer.name);
    if (at == steps.end()) continue;
    if (!any) ForgetTimes(side);
    any = true;
    size_t& next = used[layer.name];
    if (next < at->second.size()) at->second[next++]->ms = layer.ms;
  }
  return any;
}

bool ApplyToModel(const std::vector<Layer>& layers, Side& side) {
  const Index index = IndexOf(side);
  bool any = false;
  for (const Layer& layer : layers) {
    const bool known = std::ranges::any_of(layer.sources, [&](const auto& s) { return index.contains(s); });
    if (known && !any) ForgetTimes(side);
    any |= Share(layer, index);
  }
  return any;
}

bool ApplyTimes(const Json& json, Data& data) {
  std::vector<Layer> layers;
  for (const Json& row : json.at("layers")) {
    layers.push_back({row.at("name"), row.at("ms"), row.value("sources", std::vector<std::string>{})});
  }
  bool any = false;
  for (Side& side : data.sides) {
    any |= side.kind == "Engine" ? ApplyToEngine(layers, side) : ApplyToModel(layers, side);
  }
  return any;
}

// The number that a row of compare has under `key`, or within the object of that name; -1 where it has none.
double Relative(const Json& row, const char* key) {
  const Json* from = &row;
  if (const auto at = row.find(key); at != row.end()) from = &*at;
  const auto at = from->find("relative");
  return at != from->end() && at->is_number() ? at->get<double>() : -1;
}

bool ApplyErrors(const Json& json, Data& data) {
  bool any = false;
  for (Side& side : data.sides) {
    const Index index = IndexOf(side);
    std::unordered_map<std::string, std::vector<Node*>> computed_by;
    for (Node& node : side.nodes) {
      for (const std::string& source : node.sources) computed_by[source].push_back(&node);
    }
    const auto apply = [&](const Json& row) {
      const double error = Relative(row, "error");
      if (error < 0) return;
      const double own = row.contains("own") ? Relative(row, "own") : -1;
      const auto set = [&](Node* node) {
        node->error = std::max(node->error, error);
        node->own_error = std::max(node->own_error, own);
        any = true;
      };
      const std::string name = NodeOf(row.contains("tensor") ? row["tensor"] : row.at("name"));
      if (const auto at = index.find(name); at != index.end()) set(at->second);
      for (Node* node : computed_by[name]) set(node);
    };
    for (const char* key : {"layers", "outputs"}) {
      if (!json.contains(key)) continue;
      for (const Json& row : json[key]) apply(row);
    }
  }
  return any;
}

}  // namespace

void ApplyOverlay(std::string_view text, const std::string& subject, Data* data) {
  bool any = false;
  try {
    const Json json = Json::parse(text);
    const std::string schema = json.value("schema", "");
    if (schema.starts_with("floe.bench/")) {
      any = ApplyTimes(json, *data);
    } else if (schema.starts_with("floe.compare/")) {
      any = ApplyErrors(json, *data);
    } else {
      Throw(ErrorCode::kModel,
            "{}: expected what floe bench --json or floe compare --json prints, found schema '{}'", subject,
            schema);
    }
  } catch (const Json::exception& error) {
    Throw(ErrorCode::kModel, "{}: expected what floe bench --json or floe compare --json prints: {}", subject,
          error.what());
  }
  if (!any)
    Throw(ErrorCode::kUsage, "{}: none of its layers is in what is shown; is it of another model?", subject);
}

void ShareTimes(const Side& engine, Side* model) {
  const Index index = IndexOf(*model);
  for (const Node& step : engine.nodes) {
    if (step.ms >= 0) Share({step.name, step.ms, step.sources}, index);
  }
}

}  // namespace floe::view
