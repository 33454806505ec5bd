// What differs between two sides, node by node.
#ifndef FLOE_VIEW_DIFF_H_
#define FLOE_VIEW_DIFF_H_

#include <string>
#include <vector>

#include "view/data.h"

namespace floe::view {

struct NodeDifference {
  std::string name;
  std::string op;
  std::string change;  // "added" (only in b), "removed" (only in a), "changed"
  std::string what;    // of a changed node: "strides [1, 2, 2, 1] -> [1, 1, 1, 1]; contents"
};

struct Differences {
  std::vector<NodeDifference> nodes;  // in the order of a, what was added last
  size_t same = 0;
};

// Nodes are matched by name; compared are operation, attributes, inputs, types of the outputs, kernel and
// contents of constants and variables. Sets Node::change on both sides.
Differences Diff(Side* a, Side* b);

}  // namespace floe::view

#endif  // FLOE_VIEW_DIFF_H_
