// From a model to ONNX, as `floe export` and `floe check` do it.
#ifndef FLOE_TOOLS_EXPORT_MODEL_H_
#define FLOE_TOOLS_EXPORT_MODEL_H_

#include "compiler/model.h"
#include "export/onnx.h"

namespace floe::tools {

// `fold`: run the passes that make a graph simpler whoever runs it. The model's graph is consumed; its inputs
// and outputs are as those of the ONNX model.
ExportResult ExportModel(ImportedModel* model, bool fold, ExportOptions options);

// The graph as ExportModel takes it, without going on to ONNX.
void FoldModel(Graph& graph, bool keep_quantised = false);

}  // namespace floe::tools

#endif  // FLOE_TOOLS_EXPORT_MODEL_H_
