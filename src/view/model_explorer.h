// A side as Google's Model Explorer reads it.
#ifndef FLOE_VIEW_MODEL_EXPLORER_H_
#define FLOE_VIEW_MODEL_EXPLORER_H_

#include <string>

#include "view/data.h"

namespace floe::view {

// The file that its JSON adapter opens: a list of one graph.
std::string ToModelExplorer(const Side& side);

// Its "node data": a value for each node, `ms` or `error`, by which it colours; "" if no node has one.
enum class NodeValue : uint8_t { kMs, kError };
std::string ToNodeData(const Side& side, NodeValue value);

}  // namespace floe::view

#endif  // FLOE_VIEW_MODEL_EXPLORER_H_
