#include "floe/compile.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <filesystem>

#include "backends/backend.h"
#include "backends/reference/evaluate.h"
#include "base/check.h"
#include "base/error.h"
#include "base/log.h"
#include "base/processors.h"
#include "base/text.h"
#include "compiler/bf16_search.h"
#include "compiler/model.h"
#include "compiler/self_check.h"
#include "engine/plan.h"
#include "graph/text.h"
#include "passes/pass.h"
#include "passes/widen_half.h"
#include "planner/planner.h"
#include "planner/timing_cache.h"

namespace floe {
namespace {

void CheckCancelled(const CompileOptions& options) {
  if (options.cancelled && options.cancelled()) throw Error(ErrorCode::kInterrupted, "interrupted");
}

void Report(const CompileOptions& options, std::string_view what, double fraction = 0) {
  CheckCancelled(options);
  if (options.progress) options.progress(what, fraction);
}

// Makes the target one that allows bf16 where the options ask for it and there is any.
void AllowBf16(const CompileOptions& options, const Backend& backend, Target& target) {
  constexpr std::array kPrecisions = {"fp32", "bf16", "auto"};
  if (std::ranges::find(kPrecisions, options.precision) == kPrecisions.end()) {
    Throw(ErrorCode::kUsage, "--precision '{}': expected one of {}", options.precision,
          fmt::join(kPrecisions, ", "));
  }
  if (options.precision == "fp32") return;
  const Refusal why = backend.allow_bf16 == nullptr
                          ? fmt::format("target {} computes in fp32 only", backend.name)
                          : backend.allow_bf16(target);
  if (!why) return;
  if (options.precision == "bf16") {
    Throw(ErrorCode::kUsage, "--precision bf16: {}; fp32 builds, and so does auto", *why);
  }
  LogInfo("--precision auto: all stays fp32: {}", *why);
}

Target ChooseTarget(const CompileOptions& options, int threads) {
  const Backend* backend = FindBackend(options.target);
  if (backend == nullptr) {
    std::vector<std::string_view> names;
    for (const Backend* b : AllBackends()) names.push_back(b->name);
    Throw(ErrorCode::kUsage, "target '{}': expected one of {}", options.target, fmt::join(names, ", "));
  }
  Target target = backend->detect(threads);
  if (!options.isa.empty()) {
    if (options.isa.find('+') != std::string::npos) {
      Throw(ErrorCode::kUsage, "--isa {}: what follows the '+' is added by --precision", options.isa);
    }
    target.isa = options.isa;
    if (const Refusal why = backend->refuses_target(target)) {
      Throw(ErrorCode::kUsage, "--isa {}: {}", options.isa, *why);
    }
  }
  AllowBf16(options, *backend, target);
  return target;
}

void RunPipeline(Graph& graph, const CompileOptions& options) {
  const ReferenceEvaluator evaluator;
  PipelineOptions pipeline;
  pipeline.skip = options.skip_passes;
  pipeline.stop_after = options.stop_after;
  if (!options.print_after.empty() && options.print_after != "all" &&
      std::ranges::none_of(Pipeline(), [&](const Pass& pass) { return pass.name == options.print_after; })) {
    Throw(ErrorCode::kUsage, "--print-after '{}': there is no such pass", options.print_after);
  }
  pipeline.after = [&](std::string_view pass, const Graph& after) {
    CheckCancelled(options);
    if (options.print && (options.print_after == "all" || options.print_after == pass)) {
      options.print(pass, PrintGraph(after));
    }
  };
  for (const PassTiming& timing : RunPasses(graph, {evaluator}, pipeline)) {
    LogInfo("pass {:24} {:5} changes, {:4} nodes after, {:8.2f} ms", timing.name, timing.changes,
            timing.nodes_after, timing.ms);
  }
}

std::string_view NameIn(std::string_view choice) {
  const std::string_view name = choice.substr(0, choice.find('='));
  return name.ends_with(":0") ? name.substr(0, name.size() - 2) : name;
}

// The selection with the shapes of a profile; all inputs are listed, so that they keep their order.
ModelSelection WithShapes(ModelSelection selection, const std::vector<IoSpec>& inputs,
                          const std::vector<std::string>& profile) {
  std::vector<std::string> names;
  std::vector<std::string> choices;
  for (const IoSpec& input : inputs) {
    const auto concerns = [&](const std::string& choice) {
      return NameIn(choice) == NameIn(input.name) || NameIn(choice) == NameIn(input.tensor);
    };
    names.push_back(input.name);
    const auto given = std::ranges::find_if(selection.inputs, concerns);
    const auto changed = std::ranges::find_if(profile, concerns);
    choices.push_back(changed != profile.end()          ? *changed
                      : given != selection.inputs.end() ? *given
                                                        : input.name);
  }
  for (const std::string& shape : profile) {
    const bool known = std::ranges::any_of(inputs, [&](const IoSpec& input) {
      return NameIn(shape) == NameIn(input.name) || NameIn(shape) == NameIn(input.tensor);
    });
    if (known && shape.find('=') != std::string::npos) continue;
    Throw(ErrorCode::kUsage, "--profile '{}': expected NAME=SHAPE of an input: {}{}", shape,
          JoinText(names, ", "), known ? "" : DidYouMean(std::string(NameIn(shape)), names));
  }
  selection.inputs = std::move(choices);
  return selection;
}

size_t ConstantBytes(const Graph& graph) {
  size_t bytes = 0;
  for (const ValueId id : graph.Values()) {
    if (graph.value(id).is_constant()) bytes += graph.value(id).constant.size_bytes();
  }
  return bytes;
}

// What its outputs can bear. Groups are settled then, as they were when errors were measured; a step that was
// not there, of another profile, stays float32.
void KeepWithinBudget(Graph& graph, const Bf16SearchArgs& args, PlannerOptions* planner) {
  const Bf16Choice choice = ChooseBf16(graph, args);
  planner->bf16_refusal = choice.refusal;
  planner->may_store = choice.may_store;
  planner->store_bf16 = choice.may_store != nullptr;
  planner->settle = false;
}

PlannerOptions PlannerOptionsFor(const CompileOptions& options, const Target& target, Tuner& tuner) {
  return {.target = target,
          .tuner = options.tune ? &tuner : nullptr,
          .max_weight_growth = options.max_weight_growth,
          .bf16_refusal = {},
          .bf16_throughout = options.precision == "bf16",
          .store_bf16 = options.precision == "bf16",
          .may_store = {},
          .progress = options.progress,
          .cancelled = options.cancelled};
}

// Of the self-check. A network with random weights amplifies the rounding to bf16 to some hundredths of its
// outputs' range, and a trained one whose classes made-up noise cannot tell apart to fifteen; Winograd and
// fast exponentials stay well within the least. So does a reference that rounds to `half` after each op.
double Tolerance(const CompileOptions& options, DType half) {
  constexpr double kFloat32 = 1e-3;
  constexpr double kFloat16 = 0.05;
  constexpr double kBf16 = 0.4;
  const double of_model = half == DType::kBFloat16 ? kBf16 : half == DType::kFloat16 ? kFloat16 : kFloat32;
  if (options.precision == "fp32") return of_model;
  return options.precision == "bf16" ? kBf16 : options.error_budget + of_model;
}

// Where the backend knows no half types: to float32, if the model is a network in one of them, which is
// returned.
DType WidenHalfFor(const Target& target, Graph& graph) {
  const DType half = FindBackend(target.backend)->widens_half ? HalfOfProducts(graph) : DType::kInvalid;
  if (half != DType::kInvalid) {
    LogInfo("{} nodes compute in float32 instead of {}", WidenHalf(graph), DTypeName(half));
  }
  return half;
}

}  // namespace

std::shared_ptr<const Engine> CompileModels(std::vector<ImportedModel> models, const std::string& model_name,
                                            const CompileOptions& options) {
  CHECK(!models.empty());
  const int threads = options.threads > 0 ? options.threads : AvailableProcessors();
  const Target target = ChooseTarget(options, threads);
  Target float32_target = target;
  float32_target.isa = target.PlainIsa();
  TimingCache cache = TimingCache::Open(options.tune ? options.timing_cache : "none");
  Tuner tuner(std::make_shared<ThreadPool>(threads), cache,
              CacheStateFor(ConstantBytes(*models[0].graph), threads));
  PlannerOptions planner = PlannerOptionsFor(options, target, tuner);
  ConstantPool constants;
  EngineData data;
  std::vector<std::unique_ptr<Graph>> imported;
  DType half = DType::kInvalid;
  for (ImportedModel& model : models) {
    RequireStaticInputs(model);
    if (options.self_check) imported.push_back(model.graph->Clone());
    Report(options, "optimising");
    const size_t nodes_before = model.graph->node_count();
    half = WidenHalfFor(target, *model.graph);
    RunPipeline(*model.graph, options);
    LogInfo("{} nodes became {}", nodes_before, model.graph->node_count());
    if (options.precision == "auto" && target != float32_target && data.profiles.empty()) {
      KeepWithinBudget(*model.graph, {planner, model.inputs, model.outputs, options.error_budget, threads},
                       &planner);
    }
    data.profiles.push_back(MakePlan(*model.graph, constants, planner));
    planner.settle = true;
    model.graph.reset();
  }
  cache.Save();

  // Without a step in bf16 the engine runs on more machines.
  data.target = std::ranges::any_of(data.profiles, UsesBf16) ? target : float32_target;
  data.precision = options.precision;
  data.inputs = std::move(models[0].inputs);
  data.outputs = std::move(models[0].outputs);
  data.constants = constants.Take();
  data.preprocess_json = options.preprocess_json;
  data.labels = options.labels;
  data.notes = {{"model", model_name}};
  if (half != DType::kInvalid)
    data.notes.emplace_back("computes", fmt::format("{} as float32", DTypeName(half)));
  auto engine = std::make_shared<const Engine>(std::move(data));

  for (size_t profile = 0; profile < imported.size(); ++profile) {
    Report(options, "checking against the reference");
    SelfCheck(engine, profile, *imported[profile], threads, Tolerance(options, half));
  }
  CheckCancelled(options);
  return engine;
}

std::shared_ptr<const Engine> Compile(const ModelSelection& selection, const CompileOptions& options) {
  ChooseTarget(options, 1);  // a wrong option is said before a large model is read
  Report(options, "reading");
  std::vector<ImportedModel> models;
  models.push_back(ImportModel(LoadModel(selection)));
  const std::vector<IoSpec> inputs = models[0].inputs;
  if (!options.profiles.empty() && !HasStaticInputs(models[0])) models.clear();
  for (const std::vector<std::string>& profile : options.profiles) {
    Report(options, "reading");
    models.push_back(ImportModel(LoadModel(WithShapes(selection, inputs, profile))));
  }
  return CompileModels(std::move(models), std::filesystem::path(selection.path).filename().string(), options);
}

}  // namespace floe
