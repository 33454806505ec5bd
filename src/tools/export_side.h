// The forms of `floe export` that other viewers read.
#ifndef FLOE_TOOLS_EXPORT_SIDE_H_
#define FLOE_TOOLS_EXPORT_SIDE_H_

#include <string>
#include <vector>

#include "floe/compile.h"

namespace floe::tools {

struct ExportSideArgs {
  ModelSelection model;               // or an engine
  std::string output;                 // a folder of event files for TensorBoard; Model Explorer's graph.json
  std::vector<std::string> overlays;  // what bench --json or compare --json wrote
};

// Both return the line that says what was written.
std::string ExportEvents(const ExportSideArgs& args);
// Times and errors go beside the graph, as node data: OUT.ms.json and OUT.error.json for OUT.json.
std::string ExportModelExplorer(const ExportSideArgs& args);

}  // namespace floe::tools

#endif  // FLOE_TOOLS_EXPORT_SIDE_H_
