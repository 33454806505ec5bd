// The order in which the nodes of an ONNX graph are imported.
#ifndef FLOE_FRONTEND_ONNX_ORDER_H_
#define FLOE_FRONTEND_ONNX_ORDER_H_

#include <onnx/onnx_pb.h>

#include <functional>
#include <string>
#include <vector>

namespace floe {

using OnnxNodes = google::protobuf::RepeatedPtrField<onnx::NodeProto>;

// "conv1", or for a node without a name its first output.
std::string OnnxNodeName(const onnx::NodeProto& node);

// Indices of the nodes that `results` need, producers first, otherwise as they stand. Names for which
// `known` is true are not looked for. Throws Error(kModel) naming node and tensor for a tensor that two nodes
// define, and for a cycle.
std::vector<int> OnnxOrder(const OnnxNodes& nodes, const std::vector<std::string>& results,
                           const std::function<bool(const std::string&)>& known);

}  // namespace floe

#endif  // FLOE_FRONTEND_ONNX_ORDER_H_
