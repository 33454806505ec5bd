// Our own graph as a side: as it was imported, or after passes.
#ifndef FLOE_VIEW_GRAPH_SIDE_H_
#define FLOE_VIEW_GRAPH_SIDE_H_

#include <functional>
#include <string>
#include <unordered_map>
#include <vector>

#include "floe/compile.h"
#include "graph/graph.h"
#include "view/data.h"

namespace floe::view {

// Appends the nodes of a graph under a scope; bodies of groups, branches and loops lie in the scope of their
// node.
class GraphNodes {
 public:
  using Sources = std::vector<std::vector<Source>>;  // by input; several where branches join

  explicit GraphNodes(std::vector<Node>* nodes) : nodes_(nodes) {}

  // `prefix` is "" or ends in a slash. `inputs` are the sources of the graph's inputs; an input without any
  // becomes a node. `short_names` drops the scopes of inner names. Returns the source of each output of the
  // graph; a node of -1 for one that has none.
  std::vector<Source> Add(const Graph& graph, const std::string& prefix, const Sources& inputs,
                          bool short_names);

  // `name`, or with a suffix if that is taken.
  std::string Unique(std::string name);

 private:
  struct Scope {
    const Graph& graph;
    std::string prefix;
    bool short_names;
    std::unordered_map<ValueId, std::vector<Source>> made;  // where each value comes from
  };

  std::string NameIn(const Scope& scope, const std::string& name);
  int32_t Append(Node node);
  void AddInputs(Scope& scope, const Sources& inputs);
  const std::vector<Source>& SourcesOf(Scope& scope, ValueId id);
  void AddNode(Scope& scope, NodeId id);
  int32_t AddConstant(const Value& value, const std::string& prefix);
  void AddBodies(const floe::Node& from, int32_t self, const std::string& scope, const Sources& inputs,
                 std::unordered_map<ValueId, std::vector<Source>>* made);

  std::vector<Node>* nodes_;
  std::unordered_map<std::string, int> taken_;
};

// The graph of the selection, or the likeliest one, with open dimensions as 1. `passes` runs the pipeline on
// it, up to and including `stop_after` when that names a pass. Throws as Compile does.
Side GraphSide(const ModelSelection& selection, bool passes, const std::string& stop_after = "");
Side GraphSide(const Graph& graph, std::string title);
// An ONNX model: its graph as imported, under the names of its tensors.
Side OnnxSide(const ModelSelection& selection);

}  // namespace floe::view

#endif  // FLOE_VIEW_GRAPH_SIDE_H_
