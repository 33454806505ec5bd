// What a node, an argument and a list of types become where a variable's value stands in the place of its
// handle.
#ifndef FLOE_FRONTEND_TENSORFLOW_REWRITE_HANDLE_USES_H_
#define FLOE_FRONTEND_TENSORFLOW_REWRITE_HANDLE_USES_H_

#include <map>
#include <vector>

#include "frontend/tensorflow/rewrite/nodes.h"
#include "frontend/tensorflow/rewrite/work_graph.h"

namespace floe {

// Another operation, with type attributes only; inputs and name stay.
void Become(tf::NodeDef& node, const char* op, const std::map<std::string, tf::DataType>& types);

// A node that reads the variable behind its first input (ReadVariableOp, ResourceGather, VariableShape...)
// reads the value of `type` instead. False, and nothing is done, if the node is none of these. New constants
// go to `added`; where those would need a place in a branch or loop of TensorFlow 1 (`in_v1_flow`) there are
// none.
bool ReadValue(tf::NodeDef& node, tf::DataType type, bool in_v1_flow, NameSet& names,
               std::vector<tf::NodeDef>& added);

// Argument `node` (_Arg) of the function is a value.
void MakeArgumentValue(Scope& scope, tf::NodeDef& node, tf::DataType type);

// Element `index` of a node's list of types, and what it says about that output's shape.
void PatchTypeList(tf::NodeDef& node, const char* attr, int index, tf::DataType type);
void ForgetShape(tf::NodeDef& node, int index);

}  // namespace floe

#endif  // FLOE_FRONTEND_TENSORFLOW_REWRITE_HANDLE_USES_H_
