// What the rewrites work on: the graph and, beside it, the bodies of If, While, Case... in the same flat
// form.
#ifndef FLOE_FRONTEND_TENSORFLOW_REWRITE_WORK_GRAPH_H_
#define FLOE_FRONTEND_TENSORFLOW_REWRITE_WORK_GRAPH_H_

#include <map>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "formats/tensorflow/graph.pb.h"
#include "frontend/tensorflow/rewrite/op_signatures.h"
#include "frontend/tensorflow/rewrite/tensor_ref.h"

namespace floe {

// A graph, or a function as one: its arguments are _Arg nodes and its results _Retval nodes (attributes T,
// index), and its inputs are written as in a graph ("node:1", not "node:output:0").
struct Scope {
  tf::FunctionDef
      function;  // signature and attributes; nodes and results live in `graph`. Empty for the main graph
  tf::GraphDef graph;                        // only `node` is used
  std::vector<std::string> control_returns;  // nodes that run whatever is fetched from the function

  const std::string& name() const { return function.signature().name(); }  // "" for the main graph
  std::string Subject() const { return name().empty() ? "graph" : "function '" + name() + "'"; }
};

struct WorkGraph {
  Scope main;
  std::map<std::string, Scope> functions;
  OpSignatures ops;
  std::vector<std::string> warnings;
};

// Redirects tensors and control inputs; redirections may chain.
class Rewiring {
 public:
  void Redirect(TensorRef from, std::string to_input);
  void RedirectControl(std::string from_node, std::vector<std::string> to_nodes);
  bool empty() const { return tensors_.empty() && controls_.empty(); }
  // Where an input text leads; control inputs are not followed.
  std::string Follow(const std::string& input) const;
  // Rewrites every input of the graph; control inputs keep their place behind the others and appear once.
  void Apply(tf::GraphDef& graph) const;

 private:
  void FollowControl(const std::string& node, std::vector<std::string>& out) const;

  std::unordered_map<TensorRef, std::string, TensorRefHash> tensors_;
  std::unordered_map<std::string, std::vector<std::string>> controls_;
};

// The flat form of a function for given attribute values, which replace the placeholders in its nodes. Throws
// Error(kModel) naming the function for what makes no sense: unknown inputs, missing attributes, results or
// arguments.
using AttrMap = google::protobuf::Map<std::string, tf::AttrValue>;
Scope FlattenFunction(tf::FunctionDef function, const AttrMap& attrs, OpSignatures& ops);
// The other way; the signature's types are those of the _Arg and _Retval nodes.
tf::FunctionDef UnflattenFunction(Scope scope, const OpSignatures& ops);

}  // namespace floe

#endif  // FLOE_FRONTEND_TENSORFLOW_REWRITE_WORK_GRAPH_H_
