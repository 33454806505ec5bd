#include "view/sides.h"

#include <filesystem>

#include "base/file.h"
#include "compiler/model.h"
#include "engine/format.h"
#include "view/engine_side.h"
#include "view/graph_side.h"
#include "view/tensorflow_side.h"

namespace floe::view {

std::string FileName(const std::string& path) {
  std::filesystem::path p(path);
  if (!p.has_filename()) p = p.parent_path();
  return p.has_filename() ? p.filename().string() : path;
}

// A new kind of file is a row here and a file beside tensorflow_side.cc.
Side ReadSide(const ModelSelection& selection, size_t profile) {
  if (IsEngineFile(selection.path))
    return EngineSide(*Engine::Load(selection.path, {.any_machine = true}), selection.path, profile);
  if (FormatOfModel(selection.path) == ModelFormat::kOnnx) return OnnxSide(selection);
  return TensorFlowSide(selection);
}

}  // namespace floe::view
