// Indices below 0 count from the end in ONNX's operators and are faults in our ops, so the importer writes
// the counting out. Here it is taken back, where an operator counts by itself.
#ifndef FLOE_EXPORT_REWRITE_INDEX_FROM_END_H_
#define FLOE_EXPORT_REWRITE_INDEX_FROM_END_H_

#include "graph/graph.h"

namespace floe {

// Gathers and scatters, in bodies too, take i in place of where(i < 0, i + n, i), n being the sizes of the
// dimensions that i addresses.
void CountIndicesFromEnd(Graph& graph);

}  // namespace floe

#endif  // FLOE_EXPORT_REWRITE_INDEX_FROM_END_H_
