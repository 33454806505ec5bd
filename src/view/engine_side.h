// An engine as a side: its steps, each opening into the ops that its kernel computes.
#ifndef FLOE_VIEW_ENGINE_SIDE_H_
#define FLOE_VIEW_ENGINE_SIDE_H_

#include <string>

#include "engine/plan.h"
#include "floe/engine.h"
#include "view/data.h"

namespace floe::view {

// The times are those that the winning kernels had when the engine was built. With several profiles the first
// is shown.
Side EngineSide(const Engine& engine, const std::string& path);

// What a report says of an engine beside its graph; differences are left empty.
Report EngineReport(const Engine& engine, const std::string& path);

}  // namespace floe::view

#endif  // FLOE_VIEW_ENGINE_SIDE_H_
