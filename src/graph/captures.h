// What a body takes from the graph around it.
#ifndef FLOE_GRAPH_CAPTURES_H_
#define FLOE_GRAPH_CAPTURES_H_

#include <unordered_map>
#include <vector>

#include "graph/graph.h"

namespace floe {

// Outer values come into the body as inputs, outer constants as its own constants; each once.
class Captures {
 public:
  // `outer`, a value of `around`, as `body` sees it.
  ValueId Take(const Graph& around, ValueId outer, Graph& body);
  const std::vector<ValueId>& outers() const { return outers_; }  // in the order of the inputs they became

 private:
  std::unordered_map<ValueId, ValueId> inner_;
  std::vector<ValueId> outers_;
};

}  // namespace floe

#endif  // FLOE_GRAPH_CAPTURES_H_
