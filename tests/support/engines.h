// Engines from graphs in text form, for tests of what comes after the passes.
#ifndef FLOE_TESTS_SUPPORT_ENGINES_H_
#define FLOE_TESTS_SUPPORT_ENGINES_H_

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "engine/format.h"
#include "floe/engine.h"
#include "graph/graph.h"
#include "graph/text.h"
#include "planner/planner.h"

namespace floe::testing {

inline EngineData DataFor(Graph& graph, const std::string& backend = "cpu", int threads = 1) {
  EngineData data;
  data.target = FindBackend(backend)->detect(threads);
  for (const ValueId id : graph.inputs())
    data.inputs.push_back({graph.value(id).name, graph.value(id).name + ":0", graph.value(id).type});
  for (const ValueId id : graph.outputs())
    data.outputs.push_back({graph.value(id).name, graph.value(id).name + ":0", graph.value(id).type});
  ConstantPool constants;
  PlannerOptions options;
  options.target = data.target;
  data.profiles.push_back(MakePlan(graph, constants, options));
  data.constants = constants.Take();
  return data;
}

inline std::shared_ptr<const Engine> EngineFor(std::string_view text, const std::string& backend = "cpu",
                                               int threads = 1) {
  const std::unique_ptr<Graph> graph = ParseGraph(text);
  return std::make_shared<const Engine>(DataFor(*graph, backend, threads));
}

}  // namespace floe::testing

#endif  // FLOE_TESTS_SUPPORT_ENGINES_H_
