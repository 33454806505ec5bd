// floe run: feeds in, fetches out.
#include <algorithm>
#include <map>
#include <memory>

#include "base/error.h"
#include "base/log.h"
#include "base/text.h"
#include "engine/format.h"
#include "floe/session.h"
#include "formats/npy.h"
#include "tools/command.h"
#include "tools/feeds.h"
#include "tools/interrupt.h"
#include "tools/model_options.h"

namespace floe::tools {
namespace {

struct RunArgs {
  ModelSelection model;
  CompileOptions options;
  std::vector<std::string> feeds;
  std::vector<std::string> fetches;
  std::string save;
  bool tune = false;
  bool no_verify = false;
};

// Drops feeds that no output needs, with a word.
std::vector<NamedTensor> NeededFeeds(const Engine& engine, std::vector<NamedTensor> feeds) {
  std::vector<NamedTensor> out;
  const std::vector<TensorSpec> inputs = engine.inputs();
  for (NamedTensor& feed : feeds) {
    const auto at =
        std::ranges::find_if(inputs, [&](const TensorSpec& spec) { return SameName(spec, feed.name); });
    if (at == inputs.end()) {
      LogWarning("feed '{}' is not needed", feed.name);
    } else {
      out.push_back({at->name, Fitted(feed.tensor, *at)});
    }
  }
  return out;
}

std::vector<NamedTensor> Select(std::vector<NamedTensor> results, const Engine& engine,
                                const std::vector<std::string>& fetches) {
  if (fetches.empty()) return results;
  const std::vector<TensorSpec> outputs = engine.outputs();
  std::vector<NamedTensor> out;
  for (const std::string& fetch : fetches) {
    const auto at =
        std::ranges::find_if(outputs, [&](const TensorSpec& spec) { return SameName(spec, fetch); });
    if (at == outputs.end()) {
      std::vector<std::string> names;
      for (const TensorSpec& spec : outputs) names.push_back(spec.name);
      Throw(ErrorCode::kUsage, "fetch '{}': the engine has no such output; it has {}", fetch,
            JoinText(names, ", "));
    }
    out.push_back({fetch, results[static_cast<size_t>(at - outputs.begin())].tensor});
  }
  return out;
}

void PrintResult(const NamedTensor& result) {
  const Tensor& t = result.tensor;
  fmt::print("{}  {}{}", Bold(result.name), DTypeName(t.dtype()), DimsToString(t.dims()));
  if (t.dtype() == DType::kFloat32 && t.size() > 0) {
    const float* begin = t.data<float>();
    const auto [low, high] = std::minmax_element(begin, begin + t.size());
    double sum = 0;
    for (int64_t i = 0; i < t.size(); ++i) sum += begin[i];
    fmt::print("  min {:.6g}, mean {:.6g}, max {:.6g}", *low, sum / static_cast<double>(t.size()), *high);
    if (t.size() > 1) fmt::print(", largest at {}", high - begin);
  }
  fmt::print("\n");
}

void Run(RunArgs& args, const ConsoleOptions& console) {
  std::vector<NamedTensor> feeds = ReadFeeds(args.feeds);
  if (!IsEngineFile(args.model.path)) {
    ImplyInputs(args.model, feeds);
    if (args.model.outputs.empty()) args.model.outputs = args.fetches;
  }
  args.options.tune = args.tune;
  args.options.self_check = args.options.self_check && args.tune;
  Progress progress(!console.quiet);
  ConnectConsole(args.options, progress, console);
  const std::shared_ptr<const Engine> engine = LoadOrBuild(args.model, args.options, !args.no_verify);
  progress.Clear();
  feeds = NeededFeeds(*engine, std::move(feeds));
  Session session(engine, {args.options.threads, [] { return Interrupted(); }});
  const std::vector<NamedTensor> results = Select(session.Run(feeds), *engine, args.fetches);
  if (!args.save.empty()) {
    WriteNpz(args.save, results);
  }
  if (args.save.empty() || console.verbose > 0) {
    for (const NamedTensor& result : results) PrintResult(result);
  }
}

}  // namespace

void AddRun(CLI::App& app, const ConsoleOptions& console) {
  auto args = std::make_shared<RunArgs>();
  AddModelOptions(app, args->model, "MODEL|ENGINE");
  AddCompileOptions(app, args->options);
  app.add_option("--feed", args->feeds,
                 "An input, or the bytes of pictures where the model decodes them; repeatable")
      ->type_name("NAME=FILE.npy")
      ->expected(1)
      ->take_all();
  app.add_option("--fetch", args->fetches, "An output; repeatable; default: all")
      ->type_name("NAME")
      ->expected(1)
      ->take_all();
  app.add_option("-o,--save", args->save, "Write the results, under the names as fetched")
      ->type_name("OUT.npz");
  app.add_flag("--tune", args->tune, "Time the kernels of a model first, as build does");
  app.add_flag("--no-verify", args->no_verify, "Do not compare the engine's checksums");
  app.callback([args, &console] { Run(*args, console); });
}

}  // namespace floe::tools
