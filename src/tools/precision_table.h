// What an engine computes and keeps in bf16, and why the rest is not.
#ifndef FLOE_TOOLS_PRECISION_TABLE_H_
#define FLOE_TOOLS_PRECISION_TABLE_H_

#include <string>

#include "engine/plan.h"

namespace floe::tools {

// A line a kernel step of the plan, those of loops and branches included.
std::string PrecisionTable(const Plan& plan);
// "bf16 in 54 of 71 steps", over all profiles' steps.
std::string PrecisionSummary(const EngineData& data);

}  // namespace floe::tools

#endif  // FLOE_TOOLS_PRECISION_TABLE_H_
