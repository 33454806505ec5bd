// floe export: a model becomes a portable ONNX file.
#include <filesystem>
#include <memory>

#include "backends/reference/evaluate.h"
#include "base/error.h"
#include "compiler/model.h"
#include "export/onnx.h"
#include "formats/onnx/write.h"
#include "passes/pass.h"
#include "passes/passes.h"
#include "tools/command.h"
#include "tools/model_options.h"

namespace floe::tools {
namespace {

struct ExportArgs {
  ModelSelection model;
  std::string output;
  std::string stage = "folded";
  int opset = 17;
  bool nchw_inputs = false;
  bool nchw_outputs = false;
  bool external_data = false;
  bool check = true;
};

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

// Everything that makes the graph simpler whoever runs it: not the native layout, no groups.
void Fold(Graph& graph, const PassContext& context) {
  PipelineOptions pipeline;
  pipeline.skip = {"prefer_nhwc", "group"};
  RunPasses(graph, context, pipeline);
}

[[noreturn]] void RefuseAll(const std::string& path, const std::vector<ExportProblem>& problems) {
  for (const ExportProblem& p : problems) {
    fmt::print(stderr, "{} '{}': {}{}{}\n", p.op, p.node, p.reason, p.remedy.empty() ? "" : "; ", p.remedy);
  }
  Throw(ErrorCode::kModel, "{}: {} node{} cannot be expressed in ONNX: {} '{}': {}", path, problems.size(),
        problems.size() == 1 ? "" : "s", problems[0].op, problems[0].node, problems[0].reason);
}

size_t CountNodes(const onnx::GraphProto& graph) {
  size_t count = static_cast<size_t>(graph.node_size());
  for (const auto& node : graph.node()) {
    for (const auto& attribute : node.attribute()) {
      if (attribute.has_g()) count += CountNodes(attribute.g());
    }
  }
  return count;
}

void Describe(const ExportArgs& args, const ExportResult& result, const OnnxWritten& written) {
  fmt::print(stderr, "{}: {} nodes, opset {}, {:.1f} MB", args.output, CountNodes(result.model.proto.graph()),
             args.opset, static_cast<double>(written.bytes) / 1e6);
  if (!written.external_path.empty()) {
    fmt::print(stderr, " and {:.1f} MB in {}", static_cast<double>(written.external_bytes) / 1e6,
               written.external_path);
  }
  fmt::print(stderr, "; {} transpose{}\n", result.transposes.size(),
             result.transposes.size() == 1 ? "" : "s");
  for (const TransposeLeft& t : result.transposes)
    fmt::print(stderr, "  transpose '{}': {}\n", t.node, t.reason);
  for (const std::string& note : result.notes) fmt::print(stderr, "  note: {}\n", note);
}

void Export(const ExportArgs& args, const ConsoleOptions& console) {
  if (!args.output.ends_with(".onnx")) {
    Throw(ErrorCode::kUsage, "-o {}: expected a name that ends in .onnx", args.output);
  }
  ImportedModel model = ImportModel(LoadModel(args.model));
  const ReferenceEvaluator evaluator;
  const PassContext context{evaluator};
  if (args.stage == "folded") Fold(*model.graph, context);
  ExportOptions options;
  options.opset = args.opset;
  options.nchw_inputs = args.nchw_inputs;
  options.nchw_outputs = args.nchw_outputs;
  options.evaluator = &evaluator;
  options.clean = [&](Graph& graph) { Clean(graph, context); };
  options.producer_version = FLOE_VERSION;
  options.metadata = {{"floe.model", std::filesystem::path(args.model.path).filename().string()}};
  const ExportResult result = ExportOnnx(std::move(model.graph), &model.inputs, &model.outputs, options);
  if (!result.problems.empty()) RefuseAll(args.model.path, result.problems);
  if (args.check) {
    if (const std::string finding = CheckOnnx(result.model); !finding.empty()) {
      throw InternalError("the exported model is not valid: " + finding);
    }
  }
  const OnnxWritten written = WriteOnnx(args.output, result.model, {args.external_data});
  if (!console.quiet) Describe(args, result, written);
}

}  // namespace

void AddExport(CLI::App& app, const ConsoleOptions& console) {
  auto args = std::make_shared<ExportArgs>();
  AddModelOptions(app, args->model);
  app.add_option("-o,--out", args->output, "The file to write")->required()->type_name("OUT.onnx");
  app.add_option("--opset", args->opset, "13 to 17")->check(CLI::Range(13, 17))->capture_default_str();
  app.add_option("--stage", args->stage, "imported: as the model has it; folded: cleaned up and folded")
      ->check(CLI::IsMember({"imported", "folded"}))
      ->capture_default_str();
  app.add_flag("--nchw-inputs", args->nchw_inputs, "Image inputs have their channels first");
  app.add_flag("--nchw-outputs", args->nchw_outputs, "Image outputs have their channels first");
  app.add_flag("--external-data", args->external_data, "Weights in OUT.onnx.data; by itself over 2 GB");
  app.add_flag("!--no-check", args->check, "Do not run ONNX's checker and shape inference over the result");
  app.callback([args, &console] { Export(*args, console); });
}

}  // namespace floe::tools
