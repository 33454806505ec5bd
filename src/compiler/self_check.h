// An engine run once against the reference backend before it is handed out.
#ifndef FLOE_COMPILER_SELF_CHECK_H_
#define FLOE_COMPILER_SELF_CHECK_H_

#include <functional>
#include <memory>

#include "floe/engine.h"
#include "graph/graph.h"

namespace floe {

// Feeds made-up inputs of a profile's shapes to the engine and to `imported`, its graph as it came from the
// model, before any pass. Throws Error(kAccuracy) naming the output and the difference when a float output
// differs by more than `tolerance` of its range, unless the reference's own does once inputs and weights have
// moved by their last bits: that is a warning. Integer outputs may flip where floats tie, so a difference
// there is a warning too; so is a model that made-up inputs cannot run. Graphs with random ops are not
// checked.
void SelfCheck(const std::shared_ptr<const Engine>& engine, size_t profile, const Graph& imported,
               int threads, double tolerance);

}  // namespace floe

#endif  // FLOE_COMPILER_SELF_CHECK_H_
