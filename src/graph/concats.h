// Concatenations of concatenations.
#ifndef FLOE_GRAPH_CONCATS_H_
#define FLOE_GRAPH_CONCATS_H_

#include <cstdint>
#include <functional>
#include <vector>

#include "graph/graph.h"

namespace floe {

struct FlatConcat {
  std::vector<ValueId> parts;
  std::vector<NodeId> taken;  // the concatenations within, whose parts these are
};

// What the node joins when those of its parts are taken apart that are concatenations along the same axis and
// that `takes` is true of. Nothing is taken where the axis, counted from the front, is not known.
FlatConcat Flatten(const Graph& graph, NodeId concat, const std::function<bool(ValueId inner)>& takes);

}  // namespace floe

#endif  // FLOE_GRAPH_CONCATS_H_
