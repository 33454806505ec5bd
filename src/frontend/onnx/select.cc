#include "frontend/onnx/select.h"

#include <algorithm>
#include <cstring>
#include <map>
#include <unordered_map>
#include <unordered_set>

#include "base/error.h"
#include "base/text.h"
#include "formats/utf.h"
#include "frontend/onnx/order.h"
#include "frontend/onnx/scope.h"

namespace floe {
namespace {

// The names in a model and what is declared of them.
class Names {
 public:
  explicit Names(const onnx::GraphProto& graph) {
    for (const auto* list : {&graph.value_info(), &graph.output(), &graph.input()})
      for (const onnx::ValueInfoProto& info : *list) infos_.insert_or_assign(info.name(), &info);
    for (const onnx::ValueInfoProto& info : graph.input()) tensors_.insert(info.name());
    for (const onnx::TensorProto& t : graph.initializer()) AddConstant(t.name());
    for (const onnx::SparseTensorProto& t : graph.sparse_initializer()) AddConstant(t.values().name());
    for (const onnx::NodeProto& node : graph.node()) {
      for (const std::string& output : node.output())
        if (!output.empty()) tensors_.insert(output);
      if (!node.name().empty()) nodes_.emplace(node.name(), &node);
    }
  }

  bool IsInitializer(const std::string& name) const { return initializers_.contains(name); }

  std::string Resolve(std::string_view role, const std::string& name) const {
    if (tensors_.contains(name)) return name;
    if (tensors_.contains(name + ":0")) return name + ":0";
    if (name.ends_with(":0") && tensors_.contains(name.substr(0, name.size() - 2)))
      return name.substr(0, name.size() - 2);
    if (const std::string output = OutputOfNode(name); !output.empty()) return output;
    std::vector<std::string> candidates(tensors_.begin(), tensors_.end());
    std::sort(candidates.begin(), candidates.end());
    Throw(ErrorCode::kUsage, "{} '{}': the model has no such tensor or node{}", role, name,
          DidYouMean(name, candidates));
  }

  TensorType Declared(const std::string& tensor) const {
    const auto found = infos_.find(tensor);
    return found == infos_.end() ? TensorType{} : OnnxDeclaredType(*found->second);
  }

 private:
  void AddConstant(const std::string& name) {
    tensors_.insert(name);
    initializers_.insert(name);
  }

  std::string OutputOfNode(const std::string& name) const {
    std::string node = name;
    int64_t port = 0;
    if (const size_t colon = name.rfind(':'); colon != std::string::npos && !nodes_.contains(name)) {
      const std::optional<int64_t> number = ParseInt(std::string_view(name).substr(colon + 1));
      if (!number) return "";
      port = *number;
      node = name.substr(0, colon);
    }
    const auto found = nodes_.find(node);
    if (found == nodes_.end() || port < 0 || port >= found->second->output_size()) return "";
    return found->second->output(static_cast<int>(port));
  }

  std::unordered_map<std::string, const onnx::ValueInfoProto*> infos_;
  std::unordered_set<std::string> tensors_;
  std::unordered_set<std::string> initializers_;
  std::unordered_map<std::string, const onnx::NodeProto*> nodes_;
};

class Selector {
 public:
  Selector(const OnnxFile& model, const Evaluator* evaluator)
      : model_(model), graph_(model.proto.graph()), names_(graph_), evaluator_(evaluator) {}

  OnnxSelection Select(const Selection& selection) {
    ChooseOutputs(selection);
    for (const InputChoice& choice : selection.inputs) {
      const std::string tensor = names_.Resolve("input", choice.name);
      if (!chosen_.insert(tensor).second)
        Throw(ErrorCode::kUsage, "input '{}': it is chosen twice", choice.name);
      OnnxChoice input{choice.name, tensor, TypeOf(tensor), "given"};
      if (choice.dims) Fix(&input, *choice.dims);
      result_.inputs.push_back(std::move(input));
    }
    for (const SetChoice& choice : selection.sets) {
      const std::string tensor = names_.Resolve("set", choice.name);
      if (!chosen_.insert(tensor).second)
        Throw(ErrorCode::kUsage, "set '{}': it is chosen already", choice.name);
      result_.sets.push_back({tensor, ValueOf(choice, TypeOf(tensor))});
    }
    AddGraphInputs();
    for (OnnxChoice& input : result_.inputs) FixSymbols(&input);
    return std::move(result_);
  }

 private:
  void ChooseOutputs(const Selection& selection) {
    for (const std::string& name : selection.outputs)
      result_.outputs.push_back({name, names_.Resolve("output", name), {}, "given"});
    wants_all_ = selection.outputs.empty();
    if (!wants_all_) return;
    for (const onnx::ValueInfoProto& output : graph_.output())
      result_.outputs.push_back({output.name(), output.name(), OnnxDeclaredType(output), "graph output"});
    if (result_.outputs.empty())
      Throw(ErrorCode::kModel, "{}: the graph has no outputs; choose one with --output TENSOR", model_.path);
  }

  // Declared, or as the import of what lies before it tells.
  TensorType TypeOf(const std::string& tensor) const {
    TensorType type = names_.Declared(tensor);
    if (type.dtype != DType::kInvalid) return type;
    OnnxImportOptions options;
    options.evaluator = evaluator_;
    options.strict = false;
    options.outputs = {tensor};
    for (const onnx::ValueInfoProto& input : graph_.input())
      if (!names_.IsInitializer(input.name()))
        options.inputs.push_back({input.name(), OnnxDeclaredType(input)});
    const OnnxImportResult probe = ImportOnnx(model_, options);
    if (probe.graph == nullptr) return type;
    return probe.graph->value(probe.graph->outputs()[0]).type;
  }

  void Fix(OnnxChoice* input, const std::vector<int64_t>& dims) {
    const Shape wanted(std::vector<Dim>(dims.begin(), dims.end()));
    const std::optional<Shape> merged = MergeShapes(wanted, input->type.shape);
    if (!merged) {
      Throw(ErrorCode::kUsage, "input '{}': expected shape {}, found {}", input->name,
            input->type.shape.ToString(), wanted.ToString());
    }
    for (size_t i = 0; i < input->type.shape.rank(); ++i) {
      const std::string& symbol = input->type.shape[i].symbol();
      if (symbol.empty() || dims[i] < 0) continue;
      const auto [known, fresh] = symbols_.emplace(symbol, dims[i]);
      if (!fresh && known->second != dims[i]) {
        Throw(ErrorCode::kUsage, "input '{}': dimension {} is '{}', which is {} elsewhere, found {}",
              input->name, i, symbol, known->second, dims[i]);
      }
    }
    input->type.shape = *merged;
  }

  void FixSymbols(OnnxChoice* input) const {
    Shape& shape = input->type.shape;
    for (size_t i = 0; i < shape.rank(); ++i) {
      const auto known = symbols_.find(shape[i].symbol());
      if (!shape[i].symbol().empty() && known != symbols_.end()) shape[i] = Dim(known->second);
    }
  }

  // The graph's inputs that the outputs need and that have no value; given ones that they do not need go.
  void AddGraphInputs() {
    std::vector<std::string> results;
    for (const OnnxChoice& output : result_.outputs) results.push_back(output.tensor);
    std::unordered_set<std::string> needed(results.begin(), results.end());
    const auto known = [this](const std::string& name) { return chosen_.contains(name); };
    for (const int node : OnnxOrder(graph_.node(), results, known))
      for (std::string& name : NamesReadBy(graph_.node(node))) needed.insert(std::move(name));
    std::erase_if(result_.inputs, [&](const OnnxChoice& input) {
      const bool idle = !needed.contains(input.tensor);
      if (!idle) return false;
      result_.warnings.push_back("input '" + input.name + "': the outputs do not need it");
      result_.unneeded.push_back(input);
      return true;
    });
    for (const onnx::ValueInfoProto& info : graph_.input()) {
      const std::string& name = info.name();
      if (names_.IsInitializer(name) || chosen_.contains(name)) continue;
      if (!needed.contains(name) && !wants_all_) continue;
      chosen_.insert(name);
      auto& list = needed.contains(name) ? result_.inputs : result_.unneeded;
      list.push_back({name, name, OnnxDeclaredType(info), "graph input"});
    }
  }

  static Tensor ValueOf(const SetChoice& choice, const TensorType& type) {
    const std::string subject = "set '" + choice.name + "'";
    if (type.dtype == DType::kInvalid)
      Throw(ErrorCode::kUsage, "{}: the element type of the tensor is not known", subject);
    Tensor value;
    if (const Tensor* tensor = std::get_if<Tensor>(&choice.value)) {
      if (tensor->dtype() != type.dtype)
        Throw(ErrorCode::kUsage, "{}: expected {}, found {}", subject, DTypeName(type.dtype),
              DTypeName(tensor->dtype()));
      value = *tensor;
    } else {
      value = ParseTensorText(std::get<std::string>(choice.value), type.dtype, subject);
    }
    if (!type.shape.IsStatic()) return value;
    const std::vector<int64_t> dims = type.shape.Static();
    if (value.size() == ElementCount(dims)) return value.Reshaped(dims);
    if (value.size() != 1 || value.dtype() == DType::kString)
      Throw(ErrorCode::kUsage, "{}: expected shape {}, found {}", subject, DimsToString(dims),
            DimsToString(value.dims()));
    Tensor filled(value.dtype(), dims);
    const size_t each = DTypeSize(value.dtype());
    for (int64_t i = 0; i < filled.size(); ++i)
      std::memcpy(static_cast<char*>(filled.raw()) + static_cast<size_t>(i) * each, value.raw(), each);
    return filled;
  }

  const OnnxFile& model_;
  const onnx::GraphProto& graph_;
  Names names_;
  const Evaluator* evaluator_;
  OnnxSelection result_;
  std::unordered_set<std::string> chosen_;
  bool wants_all_ = false;  // the whole model: no outputs are chosen
  std::map<std::string, int64_t> symbols_;
};

}  // namespace

OnnxSelection SelectOnnx(const OnnxFile& model, const Selection& selection, const Evaluator* evaluator) {
  CheckOnnxVersions(model);
  return Selector(model, evaluator).Select(selection);
}

}  // namespace floe
