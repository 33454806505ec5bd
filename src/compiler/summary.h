// What is in a model file, for people who do not know it; nothing is converted and no weight is read.
#ifndef FLOE_COMPILER_SUMMARY_H_
#define FLOE_COMPILER_SUMMARY_H_

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "floe/compile.h"

namespace floe {

// What looks like an input or output.
struct ModelCandidate {
  std::string name;    // what --input or --output takes
  std::string tensor;  // in the model
  std::string dtype;   // "float32"; the format's own name where we have no such type; "?" if it is not known
  std::optional<std::vector<int64_t>> dims;  // -1 is open
  bool sink = false;                         // nothing but training and logging reads it
  bool best = false;                         // belongs to the best guess: several heads have several
  std::string why;
};

struct ModelNode {
  std::string name;
  std::string op;
  bool call = false;  // of a function
};

struct ModelSummary {
  std::string kind;                     // "SavedModel", "ONNX, opset 17"...
  std::vector<ModelCandidate> inputs;   // those of the best output
  std::vector<ModelCandidate> outputs;  // best first
  bool outputs_are_declared = false;    // by the model, not guessed: all of them are built by default
  std::string checkpoint;               // where the variables are; "" if there are none
  std::vector<std::string> signatures;
  std::vector<ModelNode> nodes;    // of the main graph
  std::map<std::string, int> ops;  // how many nodes of each operation, bodies included
};

// Throws Error as the readers of models do.
ModelSummary SummariseModel(const ModelSelection& selection);

}  // namespace floe

#endif  // FLOE_COMPILER_SUMMARY_H_
