#include "frontend/tensorflow/rewrite/resolve.h"

#include <algorithm>

#include "base/error.h"
#include "base/text.h"
#include "formats/tensorflow/tensor_proto.h"

namespace floe {
namespace {

using InfoMap = google::protobuf::Map<std::string, tf::TensorInfo>;

SignatureTensor Part(const std::string& key, const std::string& tensor, tf::DataType type, PartialDims dims) {
  const std::optional<TensorRefView> ref = ParseTensorRef(tensor);
  if (!ref || ref->control()) {
    Throw(ErrorCode::kModel, "signature: expected a tensor name for '{}', found '{}'", key, tensor);
  }
  return {key, ref->Own(), type, std::move(dims)};
}

void AddParts(const std::string& key, const tf::TensorInfo& info, std::vector<SignatureTensor>& out) {
  const std::string subject = "signature key '" + key + "'";
  if (info.encoding_case() == tf::TensorInfo::kCooSparse) {
    const tf::TensorInfo::CooSparse& sparse = info.coo_sparse();
    out.push_back(Part(key + "/values", sparse.values_tensor_name(), info.dtype(), std::vector<int64_t>{-1}));
    out.push_back(
        Part(key + "/indices", sparse.indices_tensor_name(), tf::DT_INT64, std::vector<int64_t>{-1, -1}));
    out.push_back(
        Part(key + "/dense_shape", sparse.dense_shape_tensor_name(), tf::DT_INT64, std::vector<int64_t>{-1}));
  } else if (info.encoding_case() == tf::TensorInfo::kCompositeTensor) {
    int index = 0;
    for (const tf::TensorInfo& part : info.composite_tensor().components()) {
      if (part.encoding_case() == tf::TensorInfo::kCompositeTensor) {
        Throw(ErrorCode::kModel, "{}: expected a composite of plain tensors, found another composite in it",
              subject);
      }
      AddParts(key + "/" + std::to_string(index++), part, out);
    }
  } else if (!info.name().empty()) {  // init operations have signatures whose entry names no tensor
    out.push_back(Part(key, info.name(), info.dtype(), DimsFromShapeProto(info.tensor_shape(), subject)));
  }
}

std::vector<SignatureTensor> Tensors(const InfoMap& infos) {
  std::vector<std::string> keys;
  for (const auto& [key, info] : infos) keys.push_back(key);
  std::ranges::sort(keys);
  std::vector<SignatureTensor> out;
  for (const std::string& key : keys) AddParts(key, infos.at(key), out);
  return out;
}

}  // namespace

std::vector<std::string> SignatureNames(const TensorFlowModel& model) {
  std::vector<std::string> names;
  if (!model.meta) return names;
  for (const auto& [name, signature] : model.meta->signature_def()) {
    if (!name.starts_with("__saved_model_")) names.push_back(name);
  }
  std::ranges::sort(names);
  return names;
}

const tf::SignatureDef* ChooseSignature(const TensorFlowModel& model, const std::string& wanted) {
  const std::vector<std::string> names = SignatureNames(model);
  const auto named = [&](const std::string& name) { return &model.meta->signature_def().at(name); };
  if (wanted.empty()) {
    // "default" is TensorFlow Hub's.
    for (const char* name : {"serving_default", "default"}) {
      if (std::ranges::find(names, name) != names.end()) return named(name);
    }
    return names.size() == 1 ? named(names[0]) : nullptr;
  }
  if (std::ranges::find(names, wanted) != names.end()) return named(wanted);
  if (names.empty()) Throw(ErrorCode::kUsage, "signature '{}': the model has no signatures", wanted);
  Throw(ErrorCode::kUsage, "signature '{}': expected one of '{}'", wanted, JoinText(names, "', '"));
}

std::vector<SignatureTensor> SignatureInputs(const tf::SignatureDef& signature) {
  return Tensors(signature.inputs());
}
std::vector<SignatureTensor> SignatureOutputs(const tf::SignatureDef& signature) {
  return Tensors(signature.outputs());
}

std::optional<TensorRef> ResolveName(std::string_view name, const std::vector<SignatureTensor>& keys,
                                     const tf::GraphDef& graph) {
  for (const SignatureTensor& tensor : keys) {
    if (tensor.key == name) return tensor.tensor;
  }
  const std::optional<TensorRefView> ref = ParseTensorRef(name);
  if (!ref || ref->control()) return std::nullopt;
  for (const tf::NodeDef& node : graph.node()) {
    if (node.name() == ref->node) return ref->Own();
  }
  return std::nullopt;
}

void FailOnName(std::string_view role, std::string_view name, const std::vector<SignatureTensor>& keys,
                const tf::GraphDef& graph) {
  std::vector<std::string> known;
  for (const SignatureTensor& tensor : keys) known.push_back(tensor.key);
  for (const tf::NodeDef& node : graph.node()) known.push_back(node.name());
  const std::string_view node = name.substr(0, name.rfind(':'));
  Throw(ErrorCode::kUsage, "{} '{}': expected a node of the graph{}, found none of that name{}", role, name,
        keys.empty() ? "" : " or a key of the signature", DidYouMean(node, known));
}

}  // namespace floe
