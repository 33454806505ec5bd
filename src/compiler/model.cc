#include "compiler/model.h"

#include <algorithm>

#include "backends/reference/evaluate.h"
#include "base/error.h"
#include "base/log.h"
#include "base/text.h"
#include "formats/tensorflow/data_type.h"

namespace floe {
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

}  // namespace

FreezeResult LoadModel(const ModelSelection& from) {
  FreezeResult frozen =
      PrepareGraph(ReadTensorFlowModel(from.path, {from.tags, from.checkpoint, from.step, Weights::kTake}),
                   ParseSelection(from));
  for (const std::string& warning : frozen.warnings) LogWarning("{}", warning);
  return frozen;
}

ImportedModel ImportModel(FreezeResult frozen, bool strict) {
  const ReferenceEvaluator evaluator;
  ImportOptions options;
  options.evaluator = &evaluator;
  options.strict = strict;
  for (const ResolvedTensor& input : frozen.inputs)
    options.inputs.push_back({input.tensor.Tensor(), TypeOf(input)});
  for (const ResolvedTensor& output : frozen.outputs) options.outputs.push_back(output.tensor.Tensor());
  ImportResult imported = ImportGraphDef(std::move(frozen.graph), options);

  ImportedModel model;
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
