// How many dimensions the entries of an index address, as GatherND and ScatterND take it.
#ifndef FLOE_GRAPH_INDEX_DEPTH_H_
#define FLOE_GRAPH_INDEX_DEPTH_H_

#include <cstdint>
#include <optional>

#include "graph/shape.h"

namespace floe {

// The last dimension of the indices, as far as it is known.
std::optional<int64_t> IndexDepth(const Shape& indices);
// The same for a ScatterND, of which the number of dimensions of its updates tells it too: they have those of
// the indices but the last, and then those of the data that are not addressed.
std::optional<int64_t> IndexDepth(const Shape& data, const Shape& indices, const Shape& updates);

}  // namespace floe

#endif  // FLOE_GRAPH_INDEX_DEPTH_H_
