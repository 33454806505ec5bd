// Which function needs which: reachability, the refusal of recursion, and a bound on what inlining unfolds.
#ifndef FLOE_FRONTEND_TENSORFLOW_REWRITE_FUNCTION_GRAPH_H_
#define FLOE_FRONTEND_TENSORFLOW_REWRITE_FUNCTION_GRAPH_H_

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "frontend/tensorflow/rewrite/inline.h"

namespace floe {

// The function that a node calls, with the attributes it gives; nullopt if the node is no call.
std::optional<tf::NameAttrList> CalledFunction(const tf::NodeDef& node, const FunctionMap& library,
                                               const std::map<std::string, Scope>& bodies);

// How often each function is named by the nodes (calls by op name, and function attributes).
void CountFunctionReferences(const google::protobuf::RepeatedPtrField<tf::NodeDef>& nodes,
                             const FunctionMap& library, const std::map<std::string, Scope>& bodies,
                             std::map<std::string, int>& counts);

// Drops what neither main nor the scopes need, directly or through others. Throws Error(kModel) if a function
// needs itself, nests deeper than any model does, and if inlining would unfold to more nodes or bytes than
// any model has.
void PruneAndCheckFunctions(const WorkGraph& work, FunctionMap& library);

}  // namespace floe

#endif  // FLOE_FRONTEND_TENSORFLOW_REWRITE_FUNCTION_GRAPH_H_
