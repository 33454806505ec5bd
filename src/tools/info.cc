// floe info: what an engine file says of itself.
#include <memory>

#include "base/file.h"
#include "base/text.h"
#include "engine/format.h"
#include "tools/command.h"
#include "tools/engine_json.h"
#include "tools/model_options.h"
#include "tools/table.h"

namespace floe::tools {
namespace {

using Json = nlohmann::ordered_json;

struct InfoArgs {
  std::string path;
  bool json = false;
};

size_t WeightBytes(const EngineData& data) {
  size_t bytes = 0;
  for (const Tensor& t : data.constants) bytes += t.size_bytes();
  return bytes;
}

Json InfoJson(const Engine& engine, size_t file_bytes) {
  const EngineData& data = engine.data();
  Json json = {{"schema", "floe.info/1"},
               {"format_version", kEngineVersion},
               {"target",
                {{"backend", data.target.backend},
                 {"isa", data.target.isa},
                 {"threads", data.target.threads},
                 {"device", data.target.device}}},
               {"precision", data.precision},
               {"file_bytes", file_bytes},
               {"weight_bytes", WeightBytes(data)},
               {"constants", data.constants.size()},
               {"compute_digest", ComputeDigest(data)},
               {"inputs", IoJson(data.inputs)},
               {"outputs", IoJson(data.outputs)},
               {"labels", data.labels.size()}};
  json["preprocess"] =
      data.preprocess_json.empty() ? Json(nullptr) : Json::parse(data.preprocess_json, nullptr, false);
  Json profiles = Json::array();
  for (const Plan& plan : data.profiles) {
    Json steps = Json::array();
    for (const Step& step : plan.steps) steps.push_back(StepJson(plan, step));
    Json shapes = Json::object();
    for (size_t i = 0; i < plan.inputs.size(); ++i) {
      shapes[data.inputs[i].name] = ShapeText(plan.values[plan.inputs[i]].type);
    }
    profiles.push_back({{"inputs", shapes}, {"arena_bytes", plan.arena_bytes}, {"steps", steps}});
  }
  json["profiles"] = profiles;
  Json notes = Json::object();
  for (const auto& [key, value] : data.notes) notes[key] = value;
  json["notes"] = notes;
  return json;
}

void PrintText(const Engine& engine, const std::string& path, size_t file_bytes) {
  const EngineData& data = engine.data();
  fmt::print("{}  {}, {}, {} file, {} weights\n", Bold(path), engine.target(), data.precision,
             HumanBytes(static_cast<double>(file_bytes)), HumanBytes(static_cast<double>(WeightBytes(data))));
  fmt::print("built on {} with {}; compute digest {}\n", data.target.device,
             Counted(data.target.threads, "thread"), ComputeDigest(data));
  for (const auto& [key, value] : data.notes) fmt::print("{}: {}\n", key, value);
  Table io({"", "name", "type", "shape", "TensorFlow tensor"});
  for (const IoSpec& s : data.inputs)
    io.Add({"input", s.name, std::string(DTypeName(s.type.dtype)), ShapeText(s.type), s.tensor});
  for (const IoSpec& s : data.outputs)
    io.Add({"output", s.name, std::string(DTypeName(s.type.dtype)), ShapeText(s.type), s.tensor});
  fmt::print("\n{}", io.ToString());
  if (!data.preprocess_json.empty()) fmt::print("\npreprocessing: {}\n", data.preprocess_json);
  if (!data.labels.empty()) fmt::print("labels: {} ({}, ...)\n", data.labels.size(), data.labels.front());
  for (size_t p = 0; p < data.profiles.size(); ++p) {
    const Plan& plan = data.profiles[p];
    std::vector<std::string> shapes;
    for (size_t i = 0; i < plan.inputs.size(); ++i) {
      shapes.push_back(data.inputs[i].name + " " + ShapeText(plan.values[plan.inputs[i]].type));
    }
    fmt::print("\nprofile {}: {}; {} steps, arena {}\n", p, JoinText(shapes, ", "), plan.steps.size(),
               HumanBytes(static_cast<double>(plan.arena_bytes)));
    Table steps({">#", "kernel", "ops", "output", "name"});
    for (size_t i = 0; i < plan.steps.size(); ++i) {
      const Step& step = plan.steps[i];
      const auto* kernel = std::get_if<KernelStep>(&step.action);
      steps.Add({std::to_string(i), ActionName(step), OpsOf(step),
                 kernel != nullptr && !kernel->outputs.empty()
                     ? ShapeText(plan.values[kernel->outputs[0]].type)
                     : "",
                 step.name});
    }
    fmt::print("{}", steps.ToString());
  }
}

void Info(const InfoArgs& args) {
  const std::shared_ptr<const Engine> engine = Engine::Load(args.path, {.any_machine = true});
  const size_t file_bytes = MappedFile::Open(args.path)->bytes().size();
  if (args.json) {
    fmt::print("{}\n", InfoJson(*engine, file_bytes).dump(1));
  } else {
    PrintText(*engine, args.path, file_bytes);
  }
}

}  // namespace

void AddInfo(CLI::App& app, const ConsoleOptions&) {
  auto args = std::make_shared<InfoArgs>();
  app.add_option("ENGINE", args->path, "An engine file")->required();
  app.add_flag("--json", args->json, "For programs");
  app.callback([args] { Info(*args); });
}

}  // namespace floe::tools
