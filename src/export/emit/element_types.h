// Which element types an ONNX operator takes: the standard's lists at an opset, narrowed to what runtimes
// implement where a wider type gives the same numbers.
#ifndef FLOE_EXPORT_EMIT_ELEMENT_TYPES_H_
#define FLOE_EXPORT_EMIT_ELEMENT_TYPES_H_

#include <string>
#include <string_view>
#include <vector>

#include "floe/tensor.h"

namespace floe {

// The types of a node's operands, in order; kInvalid for an absent one or one that the graph doesn't know.
struct OperandTypes {
  std::vector<DType> inputs;
  std::vector<DType> outputs;
};

// `types` as the graph has them become the types that the ONNX node is to have: where they differ a cast
// belongs before or after it. Returns why that cannot be, or "". The operator must exist at the opset
// (CHECKed).
std::string ChooseOperandTypes(const std::string& op_type, const std::string& domain, int opset,
                               OperandTypes* types);

// The operator of this name exists at the opset and takes the type as its first input.
bool OperatorTakes(const std::string& op_type, int opset, DType dtype);

}  // namespace floe

#endif  // FLOE_EXPORT_EMIT_ELEMENT_TYPES_H_
