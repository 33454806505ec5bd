// A model file of any kind and a selection become a Graph, ready for the passes.
#ifndef FLOE_COMPILER_MODEL_H_
#define FLOE_COMPILER_MODEL_H_

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/plan.h"
#include "floe/compile.h"
#include "floe/error.h"
#include "frontend/node_report.h"
#include "frontend/tensorflow/rewrite/prepare.h"
#include "graph/graph.h"

namespace floe {

enum class ModelFormat { kTensorFlow, kOnnx };
// From the file's contents; what is neither counts as TensorFlow, whose reader says what it is.
ModelFormat FormatOfModel(const std::string& path);

// One input or output of what was selected.
struct ModelTensor {
  std::string name;    // as the user said it; by default the signature's key, or the model's name
  std::string tensor;  // "scope/node:0"; in ONNX the tensor's name
  TensorType type;     // as far as it is known without importing the model
};

struct OnnxLoad;  // an ONNX model and what was selected of it

// Runs `step`; an Error of it about "graph: ..." becomes one about the file.
template <typename Step>
auto NamingFile(const std::string& path, const Step& step) {
  constexpr std::string_view kGraph = "graph: ";
  try {
    return step();
  } catch (const Error& error) {
    const std::string_view message = error.what();
    if (!message.starts_with(kGraph)) throw;
    throw Error(error.code(), path + ": " + std::string(message.substr(kGraph.size())));
  }
}

// A model read, its names resolved, ready to be imported.
struct LoadedModel {
  std::string path;                 // for messages
  std::vector<ModelTensor> inputs;  // those given first, in that order
  std::vector<ModelTensor> outputs;
  std::unique_ptr<FreezeResult> tensorflow;  // one of the two
  std::shared_ptr<const OnnxLoad> onnx;
};

// Reads the file and resolves the selection. A TensorFlow graph is rewritten: variables frozen, cut, set,
// functions inlined, dead nodes gone. Throws Error as ReadTensorFlowModel and PrepareGraph do, or
// ReadOnnxModel and SelectOnnx; kUsage for an option that ONNX has no use for (checkpoint, signature, tags).
LoadedModel LoadModel(const ModelSelection& selection);

// A TensorFlow model as a frozen GraphDef. Throws Error(kUsage) for an ONNX model.
FreezeResult FreezeModel(const ModelSelection& selection);

struct ImportedModel {
  std::unique_ptr<Graph> graph;
  std::unique_ptr<Graph> partial;  // set where graph is null: what could be imported, for counting
  std::vector<IoSpec> inputs;      // in the order of the graph's inputs
  std::vector<IoSpec> outputs;
  std::vector<IoSpec> unneeded;   // inputs that were given or that the model declares, and nothing depends on
  std::vector<NodeReport> nodes;  // what became of each node of the model
  // What an ONNX model says of itself: metadata_props, in its order.
  std::vector<std::pair<std::string, std::string>> metadata;
};

// Strict: throws Error(kModel) for what cannot be converted. Else `graph` is null when an output cannot be
// computed, and `nodes` says why. Weights move.
// `keep_quantised`: quantisation of constants stays in the graph, for who writes it out.
ImportedModel ImportModel(LoadedModel model, bool strict = true, bool keep_quantised = false);

bool HasStaticInputs(const ImportedModel& model);
// Throws Error(kUsage) naming the first input with an open dimension, and the option that fixes it.
void RequireStaticInputs(const ImportedModel& model);

// What Compile does after the import: `models` are one model with different input shapes, one a profile of
// the engine. `model_name` is for people. Throws Error as Compile does.
std::shared_ptr<const Engine> CompileModels(std::vector<ImportedModel> models, const std::string& model_name,
                                            const CompileOptions& options);

}  // namespace floe

#endif  // FLOE_COMPILER_MODEL_H_
