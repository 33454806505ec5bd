#include "passes/passes.h"

namespace floe {

int RemoveDeadCode(Graph& graph, const PassContext&) {
  return graph.RemoveDeadNodes();
}

}  // namespace floe
