// The tensors inside a run, found by the names that the model gives them, and how an engine's differ from a
// reference's, layer by layer.
//
// A name is what the model calls a tensor: "node:port" in TensorFlow, where "node" means its port 0. Nothing
// here is synchronised.
#ifndef FLOE_VERIFY_LAYERS_H_
#define FLOE_VERIFY_LAYERS_H_

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "floe/engine.h"
#include "floe/session.h"
#include "floe/tensor.h"
#include "graph/graph.h"
#include "verify/compare.h"

namespace floe {

// Tensors of one run under the model's names.
class LayerValues {
 public:
  void Add(std::span<const std::string> names, const Tensor& value);
  // The tensor under the first of the names that is known; null if none is.
  const Tensor* Find(std::span<const std::string> names) const;
  bool empty() const { return values_.empty(); }

 private:
  std::unordered_map<std::string, Tensor> values_;
};

// Every tensor that the reference backend computes for these inputs of the graph as imported. Throws Error as
// a run does. `outputs`, if not null, gets those of the graph.
LayerValues ReferenceLayers(const Graph& imported, std::span<const Tensor> inputs, int threads,
                            std::vector<Tensor>* outputs = nullptr);
// What the steps of an engine give. `outputs`, if not null, gets those of the engine.
LayerValues EngineLayers(const std::shared_ptr<const Engine>& engine, std::span<const Tensor> inputs,
                         int threads, std::vector<Tensor>* outputs = nullptr);
// Arrays of a golden file.
LayerValues GoldenLayers(std::span<const NamedTensor> arrays);

// A tensor that a step of the engine gives and the reference knows too, be it with the channels of images
// elsewhere.
struct LayerDifference {
  size_t step = 0;
  std::string step_name;
  std::string kernel;               // "if", "loop" for control flow
  std::vector<std::string> nodes;   // of the model, that the step computes
  std::string tensor;               // the first of the model's names for it
  std::vector<std::string> inputs;  // the tensors that it was computed from, as far as the reference has them
  std::vector<size_t> steps;        // all steps between those and this one, itself the last
  TensorDifference error;           // after all that lies before, as in any run
  TensorDifference own;             // when the step gets the reference's values: what it adds itself
};

// Runs the engine twice: as it is, and with every tensor that the reference knows replaced by the
// reference's as soon as a step has given it, so that an error shows where it arises only. In the order of
// the steps.
std::vector<LayerDifference> CompareLayers(const std::shared_ptr<const Engine>& engine,
                                           std::span<const Tensor> inputs, const LayerValues& reference,
                                           int threads);

// The second of those runs: each tensor that the reference knows as the step gave it, and the reference's,
// which takes its place after the call.
void ForceLayers(const std::shared_ptr<const Engine>& engine, std::span<const Tensor> inputs,
                 const LayerValues& reference, int threads,
                 const std::function<void(const InnerTensor& inner, const Tensor& wanted)>& visit);

}  // namespace floe

#endif  // FLOE_VERIFY_LAYERS_H_
