// From what TensorFlow saved to one self-contained graph of what the user selected.
#ifndef FLOE_FRONTEND_TENSORFLOW_REWRITE_PREPARE_H_
#define FLOE_FRONTEND_TENSORFLOW_REWRITE_PREPARE_H_

#include <string>
#include <vector>

#include "floe/tensor.h"
#include "formats/tensorflow/model_file.h"
#include "frontend/selection.h"
#include "frontend/tensorflow/rewrite/nodes.h"
#include "frontend/tensorflow/rewrite/tensor_ref.h"

namespace floe {

struct ResolvedTensor {
  std::string name;  // as the user said it; by default the signature's key or the node's name
  TensorRef tensor;  // in the result: an input is port 0 of a Placeholder
  tf::DataType type = tf::DT_INVALID;  // DT_INVALID if the operation is not known
  PartialDims dims;                    // as far as it is known without inference
  std::string why;                     // "given", "signature", "placeholder", "the single sink"
};

struct FreezeResult {
  // Frozen: nodes without functions but for the bodies of If, While, Case...; TensorFlow loads it. Feeds and
  // fetches by the names in the model still work.
  tf::GraphDef graph;
  std::vector<ResolvedTensor> inputs;    // all Placeholders of the graph: those given first, in that order
  std::vector<ResolvedTensor> unneeded;  // given, or of the signature; the graph has them no more
  std::vector<ResolvedTensor> outputs;   // in the order given, or sorted by key
  std::vector<std::string>
      initializers;      // operations of the graph that fill its tables and have to run first
  int nodes_before = 0;  // bodies included
  int nodes_after = 0;
  std::vector<std::string> warnings;  // one line each
};

// Weights move from the model to the result. Throws Error(kUsage) for names, shapes and values that do not
// fit the model (near names and choices are listed), Error(kModel) for what is wrong with the model itself.
FreezeResult PrepareGraph(TensorFlowModel model, const Selection& selection);

}  // namespace floe

#endif  // FLOE_FRONTEND_TENSORFLOW_REWRITE_PREPARE_H_
