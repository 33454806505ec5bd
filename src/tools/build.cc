// floe build: a model becomes an engine file.
#include <chrono>
#include <memory>

#include "base/file.h"
#include "base/text.h"
#include "engine/format.h"
#include "tools/classify_scores.h"
#include "tools/command.h"
#include "tools/model_options.h"
#include "tools/picture_options.h"
#include "tools/precision_table.h"

namespace floe::tools {
namespace {

struct BuildArgs {
  ModelSelection model;
  CompileOptions options;
  std::string output;
  std::string labels;
  std::string preprocess;
  std::vector<std::string> profiles;
};

void Build(BuildArgs& args, const ConsoleOptions& console) {
  const auto start = std::chrono::steady_clock::now();
  if (!args.labels.empty()) args.options.labels = ReadLabels(args.labels);
  if (!args.preprocess.empty()) {
    args.options.preprocess_json = PreprocessToJson(ReadPreprocess(args.preprocess));
  }
  for (const std::string& profile : args.profiles) {
    std::vector<std::string>& shapes = args.options.profiles.emplace_back();
    for (const std::string_view shape : SplitText(profile, ';')) shapes.emplace_back(shape);
  }
  Progress progress(!console.quiet);
  ConnectConsole(args.options, progress, console);
  const std::shared_ptr<const Engine> engine = Compile(args.model, args.options);
  progress.Update("writing", 0);
  engine->Save(args.output);
  progress.Clear();
  if (console.quiet) return;
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  const EngineData& data = engine->data();
  const bool reduced = data.precision != "fp32";
  if (reduced && console.verbose) fmt::print(stderr, "{}", PrecisionTable(data.profiles[0]));
  fmt::print(stderr, "{}: {}, {} steps{}, {} in {:.1f} s\n", args.output, engine->target(),
             data.profiles[0].steps.size(), reduced ? ", " + PrecisionSummary(data) : "",
             HumanBytes(static_cast<double>(MappedFile::Open(args.output)->bytes().size())), seconds);
}

}  // namespace

void AddBuild(CLI::App& app, const ConsoleOptions& console) {
  auto args = std::make_shared<BuildArgs>();
  AddModelOptions(app, args->model);
  AddCompileOptions(app, args->options);
  app.add_option("-o,--out,--saveEngine", args->output, "The engine file to write")
      ->required()
      ->type_name("OUT.floe");
  app.add_option("--profile", args->profiles,
                 "Further input shapes that the engine serves with the same weights; repeatable")
      ->type_name("NAME=SHAPE[;NAME=SHAPE...]")
      ->expected(1)
      ->take_all();
  app.add_option("--labels", args->labels, "Class names, one a line, kept in the engine")->type_name("FILE");
  AddPreprocessOption(app, args->preprocess, "How pictures become inputs, kept in the engine");
  app.callback([args, &console] { Build(*args, console); });
}

}  // namespace floe::tools
