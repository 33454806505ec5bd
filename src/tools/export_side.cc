#include "tools/export_side.h"

#include "base/error.h"
#include "base/file.h"
#include "base/log.h"
#include "view/model_explorer.h"
#include "view/overlay.h"
#include "view/sides.h"
#include "view/tensorboard.h"

namespace floe::tools {
namespace {

view::Side ReadWithOverlays(const ExportSideArgs& args) {
  view::Data data;
  data.sides.push_back(view::ReadSide(args.model));
  for (const std::string& file : args.overlays) view::ApplyOverlay(ReadTextFile(file), file, &data);
  for (const std::string& warning : data.sides[0].warnings)
    LogWarning("{}: {}", data.sides[0].title, warning);
  return std::move(data.sides[0]);
}

}  // namespace

std::string ExportEvents(const ExportSideArgs& args) {
  view::WriteEvents(ReadWithOverlays(args), args.output);
  return fmt::format("wrote {}; tensorboard --logdir {}", args.output, args.output);
}

std::string ExportModelExplorer(const ExportSideArgs& args) {
  const view::Side side = ReadWithOverlays(args);
  WriteFile(args.output, AsBytes(view::ToModelExplorer(side)));
  std::string line = fmt::format("wrote {}; model-explorer {}", args.output, args.output);
  const std::string stem = args.output.substr(0, args.output.size() - std::string_view(".json").size());
  for (const auto& [name, value] :
       {std::pair("ms", view::NodeValue::kMs), {"error", view::NodeValue::kError}}) {
    const std::string data = view::ToNodeData(side, value);
    if (data.empty()) continue;
    const std::string path = fmt::format("{}.{}.json", stem, name);
    WriteFile(path, AsBytes(data));
    line += fmt::format("; node data in {}", path);
  }
  return line;
}

}  // namespace floe::tools
