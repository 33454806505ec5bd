// The transposes of a model, each with what asks for it.
#ifndef FLOE_EXPORT_LAYOUT_TRANSPOSES_H_
#define FLOE_EXPORT_LAYOUT_TRANSPOSES_H_

#include <onnx/onnx_pb.h>

#include <vector>

#include "export/onnx.h"

namespace floe {

std::vector<TransposeLeft> FindTransposes(const onnx::GraphProto& graph);

}  // namespace floe

#endif  // FLOE_EXPORT_LAYOUT_TRANSPOSES_H_
