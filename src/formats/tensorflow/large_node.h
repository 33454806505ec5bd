// A node that holds most of a file, such as the weights of a large fully connected layer.
#ifndef FLOE_FORMATS_TENSORFLOW_LARGE_NODE_H_
#define FLOE_FORMATS_TENSORFLOW_LARGE_NODE_H_

#include <optional>
#include <string>

#include "base/bytes.h"

namespace floe {

// A serialized NodeDef taken apart, so that the content can be copied piece by piece.
struct LargeNode {
  std::vector<uint8_t> rest;  // the node without the content, serialized
  std::string attr;           // the attribute whose tensor has the content
  Bytes content;              // its tensor_content
};

// nullopt if the node has not exactly one tensor_content of at least `least` bytes, or is damaged.
std::optional<LargeNode> TakeApart(Bytes node, size_t least);

}  // namespace floe

#endif  // FLOE_FORMATS_TENSORFLOW_LARGE_NODE_H_
