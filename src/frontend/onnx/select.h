// What the user chose of an ONNX model: which tensors are inputs, outputs and constants.
#ifndef FLOE_FRONTEND_ONNX_SELECT_H_
#define FLOE_FRONTEND_ONNX_SELECT_H_

#include <string>
#include <vector>

#include "formats/onnx/model_file.h"
#include "frontend/onnx/import.h"
#include "frontend/selection.h"
#include "graph/evaluator.h"

namespace floe {

struct OnnxChoice {
  std::string name;    // as the user said it, else the tensor's
  std::string tensor;  // in the model
  TensorType type;     // as far as it is known; fixed dimensions and symbols put in
  std::string why;     // "given", "graph input", "graph output"
};

struct OnnxSelection {
  std::vector<OnnxChoice> inputs;  // those given that the outputs need, then the graph's own
  std::vector<OnnxChoice> outputs;
  std::vector<NamedTensor> sets;
  // Given, or declared where no outputs are chosen, and nothing needs them.
  std::vector<OnnxChoice> unneeded;
  std::vector<std::string> warnings;  // one line each
};

// A NAME is a tensor, with or without ":0", or a node (its first output) or node:port. A dimension fixed in
// one input fixes its symbol in the others. Throws Error(kUsage) for a name that is not there (near names are
// listed), a shape or value that does not fit; Error(kModel) for what is wrong with the model.
OnnxSelection SelectOnnx(const OnnxFile& model, const Selection& selection, const Evaluator* evaluator);

}  // namespace floe

#endif  // FLOE_FRONTEND_ONNX_SELECT_H_
