// The two sides of a comparison: each a model, an engine or a golden .npz file, brought to named results.
#ifndef FLOE_TOOLS_COMPARE_SIDES_H_
#define FLOE_TOOLS_COMPARE_SIDES_H_

#include <memory>
#include <string>
#include <vector>

#include "floe/compile.h"
#include "floe/engine.h"
#include "floe/tensor.h"

namespace floe::tools {

struct Side {
  std::string path;
  std::shared_ptr<const Engine> engine;  // null: golden
  std::vector<NamedTensor> arrays;       // of a golden file, under their mapped names
};

bool IsGoldenFile(const std::string& path);  // by its name: .npz

// Renames arrays by "KEY=NAME" lines. Throws Error: kUsage (a line of another form, no such key), kModel (the
// file).
Side ReadGolden(const std::string& path, const std::vector<std::string>& maps);

// What of a model is built when the user did not say: inputs with the shapes of the feeds or of the golden
// arrays of the same name, and the outputs that --map names.
ModelSelection ImplySelection(ModelSelection model, const std::vector<NamedTensor>& feeds,
                              const std::vector<std::string>& maps, const Side* golden);

// One tensor for each input of `side`'s engine, from `given`, else from the golden file (may be null), else
// made up. A feed that is not needed is a warning.
std::vector<NamedTensor> FeedsOf(const Side& side, const std::vector<NamedTensor>& given, const Side* golden);

struct Results {
  bool golden = false;
  std::vector<TensorSpec> specs;  // of an engine's outputs; of a golden file, names only
  std::vector<Tensor> tensors;
};
Results RunEngine(const Side& side, const std::vector<NamedTensor>& feeds, int threads);
Results GoldenResults(const Side& side);

// Runs both sides on the same tensors: `feeds`, else the golden arrays named like inputs, else made-up
// numbers. Throws Error(kUsage) if an input has none of them or the inputs of two engines differ.
std::pair<Results, Results> RunSides(const Side& a, const Side& b, std::vector<NamedTensor> feeds,
                                     int threads);

// Results of the same name, or of the same place if both have as many and no name is shared; the reference in
// the value's layout of images. What is left
// over is a warning; Error(kUsage) if nothing is left to compare.
struct ResultPair {
  std::string name;
  Tensor value;
  Tensor reference;
};
std::vector<ResultPair> PairResults(const Results& value, const Results& reference);

}  // namespace floe::tools

#endif  // FLOE_TOOLS_COMPARE_SIDES_H_
