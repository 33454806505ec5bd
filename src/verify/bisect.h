// Narrows a wrong result down to the smallest part of a model that shows it.
#ifndef FLOE_VERIFY_BISECT_H_
#define FLOE_VERIFY_BISECT_H_

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "compiler/model.h"
#include "floe/compile.h"
#include "floe/tensor.h"
#include "verify/layers.h"

namespace floe {

// A part of a model with what goes in and what should come out, by the model's names ("node:port").
struct ModelPart {
  std::vector<NamedTensor> feeds;     // the reference's
  std::vector<NamedTensor> expected;  // likewise
  std::vector<NamedTensor> found;
  std::vector<std::string> nodes;             // of the model, that it computes
  std::vector<TensorDifference> differences;  // of `found`, one each
};

struct BisectOptions {
  double tolerance = 1e-3;  // of a tensor's range
  CompileOptions compile;   // how parts are built
};

struct Bisection {
  std::vector<LayerDifference> layers;  // as CompareLayers gives them
  std::optional<size_t> wrong;          // in `layers`: the first that is beyond the tolerance by itself
  // The steps of `wrong`, and what they gave in the engine.
  ModelPart part;
  // Built alone with the same options, the part, or one smaller, is wrong as well: the smallest found. Else
  // the fault lies in the engine's own bytes, or shows only in its place among other steps.
  std::optional<ModelPart> rebuilt;
};

// `imported` is the graph that `engine` was built from, as imported; `reference` what its tensors should be.
// Throws Error as a build and a run do.
Bisection Bisect(const std::shared_ptr<const Engine>& engine, const Graph& imported,
                 std::span<const Tensor> inputs, const LayerValues& reference, const BisectOptions& options);

}  // namespace floe

#endif  // FLOE_VERIFY_BISECT_H_
