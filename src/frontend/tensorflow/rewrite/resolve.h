// From names as a person gives them to tensors of the graph.
#ifndef FLOE_FRONTEND_TENSORFLOW_REWRITE_RESOLVE_H_
#define FLOE_FRONTEND_TENSORFLOW_REWRITE_RESOLVE_H_

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "formats/tensorflow/model_file.h"
#include "frontend/tensorflow/rewrite/nodes.h"
#include "frontend/tensorflow/rewrite/tensor_ref.h"

namespace floe {

// Names of the signatures that one can choose, sorted; TensorFlow's own helpers ("__saved_model_init_op")
// left out.
std::vector<std::string> SignatureNames(const TensorFlowModel& model);

// The one called `wanted`, or for "": serving_default, else the only one, else null. Throws Error(kUsage)
// listing the choices if there is none called `wanted`.
const tf::SignatureDef* ChooseSignature(const TensorFlowModel& model, const std::string& wanted);

struct SignatureTensor {
  std::string key;  // "input_1"; for the parts of a sparse tensor "input_1/indices"...
  TensorRef tensor;
  tf::DataType type = tf::DT_INVALID;
  PartialDims dims;
};
// Sorted by key. Throws Error(kModel) for a tensor name that is none.
std::vector<SignatureTensor> SignatureInputs(const tf::SignatureDef& signature);
std::vector<SignatureTensor> SignatureOutputs(const tf::SignatureDef& signature);

// The tensor that `name` means: a key among `keys`, else a node or node:port of the graph.
// nullopt if there is none.
std::optional<TensorRef> ResolveName(std::string_view name, const std::vector<SignatureTensor>& keys,
                                     const tf::GraphDef& graph);
// Throws Error(kUsage): `role` 'NAME': expected a node..., with the nearest names.
[[noreturn]] void FailOnName(std::string_view role, std::string_view name,
                             const std::vector<SignatureTensor>& keys, const tf::GraphDef& graph);

}  // namespace floe

#endif  // FLOE_FRONTEND_TENSORFLOW_REWRITE_RESOLVE_H_
