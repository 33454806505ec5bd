// floe inspect: what is in a model.
#include <algorithm>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>

#include "base/error.h"
#include "base/log.h"
#include "compiler/model.h"
#include "compiler/summary.h"
#include "graph/cost.h"
#include "tools/command.h"
#include "tools/model_options.h"
#include "tools/table.h"

namespace floe::tools {
namespace {

using Json = nlohmann::ordered_json;

struct InspectArgs {
  ModelSelection model;
  bool json = false;
};

// What conversion of the selected part tells; absent where the model cannot be prepared (the reason is kept).
struct Converted {
  std::optional<int64_t> macs;
  std::optional<int64_t> parameters;
  std::vector<NodeReport> unsupported;
  std::string problem;
};

Converted Convert(const ModelSelection& selection) {
  Converted out;
  try {
    const ImportedModel model = ImportModel(LoadModel(selection), /*strict=*/false);
    for (const NodeReport& node : model.nodes) {
      if (node.status == NodeStatus::kUnsupported) out.unsupported.push_back(node);
    }
    if (model.graph != nullptr) {
      out.macs = MultiplyAccumulates(*model.graph);
      out.parameters = ParameterCount(*model.graph);
    }
  } catch (const Error& error) {
    out.problem = error.what();
  }
  return out;
}

// With every open dimension 1, so that shapes and arithmetic can be counted for one sample.
ModelSelection Closed(ModelSelection selection, const ModelSummary& candidates) {
  if (selection.inputs.empty()) {
    for (const ModelCandidate& input : candidates.inputs) {
      if (!input.dims || std::ranges::none_of(*input.dims, [](int64_t d) { return d < 0; })) continue;
      std::vector<int64_t> dims = *input.dims;
      for (int64_t& d : dims) d = d < 0 ? 1 : d;
      selection.inputs.push_back(fmt::format("{}=[{}]", input.name, fmt::join(dims, ",")));
    }
  }
  if (selection.outputs.empty() && !candidates.outputs_are_declared && !candidates.outputs.empty()) {
    selection.outputs = {candidates.outputs[0].name};
  }
  return selection;
}

std::string DimsText(const std::optional<std::vector<int64_t>>& dims) {
  if (!dims) return "?";
  if (dims->empty()) return "scalar";
  std::string out;
  for (const int64_t d : *dims) out += (out.empty() ? "" : "x") + (d < 0 ? "?" : std::to_string(d));
  return out;
}

Json CandidateJson(const std::vector<ModelCandidate>& candidates) {
  Json list = Json::array();
  for (const ModelCandidate& c : candidates) {
    Json row = {{"name", c.name}, {"tensor", c.tensor}, {"dtype", c.dtype}};
    if (c.dims) {
      Json dims = Json::array();
      for (const int64_t d : *c.dims) dims.push_back(d < 0 ? Json(nullptr) : Json(d));
      row["shape"] = dims;
    } else {
      row["shape"] = nullptr;
    }
    row["why"] = c.why;
    list.push_back(row);
  }
  return list;
}

// A shell word.
std::string Quoted(const std::string& word) {
  const bool plain = !word.empty() && std::ranges::all_of(word, [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 ||
           std::string_view("/._-:=,+@%").find(c) != std::string_view::npos;
  });
  if (plain) return word;
  std::string out = "'";
  for (const char c : word) out += c == '\'' ? "'\\''" : std::string(1, c);
  return out + "'";
}

// The line that builds the best guess.
std::string BuildLine(const ModelSelection& given, const ModelSelection& closed) {
  std::string line = "floe build " + Quoted(given.path);
  if (!given.checkpoint.empty()) line += " --checkpoint " + Quoted(given.checkpoint);
  if (!given.signature.empty()) line += " --signature " + Quoted(given.signature);
  for (const std::string& tag : given.tags) line += " --tag " + Quoted(tag);
  for (const std::string& input : closed.inputs) {
    std::string text = input;
    std::erase_if(text, [](char c) { return c == '[' || c == ']'; });
    line += " --input " + Quoted(text);
  }
  for (const std::string& output : closed.outputs) line += " --output " + Quoted(output);
  for (const std::string& set : given.sets) line += " --set " + Quoted(set);
  return line + " -o model.floe";
}

void PrintText(const InspectArgs& args, const ModelSummary& model, const Converted& converted,
               const std::string& line) {
  int nodes = 0;
  for (const auto& [op, count] : model.ops) nodes += count;
  fmt::print("{}  {}, {} nodes, {} operations\n\n", Bold(args.model.path), model.kind, nodes,
             model.ops.size());
  Table io({"", "name", "type", "shape", "why"});
  for (const ModelCandidate& c : model.inputs) io.Add({"input", c.name, c.dtype, DimsText(c.dims), c.why});
  const size_t shown = std::min<size_t>(model.outputs.size(), 8);
  for (size_t i = 0; i < shown; ++i) {
    const ModelCandidate& c = model.outputs[i];
    io.Add({"output", c.name, c.dtype, DimsText(c.dims), c.why});
  }
  fmt::print("{}", io.ToString());
  if (shown < model.outputs.size())
    fmt::print("and {} less likely outputs (--json)\n", model.outputs.size() - shown);
  if (converted.parameters) {
    fmt::print("\nparameters {}  multiply-accumulates {}{}\n",
               HumanCount(static_cast<double>(*converted.parameters)),
               HumanCount(static_cast<double>(*converted.macs)),
               args.model.inputs.empty() ? " (open dimensions as 1)" : "");
  }
  std::vector<std::pair<int, std::string>> ranked;
  for (const auto& [op, count] : model.ops) ranked.emplace_back(-count, op);
  std::ranges::sort(ranked);
  std::string text;
  for (const auto& [count, op] : ranked) text += fmt::format("{}{} {}", text.empty() ? "" : ", ", op, -count);
  fmt::print("\noperations: {}\n", text);
  if (!converted.unsupported.empty()) {
    fmt::print("\n{} nodes cannot be converted (floe check says which and why), the first: {} '{}': {}\n",
               converted.unsupported.size(), converted.unsupported[0].op, converted.unsupported[0].name,
               converted.unsupported[0].reason);
  }
  if (!converted.problem.empty()) fmt::print("\nnot ready to build: {}\n", converted.problem);
  fmt::print("\n{}\n", line);
}

void Inspect(const InspectArgs& args) {
  const ModelSummary model = SummariseModel(args.model);
  const ModelSelection closed = Closed(args.model, model);
  const Converted converted = Convert(closed);
  const std::string line = BuildLine(args.model, closed);
  if (!args.json) {
    PrintText(args, model, converted, line);
    return;
  }
  Json unsupported = Json::array();
  for (const NodeReport& node : converted.unsupported) {
    unsupported.push_back(
        {{"name", node.name}, {"op", node.op}, {"reason", node.reason}, {"remedy", node.remedy}});
  }
  const Json json = {{"schema", "floe.inspect/1"},
                     {"model", args.model.path},
                     {"kind", model.kind},
                     {"inputs", CandidateJson(model.inputs)},
                     {"outputs", CandidateJson(model.outputs)},
                     {"ops", model.ops},
                     {"parameters", converted.parameters ? Json(*converted.parameters) : Json(nullptr)},
                     {"macs", converted.macs ? Json(*converted.macs) : Json(nullptr)},
                     {"unsupported", unsupported},
                     {"problem", converted.problem},
                     {"build", line}};
  fmt::print("{}\n", json.dump(1));
}

}  // namespace

void AddInspect(CLI::App& app, const ConsoleOptions&) {
  auto args = std::make_shared<InspectArgs>();
  AddModelOptions(app, args->model);
  app.add_flag("--json", args->json, "For programs");
  app.callback([args] { Inspect(*args); });
}

}  // namespace floe::tools
