// A model file and a selection become a Graph, ready for the passes.
#ifndef FLOE_COMPILER_MODEL_H_
#define FLOE_COMPILER_MODEL_H_

#include <memory>
#include <string>
#include <vector>

#include "engine/plan.h"
#include "floe/compile.h"
#include "frontend/tensorflow/import.h"
#include "frontend/tensorflow/rewrite/prepare.h"
#include "graph/graph.h"

namespace floe {

// Reads the file and rewrites its GraphDef: names resolved, variables frozen, cut, set, functions inlined,
// dead nodes gone. Throws Error as ReadTensorFlowModel and PrepareGraph do.
FreezeResult LoadModel(const ModelSelection& selection);

struct ImportedModel {
  std::unique_ptr<Graph> graph;
  std::unique_ptr<Graph> partial;  // set where graph is null: what could be imported, for counting
  std::vector<IoSpec> inputs;      // in the order of the graph's inputs
  std::vector<IoSpec> outputs;
  std::vector<NodeReport> nodes;  // what became of each TensorFlow node
};

// Strict: throws Error(kModel) for what cannot be converted. Else `graph` is null when an output cannot be
// computed, and `nodes` says why. Weights move.
ImportedModel ImportModel(FreezeResult frozen, bool strict = true);

bool HasStaticInputs(const ImportedModel& model);
// Throws Error(kUsage) naming the first input with an open dimension, and the option that fixes it.
void RequireStaticInputs(const ImportedModel& model);

// What Compile does after the import: `models` are one model with different input shapes, one a profile of
// the engine. `model_name` is for people. Throws Error as Compile does.
std::shared_ptr<const Engine> CompileModels(std::vector<ImportedModel> models, const std::string& model_name,
                                            const CompileOptions& options);

}  // namespace floe

#endif  // FLOE_COMPILER_MODEL_H_
