// Layer by layer: where in an engine errors arise and how they grow.
#ifndef FLOE_TOOLS_COMPARE_LAYERS_H_
#define FLOE_TOOLS_COMPARE_LAYERS_H_

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "floe/compile.h"
#include "verify/layers.h"

namespace floe::tools {

// "differs by up to 0.12, 3.4e-02 of the range", or why nothing was compared.
std::string DescribeDifference(const TensorDifference& difference);

// The inputs as the specs name them, else in their order; turned to the other layout of images where only
// that fits. Throws Error(kUsage) where the numbers differ.
std::vector<Tensor> InOrder(const std::vector<TensorSpec>& specs, const std::vector<NamedTensor>& inputs,
                            const std::string& path);

// What the layers of a run on these inputs should be, and its results: of a model, by the reference backend;
// of an engine, what its steps give. Inputs are matched by name, else by place, and turned to the other
// layout of images where only that fits.
struct Wanted {
  LayerValues layers;
  std::vector<TensorSpec> specs;  // of the results
  std::vector<Tensor> results;
};
Wanted WantedLayers(const ModelSelection& right, const std::vector<NamedTensor>& inputs, int threads);

nlohmann::ordered_json DifferenceJson(const TensorDifference& difference);
nlohmann::ordered_json LayerJson(const LayerDifference& layer);

// The layers that add most error themselves, the largest first, at most `most` of them.
void PrintLayers(const std::vector<LayerDifference>& layers, double tolerance, size_t most);

}  // namespace floe::tools

#endif  // FLOE_TOOLS_COMPARE_LAYERS_H_
