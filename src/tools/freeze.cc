// floe freeze: a model becomes one self-contained GraphDef that TensorFlow itself can load.
#include <memory>

#include "base/error.h"
#include "compiler/model.h"
#include "formats/tensorflow/model_file.h"
#include "tools/command.h"
#include "tools/model_options.h"

namespace floe::tools {
namespace {

struct FreezeArgs {
  ModelSelection model;
  std::string output;
};

std::string NameList(const std::vector<ResolvedTensor>& tensors) {
  std::string out;
  for (const ResolvedTensor& t : tensors) out += (out.empty() ? "" : ", ") + t.tensor.Tensor();
  return out;
}

void Freeze(const FreezeArgs& args, const ConsoleOptions& console) {
  const FreezeResult frozen = FreezeModel(args.model);
  WriteGraphDef(args.output, frozen.graph);
  if (console.quiet) return;
  fmt::print(stderr, "{}: {} nodes became {}; inputs {}; outputs {}\n", args.output, frozen.nodes_before,
             frozen.nodes_after, NameList(frozen.inputs), NameList(frozen.outputs));
  if (!frozen.initializers.empty()) {
    fmt::print(stderr, "tables are filled by running {} first\n", fmt::join(frozen.initializers, ", "));
  }
}

}  // namespace

void AddFreeze(CLI::App& app, const ConsoleOptions& console) {
  auto args = std::make_shared<FreezeArgs>();
  AddModelOptions(app, args->model);
  app.add_option("-o,--out", args->output, "The frozen graph to write; text form if it ends in .pbtxt")
      ->required()
      ->type_name("OUT.pb");
  app.callback([args, &console] { Freeze(*args, console); });
}

}  // namespace floe::tools
