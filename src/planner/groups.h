// Passes propose groups; here each is kept or split, by what it costs.
#ifndef FLOE_PLANNER_GROUPS_H_
#define FLOE_PLANNER_GROUPS_H_

#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "graph/graph.h"
#include "planner/choose.h"
#include "planner/planner.h"

namespace floe {

// Splits every group that no kernel of the target takes whole, or whose parts are cheaper apart. Bodies of If
// and Loop included. The number of groups split.
int SettleGroups(Graph& graph, const PlannerOptions& options);

// What the node's kernel may round, of MostRounding() and the options.
RoundingLimit LimitOf(const Graph& graph, NodeId id, std::span<const double> most_rounding,
                      const PlannerOptions& options);

// Puts the body of a group in its place: the nodes, in order.
std::vector<NodeId> SplitGroup(Graph& graph, NodeId group);
// The same of a node that may be a group, or is the one node itself.
std::vector<NodeId> SplitIfGroup(Graph& graph, NodeId node);

// Which values of nodes that become one are still to be seen.
enum class JoinedOutputs { kLast, kAll };

// The problem of several nodes of one output each, in order, as one; `outside` receives what its inputs are
// in the graph where it is not null.
std::unique_ptr<Graph> JoinProblems(const Graph& graph, std::span<const NodeId> nodes, JoinedOutputs outputs,
                                    std::vector<ValueId>* outside = nullptr);
// Makes them one group; those that are groups give their bodies.
void JoinNodes(Graph& graph, std::span<const NodeId> nodes, JoinedOutputs outputs);
// What is best for each of the nodes alone, and for all as one, with what it reads and gives in bf16 where
// that may be and is better; the second is measured at the pace of the first. Nullopt where no kernel of the
// target takes them as one, or where they may not be: as a group they have one name, and so one permission to
// compute in bf16.
Choice ChooseAlone(const Graph& graph, NodeId node, std::span<const double> most_rounding,
                   const PlannerOptions& options);
std::optional<Choice> ChooseJoined(const Graph& graph, std::span<const NodeId> nodes, JoinedOutputs outputs,
                                   std::span<const double> most_rounding, const PlannerOptions& options);

// The op that a node, alone or as the first of a group, begins with.
const Op& FirstOp(const Graph& graph, NodeId node);

}  // namespace floe

#endif  // FLOE_PLANNER_GROUPS_H_
