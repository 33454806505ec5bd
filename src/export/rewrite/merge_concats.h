// concat(a, concat(b, c)) = concat(a, b, c), where nobody else reads the inner one.
#ifndef FLOE_EXPORT_REWRITE_MERGE_CONCATS_H_
#define FLOE_EXPORT_REWRITE_MERGE_CONCATS_H_

#include "graph/graph.h"

namespace floe {

// In bodies too.
void MergeConcats(Graph& graph);

}  // namespace floe

#endif  // FLOE_EXPORT_REWRITE_MERGE_CONCATS_H_
