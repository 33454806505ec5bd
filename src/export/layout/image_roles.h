// What part the images among a node's inputs and outputs play when their channels move to the front.
#ifndef FLOE_EXPORT_LAYOUT_IMAGE_ROLES_H_
#define FLOE_EXPORT_LAYOUT_IMAGE_ROLES_H_

#include <cstdint>
#include <vector>

#include "graph/builder.h"
#include "graph/graph.h"

namespace floe {

enum class Order {
  kLast,    // the op's meaning stands on the order it has: N, spatial, C, or no images at all
  kFirst,   // the op is wanted with channels first
  kEither,  // the op has a meaning in both orders
};

struct ImageRole {
  Order order = Order::kLast;
  std::vector<size_t> inputs;   // that are images and follow the order
  std::vector<size_t> outputs;  // likewise
};

// Images have a known rank of 3 to 5.
bool IsImage(const Shape& shape);
ImageRole RoleOf(const Graph& graph, NodeId node);

// Permutations of Transpose: from N, spatial, C to N, C, spatial, and back.
Ints ToFirst(size_t rank);
Ints ToLast(size_t rank);

// Changes the op, and those inputs that are no images, to mean with channels first what it meant with
// channels last. `role` is what RoleOf said before the node's images were turned. The node's types are left
// for the caller to infer.
void TurnNode(Graph& graph, NodeId node, const ImageRole& role, Builder& builder);

}  // namespace floe

#endif  // FLOE_EXPORT_LAYOUT_IMAGE_ROLES_H_
