// A pass: Graph to Graph.
#ifndef FLOE_PASSES_PASS_H_
#define FLOE_PASSES_PASS_H_

#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "graph/evaluator.h"
#include "graph/graph.h"

namespace floe {

struct PassContext {
  const Evaluator& evaluator;
};

struct Pass {
  std::string_view name;                                 // "fold_batch_norm": the word after --print-after
  std::string_view does;                                 // one line for help
  int (*run)(Graph& graph, const PassContext& context);  // the number of changes made
};

struct PassTiming {
  std::string name;
  int changes = 0;
  double ms = 0;
  size_t nodes_after = 0;
};

struct PipelineOptions {
  std::vector<std::string> skip;
  std::string stop_after;  // the pipeline ends after this pass
  // Called with the graph after each pass; for --print-after.
  std::function<void(std::string_view pass, const Graph& graph)> after;
};

// The passes in the order they run (pipeline.cc reads aloud).
std::span<const Pass> Pipeline();

// Owns skip, time, verify and dump. Each pass also runs on the bodies of If and Loop. Throws Error(kUsage)
// for an unknown pass name; whatever a pass throws ends the build with the pass's name in front.
std::vector<PassTiming> RunPasses(Graph& graph, const PassContext& context,
                                  const PipelineOptions& options = {});

}  // namespace floe

#endif  // FLOE_PASSES_PASS_H_
