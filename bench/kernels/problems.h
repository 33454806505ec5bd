// Problems other than convolutions, as kernels are asked about them.
#ifndef FLOE_BENCH_KERNELS_PROBLEMS_H_
#define FLOE_BENCH_KERNELS_PROBLEMS_H_

#include <span>
#include <string_view>

namespace floe {

struct NamedProblem {
  std::string_view name;
  std::string_view text;  // a graph
};

std::span<const NamedProblem> AllProblems();

}  // namespace floe

#endif  // FLOE_BENCH_KERNELS_PROBLEMS_H_
