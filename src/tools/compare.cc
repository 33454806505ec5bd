// floe compare: how far the outputs of two models, engines or golden files lie apart.
#include <algorithm>
#include <cmath>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>

#include "base/error.h"
#include "compiler/model.h"
#include "engine/format.h"
#include "tools/command.h"
#include "tools/compare_layers.h"
#include "tools/compare_sides.h"
#include "tools/feeds.h"
#include "tools/model_options.h"
#include "tools/table.h"
#include "verify/compare.h"

namespace floe::tools {
namespace {

using Json = nlohmann::ordered_json;

// Of the range. Rounding to bf16 alone moves a layer by a few thousandths.
constexpr double kTolerance = 5e-4;
constexpr double kBf16Tolerance = 2e-2;

struct CompareArgs {
  ModelSelection model;  // its path is A
  std::string b;
  CompileOptions options;
  std::vector<std::string> feeds;
  std::vector<std::string> maps;
  std::optional<double> tolerance;
  bool layerwise = false;
  int top = 20;
  bool json = false;
};

Side OpenSide(const std::string& path, const CompareArgs& args, const std::vector<NamedTensor>& feeds,
              const Side* golden) {
  if (IsEngineFile(path)) return {path, Engine::Load(path), {}};
  ModelSelection model = args.model;
  model.path = path;
  return {path, Compile(ImplySelection(std::move(model), feeds, args.maps, golden), args.options), {}};
}

struct Found {
  double tolerance = kTolerance;
  std::vector<TensorDifference> outputs;
  std::vector<LayerDifference> layers;  // with --layerwise
};

bool InFloat32(const Side& side) {
  return side.engine == nullptr || side.engine->data().precision == "fp32";
}

std::vector<TensorDifference> CompareOutputs(const CompareArgs& args, const std::vector<NamedTensor>& feeds,
                                             double* tolerance) {
  const bool golden_a = IsGoldenFile(args.model.path);
  const bool golden_b = IsGoldenFile(args.b);
  Side a;
  Side b;
  // With two golden files the names of the first are brought to those of the second.
  if (golden_a) a = ReadGolden(args.model.path, args.maps);
  if (golden_b) b = ReadGolden(args.b, golden_a ? std::vector<std::string>{} : args.maps);
  if (!golden_a) a = OpenSide(args.model.path, args, feeds, golden_b ? &b : nullptr);
  if (!golden_b) b = OpenSide(args.b, args, feeds, golden_a ? &a : nullptr);
  *tolerance = args.tolerance.value_or(InFloat32(a) && InFloat32(b) ? kTolerance : kBf16Tolerance);
  auto [value, reference] = RunSides(a, b, feeds, args.options.threads);
  if (golden_a && !golden_b) std::swap(value, reference);
  std::vector<TensorDifference> differences;
  for (const ResultPair& pair : PairResults(value, reference)) {
    differences.push_back(CompareTensors(pair.name, pair.value, pair.reference));
  }
  return differences;
}

// Of the model that is the reference: its own inputs with the shapes of the feeds, in its layout of images,
// where the two sides have the same inputs.
ModelSelection ReferenceSelection(const CompareArgs& args, const std::string& path,
                                  const std::vector<NamedTensor>& inputs) {
  ModelSelection model = args.model;
  model.path = path;
  if (IsEngineFile(path)) return model;
  ModelSelection whole = model;
  whole.inputs.clear();
  std::vector<TensorSpec> declared;
  for (const ModelTensor& input : LoadModel(whole).inputs)
    declared.push_back({input.name, input.tensor, input.type.dtype, input.type.shape.Numbers()});
  const auto is_declared = [&](const std::string& text) {
    const std::string name = text.substr(0, text.find('='));
    return std::ranges::any_of(declared, [&](const TensorSpec& spec) { return SameName(spec, name); });
  };
  if (declared.size() != inputs.size() || !std::ranges::all_of(model.inputs, is_declared))
    return ImplySelection(std::move(model), inputs, args.maps, nullptr);
  const std::vector<Tensor> feeds = InOrder(declared, inputs, path);
  model.inputs.clear();
  for (size_t i = 0; i < declared.size(); ++i) ImplyInput(model, {declared[i].name, feeds[i]});
  return model;
}

// The side whose steps are looked at is an engine, built if need be; the other one says what is right, a
// model by the reference backend, so that it is not built.
Found CompareInside(const CompareArgs& args, const std::vector<NamedTensor>& feeds) {
  std::string subject = args.model.path;
  std::string right = args.b;
  const bool second_is_subject =
      IsGoldenFile(subject) || (IsEngineFile(right) && !IsEngineFile(subject) && !IsGoldenFile(right));
  if (second_is_subject) std::swap(subject, right);
  if (IsGoldenFile(subject)) {
    Throw(ErrorCode::kUsage, "--layerwise looks into an engine or a model, and {} and {} are golden files",
          args.model.path, args.b);
  }
  std::optional<Side> golden;
  if (IsGoldenFile(right)) golden = ReadGolden(right, args.maps);
  const Side* given = golden ? &*golden : nullptr;
  const Side side = OpenSide(subject, args, feeds, given);
  const std::vector<NamedTensor> inputs = FeedsOf(side, feeds, given);
  Wanted wanted;
  Results reference;
  if (given != nullptr) {
    wanted.layers = GoldenLayers(given->arrays);
    reference = GoldenResults(*given);
  } else {
    wanted = WantedLayers(ReferenceSelection(args, right, inputs), inputs, args.options.threads);
    reference = {false, wanted.specs, wanted.results};
  }
  Found found;
  found.tolerance = args.tolerance.value_or(InFloat32(side) ? kTolerance : kBf16Tolerance);
  for (const ResultPair& pair : PairResults(RunEngine(side, inputs, args.options.threads), reference))
    found.outputs.push_back(CompareTensors(pair.name, pair.value, pair.reference));
  std::vector<Tensor> tensors;
  for (const NamedTensor& input : inputs) tensors.push_back(input.tensor);
  found.layers = CompareLayers(side.engine, tensors, wanted.layers, args.options.threads);
  if (found.layers.empty()) {
    Throw(ErrorCode::kUsage, "{} and {} share no tensor by name: nothing to compare layer by layer", subject,
          right);
  }
  return found;
}

Found Differences(const CompareArgs& args) {
  const std::vector<NamedTensor> feeds = ReadFeeds(args.feeds);
  if (!IsGoldenFile(args.model.path) && !IsGoldenFile(args.b) && !args.maps.empty()) {
    Throw(ErrorCode::kUsage, "--map renames the arrays of a .npz file, and neither {} nor {} is one",
          args.model.path, args.b);
  }
  if (args.layerwise) return CompareInside(args, feeds);
  Found found;
  found.outputs = CompareOutputs(args, feeds, &found.tolerance);
  return found;
}

Json ToJson(const CompareArgs& args, const Found& found) {
  bool within = true;
  Json outputs = Json::array();
  for (const TensorDifference& d : found.outputs) {
    within &= Within(d, found.tolerance);
    Json output = DifferenceJson(d);
    output["within"] = Within(d, found.tolerance);
    outputs.push_back(std::move(output));
  }
  Json json{{"schema", "floe.compare/1"},   {"a", args.model.path}, {"b", args.b},
            {"tolerance", found.tolerance}, {"within", within},     {"outputs", outputs}};
  if (!args.layerwise) return json;
  json["layers"] = Json::array();
  for (const LayerDifference& layer : found.layers) json["layers"].push_back(LayerJson(layer));
  return json;
}

std::string Share(const std::optional<double>& share) {
  return share ? fmt::format("{:.4g} %", 100 * *share) : "";
}

void PrintText(const CompareArgs& args, const Found& found) {
  fmt::print("{} against {}, tolerance {:.1e} of the range\n", Bold(args.model.path), Bold(args.b),
             found.tolerance);
  Table table(
      {"output", ">elements", ">max abs", ">mean abs", ">of range", ">cosine", ">top 1", ">top 5", ""});
  for (const TensorDifference& d : found.outputs) {
    if (!d.incomparable.empty()) {
      table.Add({d.name, "", "", "", "", "", "", "", d.incomparable});
      continue;
    }
    table.Add({d.name, std::to_string(d.elements), fmt::format("{:.2e}", d.max_abs),
               fmt::format("{:.2e}", d.mean_abs), fmt::format("{:.2e}", d.relative),
               fmt::format("{:.8f}", d.cosine), Share(d.top1), Share(d.top5),
               Within(d, found.tolerance) ? "" : "beyond tolerance"});
  }
  fmt::print("{}", table.ToString());
  if (!args.layerwise) return;
  fmt::print("\n");
  PrintLayers(found.layers, found.tolerance, static_cast<size_t>(args.top));
}

void CheckTolerance(const Found& found) {
  for (const TensorDifference& d : found.outputs) {
    if (!d.incomparable.empty())
      Throw(ErrorCode::kAccuracy, "'{}': cannot be compared: {}", d.name, d.incomparable);
    if (Within(d, found.tolerance)) continue;
    Throw(ErrorCode::kAccuracy, "'{}': {}; the tolerance is {:.2e}", d.name, DescribeDifference(d),
          found.tolerance);
  }
}

void Compare(CompareArgs& args, const ConsoleOptions& console) {
  args.options.tune = false;
  args.options.self_check = false;
  Progress progress(!console.quiet && !args.json);
  ConnectConsole(args.options, progress, console);
  const Found found = Differences(args);
  progress.Clear();
  if (args.json) {
    fmt::print("{}\n", ToJson(args, found).dump(1));
  } else {
    PrintText(args, found);
  }
  CheckTolerance(found);
}

}  // namespace

void AddCompare(CLI::App& app, const ConsoleOptions& console) {
  auto args = std::make_shared<CompareArgs>();
  AddModelOptions(app, args->model, "A");
  app.add_option("B", args->b, "What A is compared with: as A, or golden results in a .npz file; so may be A")
      ->required();
  AddCompileOptions(app, args->options);
  app.add_option("--feed", args->feeds, "An input; repeatable. Default: a golden file's, or made-up numbers")
      ->type_name("NAME=FILE.npy")
      ->expected(1)
      ->take_all();
  app.add_option("--map", args->maps, "The array KEY of a .npz file is the input or output NAME; repeatable")
      ->type_name("KEY=NAME")
      ->expected(1)
      ->take_all();
  app.add_flag("--layerwise", args->layerwise,
               "Inside too: where errors arise and how they grow. A model is then the plain reference of an "
               "engine or, built, of a golden file");
  app.add_option("--top", args->top, "How many layers the table shows")
      ->check(CLI::Range(1, 1 << 20))
      ->capture_default_str();
  app.add_option("--tolerance,--fail-above", args->tolerance,
                 "Largest difference allowed, as a part of the output's range; default 5e-4, with bf16 2e-2")
      ->check(CLI::Range(0.0, 1e9));
  app.add_flag("--json", args->json, "For programs");
  app.callback([args, &console] { Compare(*args, console); });
}

}  // namespace floe::tools
