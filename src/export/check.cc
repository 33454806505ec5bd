#include <onnx/checker.h>
#include <onnx/shape_inference/implementation.h>

#include <algorithm>

#include "export/onnx.h"

namespace floe {
namespace {

// The model with its large weights as inputs: their types are checked, their elements need not be copied.
onnx::ModelProto WithWeightsAsInputs(const OnnxModel& model) {
  onnx::ModelProto copy = model.proto;
  for (const NamedTensor& weight : model.weights) {
    onnx::ValueInfoProto* input = copy.mutable_graph()->add_input();
    input->set_name(weight.name);
    onnx::TypeProto::Tensor* type = input->mutable_type()->mutable_tensor_type();
    type->set_elem_type(OnnxType(weight.tensor.dtype()));
    onnx::TensorShapeProto* shape = type->mutable_shape();
    for (const int64_t d : weight.tensor.dims()) shape->add_dim()->set_dim_value(d);
  }
  return copy;
}

std::string OneLine(std::string text) {
  std::ranges::replace(text, '\n', ' ');
  return text;
}

}  // namespace

std::string CheckOnnx(const OnnxModel& model) {
  onnx::ModelProto copy = WithWeightsAsInputs(model);
  try {
    onnx::checker::check_model(copy);
    const onnx::ShapeInferenceOptions options(/*check_type=*/true, /*strict_mode=*/1, /*data_prop=*/true);
    onnx::shape_inference::InferShapes(copy, onnx::OpSchemaRegistry::Instance(), options);
  } catch (const std::exception& e) {
    return OneLine(e.what());
  }
  return "";
}

}  // namespace floe
