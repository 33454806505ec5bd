// Times and errors from the files that other commands write, laid onto sides.
#ifndef FLOE_VIEW_OVERLAY_H_
#define FLOE_VIEW_OVERLAY_H_

#include <string>
#include <string_view>

#include "view/data.h"

namespace floe::view {

// What `floe bench --json` or `floe compare --json` printed. A step of an engine gets its own time; the nodes
// of a TensorFlow model share the time of the step that computes them in equal parts. An error goes to the
// node that the compared tensor belongs to and to the step that has it among its sources. Throws
// Error(kModel) naming `subject` if the text is neither, and Error(kUsage) if nothing in it belongs to any
// side.
void ApplyOverlay(std::string_view json, const std::string& subject, Data* data);

// The times of an engine's steps, where known, shared among the nodes that they came from.
void ShareTimes(const Side& engine, Side* model);

}  // namespace floe::view

#endif  // FLOE_VIEW_OVERLAY_H_
