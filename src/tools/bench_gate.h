// What `floe bench` does with an earlier result, and the trace that it writes.
#ifndef FLOE_TOOLS_BENCH_GATE_H_
#define FLOE_TOOLS_BENCH_GATE_H_

#include <nlohmann/json.hpp>
#include <span>
#include <string>

#include "floe/session.h"

namespace floe::tools {

// "3%" and "3": 0.03. Throws Error(kUsage) for what is no share from 0 to 1000 %.
double ParseShare(const std::string& text);

struct Baseline {
  double median_ms = 0;  // the earlier one
  double ratio = 0;      // ours over the earlier one
};

// Compares a result with an earlier one, both as `floe bench --json` prints them. Throws Error(kModel) naming
// `path` if the earlier is no such result, and Error(kUsage) if it was measured otherwise: other threads,
// streams, target or precision.
Baseline CompareWith(const nlohmann::ordered_json& now, const nlohmann::json& earlier,
                     const std::string& path);

// The steps as Chrome's trace viewer and Perfetto show them: one after the other with their mean times.
std::string ChromeTrace(std::span<const StepTime> steps, const std::string& title);

}  // namespace floe::tools

#endif  // FLOE_TOOLS_BENCH_GATE_H_
