#include "frontend/onnx/onnx_text.h"

#include <onnx/defs/parser.h>

#include "backends/reference/evaluate.h"

namespace floe {
namespace {

const ReferenceEvaluator& Reference() {
  static const ReferenceEvaluator evaluator;
  return evaluator;
}

template <typename T>
void AppendAs(const Tensor& tensor, std::vector<double>* out) {
  for (int64_t i = 0; i < tensor.size(); ++i) out->push_back(static_cast<double>(tensor.data<T>()[i]));
}

}  // namespace

OnnxFile OnnxText(const std::string& graph, int opset) {
  const std::string text =
      "<ir_version: 8, opset_import: [\"\" : " + std::to_string(opset) + ", \"ai.onnx.ml\" : 3]>\n" + graph;
  OnnxFile model;
  model.path = "text";
  const auto status = onnx::OnnxParser::Parse(model.proto, text.c_str());
  if (!status.IsOK()) ADD_FAILURE() << status.ErrorMessage() << "\n" << text;
  model.raw.resize(static_cast<size_t>(model.proto.graph().initializer_size()));
  return model;
}

OnnxImportResult ImportSelected(const OnnxFile& model, const Selection& selection, bool strict) {
  const OnnxSelection selected = SelectOnnx(model, selection, &Reference());
  OnnxImportOptions options;
  options.evaluator = &Reference();
  options.strict = strict;
  options.sets = selected.sets;
  for (const OnnxChoice& input : selected.inputs) options.inputs.push_back({input.tensor, input.type});
  for (const OnnxChoice& output : selected.outputs) options.outputs.push_back(output.tensor);
  return ImportOnnx(model, options);
}

OnnxImportResult ImportText(const std::string& graph, const Selection& selection, int opset, bool strict) {
  return ImportSelected(OnnxText(graph, opset), selection, strict);
}

std::vector<double> Compute(const std::string& graph, const std::vector<Tensor>& inputs, int opset) {
  const OnnxImportResult imported = ImportText(graph, {}, opset);
  const Tensor result = Reference().Evaluate(*imported.graph, inputs)[0];
  std::vector<double> values;
  switch (result.dtype()) {
    case DType::kFloat32:
      AppendAs<float>(result, &values);
      break;
    case DType::kInt64:
      AppendAs<int64_t>(result, &values);
      break;
    case DType::kInt32:
      AppendAs<int32_t>(result, &values);
      break;
    case DType::kUInt8:
      AppendAs<uint8_t>(result, &values);
      break;
    case DType::kBool:
      AppendAs<bool>(result, &values);
      break;
    default:
      ADD_FAILURE() << "a result of " << DTypeName(result.dtype());
  }
  return values;
}

std::string Refusal(const std::string& graph, int opset, ErrorCode code) {
  try {
    ImportText(graph, {}, opset);
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), code) << error.what();
    EXPECT_EQ(std::string(error.what()).find('\n'), std::string::npos) << error.what();
    return error.what();
  }
  return "";
}

}  // namespace floe
