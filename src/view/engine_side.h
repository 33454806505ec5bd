// An engine as a side: its steps, each opening into the ops that its kernel computes.
#ifndef FLOE_VIEW_ENGINE_SIDE_H_
#define FLOE_VIEW_ENGINE_SIDE_H_

#include <string>

#include "engine/plan.h"
#include "floe/engine.h"
#include "view/data.h"

namespace floe::view {

// The times are those that the winning kernels had when the engine was built. `profile` is one of the
// engine's, as `floe info` numbers them; throws Error(kUsage) if there is no such one.
Side EngineSide(const Engine& engine, const std::string& path, size_t profile = 0);

// What a report says of an engine beside its graph; differences are left empty.
Report EngineReport(const Engine& engine, const std::string& path, size_t profile = 0);

}  // namespace floe::view

#endif  // FLOE_VIEW_ENGINE_SIDE_H_
