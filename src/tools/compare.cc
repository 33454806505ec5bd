// floe compare: how far the outputs of two models, engines or golden files lie apart.
#include <cmath>
#include <memory>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "tools/command.h"
#include "tools/compare_sides.h"
#include "tools/feeds.h"
#include "tools/model_options.h"
#include "tools/table.h"
#include "verify/compare.h"

namespace floe::tools {
namespace {

using Json = nlohmann::ordered_json;

struct CompareArgs {
  ModelSelection model;  // its path is A
  std::string b;
  CompileOptions options;
  std::vector<std::string> feeds;
  std::vector<std::string> maps;
  double tolerance = 5e-4;
  bool json = false;
};

Side OpenSide(const std::string& path, const CompareArgs& args, const std::vector<NamedTensor>& feeds,
              const Side* golden) {
  if (IsEngineFile(path)) return {path, Engine::Load(path), {}};
  ModelSelection model = args.model;
  model.path = path;
  return {path, Compile(ImplySelection(std::move(model), feeds, args.maps, golden), args.options), {}};
}

std::vector<TensorDifference> Differences(const CompareArgs& args) {
  const std::string& path_a = args.model.path;
  const std::vector<NamedTensor> feeds = ReadFeeds(args.feeds);
  const bool golden_a = IsGoldenFile(path_a);
  const bool golden_b = IsGoldenFile(args.b);
  if (!golden_a && !golden_b && !args.maps.empty()) {
    Throw(ErrorCode::kUsage, "--map renames the arrays of a .npz file, and neither {} nor {} is one", path_a,
          args.b);
  }
  Side a;
  Side b;
  // With two golden files the names of the first are brought to those of the second.
  if (golden_a) a = ReadGolden(path_a, args.maps);
  if (golden_b) b = ReadGolden(args.b, golden_a ? std::vector<std::string>{} : args.maps);
  if (!golden_a) a = OpenSide(path_a, args, feeds, golden_b ? &b : nullptr);
  if (!golden_b) b = OpenSide(args.b, args, feeds, golden_a ? &a : nullptr);
  auto [value, reference] = RunSides(a, b, feeds, args.options.threads);
  if (golden_a && !golden_b) std::swap(value, reference);
  std::vector<TensorDifference> differences;
  for (const ResultPair& pair : PairResults(value, reference)) {
    differences.push_back(CompareTensors(pair.name, pair.value, pair.reference));
  }
  return differences;
}

Json ShareJson(const std::optional<double>& share) {
  return share ? Json(*share) : Json(nullptr);
}

Json ToJson(const CompareArgs& args, const std::vector<TensorDifference>& differences) {
  bool within = true;
  Json outputs = Json::array();
  for (const TensorDifference& d : differences) {
    within &= Within(d, args.tolerance);
    outputs.push_back({{"name", d.name},
                       {"within", Within(d, args.tolerance)},
                       {"incomparable", d.incomparable.empty() ? Json(nullptr) : Json(d.incomparable)},
                       {"elements", d.elements},
                       {"different", d.different},
                       {"max_abs", d.max_abs},
                       {"mean_abs", d.mean_abs},
                       {"worst", d.worst},
                       {"range", d.range},
                       {"relative", d.relative},
                       {"cosine", d.cosine},
                       {"top1", ShareJson(d.top1)},
                       {"top5", ShareJson(d.top5)}});
  }
  return {{"schema", "floe.compare/1"},  {"a", args.model.path}, {"b", args.b},
          {"tolerance", args.tolerance}, {"within", within},     {"outputs", outputs}};
}

std::string Share(const std::optional<double>& share) {
  return share ? fmt::format("{:.4g} %", 100 * *share) : "";
}

void PrintText(const CompareArgs& args, const std::vector<TensorDifference>& differences) {
  fmt::print("{} against {}, tolerance {:.1e} of the range\n", Bold(args.model.path), Bold(args.b),
             args.tolerance);
  Table table(
      {"output", ">elements", ">max abs", ">mean abs", ">of range", ">cosine", ">top 1", ">top 5", ""});
  for (const TensorDifference& d : differences) {
    if (!d.incomparable.empty()) {
      table.Add({d.name, "", "", "", "", "", "", "", d.incomparable});
      continue;
    }
    table.Add({d.name, std::to_string(d.elements), fmt::format("{:.2e}", d.max_abs),
               fmt::format("{:.2e}", d.mean_abs), fmt::format("{:.2e}", d.relative),
               fmt::format("{:.8f}", d.cosine), Share(d.top1), Share(d.top5),
               Within(d, args.tolerance) ? "" : "beyond tolerance"});
  }
  fmt::print("{}", table.ToString());
}

void CheckTolerance(const CompareArgs& args, const std::vector<TensorDifference>& differences) {
  for (const TensorDifference& d : differences) {
    if (!d.incomparable.empty())
      Throw(ErrorCode::kAccuracy, "'{}': cannot be compared: {}", d.name, d.incomparable);
    if (Within(d, args.tolerance)) continue;
    Throw(ErrorCode::kAccuracy, "'{}': differs by up to {:.3g}, {:.2e} of the range; the tolerance is {:.2e}",
          d.name, d.max_abs, d.relative, args.tolerance);
  }
}

void Compare(CompareArgs& args, const ConsoleOptions& console) {
  args.options.tune = false;
  args.options.self_check = false;
  Progress progress(!console.quiet && !args.json);
  ConnectConsole(args.options, progress, console);
  const std::vector<TensorDifference> differences = Differences(args);
  progress.Clear();
  if (args.json) {
    fmt::print("{}\n", ToJson(args, differences).dump(1));
  } else {
    PrintText(args, differences);
  }
  CheckTolerance(args, differences);
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
  app.add_option("--tolerance", args->tolerance,
                 "Largest difference allowed, as a part of the output's range")
      ->check(CLI::Range(0.0, 1e9))
      ->capture_default_str();
  app.add_flag("--json", args->json, "For programs");
  app.callback([args, &console] { Compare(*args, console); });
}

}  // namespace floe::tools
