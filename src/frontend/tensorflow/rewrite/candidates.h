// What looks like inputs and outputs of a model, for people who do not know it and for the default selection.
#ifndef FLOE_FRONTEND_TENSORFLOW_REWRITE_CANDIDATES_H_
#define FLOE_FRONTEND_TENSORFLOW_REWRITE_CANDIDATES_H_

#include <string>
#include <vector>

#include "formats/tensorflow/model_file.h"
#include "frontend/tensorflow/rewrite/nodes.h"
#include "frontend/tensorflow/rewrite/tensor_ref.h"

namespace floe {

struct Candidate {
  std::string name;  // what --input or --output takes: a key of the signature, or a node (node:port)
  TensorRef tensor;
  tf::DataType type = tf::DT_INVALID;
  PartialDims dims;
  bool sink = false;  // nothing but training and logging reads it
  bool best = false;  // an output that belongs to the best guess: several heads have several
  std::string why;    // "signature 'serving_default'", "sink behind 14 convolutions and products"...
};

struct Candidates {
  std::vector<Candidate> inputs;   // the signature's first, then placeholders that the first output needs
  std::vector<Candidate> outputs;  // best first
  bool from_signature = false;
};

// The signature called `signature` (or the default one) first, then structure: sinks of what is computed from
// placeholders, without saving, initialising, summaries, gradients, losses and metrics; those behind the most
// arithmetic and with telling names first. Throws as ChooseSignature, and Error(kModel) for a broken graph.
Candidates FindCandidates(const TensorFlowModel& model, const std::string& signature = "");

// As above from the graph's structure alone.
std::vector<Candidate> OutputsByStructure(const tf::GraphDef& graph);

}  // namespace floe

#endif  // FLOE_FRONTEND_TENSORFLOW_REWRITE_CANDIDATES_H_
