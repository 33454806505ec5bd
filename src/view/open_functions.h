// A GraphDef with the functions that its nodes call opened in place: one flat list of nodes, in which the
// body of a call "c" lies in the scope "c/" (of an If, a While... in "c/then_branch/", "c/body/"...) and
// edges lead through arguments and results instead of the call.
#ifndef FLOE_VIEW_OPEN_FUNCTIONS_H_
#define FLOE_VIEW_OPEN_FUNCTIONS_H_

#include <string>
#include <vector>

#include "formats/tensorflow/graph.pb.h"
#include "formats/tensorflow/op_defs.h"
#include "view/data.h"

namespace floe::view {

struct OpenNode {
  const tf::NodeDef* def = nullptr;  // null for an argument or result of a function
  std::string name;                  // unique
  std::string op;
  std::string type;    // of an argument or result: "float32", "" if not known
  std::string lookup;  // "function/node" in a function, else ""
  std::vector<Source> inputs;
  std::vector<int32_t> controls;
  std::string note;     // what is wrong with it
  bool opened = false;  // a call: its body lies in the scope of its name, and edges lead there
};

struct OpenGraph {
  std::vector<OpenNode> nodes;
  std::vector<std::string> warnings;
};

// Broken graphs are opened as far as they go: an input that names nothing, a name that stands twice, a
// function that is missing or calls itself become notes and warnings. A graph without nodes of its own shows
// its functions. Never more than `most_nodes` nodes; calls beyond stay closed, with a warning. `graph` must
// outlive the result.
OpenGraph OpenFunctions(const tf::GraphDef& graph, const OpTable& ops, size_t most_nodes = 400'000);

}  // namespace floe::view

#endif  // FLOE_VIEW_OPEN_FUNCTIONS_H_
