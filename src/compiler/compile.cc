#include "floe/compile.h"

#include <algorithm>
#include <chrono>
#include <filesystem>

#include "backends/backend.h"
#include "backends/reference/evaluate.h"
#include "base/error.h"
#include "base/log.h"
#include "compiler/model.h"
#include "compiler/self_check.h"
#include "engine/plan.h"
#include "graph/text.h"
#include "passes/pass.h"
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

Target ChooseTarget(const CompileOptions& options, int threads) {
  const Backend* backend = FindBackend(options.target);
  if (backend == nullptr) {
    std::vector<std::string_view> names;
    for (const Backend* b : AllBackends()) names.push_back(b->name);
    Throw(ErrorCode::kUsage, "target '{}': expected one of {}", options.target, fmt::join(names, ", "));
  }
  if (options.precision != "fp32") {
    Throw(ErrorCode::kUsage, "precision '{}': expected fp32, the only one that this version builds",
          options.precision);
  }
  Target target = backend->detect(threads);
  if (!options.isa.empty()) {
    target.isa = options.isa;
    if (const Refusal why = backend->refuses_target(target)) {
      Throw(ErrorCode::kUsage, "--isa {}: {}", options.isa, *why);
    }
  }
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

size_t ConstantBytes(const Graph& graph) {
  size_t bytes = 0;
  for (const ValueId id : graph.Values()) {
    if (graph.value(id).is_constant()) bytes += graph.value(id).constant.size_bytes();
  }
  return bytes;
}

}  // namespace

std::shared_ptr<const Engine> Compile(const ModelSelection& selection, const CompileOptions& options) {
  const int threads = options.threads > 0 ? options.threads : AvailableProcessors();
  const Target target = ChooseTarget(options, threads);

  Report(options, "reading");
  ImportedModel model = ImportModel(LoadModel(selection));
  RequireStaticInputs(model);
  const std::unique_ptr<Graph> imported = options.self_check ? model.graph->Clone() : nullptr;

  Report(options, "optimising");
  const size_t nodes_before = model.graph->node_count();
  RunPipeline(*model.graph, options);
  LogInfo("{} nodes became {}", nodes_before, model.graph->node_count());

  TimingCache cache = TimingCache::Open(options.tune ? options.timing_cache : "none");
  Tuner tuner(std::make_shared<ThreadPool>(threads), cache, WeightsInCache(ConstantBytes(*model.graph)));
  PlannerOptions planner{target, options.tune ? &tuner : nullptr, options.progress, options.cancelled};
  ConstantPool constants;
  EngineData data;
  data.profiles.push_back(MakePlan(*model.graph, constants, planner));
  model.graph.reset();
  cache.Save();

  data.target = target;
  data.precision = options.precision;
  data.inputs = std::move(model.inputs);
  data.outputs = std::move(model.outputs);
  data.constants = constants.Take();
  data.preprocess_json = options.preprocess_json;
  data.labels = options.labels;
  data.notes = {{"model", std::filesystem::path(selection.path).filename().string()}};
  auto engine = std::make_shared<const Engine>(std::move(data));

  if (imported != nullptr) {
    Report(options, "checking against the reference");
    SelfCheck(engine, *imported, threads);
  }
  CheckCancelled(options);
  return engine;
}

}  // namespace floe
