// The graph's new ends: tensors that become inputs, and tensors that become constants. Names stay: a feed or
// fetch by the old name works on the result.
#ifndef FLOE_FRONTEND_TENSORFLOW_REWRITE_CUT_H_
#define FLOE_FRONTEND_TENSORFLOW_REWRITE_CUT_H_

#include <map>
#include <string>

#include "frontend/selection.h"
#include "frontend/tensorflow/rewrite/nodes.h"
#include "frontend/tensorflow/rewrite/work_graph.h"

namespace floe {

// A tensor that is to be fed.
struct Cut {
  std::string given;  // the name as the user gave it, for messages
  TensorRef tensor;
  PartialDims dims;        // as the user wants them
  PartialDims known_dims;  // as a signature tells them
};

// Makes every tensor in `cuts` an input. A placeholder gets the wanted shape. Another node with one output
// becomes a placeholder of the same name; of a node with several outputs only the wanted port does, through
// an IdentityN of the node's name. Returns the name of the placeholder for each cut, in order. Throws
// Error(kUsage) if the wanted shape contradicts the known one, naming both, and if a tensor's type is not
// known or cannot be fed.
std::vector<std::string> CutInputs(WorkGraph& work, const std::vector<Cut>& cuts);

// Makes `tensor` a constant. The value's shape follows the tensor's known shape: one value fills it, a list
// of the right length is given its shape. Throws Error(kUsage) for a value that does not fit type or shape.
void SetConstant(WorkGraph& work, const TensorRef& tensor, const SetChoice& choice);

// The value of `choice` for a tensor of that type and shape; throws as SetConstant.
Tensor ValueToSet(const SetChoice& choice, tf::DataType type, const PartialDims& dims);

// Placeholders with a default, which nobody feeds, become their default; but the shape of a sparse
// placeholder whose default leaves sizes open becomes an input, as its indices and values are.
void UseDefaults(WorkGraph& work);

// What is known of a tensor's shape without inference: a placeholder's or variable's attribute, a constant's
// value, _output_shapes. nullopt for an unknown rank.
PartialDims KnownDims(const tf::NodeDef& node, int port, int graph_version);

}  // namespace floe

#endif  // FLOE_FRONTEND_TENSORFLOW_REWRITE_CUT_H_
