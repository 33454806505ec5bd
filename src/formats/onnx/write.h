// ONNX files: tensors as TensorProto, a model as bytes, large weights beside it.
#ifndef FLOE_FORMATS_ONNX_WRITE_H_
#define FLOE_FORMATS_ONNX_WRITE_H_

#include <onnx/onnx_pb.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "floe/tensor.h"

namespace floe {

// ONNX has no number for kInvalid (throws InternalError).
onnx::TensorProto::DataType OnnxType(DType dtype);
// "tensor(float)": how schemas name the type of a tensor.
std::string OnnxTypeName(DType dtype);

// Name, type, dims and elements; elements in raw_data but for strings.
onnx::TensorProto ToTensorProto(const std::string& name, const Tensor& tensor);

// A model whose large initializers of the main graph are kept apart, so that they are never copied: `weights`
// belong to proto.graph().initializer() by name, where they do not stand.
struct OnnxModel {
  onnx::ModelProto proto;
  std::vector<NamedTensor> weights;
};

struct OnnxWriteOptions {
  // Weights go to PATH.data. Without, only where the file would pass `most_bytes`.
  bool external_data = false;
  uint64_t most_bytes = (uint64_t{1} << 31) - 1;  // what protobuf reads of one file
};

struct OnnxWritten {
  uint64_t bytes = 0;         // of the model file
  std::string external_path;  // "" when there is none
  uint64_t external_bytes = 0;
};

// The same model gives the same bytes. Both files appear whole or not at all, the weights first. Throws
// Error(kResource) if the disk refuses, Error(kModel) where the graph without its weights is too large.
OnnxWritten WriteOnnx(const std::string& path, const OnnxModel& model, const OnnxWriteOptions& options = {});

}  // namespace floe

#endif  // FLOE_FORMATS_ONNX_WRITE_H_
