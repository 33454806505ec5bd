// What an executor keeps for each step between runs; included by the executor's own files only.
#ifndef FLOE_RUNTIME_EXECUTOR_STATE_H_
#define FLOE_RUNTIME_EXECUTOR_STATE_H_

#include <memory>
#include <vector>

#include "engine/plan.h"
#include "runtime/executor.h"

namespace floe {

// A dynamic step's kernel for the shapes that came last.
struct Executor::DynamicKernel {
  DynamicKernel(const EngineData& data, const KernelStep& step, std::vector<std::vector<int64_t>> input_dims);

  std::vector<std::vector<int64_t>> dims;
  std::unique_ptr<Graph> problem;
  bool is_static = true;  // else only the kernel knows how large its outputs are
  std::vector<Tensor> packed;
  std::unique_ptr<Executable> kernel;
};

struct Executor::StepState {
  std::vector<Tensor> inputs;  // a kernel's arguments, bound
  std::vector<Tensor> outputs;
  std::unique_ptr<DynamicKernel> dynamic;
  std::vector<std::unique_ptr<Executor>> bodies;
  std::vector<bool> over_itself;  // of a loop's carried values, see WrittenOverThemselves
};

// Of each carried value, whether the body's only use of it is a step that may write the next one over it: a
// list that gets an element each iteration then stays where it is.
std::vector<bool> WrittenOverThemselves(const LoopStep& loop);

}  // namespace floe

#endif  // FLOE_RUNTIME_EXECUTOR_STATE_H_
