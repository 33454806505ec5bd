// Runs a prepared plan: owns the memory of one run and walks the steps.
//
// Values whose size the plan knows live at fixed addresses, bound once; a run of a plan without dynamic
// values and control flow allocates nothing. A dynamic value is a Tensor assigned by its step. A dynamic step
// infers its problem from the shapes that arrive, and keeps the kernel it prepared until they change.
#ifndef FLOE_RUNTIME_EXECUTOR_H_
#define FLOE_RUNTIME_EXECUTOR_H_

#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "base/thread_pool.h"
#include "runtime/prepared_plan.h"

namespace floe {

// Called after each step of the outermost plan with its index, its duration and the current tensors of all
// plan values (those of later steps hold nothing that means anything). What the step gave may be overwritten.
using StepObserver = std::function<void(size_t step, double ms, std::span<Tensor> values)>;

struct ExecutorOptions {
  ThreadPool* pool = nullptr;
  const std::function<bool()>* cancelled = nullptr;  // may be null
  StepObserver observer;                             // may be empty
};

class Executor {
 public:
  // All arguments outlive the executor.
  Executor(const EngineData& data, const PreparedPlan& prepared);
  ~Executor();
  Executor(const Executor&) = delete;
  Executor& operator=(const Executor&) = delete;

  // inputs[i] for plan input i, of its type. outputs[i] receives plan output i: written in place when it
  // holds memory of the right type and dims, else assigned (an empty Tensor always is).
  void Run(std::span<const Tensor> inputs, std::span<Tensor> outputs, const ExecutorOptions& options);

  size_t MemoryBytes() const;

 private:
  struct DynamicKernel;
  struct StepState;

  void BindStatic();
  void BindInputs(std::span<const Tensor> inputs);
  void BindOutputs(std::span<Tensor> outputs);
  void Rebind(uint32_t value, void* data);
  void FinishOutputs(std::span<Tensor> outputs);
  void RunKernel(size_t step, const KernelStep& action, const ExecutorOptions& options);
  void RunDynamic(size_t step, const KernelStep& action, const ExecutorOptions& options);
  void RunIf(size_t step, const IfStep& action, const ExecutorOptions& options);
  void RunLoop(size_t step, const LoopStep& action, const ExecutorOptions& options);
  void* Workspace(size_t bytes);
  // Puts a result of control flow where the plan wants it.
  void Store(uint32_t value, const Tensor& tensor);
  Tensor Own(uint32_t value) const;

  const EngineData& data_;
  const PreparedPlan& prepared_;
  const Plan& plan_;
  Tensor arena_;
  Tensor workspace_;
  std::vector<Tensor> values_;  // current tensor of each plan value
  std::vector<StepState> steps_;
  // Where each value stands as input or output of a kernel step: (step, is output, slot). Only for places
  // that are bound anew every run.
  struct Use {
    uint32_t step;
    bool output;
    uint32_t slot;
  };
  std::vector<std::vector<Use>> uses_;
  std::vector<Tensor> output_buffers_;  // stand-ins where the caller gave no fitting buffer
};

}  // namespace floe

#endif  // FLOE_RUNTIME_EXECUTOR_H_
