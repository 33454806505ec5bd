// An ONNX model becomes a Graph.
//
// Images stay NCHW: the passes turn them. Initializers are constants. Functions of the model are inlined,
// what the bodies of If, Loop and Scan see of their surroundings is passed in explicitly.
#ifndef FLOE_FRONTEND_ONNX_IMPORT_H_
#define FLOE_FRONTEND_ONNX_IMPORT_H_

#include <memory>
#include <string>
#include <vector>

#include "formats/onnx/model_file.h"
#include "frontend/node_report.h"
#include "graph/evaluator.h"
#include "graph/graph.h"

namespace floe {

// A tensor by its name in the model, with what is known of its type.
struct OnnxTensor {
  std::string name;
  TensorType type;
};

struct OnnxImportOptions {
  std::vector<OnnxTensor> inputs;        // a run supplies them; an inner tensor cuts the graph there
  std::vector<std::string> outputs;      // tensors, in the order of the graph's outputs
  std::vector<NamedTensor> sets;         // tensors that become constants
  const Evaluator* evaluator = nullptr;  // folds constants during the import; may be null
  bool strict = true;                    // throw when an output cannot be computed
};

struct OnnxImportResult {
  std::unique_ptr<Graph>
      graph;  // null if an output cannot be computed (not strict); inputs as in the options
  std::vector<NodeReport> nodes;
};

// Throws Error(kModel) for a model that is not well formed (a version that is not known, duplicate names,
// missing inputs, cycles, data that does not fit) and, in strict mode, naming the first unsupported node that
// an output needs and counting the others.
OnnxImportResult ImportOnnx(const OnnxFile& model, const OnnxImportOptions& options);

// ir_version and opsets as far as they concern the whole model. Throws Error(kModel).
void CheckOnnxVersions(const OnnxFile& model);

// What the model itself says of an input, output or inner tensor. A symbol is the dimension's dim_param.
TensorType OnnxDeclaredType(const onnx::ValueInfoProto& info);

// "Conv", "com.microsoft.Gelu"...: operations that have an importer, sorted.
std::vector<std::string> SupportedOnnxOps();

}  // namespace floe

#endif  // FLOE_FRONTEND_ONNX_IMPORT_H_
