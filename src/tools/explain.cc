// floe explain: which kernels were weighed for a step, and why the others were not taken.
#include <algorithm>
#include <memory>

#include "base/error.h"
#include "base/text.h"
#include "tools/command.h"
#include "tools/engine_json.h"
#include "tools/model_options.h"
#include "tools/precision_table.h"

namespace floe::tools {
namespace {

struct ExplainArgs {
  std::string path;
  std::string node;
  bool json = false;
  bool precision = false;
};

bool Concerns(const Step& step, const std::string& node) {
  return node.empty() || step.name == node || std::ranges::find(step.sources, node) != step.sources.end();
}

void CollectNames(const Plan& plan, std::vector<std::string>* names) {
  for (const Step& step : plan.steps) {
    names->push_back(step.name);
    names->insert(names->end(), step.sources.begin(), step.sources.end());
  }
}

std::string WhyOf(const KernelCandidate& c) {
  if (c.time_ns < 0 && c.estimate_ns < 0) return "cannot: " + c.refusal;
  const std::string time = c.time_ns >= 0 ? fmt::format("measured {}", HumanMs(c.time_ns * 1e-6))
                                          : fmt::format("estimated {}", HumanMs(c.estimate_ns * 1e-6));
  return c.refusal.empty() ? time : time + ", passed over: " + c.refusal;
}

void PrintStep(size_t index, const Plan& plan, const Step& step) {
  fmt::print("{} {}  {}\n", Bold(fmt::format("step {}", index)), step.name, OpsOf(step));
  if (!step.sources.empty()) fmt::print("  from {}\n", JoinText(step.sources, ", "));
  const auto* kernel = std::get_if<KernelStep>(&step.action);
  if (kernel == nullptr) {
    fmt::print("  control flow: the runtime runs a plan of its own inside\n");
    return;
  }
  for (const uint32_t id : kernel->outputs) fmt::print("  gives {}\n", plan.values[id].type.ToString());
  if (kernel->dynamic) {
    fmt::print("  shapes are known only at run time: the kernel is ranked then\n");
    return;
  }
  for (const KernelCandidate& c : kernel->candidates) {
    fmt::print("  {} {:28} {}\n", c.kernel == kernel->kernel ? "*" : " ", c.kernel, WhyOf(c));
  }
}

void Explain(const ExplainArgs& args) {
  const std::shared_ptr<const Engine> engine = Engine::Load(args.path, {.any_machine = true});
  if (args.precision) {
    fmt::print("{}: {}\n", Bold(args.path), PrecisionSummary(engine->data()));
    for (const Plan& plan : engine->data().profiles) fmt::print("{}", PrecisionTable(plan));
    return;
  }
  nlohmann::ordered_json steps = nlohmann::ordered_json::array();
  bool found = false;
  for (const Plan& plan : engine->data().profiles) {
    for (size_t i = 0; i < plan.steps.size(); ++i) {
      if (!Concerns(plan.steps[i], args.node)) continue;
      found = true;
      if (args.json) {
        steps.push_back(StepJson(plan, plan.steps[i]));
      } else {
        PrintStep(i, plan, plan.steps[i]);
      }
    }
  }
  if (!found && !args.node.empty()) {
    std::vector<std::string> names;
    for (const Plan& plan : engine->data().profiles) CollectNames(plan, &names);
    Throw(ErrorCode::kUsage,
          "no step of {} computes '{}': it was folded into a constant, or it is not in the model{}",
          args.path, args.node, DidYouMean(args.node, names));
  }
  if (args.json)
    fmt::print("{}\n", nlohmann::ordered_json{{"schema", "floe.explain/1"}, {"steps", steps}}.dump(1));
}

}  // namespace

void AddExplain(CLI::App& app, const ConsoleOptions&) {
  auto args = std::make_shared<ExplainArgs>();
  app.add_option("ENGINE", args->path, "An engine file")->required();
  CLI::Option* node = app.add_option("NODE", args->node, "A TensorFlow node or a step; default: all steps");
  CLI::Option* json = app.add_flag("--json", args->json, "For programs");
  app.add_flag("--precision", args->precision,
               "A table: which steps compute in bf16, and why the others don't")
      ->excludes(json)
      ->excludes(node);
  app.callback([args] { Explain(*args); });
}

}  // namespace floe::tools
