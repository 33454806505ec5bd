// What follows the sum in a fused group, bound to a run's memory.
#ifndef FLOE_BACKENDS_CPU_CONV_EPILOGUE_H_
#define FLOE_BACKENDS_CPU_CONV_EPILOGUE_H_

#include "backends/cpu/match.h"
#include "backends/cpu/problem.h"
#include "backends/cpu/storage.h"

namespace floe::cpu {

struct Epilogue {
  Epilogue(const Graph& problem, const FusedGroup& group)
      : bias(problem, group.main->inputs.size() > 2 ? group.main->inputs[2] : kNoValue),
        residual(problem, group.residual),
        activation(group.activation) {
    if (group.slope != kNoValue) activation.slope = ConstantOf(problem, group.slope)->data<float>();
  }

  Operand bias;
  Operand residual;
  Activation activation;
};

// Residual and output may share memory, unless a main op reads the residual's value too.
inline std::vector<InPlace> ResidualInPlace(const Graph& problem, const FusedGroup& group,
                                            size_t output = 0) {
  if (group.residual == kNoValue) return {};
  const Operand residual(problem, group.residual);
  const bool shared = problem.value(group.residual).users.size() != 1;
  if (!residual.is_input() || shared) return {};
  return {{static_cast<size_t>(residual.input()), output}};
}

inline std::vector<InPlace> ResidualInPlace(const Graph& problem) {
  std::string why;
  std::vector<InPlace> pairs;
  const std::optional<HeadedGroups> headed = MatchHeadedGroups(problem, &why);
  for (size_t i = 0; headed && i < headed->groups.size(); ++i) {
    for (const InPlace& pair : ResidualInPlace(problem, headed->groups[i], i)) pairs.push_back(pair);
  }
  return pairs;
}

// The same for kernels that take values in bf16.
inline std::vector<InPlace> StoredResidualInPlace(const Graph& problem) {
  const StoredProblem stored(problem);
  return stored.OfSameType(ResidualInPlace(stored.graph()));
}

}  // namespace floe::cpu

#endif  // FLOE_BACKENDS_CPU_CONV_EPILOGUE_H_
