// floe report: everything about an engine in one page: times, charts, graph, what it came from.
#include <algorithm>
#include <chrono>
#include <functional>
#include <memory>

#include "backends/reference/evaluate.h"
#include "base/error.h"
#include "base/file.h"
#include "base/log.h"
#include "base/made_up.h"
#include "base/processors.h"
#include "base/text.h"
#include "compiler/model.h"
#include "engine/plan.h"
#include "floe/session.h"
#include "tools/command.h"
#include "tools/interrupt.h"
#include "tools/model_options.h"
#include "verify/compare.h"
#include "view/engine_side.h"
#include "view/json.h"
#include "view/overlay.h"
#include "view/page.h"
#include "view/sides.h"

namespace floe::tools {
namespace {

using Clock = std::chrono::steady_clock;

struct ReportArgs {
  std::string engine;
  std::string against;
  std::string checkpoint;
  std::string out;
  std::vector<std::string> overlays;
  double duration_s = 1;
  int threads = 0;
  size_t profile = 0;
};

// For the profile that is reported, which is there.
std::vector<Tensor> MadeUpInputs(const Engine& engine, size_t profile) {
  const Plan& plan = engine.data().profiles[profile];
  std::vector<Tensor> inputs;
  for (const uint32_t input : plan.inputs) {
    const TensorType& type = plan.values[input].type;
    std::vector<int64_t> dims;
    for (const auto& dim : type.shape.dims()) dims.push_back(dim.known() ? dim.value() : 1);
    inputs.push_back(MadeUpTensor(type.dtype, std::move(dims), static_cast<uint32_t>(inputs.size() + 1)));
  }
  return inputs;
}

struct Profile {
  std::vector<StepTime> steps;
  double median_ms = 0;
  size_t runs = 0;
  int threads = 0;
};

Profile Measure(const std::shared_ptr<const Engine>& engine, const ReportArgs& args) {
  const std::vector<Tensor> inputs = MadeUpInputs(*engine, args.profile);
  std::vector<Tensor> outputs(engine->outputs().size());
  Session session(engine, {args.threads, [] { return Interrupted(); }});
  session.RunInto(inputs, outputs);
  session.EnableProfile(true);
  Profile profile;
  std::vector<double> ms;
  const Clock::time_point end = Clock::now() + std::chrono::duration_cast<Clock::duration>(
                                                   std::chrono::duration<double>(args.duration_s));
  do {
    const Clock::time_point start = Clock::now();
    session.RunInto(inputs, outputs);
    ms.push_back(std::chrono::duration<double, std::milli>(Clock::now() - start).count());
  } while (Clock::now() < end || ms.size() < 3);
  std::ranges::sort(ms);
  profile.steps = session.Profile();
  profile.median_ms = ms[ms.size() / 2];
  profile.runs = ms.size();
  profile.threads = session.threads();
  return profile;
}

// The steps of a profile come in the order of the plan, as the steps of the side do.
void LayTimes(const Profile& profile, view::Side* side) {
  size_t next = 0;
  for (view::Node& node : side->nodes) {
    if (next < profile.steps.size() && node.name.starts_with(profile.steps[next].name) &&
        (node.kernel == profile.steps[next].kernel || node.kernel.empty()) &&
        (!node.kernel.empty() || node.op == "If" || node.op == "Loop")) {
      node.ms = profile.steps[next++].ms;
    }
  }
  if (next != profile.steps.size())
    LogWarning("times of {} steps are not shown", profile.steps.size() - next);
}

// The part of the model that the engine computes, run by the reference backend.
void CompareWithModel(const std::shared_ptr<const Engine>& engine, const ReportArgs& args,
                      view::Report* report) {
  ModelSelection selection;
  selection.path = args.against;
  selection.checkpoint = args.checkpoint;
  const std::vector<Tensor> inputs = MadeUpInputs(*engine, args.profile);
  for (size_t i = 0; i < inputs.size(); ++i) {
    selection.inputs.push_back(
        fmt::format("{}=[{}]", engine->inputs()[i].tensor, fmt::join(inputs[i].dims(), ",")));
  }
  for (const TensorSpec& spec : engine->outputs()) selection.outputs.push_back(spec.tensor);
  const ImportedModel model = ImportModel(LoadModel(selection));
  ThreadPool pool(args.threads > 0 ? args.threads : AvailableProcessors());
  const std::vector<Tensor> want = EvaluateGraph(*model.graph, inputs, {&pool, nullptr});
  std::vector<Tensor> have(engine->outputs().size());
  Session(engine, {args.threads, nullptr}).RunInto(inputs, have);
  report->compared_with = args.against + ", computed by the reference backend on made-up inputs";
  for (size_t i = 0; i < want.size(); ++i) {
    const TensorDifference d = CompareTensors(engine->outputs()[i].name, have[i], want[i]);
    report->differences.push_back({d.name, d.max_abs, d.relative, d.cosine, d.incomparable});
  }
}

void AddTimes(const std::shared_ptr<const Engine>& engine, const ReportArgs& args, view::Data* data) {
  const Profile profile = Measure(engine, args);
  LayTimes(profile, &data->sides.back());
  data->report->summary.emplace_back(
      "a run", fmt::format("{} (median of {} with profiling, {}, made-up inputs)", HumanMs(profile.median_ms),
                           profile.runs, Counted(profile.threads, "thread")));
  if (!args.against.empty()) view::ShareTimes(data->sides.back(), &data->sides.front());
}

// Some networks cannot run on just any numbers (an index out of range), and an engine of another machine not
// at all: the report then does without.
void OnMadeUpInputs(view::Side* side, const std::function<void()>& work) {
  try {
    work();
  } catch (const Error& error) {
    if (error.code() != ErrorCode::kUsage && error.code() != ErrorCode::kEngine) throw;
    side->warnings.push_back(fmt::format("not run on made-up inputs: {}", error.what()));
    LogWarning("{}", side->warnings.back());
  }
}

void MakeReport(const ReportArgs& args, const ConsoleOptions& console) {
  const std::shared_ptr<const Engine> engine = Engine::Load(args.engine, {.any_machine = true});
  view::Data data;
  data.title = view::FileName(args.engine);
  if (!args.against.empty()) {
    ModelSelection model;
    model.path = args.against;
    model.checkpoint = args.checkpoint;
    data.sides.push_back(view::ReadSide(model));
  }
  data.sides.push_back(view::EngineSide(*engine, args.engine, args.profile));
  data.report = view::EngineReport(*engine, args.engine, args.profile);
  data.report_first = true;
  if (args.overlays.empty() || args.duration_s > 0) {
    OnMadeUpInputs(&data.sides.back(), [&] { AddTimes(engine, args, &data); });
  }
  for (const std::string& file : args.overlays) view::ApplyOverlay(ReadTextFile(file), file, &data);
  if (!args.against.empty()) {
    OnMadeUpInputs(&data.sides.back(), [&] { CompareWithModel(engine, args, &*data.report); });
  }
  WriteFile(args.out, AsBytes(view::SelfContainedPage(data.title, view::ToJson(data))));
  if (!console.quiet) fmt::print(stderr, "wrote {}\n", args.out);
}

}  // namespace

void AddReport(CLI::App& app, const ConsoleOptions& console) {
  auto args = std::make_shared<ReportArgs>();
  app.add_option("ENGINE", args->engine, "An engine file")->required();
  app.add_option("-o,--out", args->out, "The page that is written")->type_name("OUT.html")->required();
  app.add_option("--against", args->against,
                 "The model it was built from: shown beside it, and its outputs compared")
      ->type_name("MODEL");
  app.add_option("--checkpoint", args->checkpoint, "Variables for the model")->type_name("PREFIX");
  app.add_option("--overlay", args->overlays, "What bench --json or compare --json wrote; repeatable")
      ->type_name("FILE")
      ->expected(1)
      ->take_all();
  app.add_option("--duration", args->duration_s, "Seconds to measure; 0: three runs, or none with --overlay")
      ->check(CLI::Range(0.0, 3600.0))
      ->capture_default_str();
  app.add_option("--threads", args->threads, "Threads of a run; 0: one a processor")
      ->check(CLI::Range(0, 1024));
  AddProfileOption(app, &args->profile);
  app.callback([args, &console] { MakeReport(*args, console); });
}

}  // namespace floe::tools
