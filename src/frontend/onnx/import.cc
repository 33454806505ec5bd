#include "frontend/onnx/import.h"

#include <algorithm>
#include <unordered_set>

#include "base/error.h"
#include "formats/onnx/data_type.h"
#include "formats/utf.h"
#include "frontend/onnx/importer.h"
#include "frontend/onnx/node_context.h"
#include "frontend/onnx/value_names.h"

namespace floe {
namespace {

constexpr int64_t kNewestIrVersion = 14;

void CheckNames(const onnx::GraphProto& graph) {
  std::unordered_set<std::string> inputs;
  for (const onnx::ValueInfoProto& input : graph.input()) {
    if (!inputs.insert(input.name()).second)
      Throw(ErrorCode::kModel, "graph: two inputs are called '{}'", Printable(input.name()));
  }
  for (const onnx::NodeProto& node : graph.node()) {
    for (const std::string& output : node.output()) {
      if (!output.empty() && inputs.contains(output))
        Throw(ErrorCode::kModel, "graph: tensor '{}' is an input and again defined by node '{}'",
              Printable(output), OnnxNodeName(node));
    }
  }
}

void DefineInput(const OnnxTensor& input, OnnxScope& scope, Graph& graph) {
  if (input.type.dtype == DType::kInvalid)
    Throw(ErrorCode::kModel, "input '{}': its element type is not known", Printable(input.name));
  const ValueId value = graph.AddInput(graph.UniqueName(input.name), input.type);
  graph.value(value).sources.push_back(input.name);
  scope.Define(input.name, {value, ""});
}

}  // namespace

TensorType OnnxDeclaredType(const onnx::ValueInfoProto& info) {
  const std::string name = Printable(info.name());
  if (!info.has_type() || info.type().value_case() == onnx::TypeProto::VALUE_NOT_SET) return {};
  if (!info.type().has_tensor_type())
    Throw(ErrorCode::kModel, "'{}' is a sequence, map, optional or sparse tensor, expected a tensor", name);
  const onnx::TypeProto::Tensor& tensor = info.type().tensor_type();
  TensorType type;
  const std::optional<DType> dtype = DTypeFromOnnx(tensor.elem_type());
  if (!dtype && tensor.elem_type() != 0)
    Throw(ErrorCode::kModel, "'{}': element type {} is not supported", name,
          OnnxTypeName(tensor.elem_type()));
  type.dtype = dtype.value_or(DType::kInvalid);
  if (!tensor.has_shape()) return type;
  std::vector<Dim> dims;
  for (const onnx::TensorShapeProto::Dimension& dim : tensor.shape().dim()) {
    if (dim.has_dim_value())
      dims.emplace_back(dim.dim_value());
    else
      dims.push_back(dim.dim_param().empty() ? Dim() : Dim(Printable(dim.dim_param())));
  }
  type.shape = Shape(std::move(dims));
  return type;
}

void CheckOnnxVersions(const OnnxFile& model) {
  const onnx::ModelProto& proto = model.proto;
  if (proto.ir_version() > kNewestIrVersion) {
    Throw(ErrorCode::kModel, "{}: ir_version {} is newer than {}, the newest that this version of Floe reads",
          model.path, proto.ir_version(), kNewestIrVersion);
  }
  int64_t opset = 0;
  for (const onnx::OperatorSetIdProto& import : proto.opset_import())
    if (OnnxDomain(import.domain()).empty()) opset = import.version();
  if (opset == 0 && proto.ir_version() < 3) {
    Throw(ErrorCode::kModel,
          "{}: ir_version {} is older than opsets, expected 3 or later; convert the model "
          "with onnx.version_converter",
          model.path, proto.ir_version());
  }
  if (opset > kNewestOnnxOpset) {
    Throw(ErrorCode::kModel,
          "{}: opset {} is newer than {}, the newest that this version of Floe reads; "
          "convert the model with onnx.version_converter",
          model.path, opset, kNewestOnnxOpset);
  }
}

OnnxImportResult ImportOnnx(const OnnxFile& model, const OnnxImportOptions& options) {
  if (options.outputs.empty()) Throw(ErrorCode::kUsage, "no output is named");
  CheckOnnxVersions(model);
  CheckNames(model.proto.graph());
  OnnxImportResult result;
  result.graph = std::make_unique<Graph>();
  Builder builder(*result.graph, options.evaluator);
  OnnxImporter importer(model);
  OnnxScope scope(builder);
  scope.set_opsets(&importer.opsets());
  for (const OnnxTensor& input : options.inputs) DefineInput(input, scope, *result.graph);
  for (const NamedTensor& set : options.sets)
    scope.Define(set.name, {builder.Constant(set.tensor, result.graph->UniqueName(set.name)), ""});

  const std::vector<OnnxEntry> outputs = importer.ImportMain(options.outputs, scope);
  importer.ReportRest(model.proto.graph().node());
  result.nodes = importer.TakeReports();
  if (std::any_of(outputs.begin(), outputs.end(), [](const OnnxEntry& e) { return e.poison(); })) {
    if (options.strict) FailOnUnsupported(result.nodes);
    result.graph = nullptr;
    return result;
  }
  for (const OnnxEntry& output : outputs) result.graph->AddOutput(output.value);
  UseModelNames(*result.graph);
  return result;
}

}  // namespace floe
