#include "compiler/model.h"

#include <algorithm>

#include "backends/reference/evaluate.h"
#include "base/error.h"
#include "base/log.h"
#include "base/text.h"
#include "formats/tensorflow/data_type.h"
#include "frontend/onnx/import.h"
#include "frontend/onnx/select.h"
#include "frontend/tensorflow/import.h"

namespace floe {

struct OnnxLoad {
  OnnxFile model;
  OnnxSelection selection;
};

namespace {

Selection ParseSelection(const ModelSelection& from) {
  Selection selection;
  for (const std::string& text : from.inputs) selection.inputs.push_back(ParseInputChoice(text));
  selection.outputs = from.outputs;
  for (const std::string& text : from.sets) selection.sets.push_back(ParseSetChoice(text));
  selection.signature = from.signature;
  return selection;
}

TensorType TypeOf(const ResolvedTensor& tensor) {
  TensorType type;
  if (tensor.type != tf::DT_INVALID) type.dtype = DTypeFromTf(tensor.type).value_or(DType::kInvalid);
  if (tensor.dims) type.shape = Shape(std::vector<Dim>(tensor.dims->begin(), tensor.dims->end()));
  return type;
}

void RequireOnnxOptions(const ModelSelection& from) {
  const char* option = !from.checkpoint.empty()  ? "--checkpoint"
                       : !from.signature.empty() ? "--signature"
                       : !from.tags.empty()      ? "--tag"
                       : from.step               ? "--step"
                                                 : nullptr;
  if (option != nullptr)
    Throw(ErrorCode::kUsage, "{}: {} is an ONNX model, which has neither variables nor signatures", option,
          from.path);
}

LoadedModel LoadOnnx(const ModelSelection& from) {
  RequireOnnxOptions(from);
  const ReferenceEvaluator evaluator;
  auto load = std::make_shared<OnnxLoad>();
  load->model = ReadOnnxModel(from.path);
  load->selection = SelectOnnx(load->model, ParseSelection(from), &evaluator);
  for (const std::string& warning : load->selection.warnings) LogWarning("{}", warning);
  LoadedModel loaded;
  loaded.path = from.path;
  for (const OnnxChoice& c : load->selection.inputs) loaded.inputs.push_back({c.name, c.tensor, c.type});
  for (const OnnxChoice& c : load->selection.outputs) loaded.outputs.push_back({c.name, c.tensor, c.type});
  loaded.onnx = std::move(load);
  return loaded;
}

FreezeResult Freeze(const ModelSelection& from) {
  FreezeResult frozen = NamingFile(from.path, [&] {
    return PrepareGraph(
        ReadTensorFlowModel(from.path, {from.tags, from.checkpoint, from.step, Weights::kTake}),
        ParseSelection(from));
  });
  for (const std::string& warning : frozen.warnings) LogWarning("{}", warning);
  return frozen;
}

ImportedModel ImportFrozen(FreezeResult frozen, bool strict, bool keep_quantised) {
  const ReferenceEvaluator evaluator(keep_quantised);
  ImportOptions options;
  options.evaluator = &evaluator;
  options.strict = strict;
  for (const ResolvedTensor& input : frozen.inputs)
    options.inputs.push_back({input.tensor.Tensor(), TypeOf(input)});
  for (const ResolvedTensor& output : frozen.outputs) options.outputs.push_back(output.tensor.Tensor());
  ImportResult imported = ImportGraphDef(std::move(frozen.graph), options);

  ImportedModel model;
  for (const ResolvedTensor& input : frozen.unneeded)
    model.unneeded.push_back({input.name, input.tensor.Tensor(), TypeOf(input)});
  model.nodes = std::move(imported.nodes);
  model.graph = std::move(imported.graph);
  model.partial = std::move(imported.partial);
  if (model.graph == nullptr) return model;
  const Graph& graph = *model.graph;
  for (size_t i = 0; i < graph.inputs().size(); ++i) {
    const std::string& name = i < frozen.inputs.size() ? frozen.inputs[i].name : imported.inputs[i].name;
    model.inputs.push_back({name, imported.inputs[i].tensor, graph.value(graph.inputs()[i]).type});
  }
  for (size_t i = 0; i < graph.outputs().size(); ++i) {
    model.outputs.push_back(
        {frozen.outputs[i].name, frozen.outputs[i].tensor.Tensor(), graph.value(graph.outputs()[i]).type});
  }
  return model;
}

ImportedModel ImportSelected(const OnnxLoad& load, bool strict, bool keep_quantised) {
  const ReferenceEvaluator evaluator(keep_quantised);
  const OnnxSelection& selection = load.selection;
  OnnxImportOptions options;
  options.evaluator = &evaluator;
  options.strict = strict;
  options.sets = selection.sets;
  for (const OnnxChoice& input : selection.inputs) options.inputs.push_back({input.tensor, input.type});
  for (const OnnxChoice& output : selection.outputs) options.outputs.push_back(output.tensor);
  OnnxImportResult imported = ImportOnnx(load.model, options);

  ImportedModel model;
  model.nodes = std::move(imported.nodes);
  model.graph = std::move(imported.graph);
  if (model.graph == nullptr) return model;
  const auto specs = [&](const std::vector<OnnxChoice>& choices, const std::vector<ValueId>& values) {
    std::vector<IoSpec> list;
    for (size_t i = 0; i < choices.size(); ++i)
      list.push_back({choices[i].name, choices[i].tensor, model.graph->value(values[i]).type});
    return list;
  };
  model.inputs = specs(selection.inputs, model.graph->inputs());
  model.outputs = specs(selection.outputs, model.graph->outputs());
  for (const OnnxChoice& input : selection.unneeded)
    model.unneeded.push_back({input.name, input.tensor, input.type});
  for (const onnx::StringStringEntryProto& entry : load.model.proto.metadata_props())
    model.metadata.emplace_back(entry.key(), entry.value());
  return model;
}

}  // namespace

ModelFormat FormatOfModel(const std::string& path) {
  return LooksLikeOnnxModel(path) ? ModelFormat::kOnnx : ModelFormat::kTensorFlow;
}

LoadedModel LoadModel(const ModelSelection& from) {
  if (FormatOfModel(from.path) == ModelFormat::kOnnx)
    return NamingFile(from.path, [&] { return LoadOnnx(from); });
  auto frozen = std::make_unique<FreezeResult>(Freeze(from));
  LoadedModel loaded;
  loaded.path = from.path;
  for (const ResolvedTensor& t : frozen->inputs)
    loaded.inputs.push_back({t.name, t.tensor.Tensor(), TypeOf(t)});
  for (const ResolvedTensor& t : frozen->outputs)
    loaded.outputs.push_back({t.name, t.tensor.Tensor(), TypeOf(t)});
  loaded.tensorflow = std::move(frozen);
  return loaded;
}

FreezeResult FreezeModel(const ModelSelection& from) {
  if (FormatOfModel(from.path) == ModelFormat::kOnnx) {
    Throw(
        ErrorCode::kUsage,
        "{}: an ONNX model has no variables to freeze, and what is frozen is written as a TensorFlow graph; "
        "'floe build' takes the file as it is",
        from.path);
  }
  return Freeze(from);
}

ImportedModel ImportModel(LoadedModel model, bool strict, bool keep_quantised) {
  return NamingFile(model.path, [&] {
    return model.onnx != nullptr ? ImportSelected(*model.onnx, strict, keep_quantised)
                                 : ImportFrozen(std::move(*model.tensorflow), strict, keep_quantised);
  });
}

bool HasStaticInputs(const ImportedModel& model) {
  return std::ranges::all_of(model.inputs, [](const IoSpec& input) { return input.type.shape.IsStatic(); });
}

void RequireStaticInputs(const ImportedModel& model) {
  for (const IoSpec& input : model.inputs) {
    const Shape& shape = input.type.shape;
    if (!shape.has_rank()) {
      Throw(ErrorCode::kUsage, "input '{}': its shape is not known; give it with --input {}=SHAPE",
            input.name, input.name);
    }
    if (shape.IsStatic()) continue;
    std::vector<std::string> example;
    size_t open = 0;
    for (size_t i = shape.rank(); i-- > 0;) {
      if (!shape[i].known()) open = i;
    }
    for (const Dim& d : shape.dims()) example.push_back(d.known() ? d.ToString() : "1");
    Throw(ErrorCode::kUsage, "input '{}': dimension {} of {} is open; fix it, for example with --input {}={}",
          input.name, open, shape.ToString(), input.name, JoinText(example, "x"));
  }
}

}  // namespace floe
