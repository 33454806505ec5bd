// What follows the sum in a fused group, bound to a run's memory.
#ifndef FLOE_BACKENDS_CPU_CONV_EPILOGUE_H_
#define FLOE_BACKENDS_CPU_CONV_EPILOGUE_H_

#include "backends/cpu/match.h"
#include "backends/cpu/problem.h"

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
inline std::vector<InPlace> ResidualInPlace(const Graph& problem, const FusedGroup& group) {
  if (group.residual == kNoValue) return {};
  const Operand residual(problem, group.residual);
  const bool shared = problem.value(group.residual).users.size() != 1;
  if (!residual.is_input() || shared) return {};
  return {{static_cast<size_t>(residual.input()), 0}};
}

inline std::vector<InPlace> ResidualInPlace(const Graph& problem) {
  std::string why;
  const std::optional<HeadedGroup> headed = MatchHeadedGroup(problem, &why);
  return headed ? ResidualInPlace(problem, headed->group) : std::vector<InPlace>{};
}

}  // namespace floe::cpu

#endif  // FLOE_BACKENDS_CPU_CONV_EPILOGUE_H_
