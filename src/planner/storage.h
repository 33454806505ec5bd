// Where values between steps lie in memory as bf16: half the bytes, and kernels in bf16 need not round what
// they read.
#ifndef FLOE_PLANNER_STORAGE_H_
#define FLOE_PLANNER_STORAGE_H_

#include <functional>
#include <memory>
#include <vector>

#include "graph/graph.h"
#include "planner/choose.h"
#include "planner/planner.h"

namespace floe {

// The plan may keep values in bf16: the target and the options allow it for all steps, and times are
// measured.
bool MayStoreBf16(const PlannerOptions& options);

// Whether the value may lie in memory as bf16: an image or the like that one step computes and few others
// read, no input or output of the graph, and not forbidden by the options.
bool MayBeStored(const Graph& graph, ValueId value, const PlannerOptions& options);

// The problem with those of its inputs and outputs in bf16 that stand for such values of the graph: inputs
// are cast to float32 before anything else, outputs from it. `inputs` and `outputs` say what they are in the
// graph.
std::unique_ptr<Graph> WithStored(const Graph& problem, const std::vector<ValueId>& inputs,
                                  const std::vector<ValueId>& outputs,
                                  const std::function<bool(ValueId)>& stored);

// The least that the problem takes: as it is, measured beside the yardstick where there is one, or where the
// options allow it with all in bf16 that may be.
Choice ChooseEitherStorage(const Graph& graph, const Graph& problem, const std::vector<ValueId>& inputs,
                           const std::vector<ValueId>& outputs, const PlannerOptions& options,
                           const RoundingLimit& rounding, const Yardstick* beside = nullptr);

// Gives those values the type bf16 for which the times of the steps that compute and read them add up to
// less; nodes that do become groups, with the casts in them. The number of values. Groups are settled before.
int StoreInBf16(Graph& graph, const PlannerOptions& options);

}  // namespace floe

#endif  // FLOE_PLANNER_STORAGE_H_
