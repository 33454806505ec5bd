// What an importer composed gets the names that the model has for it.
#ifndef FLOE_FRONTEND_ONNX_VALUE_NAMES_H_
#define FLOE_FRONTEND_ONNX_VALUE_NAMES_H_

#include "graph/graph.h"

namespace floe {

// Every value that the model names gets that name, and the node that makes it; others get out of the way. In
// bodies, too. Compacts the graphs: ids become invalid.
void UseModelNames(Graph& graph);

}  // namespace floe

#endif  // FLOE_FRONTEND_ONNX_VALUE_NAMES_H_
