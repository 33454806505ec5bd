// A Graph as an ONNX model.
#ifndef FLOE_EXPORT_ONNX_H_
#define FLOE_EXPORT_ONNX_H_

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "engine/plan.h"
#include "formats/onnx/write.h"
#include "graph/evaluator.h"
#include "graph/graph.h"

namespace floe {

// A node that ONNX cannot express at the opset.
struct ExportProblem {
  std::string node;
  std::string op;
  std::vector<std::string> sources;  // nodes of the model it came from
  std::string reason;
  std::string remedy;  // "" when there is none
};

struct ExportOptions {
  int opset = 17;  // 13 to 17
  // Images of 3 to 5 dimensions at the model's edges have their channels first.
  bool nchw_inputs = false;
  bool nchw_outputs = false;
  // kFloat16 or kBFloat16: narrow.h writes its casts and weights. kInt8: quantise.h writes what the graph
  // carries of quantisation; the evaluator has to leave it in place.
  DType precision = DType::kFloat32;
  // Computes what depends on constants alone, where the exporter rewrites; may be null.
  const Evaluator* evaluator = nullptr;
  // Called before anything is rewritten, and again as long as that leaves something to simplify; may be null.
  std::function<void(Graph& graph)> simplify;
  // Called after the ops are those of ONNX and after the layout is chosen: the passes that clean up.
  std::function<void(Graph& graph)> clean;
  std::vector<std::pair<std::string, std::string>> metadata;  // written into the model
  std::string producer_version;
};

// A transpose that is left, with the reason.
struct TransposeLeft {
  std::string node;
  std::string reason;
};

struct ExportResult {
  OnnxModel model;  // as far as it goes when there are problems
  std::vector<ExportProblem> problems;
  std::vector<TransposeLeft> transposes;
  std::vector<std::string> notes;  // what the file does not do that the model did, like assertions
};

// `inputs` and `outputs` name those of the graph, in its order; images at the edges are turned by the
// options, and the specs with them. The graph is consumed. Throws Error(kUsage) for an opset out of range.
ExportResult ExportOnnx(std::unique_ptr<Graph> graph, std::vector<IoSpec>* inputs,
                        std::vector<IoSpec>* outputs, const ExportOptions& options);

// What onnx::checker and strict shape inference say against the model; "" when nothing. Weights are looked at
// by type only.
std::string CheckOnnx(const OnnxModel& model);

}  // namespace floe

#endif  // FLOE_EXPORT_ONNX_H_
