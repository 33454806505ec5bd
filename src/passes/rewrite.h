// What rewrites share. Every pass keeps graph outputs: their ids, names and types stay what they were.
#ifndef FLOE_PASSES_REWRITE_H_
#define FLOE_PASSES_REWRITE_H_

#include <optional>
#include <span>
#include <vector>

#include "graph/graph.h"

namespace floe {

// The node that makes the value if its op is a T, else kNoNode.
template <typename T>
NodeId MadeBy(const Graph& graph, ValueId value) {
  if (value == kNoValue) return kNoNode;
  const NodeId id = graph.value(value).producer;
  return id != kNoNode && IsOp<T>(graph.node(id).op) ? id : kNoNode;
}

// The one node that uses the value once; kNoNode when there are more uses or it is a graph output.
NodeId SoleUser(const Graph& graph, ValueId value);

// `from` and `to` hold the same elements: everything that used `from` uses `to`, and the node that made
// `from` goes when it has no other outputs in use. A graph output stays a value of its own: the node that
// makes `to` then makes `from` instead. False, with nothing changed, where that cannot be (`to` is an input
// or output of the graph itself, or made inside out of reach).
bool Bypass(Graph& graph, ValueId from, ValueId to);

// The node of one output that makes `made` now computes `result`, and takes its place: `result` keeps its
// name, `made` goes, and so does the node that made `result`, whose sources are added to the other's. `made`
// may have no use but to make `result`.
void TakeOver(Graph& graph, ValueId result, ValueId made);

// Replaces the node of one output by `op` on `inputs`; the output stays the same value.
void ReplaceNode(Graph& graph, NodeId node, Op op, std::vector<ValueId> inputs);

// A constant by the name `name` with the sources of `like`.
ValueId AddInts(Graph& graph, const std::string& name, const std::vector<int64_t>& values);
// Numbers as a constant of a float type.
ValueId AddFloats(Graph& graph, const std::string& name, DType dtype, std::vector<int64_t> dims,
                  const std::vector<double>& values);

// The elements of a float32 or float64 constant; nullopt for anything else.
std::optional<std::vector<double>> FloatsOf(const Graph& graph, ValueId value);

// A constant that adds or multiplies per channel: one number, or one for each of `channels` along dimension
// `axis` of a tensor of `rank`. Given as one number a channel.
std::optional<std::vector<double>> PerChannel(const Graph& graph, ValueId value, size_t rank, size_t axis,
                                              int64_t channels);

// A float or integer constant whose elements are all `value` bit for bit.
bool IsAll(const Graph& graph, ValueId id, double value);

// The constant does not widen x when both are broadcast: it has one element and no more dimensions than x.
bool IsScalarFor(const Graph& graph, ValueId constant, ValueId x);

// Adds the sources of the nodes between `node` and the makers of `ends` that are not among `sources` yet.
void CollectSources(const Graph& graph, NodeId node, const std::vector<ValueId>& ends,
                    std::vector<std::string>& sources);

// The shape as the constant of a Reshape: at most one dimension unknown, which is then what is left.
std::optional<std::vector<int64_t>> ReshapeTarget(const Shape& shape);

// The elements of a value under other dimensions: a constant of its own, or a Reshape.
ValueId ReshapedTo(Graph& graph, ValueId value, const std::vector<int64_t>& dims);

// Tries the rules on each node of one output, in order, until none fires any more: rules chain, and each may
// replace the node. The number of times that one did.
using Rule = bool (*)(Graph& graph, NodeId node);
int ApplyRules(Graph& graph, std::span<const Rule> rules);

// Two shapes are certainly equal.
bool SameShape(const Shape& a, const Shape& b);
inline const Shape& ShapeOfValue(const Graph& graph, ValueId id) {
  return graph.value(id).type.shape;
}

}  // namespace floe

#endif  // FLOE_PASSES_REWRITE_H_
