// A Graph as a picture for Graphviz.
#ifndef FLOE_EXPORT_DOT_H_
#define FLOE_EXPORT_DOT_H_

#include <string>

#include "graph/graph.h"

namespace floe {

// One box an op with its name, one arrow a value with its type; constants stand in the box of their user,
// bodies in a frame below their node. The same graph gives the same text.
std::string PrintDot(const Graph& graph);

}  // namespace floe

#endif  // FLOE_EXPORT_DOT_H_
