// A frozen GraphDef becomes a Graph.
//
// Variables must be frozen; calls of functions may remain, as may control flow of both kinds
// (Switch/Merge/Enter... and If/While/Case over functions of the library). Images stay in the layout the
// model has: no transpose is added.
#ifndef FLOE_FRONTEND_TENSORFLOW_IMPORT_H_
#define FLOE_FRONTEND_TENSORFLOW_IMPORT_H_

#include <memory>
#include <string>
#include <vector>

#include "formats/tensorflow/graph.pb.h"
#include "frontend/node_report.h"
#include "graph/evaluator.h"
#include "graph/graph.h"

namespace floe {

// A tensor that a run supplies. The name is "node" or "node:port"; an inner tensor cuts the graph there. What
// is known of the type is merged with what the node says; DType::kInvalid and a shape of unknown rank add
// nothing.
struct ImportInput {
  std::string name;
  TensorType type;
};

struct ImportOptions {
  std::vector<ImportInput> inputs;   // placeholders that are needed and not listed become inputs after these
  std::vector<std::string> outputs;  // "node" or "node:port", in the order of the graph's outputs
  const Evaluator* evaluator =
      nullptr;  // folds constants during the import; may be null: then less can be folded
  // Throw when an output cannot be computed. Else the graph is made to be looked at, not to be run: nothing
  // large is copied for it.
  bool strict = true;
};

struct InputInfo {
  std::string name;    // as asked for, or the placeholder's name
  std::string tensor;  // "node:0"
  ValueId value = kNoValue;
};

struct ImportResult {
  std::unique_ptr<Graph> graph;    // null if an output cannot be computed (not strict); then:
  std::unique_ptr<Graph> partial;  // without outputs, with more inputs: what could be imported before, beside
                                   // and behind the unsupported nodes
  std::vector<NodeReport> nodes;
  std::vector<InputInfo> inputs;  // in the order of the graph's inputs
  std::vector<std::string>
      unneeded_inputs;  // listed, but no output depends on them; they are inputs all the same
};

// Throws Error(kModel) naming node and op for a graph that is not well formed (missing inputs, cycles,
// unknown names) and, in strict mode, naming the first unsupported node that an output needs and counting the
// others. Large contents of constants move from `graph` to the result.
ImportResult ImportGraphDef(tf::GraphDef graph, const ImportOptions& options);

// The TensorFlow operations that have an importer, sorted.
std::vector<std::string> SupportedTensorFlowOps();

}  // namespace floe

#endif  // FLOE_FRONTEND_TENSORFLOW_IMPORT_H_
