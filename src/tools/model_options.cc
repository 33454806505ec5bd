#include "tools/model_options.h"

#include "base/error.h"
#include "base/log.h"
#include "base/quoting.h"
#include "base/text.h"
#include "engine/format.h"
#include "tools/interrupt.h"

namespace floe::tools {
namespace {

// Splits at commas outside brackets: "X:0[1,28,28,3],Y:0".
std::vector<std::string> SplitList(std::string_view text) {
  std::vector<std::string> parts(1);
  int depth = 0;
  for (const char c : text) {
    if (c == '[') ++depth;
    if (c == ']') --depth;
    if (c == ',' && depth == 0) {
      parts.emplace_back();
    } else {
      parts.back() += c;
    }
  }
  std::erase(parts, "");
  return parts;
}

// An option whose value is a list in another tool's spelling; hidden from help but for a word.
void AddList(CLI::App& app, const char* name, std::vector<std::string>& to, const char* help) {
  app.add_option_function<std::string>(
         name,
         [&to](const std::string& text) {
           for (std::string& part : SplitList(text)) to.push_back(std::move(part));
         },
         help)
      ->group("Other tools' spellings");
}

}  // namespace

void AddModelOptions(CLI::App& app, ModelSelection& model, const char* what) {
  app.add_option(what, model.path,
                 "A .pb, .pbtxt, .meta, .onnx, SavedModel folder, checkpoint prefix or folder")
      ->required();
  app.add_option("--input", model.inputs, "NAME[=SHAPE], repeatable; an inner tensor cuts the graph there")
      ->type_name("NAME[=SHAPE]")
      ->expected(1)
      ->take_all();
  app.add_option("--output", model.outputs,
                 "A result; repeatable. Default: the signature's, or the only sink")
      ->type_name("NAME")
      ->expected(1)
      ->take_all();
  app.add_option("--set", model.sets, "Make a tensor a constant; repeatable")
      ->type_name("NAME=VALUE")
      ->expected(1)
      ->take_all();
  app.add_option("--checkpoint", model.checkpoint, "Variables for a graph file")->type_name("PREFIX");
  app.add_option("--step", model.step, "Which of a folder's checkpoints; default: the newest")
      ->type_name("N");
  app.add_option("--signature", model.signature, "Which signature of a SavedModel")->type_name("KEY");
  app.add_option("--tag", model.tags, "Tags of the graph in a SavedModel; repeatable, or with commas")
      ->expected(1)
      ->delimiter(',')
      ->take_all();
  AddList(app, "--inputs", model.inputs, "tf2onnx: NAME:0[SHAPE],...");
  AddList(app, "--outputs", model.outputs, "tf2onnx: NAME:0,...");
  AddList(app, "--shapes", model.inputs, "trtexec: NAME:SHAPE,...");
}

std::string ModelWords(const ModelSelection& model) {
  std::string words = ShellWord(model.path);
  if (!model.checkpoint.empty()) words += " --checkpoint " + ShellWord(model.checkpoint);
  if (model.step) words += fmt::format(" --step {}", *model.step);
  if (!model.signature.empty()) words += " --signature " + ShellWord(model.signature);
  for (const std::string& tag : model.tags) words += " --tag " + ShellWord(tag);
  return words;
}

void AddCompileOptions(CLI::App& app, CompileOptions& options) {
  app.add_option("--target", options.target, "cpu or reference")->capture_default_str();
  app.add_option("--isa", options.isa,
                 "generic (runs on any processor), avx2, avx512 or neon; default: the best of this machine");
  app.add_option("--threads", options.threads,
                 "Threads that the kernels are measured with; 0: one a processor")
      ->check(CLI::Range(0, 1024))
      ->capture_default_str();
  app.add_option("--precision", options.precision,
                 "fp32; bf16: products where that is faster; auto: so many of them as --error-budget allows")
      ->capture_default_str();
  app.add_option("--error-budget", options.error_budget,
                 "With --precision auto: how far outputs may move, as a part of their range")
      ->check(CLI::Range(0.0, 1.0))
      ->type_name("X")
      ->capture_default_str();
  app.add_option("--timing-cache", options.timing_cache, "Measured times are kept here; 'none': not kept")
      ->type_name("FILE");
  app.add_option("--max-weight-growth", options.max_weight_growth,
                 "How many times the model's weights the engine's may take for speed; 0: no limit")
      ->check(CLI::Range(0.0, 1000.0))
      ->type_name("TIMES")
      ->capture_default_str();
  app.add_flag("!--no-self-check", options.self_check,
               "Do not run the engine once against the reference backend");
  app.add_option("--skip-pass", options.skip_passes, "Leave a pass out; repeatable")
      ->expected(1)
      ->take_all()
      ->group("Passes");
  app.add_option("--stop-after", options.stop_after, "End the pipeline after this pass")
      ->type_name("PASS")
      ->group("Passes");
  app.add_option("--print-after", options.print_after, "Print the graph after this pass, or after 'all'")
      ->type_name("PASS")
      ->group("Passes");
}

void AddProfileOption(CLI::App& app, size_t* profile) {
  app.add_option("--profile", *profile,
                 "Which of an engine's profiles, as info numbers them; default: the first")
      ->type_name("N");
}

void ConnectConsole(CompileOptions& options, Progress& progress, const ConsoleOptions& console) {
  options.cancelled = [] { return Interrupted(); };
  if (!console.quiet) {
    options.progress = [&progress](std::string_view what, double fraction) {
      progress.Update(what, fraction);
    };
  }
  options.print = [&progress](std::string_view pass, std::string_view text) {
    progress.Clear();
    fmt::print("// after {}\n{}\n", pass, text);
  };
}

std::shared_ptr<const Engine> LoadOrBuild(const ModelSelection& model, const CompileOptions& options,
                                          bool verify) {
  if (!IsEngineFile(model.path)) return Compile(model, options);
  if (!model.inputs.empty() || !model.outputs.empty() || !model.sets.empty()) {
    LogWarning("{} is an engine: options that choose a part of a model are ignored", model.path);
  }
  return Engine::Load(model.path, {verify});
}

}  // namespace floe::tools
