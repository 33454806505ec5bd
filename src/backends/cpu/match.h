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

// Such a group, perhaps with the maxima of 2 x 2 pixels behind it: windows side by side, channels last, those
// at the far ends perhaps partly outside. They are the problem's output then, and the group's what they read.
struct PooledGroup {
  FusedGroup group;
  bool pooled = false;
};
std::optional<PooledGroup> MatchPooledGroup(const Graph& problem, std::string* why);

// What pixels pass through on their way into a product: tensors side by side, each channel multiplied and
// added to, all clamped. Normalisation in front of a convolution, the gate of a squeeze-and-excite block, a
// dense block's concatenation.
struct PixelHead {
  std::vector<ValueId> parts;   // along the last dimension
  ValueId scale = kNoValue;     // one number for each of the last dimension; none: 1
  bool scale_by_image = false;  // such numbers for each of the first dimension
  ValueId offset = kNoValue;    // one number for each of the last dimension; none: 0
  Activation clamp;             // kNone or kClamp

  bool OnlyJoins() const {
    return scale == kNoValue && offset == kNoValue && clamp.kind == ActivationKind::kNone;
  }
  bool plain() const { return parts.size() == 1 && OnlyJoins(); }
};

// A group as MatchFusedGroup() takes, or several that read the same value with their main ops' first inputs
// and whose outputs are the problem's, in order; perhaps with such a head before that value.
struct HeadedGroups {
  std::vector<FusedGroup> groups;
  PixelHead head;
};
std::optional<HeadedGroups> MatchHeadedGroups(const Graph& problem, std::string* why);

// Every part but the last has a multiple of 32 channels, so that no vector, and no word of two, has some of
// both.
bool PartsAreWhole(const Graph& problem, const std::vector<ValueId>& parts);
constexpr const char* kRaggedParts = "channels of a part that are no multiple of 32";

// Several such groups as MatchFusedGroup() takes, each but the first reading with its main op's first input
// the output of the one before, which nobody else sees. Empty with `why` set when the problem is no such
// chain.
std::vector<FusedGroup> MatchFusedChain(const Graph& problem, std::string* why);

// The same, perhaps with the maxima of 2 x 2 pixels behind it, as in a PooledGroup.
struct PooledChain {
  std::vector<FusedGroup> groups;
  bool pooled = false;
};
PooledChain MatchPooledChain(const Graph& problem, std::string* why);

// The same without maxima, or such a chain whose output and the mean of that over space, all dimensions but
// the first and the last, are the problem's two outputs.
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
