// floe inspect: what is in a model.
#include <algorithm>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>

#include "base/error.h"
#include "base/text.h"
#include "graph/cost.h"
#include "tools/command.h"
#include "tools/model_options.h"
#include "tools/survey.h"
#include "tools/table.h"

namespace floe::tools {
namespace {

using Json = nlohmann::ordered_json;

struct InspectArgs {
  ModelSelection model;
  bool json = false;
};

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

// Better known once it is converted: the shape of each output that was.
void AddKnownShapes(Survey& survey) {
  for (size_t i = 0; i < survey.model.outputs.size(); ++i) {
    const Shape& shape = survey.model.outputs[i].type.shape;
    if (!shape.has_rank()) continue;
    std::vector<int64_t> dims;
    for (const floe::Dim& d : shape.dims()) dims.push_back(d.value());
    for (ModelCandidate& candidate : survey.summary.outputs) {
      if (candidate.tensor == survey.outputs[i].tensor || candidate.name == survey.outputs[i].name)
        candidate.dims = dims;
    }
  }
}

// What the user chose instead of what looks likely: the inputs that are left, the outputs that were named.
void ShowSelected(Survey& survey, const ModelSelection& given) {
  const auto take = [](const std::vector<ModelTensor>& tensors, std::vector<ModelCandidate>* shown) {
    std::vector<ModelCandidate> selected;
    for (const ModelTensor& t : tensors) {
      const auto known = std::ranges::find(*shown, t.tensor, &ModelCandidate::tensor);
      ModelCandidate c{.name = t.name, .tensor = t.tensor, .best = true, .why = "selected"};
      if (known != shown->end()) c = *known;
      if (t.type.dtype != DType::kInvalid) c.dtype = DTypeName(t.type.dtype);
      if (c.dtype.empty()) c.dtype = "?";
      if (t.type.shape.has_rank()) c.dims = t.type.shape.Numbers();
      c.best = true;
      selected.push_back(std::move(c));
    }
    *shown = std::move(selected);
  };
  if (!given.inputs.empty() || !given.sets.empty() || !given.outputs.empty())
    take(survey.inputs, &survey.summary.inputs);
  if (!given.outputs.empty()) take(survey.outputs, &survey.summary.outputs);
}

// The line that builds the best guess, or what of it is supported.
std::string BuildLine(const Survey& survey) {
  const ModelSelection& given = survey.selection;
  std::string line = "floe build " + ModelWords(given);
  if (const std::string words = SelectionWords(survey); !words.empty()) line += " " + words;
  return line + " -o model.floe";
}

struct Found {
  Survey survey;
  std::optional<Survey> part;  // what of it is supported, where not all is
  std::string problem;         // why it could not be converted at all
};

std::string SampleText(const Survey& survey) {
  std::string text;
  for (const KnownDims& dims : survey.closed) text += (text.empty() ? "" : ", ") + DimsText(dims);
  return text;
}

void PrintTensors(const ModelSummary& summary) {
  Table io({"", "name", "type", "shape", "why"});
  for (const ModelCandidate& c : summary.inputs) io.Add({"input", c.name, c.dtype, DimsText(c.dims), c.why});
  const size_t shown = std::min<size_t>(summary.outputs.size(), 8);
  for (size_t i = 0; i < shown; ++i) {
    const ModelCandidate& c = summary.outputs[i];
    io.Add({c.best ? "output" : "output?", c.name, c.dtype, DimsText(c.dims), c.why});
  }
  fmt::print("{}", io.ToString());
  if (shown < summary.outputs.size())
    fmt::print("and {} less likely outputs (--json)\n", summary.outputs.size() - shown);
}

void PrintOps(const std::map<std::string, int>& ops) {
  std::vector<std::pair<int, std::string>> ranked;
  for (const auto& [op, count] : ops) ranked.emplace_back(-count, op);
  std::ranges::sort(ranked);
  std::string text;
  for (const auto& [count, op] : ranked) text += fmt::format("{}{} {}", text.empty() ? "" : ", ", op, -count);
  fmt::print("\noperations: {}\n", text);
}

void PrintText(const InspectArgs& args, const Found& found) {
  const Survey& survey = found.survey;
  int nodes = 0;
  for (const auto& [op, count] : survey.summary.ops) nodes += count;
  fmt::print("{}  {}, {} nodes, {} operations\n", Bold(args.model.path), survey.summary.kind, nodes,
             survey.summary.ops.size());
  if (!survey.summary.checkpoint.empty()) fmt::print("variables: {}\n", survey.summary.checkpoint);
  if (survey.summary.signatures.size() > 1)
    fmt::print("signatures: {}\n", JoinText(survey.summary.signatures, ", "));
  fmt::print("\n");
  PrintTensors(survey.summary);
  const Graph* graph = survey.model.graph.get();
  if (graph != nullptr) {
    fmt::print("\nparameters {}", HumanCount(static_cast<double>(ParameterCount(*graph))));
    if (survey.all_macs && *survey.all_macs > 0)
      fmt::print("  multiply-accumulates {} (of {})", HumanCount(static_cast<double>(*survey.all_macs)),
                 SampleText(survey));
    fmt::print("\n");
  }
  PrintOps(survey.summary.ops);
  if (const auto unsupported = UnsupportedNodes(survey); !unsupported.empty()) {
    fmt::print("\n{} cannot be converted (floe check says which and why), the first: {} '{}': {}\n",
               unsupported.size() == 1 ? "1 node" : fmt::format("{} nodes", unsupported.size()),
               unsupported[0].op, unsupported[0].name, unsupported[0].reason);
    if (found.part) fmt::print("without {}:\n", unsupported.size() == 1 ? "it" : "them");
  }
  if (!found.problem.empty()) fmt::print("\nnot ready to build: {}\n", found.problem);
  fmt::print("\n{}\n", BuildLine(found.part ? *found.part : survey));
}

Json ToJson(const InspectArgs& args, const Found& found) {
  const Survey& survey = found.survey;
  Json unsupported = Json::array();
  for (const NodeReport& node : UnsupportedNodes(survey)) {
    unsupported.push_back(
        {{"name", node.name}, {"op", node.op}, {"reason", node.reason}, {"remedy", node.remedy}});
  }
  const Graph* graph = survey.model.graph.get();
  return {{"schema", "floe.inspect/1"},
          {"model", args.model.path},
          {"kind", survey.summary.kind},
          {"checkpoint", survey.summary.checkpoint},
          {"signatures", survey.summary.signatures},
          {"inputs", CandidateJson(survey.summary.inputs)},
          {"outputs", CandidateJson(survey.summary.outputs)},
          {"ops", survey.summary.ops},
          {"parameters", graph != nullptr ? Json(ParameterCount(*graph)) : Json(nullptr)},
          {"macs", graph != nullptr && survey.all_macs ? Json(*survey.all_macs) : Json(nullptr)},
          {"unsupported", unsupported},
          {"problem", found.problem},
          {"build", BuildLine(found.part ? *found.part : survey)}};
}

void Inspect(const InspectArgs& args) {
  Found found{.survey = ReadStructure(args.model, DefaultOutputs::kBest)};
  try {
    Convert(found.survey);
    ShowSelected(found.survey, args.model);
    if (found.survey.model.graph == nullptr) found.part = SurveySupportedPart(found.survey);
  } catch (const Error& error) {
    found.problem = error.what();
  }
  AddKnownShapes(found.survey);
  if (args.json) {
    fmt::print("{}\n", ToJson(args, found).dump(1));
  } else {
    PrintText(args, found);
  }
}

}  // namespace

void AddInspect(CLI::App& app, const ConsoleOptions&) {
  auto args = std::make_shared<InspectArgs>();
  AddModelOptions(app, args->model);
  app.add_flag("--json", args->json, "For programs");
  app.callback([args] { Inspect(*args); });
}

}  // namespace floe::tools
