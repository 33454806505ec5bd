// floe bench: how long a run takes, and where.
#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <span>
#include <thread>

#include "base/error.h"
#include "base/file.h"
#include "base/text.h"
#include "engine/format.h"
#include "engine/plan.h"
#include "floe/session.h"
#include "formats/npy.h"
#include "tools/bench_gate.h"
#include "tools/command.h"
#include "tools/feeds.h"
#include "tools/interrupt.h"
#include "tools/model_options.h"
#include "tools/table.h"

namespace floe::tools {
namespace {

using Clock = std::chrono::steady_clock;
using Json = nlohmann::ordered_json;

struct BenchArgs {
  ModelSelection model;
  CompileOptions options;
  std::vector<std::string> feeds;
  double duration_s = 3;
  int warmup = 5;
  int streams = 1;
  bool no_verify = false;
  bool json = false;
  std::string baseline;
  std::string fail_if;
  std::string trace;
};

struct Latency {
  double min, median, mean, p90, p99;
  size_t runs;
};

double Ms(Clock::duration d) {
  return std::chrono::duration<double, std::milli>(d).count();
}

Latency Summarise(std::vector<double> ms) {
  std::ranges::sort(ms);
  const auto at = [&](double q) {
    return ms[std::min(ms.size() - 1, static_cast<size_t>(q * static_cast<double>(ms.size())))];
  };
  double sum = 0;
  for (const double v : ms) sum += v;
  return {ms.front(), at(0.5), sum / static_cast<double>(ms.size()), at(0.9), at(0.99), ms.size()};
}

class Stream {
 public:
  Stream(const std::shared_ptr<const Engine>& engine, int threads, std::span<const NamedTensor> feeds)
      : session_(engine, {threads, [] { return Interrupted(); }}), outputs_(engine->outputs().size()) {
    for (const TensorSpec& spec : engine->inputs()) {
      const auto given =
          std::ranges::find_if(feeds, [&](const NamedTensor& feed) { return SameName(spec, feed.name); });
      made_up_ = made_up_ || given == feeds.end();
      inputs_.push_back(given != feeds.end() ? given->tensor : MadeUpInput(spec, 1));
    }
  }

  // Made-up numbers are no lengths, indices or tokens.
  double RunFirst() {
    try {
      return RunOnce();
    } catch (const Error& error) {
      if (error.code() != ErrorCode::kUsage || !made_up_) throw;
      Throw(ErrorCode::kUsage, "{}; inputs were made up: give those that matter by --feed NAME=FILE.npy",
            error.what());
    }
  }

  double RunOnce() {
    const Clock::time_point start = Clock::now();
    session_.RunInto(inputs_, outputs_);
    return Ms(Clock::now() - start);
  }

  std::vector<double> RunFor(double seconds, size_t at_least) {
    std::vector<double> ms;
    const Clock::time_point end =
        Clock::now() + std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(seconds));
    while (Clock::now() < end || ms.size() < at_least) ms.push_back(RunOnce());
    return ms;
  }

  Session& session() { return session_; }

 private:
  Session session_;
  std::vector<Tensor> inputs_;
  bool made_up_ = false;  // any of them
  std::vector<Tensor> outputs_;
};

struct BenchResult {
  Latency latency;
  double runs_per_second = 0;
  double load_ms = 0;
  double first_ms = 0;
  double arena_mb = 0;
  double peak_rss_mb = 0;
  int threads = 0;
  std::vector<StepTime> layers;
  double profiled_ms = 0;
};

BenchResult Measure(const std::shared_ptr<const Engine>& engine, const BenchArgs& args,
                    std::span<const NamedTensor> feeds, double load_ms, Progress& progress) {
  BenchResult result;
  const Clock::time_point start = Clock::now();
  std::vector<std::unique_ptr<Stream>> streams;
  for (int i = 0; i < args.streams; ++i)
    streams.push_back(std::make_unique<Stream>(engine, args.options.threads, feeds));
  result.load_ms = load_ms + Ms(Clock::now() - start) / args.streams;
  result.first_ms = streams[0]->RunFirst();
  progress.Update("warming up", 0);
  for (auto& stream : streams) {
    for (int i = 0; i < args.warmup; ++i) stream->RunOnce();
  }
  progress.Update("measuring", 0);
  std::vector<std::vector<double>> ms(streams.size());
  const Clock::time_point measured = Clock::now();
  std::vector<std::thread> threads;
  for (size_t i = 1; i < streams.size(); ++i) {
    threads.emplace_back([&, i] { ms[i] = streams[i]->RunFor(args.duration_s, 5); });
  }
  ms[0] = streams[0]->RunFor(args.duration_s, 5);
  for (std::thread& t : threads) t.join();
  const double elapsed_s = Ms(Clock::now() - measured) / 1e3;
  std::vector<double> all;
  for (const auto& part : ms) all.insert(all.end(), part.begin(), part.end());
  result.runs_per_second = static_cast<double>(all.size()) / elapsed_s;
  result.latency = Summarise(std::move(all));
  progress.Update("profiling", 0);
  Session& session = streams[0]->session();
  session.EnableProfile(true);
  const std::vector<double> profiled = streams[0]->RunFor(std::min(1.0, args.duration_s), 5);
  result.profiled_ms = Summarise(profiled).mean;
  result.layers = session.Profile();
  result.threads = session.threads();
  result.arena_mb = static_cast<double>(session.MemoryBytes()) / 1e6;
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  result.peak_rss_mb = static_cast<double>(usage.ru_maxrss) / 1024.0;
  return result;
}

Json ToJson(const Engine& engine, const BenchArgs& args, const BenchResult& r) {
  const Latency& l = r.latency;
  Json layers = Json::array();
  for (const StepTime& layer : r.layers) {
    layers.push_back({{"name", layer.name},
                      {"kernel", layer.kernel},
                      {"ms", layer.ms},
                      {"macs", layer.macs},
                      {"sources", layer.sources}});
  }
  return {{"schema", "floe.bench/1"},
          {"model", args.model.path},
          {"latency_ms",
           {{"min", l.min}, {"median", l.median}, {"mean", l.mean}, {"p90", l.p90}, {"p99", l.p99}}},
          {"runs", l.runs},
          {"runs_per_second", r.runs_per_second},
          {"streams", args.streams},
          {"load_ms", r.load_ms},
          {"first_ms", r.first_ms},
          {"peak_rss_mb", r.peak_rss_mb},
          {"session_mb", r.arena_mb},
          {"threads", r.threads},
          {"target", engine.target()},
          {"precision", engine.data().precision},
          {"layers", layers}};
}

void PrintText(const Engine& engine, const BenchArgs& args, const BenchResult& r, bool all_layers) {
  const Latency& l = r.latency;
  fmt::print("{}  {}, {}, {}{}\n", Bold(args.model.path), engine.target(), engine.data().precision,
             Counted(r.threads, "thread"), args.streams > 1 ? fmt::format(", {} streams", args.streams) : "");
  fmt::print("latency  min {}  median {}  mean {}  p90 {}  p99 {}  ({} runs, {:.1f} a second)\n",
             HumanMs(l.min), HumanMs(l.median), HumanMs(l.mean), HumanMs(l.p90), HumanMs(l.p99), l.runs,
             r.runs_per_second);
  fmt::print("load {}  first run {}  session memory {:.1f} MB  peak resident {:.1f} MB\n\n",
             HumanMs(r.load_ms), HumanMs(r.first_ms), r.arena_mb, r.peak_rss_mb);
  std::vector<const StepTime*> order;
  double total = 0;
  for (const StepTime& layer : r.layers) {
    order.push_back(&layer);
    total += layer.ms;
  }
  std::ranges::stable_sort(order, [](const StepTime* a, const StepTime* b) { return a->ms > b->ms; });
  const size_t shown = all_layers ? order.size() : std::min<size_t>(order.size(), 12);
  Table table({">ms", ">%", ">GFLOP/s", "kernel", "step", "TensorFlow nodes"});
  for (size_t i = 0; i < shown; ++i) {
    const StepTime& s = *order[i];
    const std::string more = s.sources.size() > 1
                                 ? fmt::format("{} + {} more", s.sources[0], s.sources.size() - 1)
                             : s.sources.empty() ? ""
                                                 : s.sources[0];
    const std::string rate =
        s.macs > 0 && s.ms > 0 ? fmt::format("{:.0f}", 2e-6 * static_cast<double>(s.macs) / s.ms) : "";
    table.Add({fmt::format("{:.3f}", s.ms), fmt::format("{:.1f}", 100 * s.ms / std::max(total, 1e-9)), rate,
               s.kernel, s.name, more});
  }
  fmt::print("{}", table.ToString());
  if (shown < order.size()) fmt::print("{} more steps: --verbose or --json\n", order.size() - shown);
  fmt::print("steps {:.3f} ms of {:.3f} ms a profiled run\n", total, r.profiled_ms);
}

void Bench(BenchArgs& args, const ConsoleOptions& console) {
  Progress progress(!console.quiet && !args.json);
  ConnectConsole(args.options, progress, console);
  const bool is_engine = IsEngineFile(args.model.path);
  const std::vector<NamedTensor> feeds = ReadFeeds(args.feeds);
  if (!is_engine) ImplyInputs(args.model, feeds);
  const Clock::time_point start = Clock::now();
  const std::shared_ptr<const Engine> engine = LoadOrBuild(args.model, args.options, !args.no_verify);
  const double load_ms = is_engine ? Ms(Clock::now() - start) : 0;
  const double allowed = args.fail_if.empty() ? 0 : ParseShare(args.fail_if);
  const std::string earlier = args.baseline.empty() ? "" : ReadTextFile(args.baseline);
  const BenchResult result = Measure(engine, args, feeds, load_ms, progress);
  progress.Clear();
  Json json = ToJson(*engine, args, result);
  std::optional<Baseline> baseline;
  if (!args.baseline.empty()) {
    baseline = CompareWith(json, nlohmann::json::parse(earlier, nullptr, false), args.baseline);
    json["baseline"] = {
        {"file", args.baseline}, {"median_ms", baseline->median_ms}, {"ratio", baseline->ratio}};
  }
  if (!args.trace.empty()) WriteFile(args.trace, AsBytes(ChromeTrace(result.layers, args.model.path)));
  if (args.json) {
    fmt::print("{}\n", json.dump(1));
  } else {
    PrintText(*engine, args, result, console.verbose > 0);
  }
  if (!baseline) return;
  const double slower = baseline->ratio - 1;
  const std::string change =
      fmt::format("{:.1f} % {}", 100 * std::abs(slower), slower > 0 ? "slower" : "faster");
  if (!args.json) {
    fmt::print("median {} than the {} of {}\n", change, HumanMs(baseline->median_ms), args.baseline);
  }
  if (!args.fail_if.empty() && slower > allowed) {
    Throw(ErrorCode::kPerformance, "{}: median {} than in {}, and at most {} is allowed", args.model.path,
          change, args.baseline, args.fail_if);
  }
}

}  // namespace

void AddBench(CLI::App& app, const ConsoleOptions& console) {
  auto args = std::make_shared<BenchArgs>();
  AddModelOptions(app, args->model, "MODEL|ENGINE");
  AddCompileOptions(app, args->options);
  app.add_option("--feed", args->feeds, "An input; repeatable; default: made-up numbers")
      ->type_name("NAME=FILE.npy")
      ->expected(1)
      ->take_all();
  app.add_option("--duration", args->duration_s, "Seconds to measure")
      ->check(CLI::Range(0.0, 86400.0))
      ->capture_default_str();
  app.add_option("--warmup", args->warmup, "Runs before")
      ->check(CLI::Range(0, 1000000))
      ->capture_default_str();
  app.add_option("--streams", args->streams, "Sessions at a time, each with its own threads")
      ->check(CLI::Range(1, 256))
      ->capture_default_str();
  app.add_flag("--no-verify", args->no_verify, "Do not compare the engine's checksums");
  CLI::Option* baseline =
      app.add_option("--baseline", args->baseline, "Compare the median with that of an earlier --json")
          ->type_name("OLD.json");
  app.add_option("--fail-if", args->fail_if,
                 "Exit with 6 if the median is slower than the baseline's by more")
      ->type_name("PERCENT")
      ->needs(baseline);
  app.add_option("--trace", args->trace, "Write the steps of a mean run for chrome://tracing or Perfetto")
      ->type_name("OUT.json");
  app.add_flag("--json", args->json, "For programs");
  app.callback([args, &console] { Bench(*args, console); });
}

}  // namespace floe::tools
