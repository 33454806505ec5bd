// floe export: a model becomes a portable ONNX file, or what other viewers read.
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <memory>

#include "base/error.h"
#include "base/file.h"
#include "base/text.h"
#include "compiler/model.h"
#include "engine/format.h"
#include "export/dot.h"
#include "export/onnx.h"
#include "export/tensorrt/tensorrt.h"
#include "formats/onnx/write.h"
#include "tools/command.h"
#include "tools/export_model.h"
#include "tools/export_side.h"
#include "tools/model_options.h"

namespace floe::tools {
namespace {

constexpr std::string_view kOrigin = "floe.model";
// Of a file whose weights are stored in a type that its operators do not compute in: folding undoes the
// casts.
constexpr std::string_view kPrecision = "floe.precision";

struct ExportArgs {
  ModelSelection model;
  std::string output;
  std::string format;
  std::vector<std::string> overlays;
  std::string stage = "folded";
  std::string precision;  // "": as the model says, else fp32
  int opset = 17;
  bool nchw_inputs = false;
  bool nchw_outputs = false;
  bool external_data = false;
  bool check = true;
  bool trtexec = false;
  bool run_trtexec = false;
};

// Runs a program found on PATH, its output going where ours goes; its exit code, 127 when it cannot be run.
int RunProgram(const std::vector<std::string>& words) {
  std::vector<char*> argv;
  for (const std::string& word : words) argv.push_back(const_cast<char*>(word.c_str()));
  argv.push_back(nullptr);
  pid_t child = 0;
  if (posix_spawnp(&child, argv[0], nullptr, nullptr, argv.data(), environ) != 0) return 127;
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

[[noreturn]] void RefuseAll(const std::string& path, const std::vector<ExportProblem>& problems) {
  for (const ExportProblem& p : problems) {
    fmt::print(stderr, "{} '{}': {}{}{}\n", p.op, p.node, p.reason, p.remedy.empty() ? "" : "; ", p.remedy);
  }
  Throw(ErrorCode::kModel, "{}: {} cannot be expressed in ONNX: {} '{}': {}", path,
        Counted(std::ssize(problems), "node"), problems[0].op, problems[0].node, problems[0].reason);
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
  fmt::print(stderr, "; {}\n", Counted(std::ssize(result.transposes), "transpose"));
  for (const TransposeLeft& t : result.transposes)
    fmt::print(stderr, "  transpose '{}': {}\n", t.node, t.reason);
  for (const std::string& note : result.notes) fmt::print(stderr, "  note: {}\n", note);
}

// What TensorRT would refuse, the command that builds its engine, and, if asked to, that command run.
void ForTensorRt(const ExportArgs& args, const OnnxModel& model, const ConsoleOptions& console) {
  const std::vector<ExportProblem> problems = TensorRtProblems(model);
  for (const ExportProblem& p : problems) {
    if (!console.quiet) fmt::print(stderr, "  TensorRT: {} '{}': {}\n", p.op, p.node, p.reason);
  }
  const std::string stem = args.output.substr(0, args.output.size() - std::string_view(".onnx").size());
  const std::vector<std::string> words = TrtexecCommand(model, {args.output, stem + ".engine"});
  fmt::print("{}\n", ShellLine(words));
  if (!args.run_trtexec) return;
  std::fflush(stdout);
  const int code = RunProgram(words);
  if (code == 127) Throw(ErrorCode::kUsage, "--run: there is no trtexec on PATH");
  if (code != 0) Throw(ErrorCode::kModel, "{}: trtexec failed with exit code {}", args.output, code);
}

using Metadata = std::vector<std::pair<std::string, std::string>>;

std::string* Find(Metadata& metadata, std::string_view key) {
  const auto at = std::ranges::find(metadata, key, [](const auto& entry) { return entry.first; });
  return at == metadata.end() ? nullptr : &at->second;
}

// The model's own, and the file that it came from first of all.
Metadata MetadataFor(Metadata metadata, const std::string& path, DType precision) {
  if (Find(metadata, kOrigin) == nullptr)
    metadata.emplace_back(std::string(kOrigin), std::filesystem::path(path).filename().string());
  if (precision != DType::kBFloat16) {
    std::erase_if(metadata, [](const auto& entry) { return entry.first == kPrecision; });
  } else if (Find(metadata, kPrecision) == nullptr) {
    metadata.emplace_back(std::string(kPrecision), "bf16");
  }
  return metadata;
}

DType PrecisionFor(const std::string& asked, Metadata& metadata) {
  const std::string* noted = Find(metadata, kPrecision);
  const std::string precision = !asked.empty() || noted == nullptr ? asked : *noted;
  if (precision == "fp16") return DType::kFloat16;
  if (precision == "bf16") return DType::kBFloat16;
  return precision == "int8" ? DType::kInt8 : DType::kFloat32;
}

struct Format {
  std::string_view name;
  std::string_view ending;  // of the file; "": a folder
};
constexpr Format kFormats[] = {
    {"onnx", ".onnx"}, {"dot", ".dot"}, {"model-explorer", ".json"}, {"tfevents", ""}};

// As --format says, else as the output's name ends.
std::string_view FormatOf(const ExportArgs& args) {
  for (const Format& format : kFormats) {
    if (!args.format.empty() && args.format != format.name) continue;
    if (args.format.empty() && format.ending.empty()) continue;
    if (args.output.ends_with(format.ending)) return format.name;
    if (args.format.empty()) continue;
    Throw(ErrorCode::kUsage, "-o {}: expected a name that ends in {} for --format {}", args.output,
          format.ending, format.name);
  }
  Throw(ErrorCode::kUsage, "-o {}: expected a name that ends in .onnx, .dot or .json, or --format tfevents",
        args.output);
}

void Export(const ExportArgs& args, const ConsoleOptions& console) {
  const std::string_view format = FormatOf(args);
  if (format == "tfevents" || format == "model-explorer") {
    const ExportSideArgs side = {args.model, args.output, args.overlays};
    const std::string done = format == "tfevents" ? ExportEvents(side) : ExportModelExplorer(side);
    if (!console.quiet) fmt::print(stderr, "{}\n", done);
    return;
  }
  if (IsEngineFile(args.model.path)) {
    Throw(ErrorCode::kUsage, "{}: an engine is exported as tfevents or model-explorer; {} takes the model",
          args.model.path, format);
  }
  if (!args.overlays.empty()) {
    Throw(ErrorCode::kUsage,
          "--overlay: {} has no place for times and errors; tfevents and model-explorer have", format);
  }
  const bool dot = format == "dot";
  const bool int8 = args.precision == "int8";
  ImportedModel model = ImportModel(LoadModel(args.model), /*strict=*/true, /*keep_quantised=*/int8);
  if (dot) {
    if (args.stage == "folded") FoldModel(*model.graph);
    return WriteFile(args.output, AsBytes(PrintDot(*model.graph)));
  }
  ExportOptions options;
  options.opset = args.opset;
  options.precision = PrecisionFor(args.precision, model.metadata);
  options.nchw_inputs = args.nchw_inputs;
  options.nchw_outputs = args.nchw_outputs;
  options.metadata = MetadataFor(model.metadata, args.model.path, options.precision);
  const ExportResult result = ExportModel(&model, args.stage == "folded", options);
  if (!result.problems.empty()) RefuseAll(args.model.path, result.problems);
  if (args.check) {
    if (const std::string finding = CheckOnnx(result.model); !finding.empty()) {
      throw InternalError("the exported model is not valid: " + finding);
    }
  }
  const OnnxWritten written = WriteOnnx(args.output, result.model, {args.external_data});
  if (!console.quiet) Describe(args, result, written);
  if (args.trtexec || args.run_trtexec) ForTensorRt(args, result.model, console);
}

}  // namespace

void AddExport(CLI::App& app, const ConsoleOptions& console) {
  auto args = std::make_shared<ExportArgs>();
  AddModelOptions(app, args->model, "MODEL|ENGINE");
  app.add_option(
         "-o,--out", args->output,
         "The file to write: OUT.onnx; OUT.dot for Graphviz; OUT.json for Model Explorer; a folder for "
         "TensorBoard")
      ->required()
      ->type_name("OUT");
  app.add_option("--format", args->format, "Default: as OUT ends")
      ->check(CLI::IsMember({"onnx", "dot", "model-explorer", "tfevents"}));
  app.add_option(
         "--overlay", args->overlays,
         "Times and errors, as bench --json or compare --json wrote them, for the viewers; repeatable")
      ->type_name("FILE")
      ->expected(1)
      ->take_all();
  app.add_option("--opset", args->opset, "13 to 17")->check(CLI::Range(13, 17))->capture_default_str();
  app.add_option("--stage", args->stage, "imported: as the model has it; folded: cleaned up and folded")
      ->check(CLI::IsMember({"imported", "folded"}))
      ->capture_default_str();
  app.add_option(
         "--precision", args->precision,
         "fp32 (the default); fp16, bf16: weights of that type and casts, where ONNX lacks an operator "
         "on bf16 (convolutions) the weights alone; int8: what the model carries of quantisation as "
         "QuantizeLinear and DequantizeLinear")
      ->check(CLI::IsMember({"fp32", "fp16", "bf16", "int8"}));
  app.add_flag("--nchw-inputs", args->nchw_inputs, "Image inputs have their channels first");
  app.add_flag("--nchw-outputs", args->nchw_outputs, "Image outputs have their channels first");
  app.add_flag("--external-data", args->external_data, "Weights in OUT.onnx.data; by itself over 2 GB");
  app.add_flag("!--no-check", args->check, "Do not run ONNX's checker and shape inference over the result");
  app.add_flag("--also-trtexec", args->trtexec,
               "Print the command that builds a TensorRT engine from the file");
  app.add_flag("--run", args->run_trtexec, "Run that command");
  app.callback([args, &console] { Export(*args, console); });
}

}  // namespace floe::tools
