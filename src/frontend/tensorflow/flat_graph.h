// A GraphDef or the body of a function as a list of nodes with numbered inputs: what the importer walks, and
// where TensorFlow 1's control flow is turned into If and While.
#ifndef FLOE_FRONTEND_TENSORFLOW_FLAT_GRAPH_H_
#define FLOE_FRONTEND_TENSORFLOW_FLAT_GRAPH_H_

#include <compare>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "formats/tensorflow/graph.pb.h"

namespace floe {

struct FlatGraph;

struct FlatRef {
  int node = -1;
  int port = 0;
  auto operator<=>(const FlatRef&) const = default;
};

struct FlatNode {
  enum class Kind {
    kOp,
    kArg,      // argument `arg` of the graph
    kForward,  // output 0 is input 0
    kAfter,    // output 0 is input 0, once the other inputs are computed
    kIf,       // inputs: condition, captures; bodies: then, else, whose arguments are the captures
    kWhile,    // inputs: loop variables; bodies: condition, body
  };
  Kind kind = Kind::kOp;
  const tf::NodeDef* def = nullptr;  // outlives the graph; null for an argument of a function
  int arg = -1;
  std::vector<FlatRef> inputs = {};
  std::vector<int> controls = {};
  std::vector<std::shared_ptr<FlatGraph>> bodies = {};

  const std::string& op() const;    // "" without a def
  const std::string& name() const;  // "" without a def
};

struct FlatGraph {
  std::string prefix;  // "" for the main graph, "function/" for a function's body
  std::vector<FlatNode> nodes;
  int args = 0;
  std::vector<FlatRef> results;
  std::vector<int> last = {};  // of a function: nodes that run whatever is asked for

  // The nodes that `roots` need, producers first; control inputs count if asked for. Throws Error(kModel)
  // naming a node on a cycle.
  std::vector<int> Order(const std::vector<FlatRef>& roots, bool with_controls = false) const;
};

// The part of `graph` that `roots` need, as a graph of its own whose results are `roots`. `resolve` maps a
// reference to an argument of the new graph, or gives -1 for what belongs into it.
std::shared_ptr<FlatGraph> SliceGraph(const FlatGraph& graph, const std::vector<FlatRef>& roots,
                                      const std::function<int(FlatRef)>& resolve);

// Throws Error(kModel) for empty, repeated and unknown names.
FlatGraph FlattenGraph(const tf::GraphDef& graph);
// "node:output:0" becomes a port by the definition of the op. Throws Error(kModel) as above.
FlatGraph FlattenFunctionBody(const tf::FunctionDef& function);
// "node", "node:2"; throws Error(kModel), with near names, for one that the graph does not have.
FlatRef FindTensor(const FlatGraph& graph, std::string_view name);

// Frames (Enter, Exit, NextIteration, LoopCond) become kWhile nodes, innermost first.
void StructureLoops(FlatGraph& graph);
// Switch and Merge become kIf nodes, nested ones inside the bodies. After StructureLoops.
void StructureConds(FlatGraph& graph);

}  // namespace floe

#endif  // FLOE_FRONTEND_TENSORFLOW_FLAT_GRAPH_H_
