#include "view/model_explorer.h"

#include <fmt/format.h>

#include "view/json_writer.h"

namespace floe::view {
namespace {

// An id must be unique and stay the same: the place in the side would change with the model, the name does
// not.
std::string Scope(const std::string& name) {
  const size_t slash = name.rfind('/');
  return slash == std::string::npos ? "" : name.substr(0, slash);
}

class GraphWriter {
 public:
  explicit GraphWriter(const Side& side) : side_(side) {}

  std::string Write() {
    json_.BeginArray().BeginObject();
    Text("id", side_.title);
    json_.Key("nodes").BeginArray();
    for (const Node& node : side_.nodes) WriteNode(node);
    json_.EndArray().EndObject().EndArray();
    return json_.Take();
  }

 private:
  void Text(std::string_view key, std::string_view value) { json_.Key(key).String(value); }

  void Attribute(std::string_view key, std::string_view value) {
    if (value.empty()) return;
    json_.BeginObject();
    Text("key", key);
    Text("value", value);
    json_.EndObject();
  }

  void WriteNode(const Node& node) {
    json_.BeginObject();
    Text("id", node.name);
    Text("label", node.op);
    Text("namespace", Scope(node.name));
    WriteEdges(node);
    WriteAttributes(node);
    WriteOutputs(node);
    json_.EndObject();
  }

  void WriteEdges(const Node& node) {
    json_.Key("incomingEdges").BeginArray();
    for (size_t i = 0; i < node.inputs.size(); ++i) {
      WriteEdge(node.inputs[i].node, std::to_string(node.inputs[i].port), std::to_string(i));
    }
    for (const int32_t control : node.controls) WriteEdge(control, "control", "control");
    json_.EndArray();
  }

  void WriteEdge(int32_t from, std::string_view output, std::string_view input) {
    if (from < 0) return;
    json_.BeginObject();
    Text("sourceNodeId", side_.nodes[static_cast<size_t>(from)].name);
    Text("sourceNodeOutputId", output);
    Text("targetNodeInputId", input);
    json_.EndObject();
  }

  void WriteAttributes(const Node& node) {
    json_.Key("attrs").BeginArray();
    Attribute("name", node.name);
    for (const auto& [key, value] : node.attributes) Attribute(key, value);
    Attribute("kernel", node.kernel);
    if (node.ms >= 0) Attribute("ms", fmt::format("{:.4f}", node.ms));
    if (node.error >= 0) Attribute("error", fmt::format("{:.3g}", node.error));
    if (node.macs > 0) Attribute("multiply-accumulates", std::to_string(node.macs));
    if (node.parameters > 0) Attribute("parameters", std::to_string(node.parameters));
    if (node.bytes >= 0) Attribute("bytes", std::to_string(node.bytes));
    Attribute("device", node.device);
    Attribute("status", node.status);
    Attribute("reason", node.reason);
    Attribute("remedy", node.remedy);
    if (node.tensor) Attribute("value", node.tensor->preview);
    for (const std::string& source : node.sources) Attribute("source", source);
    json_.EndArray();
  }

  void WriteOutputs(const Node& node) {
    json_.Key("outputsMetadata").BeginArray();
    for (size_t i = 0; i < node.outputs.size(); ++i) {
      json_.BeginObject();
      Text("id", std::to_string(i));
      json_.Key("attrs").BeginArray();
      Attribute("tensor_shape", node.outputs[i]);
      json_.EndArray().EndObject();
    }
    json_.EndArray();
  }

  const Side& side_;
  JsonWriter json_;
};

}  // namespace

std::string ToModelExplorer(const Side& side) {
  return GraphWriter(side).Write();
}

std::string ToNodeData(const Side& side, NodeValue value) {
  JsonWriter json;
  bool any = false;
  json.BeginObject().Key(side.title).BeginObject().Key("results").BeginObject();
  for (const Node& node : side.nodes) {
    const double number = value == NodeValue::kMs ? node.ms : node.error;
    if (number < 0) continue;
    any = true;
    json.Key(node.name).BeginObject().Key("value").Number(number).EndObject();
  }
  json.EndObject();
  json.Key("gradient").BeginArray();
  json.BeginObject().Key("stop").Number(0).Key("bgColor").String("#e8f1fb").EndObject();
  json.BeginObject().Key("stop").Number(1).Key("bgColor").String("#c0392b").EndObject();
  json.EndArray().EndObject().EndObject();
  return any ? json.Take() : "";
}

}  // namespace floe::view
