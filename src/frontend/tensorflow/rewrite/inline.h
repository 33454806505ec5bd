// Calls become the nodes of the function they call; bodies of If, While, Case... become scopes beside the
// graph.
#ifndef FLOE_FRONTEND_TENSORFLOW_REWRITE_INLINE_H_
#define FLOE_FRONTEND_TENSORFLOW_REWRITE_INLINE_H_

#include <map>
#include <string>
#include <unordered_set>

#include "frontend/tensorflow/rewrite/work_graph.h"

namespace floe {

using FunctionMap = std::map<std::string, tf::FunctionDef>;

// Inlines the calls in work.main, nested ones too: PartitionedCall, StatefulPartitionedCall and nodes whose
// op is a function's name. The nodes of call `c` are named `c/...`. A call whose name is in `keep_names`
// stays as an Identity or IdentityN of its results, so that its outputs can still be fetched.
//
// Functions that nodes refer to otherwise (If, While...) move to work.functions, with the calls in them
// inlined. Takes functions out of `library`; calling it again, after nodes were added, is fine.
//
// Throws Error(kModel) for a function that calls itself (naming the way round), one that is missing, a call
// with the wrong number of arguments, and bodies that would unfold to more nodes than any model has.
void InlineCalls(WorkGraph& work, FunctionMap& library, const std::unordered_set<std::string>& keep_names);

}  // namespace floe

#endif  // FLOE_FRONTEND_TENSORFLOW_REWRITE_INLINE_H_
