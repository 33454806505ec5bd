// floe doctor: what this machine offers.
#include <memory>
#include <nlohmann/json.hpp>

#include "backends/backend.h"
#include "base/processors.h"
#include "base/text.h"
#include "planner/timing_cache.h"
#include "tools/command.h"

namespace floe::tools {
namespace {

void Doctor(bool json) {
  nlohmann::ordered_json out = {
      {"schema", "floe.doctor/1"}, {"version", FLOE_VERSION}, {"processors", AvailableProcessors()}};
  nlohmann::ordered_json backends = nlohmann::ordered_json::array();
  for (const Backend* backend : AllBackends()) {
    const Target target = backend->detect(AvailableProcessors());
    Target reduced = target;
    std::vector<std::string> precisions = {"fp32"};
    if (backend->allow_bf16 != nullptr && !backend->allow_bf16(reduced)) precisions.emplace_back("bf16");
    backends.push_back({{"name", backend->name},
                        {"description", backend->description},
                        {"isa", target.isa},
                        {"precisions", precisions},
                        {"device", target.device},
                        {"kernels", backend->kernels().size()}});
  }
  out["backends"] = backends;
  out["timing_cache"] = TimingCache::Open("").path();
  if (json) {
    fmt::print("{}\n", out.dump(1));
    return;
  }
  fmt::print("floe {}, {} to use\n", FLOE_VERSION, Counted(AvailableProcessors(), "processor"));
  for (const auto& b : backends) {
    fmt::print("{:10} {}, {}{}{}, {}\n", b["name"].get<std::string>(), b["description"].get<std::string>(),
               Counted(b["kernels"].get<int64_t>(), "kernel"),
               b["isa"] == "" ? "" : ", " + b["isa"].get<std::string>(),
               b["device"] == "" ? "" : " on " + b["device"].get<std::string>(),
               JoinText(b["precisions"].get<std::vector<std::string>>(), " and "));
  }
  fmt::print("timing cache: {}\n", out["timing_cache"].get<std::string>());
}

}  // namespace

void AddDoctor(CLI::App& app, const ConsoleOptions&) {
  auto json = std::make_shared<bool>(false);
  app.add_flag("--json", *json, "For programs");
  app.callback([json] { Doctor(*json); });
}

}  // namespace floe::tools
