// Helpers for tests of sides.
#ifndef FLOE_TESTS_VIEW_SIDE_HELPERS_H_
#define FLOE_TESTS_VIEW_SIDE_HELPERS_H_

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "view/data.h"

namespace floe::view {

inline const Node& NodeNamed(const Side& side, const std::string& name) {
  const auto at = std::ranges::find(side.nodes, name, &Node::name);
  if (at == side.nodes.end()) {
    ADD_FAILURE() << "no node '" << name << "' in " << side.title;
    static const Node none;
    return none;
  }
  return *at;
}

// "name:port" of each input.
inline std::vector<std::string> InputsOf(const Side& side, const Node& node) {
  std::vector<std::string> out;
  for (const Source& source : node.inputs) {
    out.push_back(side.nodes[static_cast<size_t>(source.node)].name + ":" + std::to_string(source.port));
  }
  return out;
}

}  // namespace floe::view

#endif  // FLOE_TESTS_VIEW_SIDE_HELPERS_H_
