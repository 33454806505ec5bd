#include "tools/bench_gate.h"

#include <cmath>
#include <cstdlib>

#include "base/error.h"

namespace floe::tools {

double ParseShare(const std::string& text) {
  const std::string number = text.ends_with('%') ? text.substr(0, text.size() - 1) : text;
  char* end = nullptr;
  const double percent = std::strtod(number.c_str(), &end);
  if (number.empty() || *end != '\0' || !(percent >= 0 && percent <= 1000)) {
    Throw(ErrorCode::kUsage, "--fail-if '{}': expected percent from 0 to 1000, such as 3%", text);
  }
  return percent / 100;
}

Baseline CompareWith(const nlohmann::ordered_json& now, const nlohmann::json& earlier,
                     const std::string& path) {
  const auto* const schema = earlier.is_object() && earlier.contains("schema") ? &earlier["schema"] : nullptr;
  if (schema == nullptr || *schema != "floe.bench/1") {
    Throw(ErrorCode::kModel, "{}: expected what 'floe bench --json' printed", path);
  }
  for (const char* what : {"target", "precision", "threads", "streams"}) {
    const std::string then = earlier.contains(what) ? earlier[what].dump() : "nothing";
    if (then == now[what].dump()) continue;
    Throw(ErrorCode::kUsage, "{}: measured with {} {}, and this with {}: not comparable", path, what, then,
          now[what].dump());
  }
  const auto median = nlohmann::json::json_pointer("/latency_ms/median");
  if (!earlier.contains(median) || !earlier[median].is_number() || !(earlier[median].get<double>() > 0)) {
    Throw(ErrorCode::kModel, "{}: 'latency_ms' has no 'median'", path);
  }
  const double then_ms = earlier[median].get<double>();
  return {then_ms, now["latency_ms"]["median"].get<double>() / then_ms};
}

std::string ChromeTrace(std::span<const StepTime> steps, const std::string& title) {
  using Json = nlohmann::ordered_json;
  Json events = Json::array();
  events.push_back({{"name", "process_name"}, {"ph", "M"}, {"pid", 1}, {"args", {{"name", title}}}});
  double at_us = 0;
  for (size_t i = 0; i < steps.size(); ++i) {
    const StepTime& step = steps[i];
    events.push_back({{"name", step.name},
                      {"cat", step.kernel},
                      {"ph", "X"},
                      {"pid", 1},
                      {"tid", 1},
                      {"ts", at_us},
                      {"dur", step.ms * 1e3},
                      {"args", {{"step", i}, {"kernel", step.kernel}, {"sources", step.sources}}}});
    at_us += step.ms * 1e3;
  }
  const Json trace = {{"displayTimeUnit", "ms"},
                      {"otherData", {{"times", "mean of the profiled runs, laid end to end"}}},
                      {"traceEvents", events}};
  // A node's name may hold bytes that are no UTF-8.
  return trace.dump(1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace floe::tools
