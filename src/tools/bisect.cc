// floe bisect: where in a model a wrong result arises.
#include <algorithm>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/file.h"
#include "base/log.h"
#include "base/processors.h"
#include "base/text.h"
#include "compiler/model.h"
#include "formats/npy.h"
#include "formats/onnx/write.h"
#include "frontend/tensorflow/rewrite/prepare.h"
#include "tools/command.h"
#include "tools/compare_layers.h"
#include "tools/compare_sides.h"
#include "tools/export_model.h"
#include "tools/feeds.h"
#include "tools/model_options.h"
#include "verify/bisect.h"

namespace floe::tools {
namespace {

using Json = nlohmann::ordered_json;

struct BisectArgs {
  ModelSelection model;
  CompileOptions options;
  std::string engine;
  std::string against = "reference";
  std::vector<std::string> feeds;
  double tolerance = 1e-3;
  std::string bundle;
  bool tune = false;
  bool no_verify = false;
  bool json = false;
};

ModelSelection CutOut(ModelSelection model, const ModelPart& part) {
  model.inputs.clear();
  model.outputs.clear();
  model.sets.clear();
  for (const NamedTensor& feed : part.feeds) {
    model.inputs.push_back(fmt::format("{}=[{}]", feed.name, fmt::join(feed.tensor.dims(), ",")));
  }
  for (const NamedTensor& result : part.expected) model.outputs.push_back(result.name);
  return model;
}

// The part of the frozen graph between the feeds and the results, which TensorFlow can load too; what is
// inlined has names in the frozen graph only, so that is what is cut.
void WriteTensorFlowPart(const std::string& path, const ModelSelection& model, const ModelPart& part) {
  TensorFlowModel frozen;
  frozen.path = model.path;
  frozen.graph = FreezeModel(model).graph;
  const ModelSelection cut = CutOut(model, part);
  Selection selection;
  for (const std::string& input : cut.inputs) selection.inputs.push_back(ParseInputChoice(input));
  selection.outputs = cut.outputs;
  WriteGraphDef(path, PrepareGraph(std::move(frozen), selection).graph);
}

void WriteOnnxPart(const std::string& path, const ModelSelection& model, const ModelPart& part) {
  ImportedModel cut = ImportModel(LoadModel(CutOut(model, part)));
  const ExportResult exported = ExportModel(&cut, /*fold=*/false, {});
  if (!exported.problems.empty()) {
    const ExportProblem& problem = exported.problems[0];
    Throw(ErrorCode::kModel, "--bundle: the part cannot be written as ONNX: node '{}' ({}): {}", problem.node,
          problem.op, problem.reason);
  }
  WriteOnnx(path, exported.model);
}

// The file of the part in a bundle.
const char* GraphFile(const ModelSelection& model) {
  return FormatOfModel(model.path) == ModelFormat::kOnnx ? "graph.onnx" : "graph.pb";
}

void WriteBundle(const BisectArgs& args, const ModelPart& part) {
  std::error_code failed;
  std::filesystem::create_directories(args.bundle, failed);
  if (failed) {
    Throw(ErrorCode::kResource, "{}: cannot make the folder: {}", args.bundle, failed.message());
  }
  const std::string graph = args.bundle + "/" + GraphFile(args.model);
  if (FormatOfModel(args.model.path) == ModelFormat::kOnnx) {
    WriteOnnxPart(graph, args.model, part);
  } else {
    WriteTensorFlowPart(graph, args.model, part);
  }
  std::vector<NamedTensor> golden = part.feeds;
  golden.insert(golden.end(), part.expected.begin(), part.expected.end());
  WriteNpz(args.bundle + "/golden.npz", golden);
  WriteNpz(args.bundle + "/found.npz", part.found);
}

std::string NamesOf(const std::vector<NamedTensor>& tensors) {
  std::vector<std::string> names;
  for (const NamedTensor& t : tensors) {
    names.push_back(
        fmt::format("{} {}{}", t.name, DTypeName(t.tensor.dtype()), DimsToString(t.tensor.dims())));
  }
  return JoinText(names, ", ");
}

Json PartJson(const ModelPart& part) {
  Json inputs = Json::array();
  Json outputs = Json::array();
  for (const NamedTensor& t : part.feeds) inputs.push_back(t.name);
  for (const NamedTensor& t : part.expected) outputs.push_back(t.name);
  return {{"inputs", inputs}, {"outputs", outputs}, {"nodes", part.nodes}};
}

Json ToJson(const BisectArgs& args, const Bisection& found) {
  Json json{{"schema", "floe.bisect/1"},   {"model", args.model.path},      {"against", args.against},
            {"tolerance", args.tolerance}, {"layers", found.layers.size()}, {"wrong", nullptr}};
  if (!found.wrong) return json;
  const LayerDifference& layer = found.layers[*found.wrong];
  json["wrong"] = LayerJson(layer);
  json["part"] = PartJson(found.rebuilt ? *found.rebuilt : found.part);
  json["wrong_when_built_alone"] = found.rebuilt.has_value();
  json["bundle"] = args.bundle;
  return json;
}

void PrintText(const BisectArgs& args, const Bisection& found) {
  if (!found.wrong) {
    fmt::print("{} layers agree with {} within {:.1e} of their range\n", found.layers.size(), args.against,
               args.tolerance);
    return;
  }
  const LayerDifference& layer = found.layers[*found.wrong];
  const ModelPart& part = found.rebuilt ? *found.rebuilt : found.part;
  fmt::print("{} is the first layer that goes wrong by itself: {}\n", Bold(layer.tensor),
             DescribeDifference(layer.own));
  fmt::print("  step {} {}, kernel {}\n", layer.step, layer.step_name, layer.kernel);
  fmt::print("  nodes {}\n", JoinText(part.nodes, ", "));
  fmt::print("  from {}\n  to {}\n", NamesOf(part.feeds), NamesOf(part.expected));
  fmt::print("  {}\n",
             found.rebuilt
                 ? "built alone, this part is wrong as well"
                 : "built alone, this part is right: the fault lies in the engine's weights or file");
  if (args.bundle.empty()) return;
  fmt::print("\nReplay it:  floe compare {0}/{1} {0}/golden.npz\n", args.bundle, GraphFile(args.model));
}

LayerValues Wanted(const BisectArgs& args, const std::optional<Side>& golden, const Graph& imported,
                   std::span<const Tensor> inputs, const std::vector<NamedTensor>& named) {
  if (golden) return GoldenLayers(golden->arrays);
  const int threads = args.options.threads > 0 ? args.options.threads : AvailableProcessors();
  if (args.against == "reference") return ReferenceLayers(imported, inputs, threads);
  ModelSelection right = args.model;
  right.path = args.against;
  return WantedLayers(right, named, threads).layers;
}

// The engine given, or one that is built in memory.
std::shared_ptr<const Engine> EngineOf(const BisectArgs& args, const ImportedModel& model) {
  if (args.engine.empty()) {
    std::vector<ImportedModel> models(1);
    models[0].graph = model.graph->Clone();  // weights are shared
    models[0].inputs = model.inputs;
    models[0].outputs = model.outputs;
    return CompileModels(std::move(models), std::filesystem::path(args.model.path).filename().string(),
                         args.options);
  }
  auto engine = Engine::Load(args.engine, {.verify = !args.no_verify});
  if (engine->inputs().size() != model.inputs.size()) {
    Throw(ErrorCode::kUsage, "{} has {} inputs, the model has {}: it was built from another part",
          args.engine, engine->inputs().size(), model.inputs.size());
  }
  return engine;
}

void RunBisect(BisectArgs& args, const ConsoleOptions& console) {
  args.options.tune = args.tune;
  args.options.self_check = false;
  Progress progress(!console.quiet && !args.json);
  ConnectConsole(args.options, progress, console);
  const std::vector<NamedTensor> feeds = ReadFeeds(args.feeds);
  std::optional<Side> golden;
  if (IsGoldenFile(args.against)) golden = ReadGolden(args.against, {});
  args.model = ImplySelection(std::move(args.model), feeds, {}, golden ? &*golden : nullptr);

  const ImportedModel model = ImportModel(LoadModel(args.model));
  const std::shared_ptr<const Engine> engine = EngineOf(args, model);
  const std::vector<NamedTensor> named =
      FeedsOf({args.model.path, engine, {}}, feeds, golden ? &*golden : nullptr);
  std::vector<Tensor> inputs;
  for (const NamedTensor& feed : named) inputs.push_back(feed.tensor);
  if (args.options.progress) args.options.progress("running the reference", 0);
  const LayerValues wanted = Wanted(args, golden, *model.graph, inputs, named);
  if (args.options.progress) args.options.progress("narrowing", 0);
  const Bisection found = Bisect(engine, *model.graph, inputs, wanted, {args.tolerance, args.options});
  progress.Clear();
  if (found.layers.empty()) {
    Throw(ErrorCode::kUsage, "{} knows none of the engine's inner tensors by name: nothing to narrow",
          args.against);
  }
  if (found.wrong && !args.bundle.empty()) {
    WriteBundle(args, found.rebuilt ? *found.rebuilt : found.part);
  }
  if (args.json) {
    fmt::print("{}\n", ToJson(args, found).dump(1));
  } else {
    PrintText(args, found);
  }
  if (found.wrong) {
    const TensorDifference& d = found.layers[*found.wrong].own;
    Throw(ErrorCode::kAccuracy, "'{}': {}", d.name, DescribeDifference(d));
  }
}

}  // namespace

void AddBisect(CLI::App& app, const ConsoleOptions& console) {
  auto args = std::make_shared<BisectArgs>();
  AddModelOptions(app, args->model);
  AddCompileOptions(app, args->options);
  app.add_option("--engine", args->engine,
                 "The engine that was built from MODEL; default: it is built in memory")
      ->type_name("ENGINE");
  app.add_option("--against", args->against,
                 "What is right: 'reference' (the plain backend), a .npz of golden tensors, inner ones too, "
                 "another model or engine")
      ->type_name("reference|GOLDEN|MODEL")
      ->capture_default_str();
  app.add_option("--feed", args->feeds, "An input; repeatable. Default: a golden file's, or made-up numbers")
      ->type_name("NAME=FILE.npy")
      ->expected(1)
      ->take_all();
  app.add_option("--tolerance", args->tolerance, "Largest difference allowed, as a part of a tensor's range")
      ->check(CLI::Range(0.0, 1e9))
      ->capture_default_str();
  app.add_option(
         "-o,--bundle", args->bundle,
         "Write the part into this folder: graph.pb or .onnx, golden.npz (what goes in and what should come "
         "out) and found.npz")
      ->type_name("FOLDER");
  app.add_flag("--tune", args->tune, "Time the kernels first, as build does");
  app.add_flag("--no-verify", args->no_verify, "Do not compare the engine's checksums");
  app.add_flag("--json", args->json, "For programs");
  app.callback([args, &console] { RunBisect(*args, console); });
}

}  // namespace floe::tools
