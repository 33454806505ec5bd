// Graphs as the planner finds them, for its tests.
#ifndef FLOE_TESTS_PLANNER_PLANNER_CASE_H_
#define FLOE_TESTS_PLANNER_PLANNER_CASE_H_

#include <gtest/gtest.h>

#include <cstring>
#include <functional>
#include <string_view>

#include "backends/reference/evaluate.h"
#include "base/made_up.h"
#include "passes/pass.h"
#include "passes/passes.h"
#include "planner/planner.h"

namespace floe {

inline PlannerOptions OptionsFor(std::string_view backend, Tuner* tuner = nullptr) {
  PlannerOptions options;
  options.target = FindBackend(backend)->detect(1);
  options.tuner = tuner;
  return options;
}

inline void ProposeGroups(Graph& graph) {
  const ReferenceEvaluator evaluator;
  GroupOps(graph, {evaluator});
}

// The change leaves what the graph gives for made-up inputs as it was, to the bit.
inline void ExpectSameMeaning(Graph& graph, const std::function<void()>& change) {
  std::vector<Tensor> feeds;
  for (const ValueId id : graph.inputs()) {
    const TensorType& type = graph.value(id).type;
    feeds.push_back(MadeUpTensor(type.dtype, type.shape.Static(), 1));
  }
  const std::vector<Tensor> before = EvaluateGraph(graph, feeds);
  change();
  const std::vector<Tensor> after = EvaluateGraph(graph, feeds);
  ASSERT_EQ(after.size(), before.size());
  for (size_t i = 0; i < before.size(); ++i) {
    EXPECT_EQ(after[i].dims(), before[i].dims());
    EXPECT_EQ(std::memcmp(before[i].raw(), after[i].raw(), before[i].size_bytes()), 0) << "output " << i;
  }
}

}  // namespace floe

#endif  // FLOE_TESTS_PLANNER_PLANNER_CASE_H_
