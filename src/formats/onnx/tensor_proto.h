// ONNX's serialized tensors become ours.
#ifndef FLOE_FORMATS_ONNX_TENSOR_PROTO_H_
#define FLOE_FORMATS_ONNX_TENSOR_PROTO_H_

#include <onnx/onnx_pb.h>

#include "base/bytes.h"
#include "floe/tensor.h"
#include "formats/onnx/external_data.h"

namespace floe {

// Throws Error(kModel) naming the tensor for a type we cannot hold, dims that overflow or do not fit the
// data, and what ExternalData::Find refuses. `raw` replaces the tensor's raw_data where that was left in a
// mapped file; null: what the message has. External data is referred to where it is aligned, else copied.
Tensor TensorFromOnnx(const onnx::TensorProto& proto, const Bytes* raw, ExternalData& external);

// The dense form. Throws as above, and for indices outside the shape.
Tensor DenseFromOnnx(const onnx::SparseTensorProto& proto, ExternalData& external);

}  // namespace floe

#endif  // FLOE_FORMATS_ONNX_TENSOR_PROTO_H_
