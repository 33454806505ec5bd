#include "view/json.h"

#include <cmath>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "view/json_writer.h"

namespace floe::view {
namespace {

constexpr const char* kRoles[] = {"", "input", "output", "constant", "variable"};

class SideWriter {
 public:
  explicit SideWriter(JsonWriter& json) : json_(json) {}

  void Write(const Side& side) {
    json_.BeginObject();
    json_.Key("title").String(side.title);
    json_.Key("kind").String(side.kind);
    json_.Key("command").String(side.build_command);
    json_.Key("facts").BeginArray();
    for (const auto& [label, text] : side.facts) json_.BeginArray().String(label).String(text).EndArray();
    json_.EndArray();
    json_.Key("warnings").BeginArray();
    for (const std::string& warning : side.warnings) json_.String(warning);
    json_.EndArray();
    json_.Key("nodes").BeginArray();
    for (const Node& node : side.nodes) WriteNode(node);
    json_.EndArray();
    json_.Key("strings").BeginArray();
    for (const std::string_view text : strings_) json_.String(text);
    json_.EndArray();
    json_.EndObject();
  }

 private:
  // The views stay valid: nodes outlive the writer, and literals everything.
  int64_t Intern(std::string_view text) {
    const auto [at, added] = index_.try_emplace(text, static_cast<int64_t>(strings_.size()));
    if (added) strings_.push_back(text);
    return at->second;
  }

  void Text(const char* key, std::string_view text) {
    if (!text.empty()) json_.Key(key).Int(Intern(text));
  }

  void Count(const char* key, int64_t value, int64_t absent) {
    if (value != absent) json_.Key(key).Int(value);
  }

  void Measure(const char* key, double value) {
    if (value >= 0) json_.Key(key).Number(value);
  }

  void WriteNode(const Node& node) {
    json_.BeginObject();
    json_.Key("n").String(node.name);
    json_.Key("o").Int(Intern(node.op));
    Text("r", kRoles[static_cast<size_t>(node.role)]);
    Count("g", node.opens ? 1 : 0, 0);
    Count("x", node.auxiliary ? 1 : 0, 0);
    WriteEdges(node);
    if (!node.attributes.empty()) {
      json_.Key("a").BeginArray();
      for (const auto& [key, value] : node.attributes) json_.Int(Intern(key)).Int(Intern(value));
      json_.EndArray();
    }
    WriteTexts("t", node.outputs);
    Text("d", node.device);
    Text("s", node.status);
    Text("w", node.reason);
    Text("f", node.remedy);
    Text("e", node.note);
    Count("m", node.macs, 0);
    Count("p", node.parameters, 0);
    Count("b", node.bytes, -1);
    Measure("ms", node.ms);
    Measure("err", node.error);
    Measure("own", node.own_error);
    Text("k", node.kernel);
    WriteTexts("src", node.sources);
    WriteCandidates(node.candidates);
    Text("h", node.change);
    if (node.tensor) WriteTensor(*node.tensor);
    json_.EndObject();
  }

  void WriteEdges(const Node& node) {
    if (!node.inputs.empty()) {
      json_.Key("i").BeginArray();
      for (const Source& source : node.inputs) json_.Int(source.node).Int(source.port);
      json_.EndArray();
    }
    if (!node.controls.empty()) {
      json_.Key("c").BeginArray();
      for (const int32_t control : node.controls) json_.Int(control);
      json_.EndArray();
    }
  }

  void WriteTexts(const char* key, const std::vector<std::string>& texts) {
    if (texts.empty()) return;
    json_.Key(key).BeginArray();
    for (const std::string& text : texts) json_.Int(Intern(text));
    json_.EndArray();
  }

  void WriteCandidates(const std::vector<Candidate>& candidates) {
    if (candidates.empty()) return;
    const auto time = [](double ns) { return ns >= 0 ? ns : NAN; };
    json_.Key("q").BeginArray();
    for (const Candidate& c : candidates) {
      json_.BeginArray().Int(Intern(c.kernel)).Int(Intern(c.refusal));
      json_.Number(time(c.time_ns)).Number(time(c.estimate_ns)).EndArray();
    }
    json_.EndArray();
  }

  void WriteTensor(const TensorSummary& tensor) {
    json_.Key("v").BeginObject();
    json_.Key("type").String(tensor.type);
    json_.Key("elements").Int(tensor.elements);
    json_.Key("bytes").Int(static_cast<int64_t>(tensor.bytes));
    json_.Key("hash").String(tensor.contents);
    json_.Key("preview").String(tensor.preview);
    if (tensor.numbers) {
      const TensorSummary::Numbers& n = *tensor.numbers;
      json_.Key("min").Number(n.min).Key("max").Number(n.max);
      json_.Key("mean").Number(n.mean).Key("deviation").Number(n.deviation);
      json_.Key("zeros").Int(n.zeros).Key("not_finite").Int(n.not_finite);
      json_.Key("histogram").BeginArray();
      for (const int64_t count : n.histogram) json_.Int(count);
      json_.EndArray();
    }
    json_.EndObject();
  }

  JsonWriter& json_;
  std::vector<std::string_view> strings_;
  std::unordered_map<std::string_view, int64_t> index_;
};

void WritePairs(JsonWriter& json, const char* key,
                const std::vector<std::pair<std::string, std::string>>& pairs) {
  json.Key(key).BeginArray();
  for (const auto& [label, text] : pairs) json.BeginArray().String(label).String(text).EndArray();
  json.EndArray();
}

void WriteReport(JsonWriter& json, const Report& report) {
  json.Key("report").BeginObject();
  WritePairs(json, "summary", report.summary);
  WritePairs(json, "provenance", report.provenance);
  json.Key("preprocess").String(report.preprocess_json);
  json.Key("digest").String(report.digest);
  json.Key("arena").Int(static_cast<int64_t>(report.arena_bytes));
  json.Key("lifetimes").BeginArray();
  for (const Lifetime& l : report.lifetimes) {
    json.BeginArray().String(l.name).Int(static_cast<int64_t>(l.offset)).Int(static_cast<int64_t>(l.bytes));
    json.Int(l.first_step).Int(l.last_step).EndArray();
  }
  json.EndArray();
  json.Key("compared_with").String(report.compared_with);
  json.Key("differences").BeginArray();
  for (const Report::Difference& d : report.differences) {
    json.BeginObject().Key("output").String(d.output).Key("problem").String(d.problem);
    json.Key("max_abs").Number(d.max_abs).Key("relative").Number(d.relative).Key("cosine").Number(d.cosine);
    json.EndObject();
  }
  json.EndArray();
  json.EndObject();
}

}  // namespace

std::string ToJson(const Data& data) {
  JsonWriter json;
  json.BeginObject();
  json.Key("schema").String("floe.view/1");
  json.Key("title").String(data.title);
  json.Key("sides").BeginArray();
  for (const Side& side : data.sides) SideWriter(json).Write(side);
  json.EndArray();
  if (data.report) WriteReport(json, *data.report);
  json.Key("first").String(data.report && data.report_first ? "report" : "graph");
  json.EndObject();
  return json.Take();
}

}  // namespace floe::view
