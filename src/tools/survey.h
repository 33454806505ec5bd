// What inspect and check find out about a model without building it.
#ifndef FLOE_TOOLS_SURVEY_H_
#define FLOE_TOOLS_SURVEY_H_

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "compiler/model.h"
#include "compiler/summary.h"
#include "floe/compile.h"

namespace floe::tools {

// What is converted when neither the user nor a signature says it.
enum class DefaultOutputs {
  kBest,  // what looks like the results of the model
  kAll,   // whatever nothing reads
};

using KnownDims = std::optional<std::vector<int64_t>>;  // -1 is open

struct Survey {
  ModelSummary summary;
  ModelSelection selection;  // as given, with the outputs that were chosen by default

  // After Convert(); weights have no contents there.
  ImportedModel model;
  std::vector<ModelTensor> inputs;
  std::vector<ModelTensor> outputs;
  std::map<std::string, std::vector<std::string>>
      data_inputs;  // of each node of the frozen graph; TensorFlow only
  // Of each input, open dimensions replaced by what fits the model for one sample; -1 where nothing does.
  std::vector<KnownDims> closed;
  std::optional<int64_t> all_macs;      // of one sample; absent where shapes stay open
  std::map<std::string, int64_t> macs;  // by node of the model
};

// Summary and selection. Throws as SummariseModel does.
Survey ReadStructure(const ModelSelection& given, DefaultOutputs outputs);

// Freezes, imports and counts. Throws as LoadModel and ImportModel do.
void Convert(Survey& survey);

std::vector<NodeReport> UnsupportedNodes(const Survey& survey);

// Of the model without what is not supported: fed behind a front end, such as --input Reshape=1x49x10x1, or
// ending before a tail. Its selection has the options, its summary is empty; nullopt if no such cut helps.
std::optional<Survey> SurveySupportedPart(const Survey& survey);
// "--input Reshape=1x49x10x1 --output labels", with shapes for what is open.
std::string SelectionWords(const Survey& survey);

// "1x224x224x3", "?" for an open dimension, "scalar", "?" for an unknown rank.
std::string DimsText(const KnownDims& dims);

}  // namespace floe::tools

#endif  // FLOE_TOOLS_SURVEY_H_
