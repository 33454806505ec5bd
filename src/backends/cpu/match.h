// The shape of the groups that kernels of one main op take: the op, then perhaps an addition of a residual
// tensor, then perhaps one activation.
#ifndef FLOE_BACKENDS_CPU_MATCH_H_
#define FLOE_BACKENDS_CPU_MATCH_H_

#include <optional>
#include <string>
#include <vector>

#include "backends/backend.h"
#include "backends/cpu/activation.h"
#include "graph/graph.h"

namespace floe::cpu {

struct FusedGroup {
  const Node* main = nullptr;
  ValueId residual = kNoValue;  // of the main op's output shape
  Activation activation;        // slope is null: see `slope`
  ValueId slope = kNoValue;     // constant, one a channel, of an activation kPRelu
  ValueId output = kNoValue;
};

// Nullopt with `why` set when the problem is no such group, or is one that the epilogues here cannot do. The
// main op may be any; its own fields and types are the caller's to check.
std::optional<FusedGroup> MatchFusedGroup(const Graph& problem, std::string* why);

// Such a group, perhaps behind the multiplication of its main op's first input by one number a channel, or an
// image and channel; what the squeeze-and-excite blocks of networks do.
struct ScaledGroup {
  FusedGroup group;
  ValueId input = kNoValue;  // what is multiplied, or the main op's own input
  ValueId scale = kNoValue;  // one number for each of the last dimension; none
  bool by_image = false;     // the scale has such numbers for each of the first dimension
};
std::optional<ScaledGroup> MatchScaledGroup(const Graph& problem, std::string* why);

// Several such groups as MatchFusedGroup() takes, each but the first reading with its main op's first input
// the output of the one before, which nobody else sees. Empty with `why` set when the problem is no such
// chain.
std::vector<FusedGroup> MatchFusedChain(const Graph& problem, std::string* why);

// The same, or such a chain whose output and the mean of that over space, all dimensions but the first and
// the last, are the problem's two outputs.
std::vector<FusedGroup> MatchChainPerhapsWithMean(const Graph& problem, std::string* why);

// The activation a node is, if its kind is one and its second operand (PRelu) is a constant over the last
// dimension.
std::optional<Activation> ActivationOf(const Graph& problem, const Node& node, ValueId* slope);

// The main op of the group if it is a T, else null; for `refuses` functions that look at the op first.
template <typename T>
const T* MainOp(const Graph& problem) {
  std::string why;
  const std::optional<FusedGroup> group = MatchFusedGroup(problem, &why);
  return group ? OpCast<T>(group->main->op) : nullptr;
}

}  // namespace floe::cpu

#endif  // FLOE_BACKENDS_CPU_MATCH_H_
