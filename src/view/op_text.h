// The fields of an op for the info card.
#ifndef FLOE_VIEW_OP_TEXT_H_
#define FLOE_VIEW_OP_TEXT_H_

#include <string>
#include <utility>
#include <vector>

#include "graph/graph.h"

namespace floe::view {

// Every field but `kind`, which the op's name says.
std::vector<std::pair<std::string, std::string>> OpAttributes(const Op& op);

// "Conv+Add+Relu": the ops of a graph in order; many are shortened.
std::string OpsText(const Graph& graph);

}  // namespace floe::view

#endif  // FLOE_VIEW_OP_TEXT_H_
