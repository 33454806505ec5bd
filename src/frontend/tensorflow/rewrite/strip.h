// What a graph carries beyond its computation: control edges without effect, nodes that pass their input on,
// dead nodes.
#ifndef FLOE_FRONTEND_TENSORFLOW_REWRITE_STRIP_H_
#define FLOE_FRONTEND_TENSORFLOW_REWRITE_STRIP_H_

#include <string>
#include <unordered_set>
#include <vector>

#include "frontend/tensorflow/rewrite/work_graph.h"

namespace floe {

// Tensors and nodes of the main graph whose names have to survive.
struct Kept {
  std::vector<TensorRef> outputs;
  std::vector<TensorRef> inputs;          // what is fed
  std::vector<std::string> initializers;  // nodes that fill tables
  std::unordered_set<std::string> Nodes() const;
};

// Leaves the control edges that change what is computed: to an Assert (also inside a group, a conditional or
// a body) whose own inputs are available, and to sources (Const...) inside a branch or loop of TensorFlow 1,
// where they decide on aliveness. Others order side effects that are gone.
void ResolveControlInputs(WorkGraph& work, Scope& scope, const Kept& kept);

// Consumers of Identity, StopGradient, IdentityN... read what these read.
void BypassPassThrough(Scope& scope, const Kept& kept);

// Removes what neither results nor kept nodes need.
void PruneDeadNodes(Scope& scope, const Kept& kept);
// Drops bodies that nothing refers to any more.
void PruneBodies(WorkGraph& work);

// IdentityN nodes that stand for a call or for a node that was cut: outputs that nothing reads read an empty
// constant.
void TrimKeptPorts(Scope& scope, const Kept& kept);

}  // namespace floe

#endif  // FLOE_FRONTEND_TENSORFLOW_REWRITE_STRIP_H_
