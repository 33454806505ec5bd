// Any file that Floe reads, as a side.
#ifndef FLOE_VIEW_SIDES_H_
#define FLOE_VIEW_SIDES_H_

#include <string>

#include "floe/compile.h"
#include "view/data.h"

namespace floe::view {

// An engine, at one of its profiles, or a model. Throws Error(kModel) for what is neither.
Side ReadSide(const ModelSelection& selection, size_t profile = 0);

// The last part of a path, for titles.
std::string FileName(const std::string& path);

}  // namespace floe::view

#endif  // FLOE_VIEW_SIDES_H_
