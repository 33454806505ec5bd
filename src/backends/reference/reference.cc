#include "backends/reference/reference.h"

#include <algorithm>

#include "backends/reference/evaluate.h"

namespace floe {
namespace {

class GraphExecutable : public Executable {
 public:
  explicit GraphExecutable(const Graph& problem) : problem_(problem) {}

  void Run(const RunArgs& args) const override {
    EvaluateOptions options;
    options.pool = args.pool;
    EvaluateGraphInto(problem_, args.inputs, args.outputs, options);
  }

 private:
  const Graph& problem_;
};

// Scalar code through an interpreter: a large cost a step and many nanoseconds an element, so that any real
// kernel ranks before it.
double EstimateNs(const Graph& problem, const Target&) {
  double elements = 0;
  const auto add = [&](ValueId id) {
    const std::optional<int64_t> count = problem.value(id).type.shape.ElementCount();
    elements += count ? static_cast<double>(*count) : 0;
  };
  std::for_each(problem.inputs().begin(), problem.inputs().end(), add);
  std::for_each(problem.outputs().begin(), problem.outputs().end(), add);
  return 1e4 + 1e2 * elements;
}

constexpr Kernel kKernels[] = {
    {.name = "reference.graph",
     .version = 2,
     .refuses = [](const Graph&, const Target&) -> Refusal { return std::nullopt; },
     .estimate_ns = EstimateNs,
     .prepare = [](const PrepareArgs& args) -> std::unique_ptr<Executable> {
       return std::make_unique<GraphExecutable>(args.problem);
     }},
};

Target Detect(int threads) {
  return {.backend = "reference", .isa = "generic", .threads = threads, .device = "any"};
}

}  // namespace

const Backend& ReferenceBackend() {
  static constexpr Backend kBackend = {
      .name = "reference",
      .description = "plain scalar code: slow, exact, takes every op",
      .kernels = [] { return std::span<const Kernel>(kKernels); },
      .detect = Detect,
      .refuses_target = [](const Target&) -> Refusal { return std::nullopt; },
  };
  return kBackend;
}

}  // namespace floe
