#include "tools/survey.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "base/error.h"
#include "base/log.h"
#include "base/quoting.h"
#include "graph/cost.h"

namespace floe::tools {
namespace {

// What open dimensions are tried with: sides of pictures, lengths of everything else.
constexpr std::array<int64_t, 16> kSides = {224, 32,  28,  64,  96,  128, 160, 192,
                                            227, 256, 299, 300, 320, 416, 512, 640};
constexpr std::array<int64_t, 6> kLengths = {1, 16, 64, 128, 512, 16000};  // the last: a second of sound

bool IsChannels(int64_t dim) {
  return dim == 1 || dim == 3 || dim == 4;
}

// [?, ?, 3]: height and width, no batch.
bool IsPictureAlone(const std::vector<int64_t>& dims) {
  return dims.size() == 3 && dims[0] < 0 && dims[1] < 0 && IsChannels(dims[2]);
}

bool IsPicture(const std::vector<int64_t>& dims) {
  return IsPictureAlone(dims) || (dims.size() == 4 && (IsChannels(dims[3]) || IsChannels(dims[1])));
}

// Whether an input of [?, ?, 3] may be a picture: beside other inputs with an open first dimension it is the
// batch that they share.
bool MayBeAlone(std::span<const KnownDims> inputs) {
  return std::ranges::count_if(
             inputs, [](const KnownDims& dims) { return dims && !dims->empty() && dims->front() < 0; }) < 2;
}

// One sample, with `size` for what is open beside the batch.
std::vector<int64_t> Close(std::vector<int64_t> dims, int64_t size, bool may_be_alone) {
  const bool batch = !may_be_alone || !IsPictureAlone(dims);
  for (size_t i = 0; i < dims.size(); ++i) {
    if (dims[i] < 0) dims[i] = i == 0 && batch ? 1 : size;
  }
  return dims;
}

bool HasOpenSize(const std::vector<int64_t>& dims, bool may_be_alone) {
  return Close(dims, 1, may_be_alone) != Close(dims, 2, may_be_alone);
}

// The batch that goes in comes out.
bool KeepsBatch(const Graph& graph, const std::vector<KnownDims>& given) {
  if (graph.outputs().empty() || given.empty() || !given[0] || given[0]->size() < 2 || (*given[0])[0] >= 0)
    return true;
  const Shape& shape = graph.value(graph.outputs()[0]).type.shape;
  return !shape.has_rank() || shape.rank() < 2 || !shape[0].known() || shape[0].value() == 1;
}

// Numbers that are computed are none: a window is longer than what it slides over, a frame than the sound.
bool ComputesNothing(const Graph& graph) {
  const auto is_empty = [&](ValueId id) {
    const TensorType& type = graph.value(id).type;
    return IsFloat(type.dtype) && type.shape.has_rank() &&
           std::ranges::any_of(type.shape.dims(),
                               [](const Dim& dim) { return dim.known() && dim.value() == 0; });
  };
  return std::ranges::any_of(
      graph.Order(), [&](NodeId id) { return std::ranges::any_of(graph.node(id).outputs, is_empty); });
}

class Closer {
 public:
  Closer(Graph& graph, std::vector<KnownDims> given)
      : graph_(graph), given_(std::move(given)), may_be_alone_(MayBeAlone(given_)) {}

  // False if no size fits; `closed` is the best guess all the same.
  bool Run(std::vector<KnownDims>* closed) {
    bool open = false;
    bool picture = false;
    for (const KnownDims& dims : given_) {
      if (!dims || !HasOpenSize(*dims, may_be_alone_)) continue;
      open = true;
      picture = picture || IsPicture(*dims);
    }
    if (!open) return Try(1, closed);
    const std::span<const int64_t> sizes = picture ? std::span<const int64_t>(kSides) : kLengths;
    const auto fits = [&](int64_t size) { return Try(size, closed); };
    if (std::ranges::any_of(sizes, [&](int64_t size) { return fits(size) && !ComputesNothing(graph_); }))
      return true;
    if (std::ranges::any_of(sizes, fits)) return true;
    *closed = Closed(-1);
    return false;
  }

 private:
  std::vector<KnownDims> Closed(int64_t size) const {
    std::vector<KnownDims> out;
    for (const KnownDims& dims : given_)
      out.push_back(dims ? KnownDims(Close(*dims, size, may_be_alone_)) : dims);
    return out;
  }

  bool Try(int64_t size, std::vector<KnownDims>* closed) {
    *closed = Closed(size);
    for (size_t i = 0; i < closed->size(); ++i) {
      if ((*closed)[i]) graph_.value(graph_.inputs()[i]).type.shape = Shape::Of(*(*closed)[i]);
    }
    try {
      graph_.ReinferAll();
    } catch (const Error& error) {
      LogDebug("open dimensions as {}: {}", size, error.what());
      return false;
    }
    return KeepsBatch(graph_, given_);
  }

  Graph& graph_;
  std::vector<KnownDims> given_;
  bool may_be_alone_;
};

void Count(Survey& survey) {
  Graph* graph = survey.model.graph != nullptr ? survey.model.graph.get() : survey.model.partial.get();
  if (graph == nullptr) return;
  // Shapes with open dimensions are what is shown, so the numbers are counted on a copy.
  const std::unique_ptr<Graph> sample = graph->Clone();
  std::vector<KnownDims> given;
  for (size_t i = 0; i < survey.inputs.size() && i < sample->inputs().size(); ++i) {
    const Shape& shape = sample->value(sample->inputs()[i]).type.shape;
    given.push_back(shape.has_rank() ? KnownDims(shape.Numbers()) : std::nullopt);
  }
  if (!Closer(*sample, given).Run(&survey.closed)) return;
  survey.all_macs = 0;
  for (const NodeId id : sample->Order()) {
    const int64_t macs = MultiplyAccumulates(*sample, id);
    const Node& node = sample->node(id);
    if (macs == 0 || node.sources.empty()) continue;
    *survey.all_macs += macs;
    survey.macs[node.sources[0]] += macs;
  }
}

// The user named it.
bool IsGiven(const ModelSelection& selection, const ModelTensor& input) {
  return std::ranges::any_of(selection.inputs, [&](const std::string& choice) {
    const std::string name = choice.substr(0, choice.find('='));
    return name == input.name || name == input.tensor;
  });
}

void ConvertAsGiven(Survey& survey) {
  LoadedModel loaded = LoadModel(survey.selection);
  survey.inputs = loaded.inputs;
  survey.outputs = loaded.outputs;
  if (loaded.tensorflow != nullptr) {
    for (const tf::NodeDef& node : loaded.tensorflow->graph.node()) {
      std::vector<std::string>& inputs = survey.data_inputs[node.name()];
      for (const std::string& input : node.input()) {
        if (!input.starts_with('^')) inputs.push_back(input);
      }
    }
  }
  survey.model = ImportModel(std::move(loaded), /*strict=*/false);
  Count(survey);
}

// An inner tensor that was made an input without a shape takes the one that the nodes before it give it.
void BorrowShapes(Survey& survey) {
  Survey before;
  before.selection = survey.selection;
  before.selection.inputs.clear();
  before.selection.outputs.clear();
  std::vector<std::string*> open;
  for (std::string& choice : survey.selection.inputs) {
    const bool known = std::ranges::any_of(survey.inputs, [&](const ModelTensor& input) {
      return input.type.shape.has_rank() && (choice == input.name || choice == input.tensor);
    });
    if (known || choice.find('=') != std::string::npos) continue;
    open.push_back(&choice);
    before.selection.outputs.push_back(choice);
  }
  if (open.empty()) return;
  try {
    ConvertAsGiven(before);
  } catch (const Error& error) {
    LogDebug("what stands before the inputs: {}", error.what());
    return;
  }
  for (size_t i = 0; i < open.size() && i < before.model.outputs.size(); ++i) {
    const Shape& shape = before.model.outputs[i].type.shape;
    if (!shape.has_rank()) continue;
    std::vector<std::string> dims;
    for (const Dim& d : shape.dims()) dims.push_back(d.known() ? d.ToString() : "?");
    *open[i] += fmt::format("=[{}]", fmt::join(dims, ","));
  }
  ConvertAsGiven(survey);
}

std::vector<KnownDims> ShapesOf(const std::vector<ModelTensor>& inputs) {
  std::vector<KnownDims> shapes;
  for (const ModelTensor& input : inputs) {
    const Shape& shape = input.type.shape;
    shapes.push_back(shape.has_rank() ? KnownDims(shape.Numbers()) : std::nullopt);
  }
  return shapes;
}

// Shapes that are computed from open dimensions may not follow when those are closed later: once more with
// numbers from the start.
void ConvertSample(Survey& survey) {
  Survey sample;
  sample.selection = survey.selection;
  sample.selection.inputs.clear();
  const bool may_be_alone = MayBeAlone(ShapesOf(survey.inputs));
  for (const ModelTensor& input : survey.inputs) {
    std::string text = input.name;
    if (input.type.shape.has_rank()) {
      const std::vector<int64_t> dims = input.type.shape.Numbers();
      text += fmt::format(
          "=[{}]", fmt::join(Close(dims, IsPicture(dims) ? kSides[0] : kLengths[0], may_be_alone), ","));
    }
    sample.selection.inputs.push_back(text);
  }
  try {
    ConvertAsGiven(sample);
  } catch (const Error& error) {
    LogDebug("with open dimensions closed: {}", error.what());
    return;
  }
  if (UnsupportedNodes(sample).size() > UnsupportedNodes(survey).size()) return;
  survey.closed = sample.closed;
  survey.all_macs = sample.all_macs;
  survey.macs = sample.macs;
  if (survey.model.graph == nullptr) survey.model = std::move(sample.model);
}

}  // namespace

Survey ReadStructure(const ModelSelection& given, DefaultOutputs outputs) {
  Survey survey;
  survey.summary = SummariseModel(given);
  survey.selection = given;
  if (!given.outputs.empty() || survey.summary.outputs_are_declared) return survey;
  for (const ModelCandidate& candidate : survey.summary.outputs) {
    if (outputs == DefaultOutputs::kAll ? candidate.sink : candidate.best)
      survey.selection.outputs.push_back(candidate.name);
  }
  return survey;
}

void Convert(Survey& survey) {
  ConvertAsGiven(survey);
  BorrowShapes(survey);
  const bool open = std::ranges::any_of(survey.inputs, [](const ModelTensor& input) {
    if (!input.type.shape.has_rank()) return false;
    const std::vector<int64_t> dims = input.type.shape.Numbers();
    return std::ranges::any_of(dims, [](int64_t dim) { return dim < 0; });
  });
  if (open && (!survey.all_macs || survey.model.graph == nullptr)) ConvertSample(survey);
}

std::vector<NodeReport> UnsupportedNodes(const Survey& survey) {
  std::vector<NodeReport> out;
  for (const NodeReport& node : survey.model.nodes) {
    if (node.status == NodeStatus::kUnsupported) out.push_back(node);
  }
  return out;
}

std::string SelectionWords(const Survey& survey) {
  std::string words;
  for (size_t i = 0; i < survey.inputs.size(); ++i) {
    const ModelTensor& input = survey.inputs[i];
    if (input.type.shape.IsStatic() && !IsGiven(survey.selection, input)) continue;
    KnownDims dims;
    if (input.type.shape.has_rank()) dims = input.type.shape.Numbers();
    if (i < survey.closed.size()) dims = survey.closed[i];
    words += " --input " + ShellWord(dims ? input.name + "=" + DimsText(dims) : input.name);
  }
  if (survey.inputs.empty()) {  // not converted
    std::vector<KnownDims> shapes;
    for (const ModelCandidate& input : survey.summary.inputs) shapes.push_back(input.dims);
    const bool may_be_alone = MayBeAlone(shapes);
    for (const ModelCandidate& input : survey.summary.inputs) {
      if (input.dims && Close(*input.dims, -1, may_be_alone) != *input.dims)
        words += " --input " + ShellWord(input.name + "=" + DimsText(Close(*input.dims, -1, may_be_alone)));
    }
  }
  for (const std::string& output : survey.selection.outputs) words += " --output " + ShellWord(output);
  for (const std::string& set : survey.selection.sets) words += " --set " + ShellWord(set);
  return words.empty() ? words : words.substr(1);
}

std::string DimsText(const KnownDims& dims) {
  if (!dims) return "?";
  if (dims->empty()) return "scalar";
  std::string out;
  for (const int64_t d : *dims) out += (out.empty() ? "" : "x") + (d < 0 ? "?" : std::to_string(d));
  return out;
}

}  // namespace floe::tools
