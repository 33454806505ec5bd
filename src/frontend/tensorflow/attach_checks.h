// Control edges to what can fail become edges of data.
#ifndef FLOE_FRONTEND_TENSORFLOW_ATTACH_CHECKS_H_
#define FLOE_FRONTEND_TENSORFLOW_ATTACH_CHECKS_H_

#include <map>
#include <set>
#include <string>
#include <vector>

#include "frontend/tensorflow/flat_graph.h"

namespace floe {

// Functions with an Assert in them or in what they call.
std::set<std::string> AssertingFunctions(const tf::FunctionDefLibrary& library);

// A node with a control input that is an Assert, or leads to one through a group, a conditional or a
// function, reads its data from a kAfter node that depends on that, too; other control inputs stay as they
// are. So checks get into the branches and bodies where they belong, and only those that a result needs. Left
// out are checks of placeholders that nobody feeds, and those in `unchecked`, by name with the graph's
// prefix. `last`: nodes that run whatever is asked for, whose checks the first result waits for. Before
// StructureLoops.
void AttachChecks(FlatGraph& graph, const std::set<std::string>& asserting,
                  const std::map<std::string, std::string>& unchecked, const std::vector<int>& last = {});

}  // namespace floe

#endif  // FLOE_FRONTEND_TENSORFLOW_ATTACH_CHECKS_H_
