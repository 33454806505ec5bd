// Convolutions and matrix products as what they are to their neighbours: linear maps with a scale and a shift
// for each output channel.
#ifndef FLOE_PASSES_LINEAR_H_
#define FLOE_PASSES_LINEAR_H_

#include <optional>
#include <vector>

#include "graph/graph.h"

namespace floe {

struct Linear {
  NodeId node = kNoNode;
  size_t rank = 0;       // of the output
  size_t axis = 0;       // of the channels in the output
  int64_t channels = 0;  // output channels
};

// The Conv, ConvTranspose or MatMul of a float type that makes the value for one user alone; its bias, if
// any, is constant.
std::optional<Linear> LinearBefore(const Graph& graph, ValueId value);

// linear(x) * scale[c] = linear'(x) with scaled filter and bias. False when the filter is not constant or a
// number would overflow.
bool ScaleChannels(Graph& graph, const Linear& linear, const std::vector<double>& scale);
// linear(x) + shift[c] = linear'(x) with another bias.
void ShiftChannels(Graph& graph, const Linear& linear, const std::vector<double>& shift);

}  // namespace floe

#endif  // FLOE_PASSES_LINEAR_H_
