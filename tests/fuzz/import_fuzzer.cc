// A GraphDef through freezing, import, passes and planning, and the engine run once. Mutations are made to
// the nodes, not to the bytes.
#include "base/made_up.h"
#include "engine/plan.h"
#include "floe/session.h"
#include "formats/tensorflow/model_file.h"
#include "frontend/tensorflow/import.h"
#include "frontend/tensorflow/rewrite/prepare.h"
#include "fuzz.h"
#include "graph/verify.h"
#include "graph_def_mutation.h"
#include "passes/pass.h"
#include "small.h"
#include "support/engines.h"

extern "C" size_t LLVMFuzzerMutate(uint8_t* data, size_t size, size_t max_size);

namespace floe::fuzz {
namespace {

std::unique_ptr<Graph> Import(tf::GraphDef def) {
  TensorFlowModel model;
  model.graph = std::move(def);
  const FreezeResult frozen = PrepareGraph(std::move(model), {});
  const SmallEvaluator evaluator;
  ImportOptions options;
  options.evaluator = &evaluator;
  for (const ResolvedTensor& output : frozen.outputs) options.outputs.push_back(output.tensor.Tensor());
  options.strict = false;
  ImportGraphDef(frozen.graph, options);
  options.strict = true;
  return ImportGraphDef(frozen.graph, options).graph;
}

void Run(const std::shared_ptr<const Engine>& engine) {
  std::vector<Tensor> feeds;
  for (const TensorSpec& spec : engine->inputs()) {
    std::vector<int64_t> dims = spec.dims;
    for (int64_t& d : dims) d = d < 0 ? 2 : d;
    feeds.push_back(MadeUpTensor(spec.dtype, std::move(dims), 1));
  }
  int steps = 0;
  Session session(engine, {1, [&steps] { return ++steps > 200; }});
  std::vector<Tensor> outputs(engine->outputs().size());
  session.RunInto(feeds, outputs);
}

}  // namespace
}  // namespace floe::fuzz

extern "C" size_t LLVMFuzzerCustomMutator(uint8_t* data, size_t size, size_t max_size, unsigned seed) {
  floe::tf::GraphDef graph;
  if (size == 0 || !graph.ParseFromArray(data, static_cast<int>(size)))
    return LLVMFuzzerMutate(data, size, max_size);
  floe::fuzz::MutateGraphDef(&graph, seed);
  const size_t mutated = graph.ByteSizeLong();
  if (mutated > max_size) return size;
  graph.SerializeToArray(data, static_cast<int>(max_size));
  return mutated;
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  floe::tf::GraphDef def;
  if (!def.ParseFromArray(data, static_cast<int>(size))) return 0;
  floe::fuzz::Accepts([&] {
    const std::unique_ptr<floe::Graph> graph = floe::fuzz::Import(std::move(def));
    floe::VerifyGraph(*graph);
    if (!floe::fuzz::IsSmall(*graph)) return;
    const floe::fuzz::SmallEvaluator evaluator;
    floe::RunPasses(*graph, {evaluator});
    if (!floe::fuzz::IsSmall(*graph)) return;
    floe::fuzz::Run(std::make_shared<const floe::Engine>(floe::testing::DataFor(*graph)));
  });
  return 0;
}
