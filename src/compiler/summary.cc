#include "compiler/summary.h"

#include <fmt/format.h>

#include <unordered_set>

#include "compiler/model.h"
#include "formats/onnx/model_file.h"
#include "formats/tensorflow/data_type.h"
#include "formats/tensorflow/model_file.h"
#include "frontend/onnx/import.h"
#include "frontend/tensorflow/rewrite/candidates.h"
#include "frontend/tensorflow/rewrite/resolve.h"

namespace floe {
namespace {

std::string TypeName(tf::DataType type) {
  if (type == tf::DT_INVALID) return "?";
  const std::optional<DType> dtype = DTypeFromTf(type);
  return dtype ? std::string(DTypeName(*dtype)) : DataTypeName(type);
}

ModelSummary SummariseTensorFlow(const ModelSelection& selection) {
  const TensorFlowModel model = ReadTensorFlowModel(
      selection.path, {selection.tags, selection.checkpoint, selection.step, Weights::kSkip});
  const Candidates candidates = FindCandidates(model, selection.signature);
  ModelSummary summary;
  summary.kind = ModelKindName(model.kind);
  summary.outputs_are_declared = candidates.from_signature;
  summary.checkpoint = model.checkpoint_prefix;
  summary.signatures = SignatureNames(model);
  const auto take = [](const std::vector<Candidate>& from, std::vector<ModelCandidate>* to) {
    for (const Candidate& c : from)
      to->push_back({c.name, c.tensor.Tensor(), TypeName(c.type), c.dims, c.sink, c.best, c.why});
  };
  take(candidates.inputs, &summary.inputs);
  take(candidates.outputs, &summary.outputs);
  std::unordered_set<std::string> functions;
  for (const tf::FunctionDef& function : model.graph.library().function()) {
    functions.insert(function.signature().name());
    for (const tf::NodeDef& node : function.node_def()) ++summary.ops[node.op()];
  }
  for (const tf::NodeDef& node : model.graph.node()) {
    ++summary.ops[node.op()];
    const bool call = node.op().ends_with("PartitionedCall") || functions.contains(node.op());
    summary.nodes.push_back({node.name(), node.op(), call});
  }
  return summary;
}

template <typename Nodes>
void CountOps(const Nodes& nodes, std::map<std::string, int>* ops) {
  for (const onnx::NodeProto& node : nodes) {
    const bool standard = node.domain().empty() || node.domain() == "ai.onnx";
    ++(*ops)[standard ? node.op_type() : node.domain() + "." + node.op_type()];
    for (const onnx::AttributeProto& attribute : node.attribute())
      if (attribute.has_g()) CountOps(attribute.g().node(), ops);
  }
}

ModelCandidate CandidateOf(const onnx::ValueInfoProto& info, std::string why) {
  const TensorType type = OnnxDeclaredType(info);
  ModelCandidate c{.name = info.name(),
                   .tensor = info.name(),
                   .dtype = "?",
                   .sink = true,
                   .best = true,
                   .why = std::move(why)};
  if (type.dtype != DType::kInvalid) c.dtype = DTypeName(type.dtype);
  if (!type.shape.has_rank()) return c;
  c.dims.emplace();
  for (const Dim& d : type.shape.dims()) {
    c.dims->push_back(d.value());
    if (!d.symbol().empty()) c.why += fmt::format(", dimension {} is '{}'", c.dims->size() - 1, d.symbol());
  }
  return c;
}

ModelSummary SummariseOnnx(const ModelSelection& selection) {
  const OnnxFile model = ReadOnnxModel(selection.path);
  const onnx::GraphProto& graph = model.proto.graph();
  ModelSummary summary;
  summary.kind = "ONNX";
  for (const onnx::OperatorSetIdProto& opset : model.proto.opset_import()) {
    summary.kind += opset.domain().empty() ? ", opset " : ", " + opset.domain() + " ";
    summary.kind += std::to_string(opset.version());
  }
  summary.outputs_are_declared = true;
  std::unordered_set<std::string> constants;
  for (const onnx::TensorProto& t : graph.initializer()) constants.insert(t.name());
  for (const onnx::SparseTensorProto& t : graph.sparse_initializer()) constants.insert(t.values().name());
  for (const onnx::ValueInfoProto& info : graph.input())
    if (!constants.contains(info.name())) summary.inputs.push_back(CandidateOf(info, "graph input"));
  for (const onnx::ValueInfoProto& info : graph.output())
    summary.outputs.push_back(CandidateOf(info, "graph output"));
  CountOps(graph.node(), &summary.ops);
  for (const onnx::NodeProto& node : graph.node()) summary.nodes.push_back({node.name(), node.op_type()});
  for (const onnx::FunctionProto& function : model.proto.functions()) CountOps(function.node(), &summary.ops);
  return summary;
}

}  // namespace

ModelSummary SummariseModel(const ModelSelection& selection) {
  return NamingFile(selection.path, [&] {
    return FormatOfModel(selection.path) == ModelFormat::kOnnx ? SummariseOnnx(selection)
                                                               : SummariseTensorFlow(selection);
  });
}

}  // namespace floe
