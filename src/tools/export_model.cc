#include "tools/export_model.h"

#include "backends/reference/evaluate.h"
#include "passes/pass.h"
#include "passes/passes.h"

namespace floe::tools {
namespace {

// What every file gets: what is computed from constants alone computed, what is void gone.
void Clean(Graph& graph, const PassContext& context) {
  for (const NodeId id : graph.Order()) {
    for (const auto& body : graph.node(id).bodies) Clean(*body, context);
  }
  RemoveDeadCode(graph, context);
  FoldConstants(graph, context);
  RemoveIdentity(graph, context);
  MergeReshapes(graph, context);
  MergeTransposes(graph, context);
  FoldConstants(graph, context);
  MergeCommon(graph, context);
  RemoveDeadCode(graph, context);
}

}  // namespace

void FoldModel(Graph& graph, bool keep_quantised) {
  const ReferenceEvaluator evaluator(keep_quantised);
  // Not the native layout, and no groups.
  PipelineOptions pipeline;
  pipeline.skip = {"prefer_nhwc", "group"};
  RunPasses(graph, {evaluator}, pipeline);
}

ExportResult ExportModel(ImportedModel* model, bool fold, ExportOptions options) {
  const bool keep_quantised = options.precision == DType::kInt8;
  const ReferenceEvaluator evaluator(keep_quantised);
  const PassContext context{evaluator};
  // Whoever runs the file feeds what the model declares.
  for (IoSpec& input : model->unneeded) {
    const ValueId value = model->graph->AddInput(model->graph->UniqueName(input.name), input.type);
    model->graph->value(value).sources.push_back(input.tensor);
    model->inputs.push_back(std::move(input));
  }
  model->unneeded.clear();
  if (fold) options.simplify = [&](Graph& graph) { FoldModel(graph, keep_quantised); };
  options.evaluator = &evaluator;
  options.clean = [&](Graph& graph) { Clean(graph, context); };
  options.producer_version = FLOE_VERSION;
  return ExportOnnx(std::move(model->graph), &model->inputs, &model->outputs, options);
}

}  // namespace floe::tools
