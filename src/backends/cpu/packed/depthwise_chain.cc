#include "backends/cpu/packed/depthwise_chain.h"

#include "backends/cpu/conv/epilogue.h"
#include "backends/cpu/depthwise/depthwise.h"
#include "backends/cpu/depthwise/depthwise_bf16.h"
#include "backends/cpu/packed/product.h"
#include "backends/cpu/problem.h"
#include "backends/cpu/storage.h"

namespace floe::cpu {

const PackedCode& ChainCodeFor(DType arithmetic, const Target& target) {
  return arithmetic == DType::kBFloat16 ? PackedBf16Code() : PackedCodeFor(IsaOf(target));
}

Refusal ReadChainDepthwise(const Graph& problem, const FusedGroup& group, Window* window) {
  Window& w = *window;
  if (Refusal refusal = ReadConv(problem, group, window)) return refusal;
  if (w.groups != w.channels || w.channels != w.output_channels) return "not a depthwise convolution";
  if (w.kernel[0] != 1 || w.input[0] != 1 || w.pad[0] != 0) return "three spatial dimensions";
  if (w.kernel[1] > kMostFilterRows) return "filter too high";
  return std::nullopt;
}

Refusal ReadChainPointwise(const Graph& problem, const FusedGroup& group, Window* window,
                           PackedShape* shape) {
  Window& w = *window;
  if (Refusal refusal = ReadConv(problem, group, window)) return refusal;
  const bool pointwise = w.groups == 1 && w.taps() == 1 && w.stride[0] * w.stride[1] * w.stride[2] == 1 &&
                         w.output_pixels() == w.input_pixels();
  if (!pointwise) return "not a pointwise convolution";
  *shape = {w.output_pixels(), w.channels, w.output_channels};
  return std::nullopt;
}

namespace {

Tensor PackLayer(const ChainLayer& layer, const float* filter) {
  const bool depthwise = layer.shape == nullptr;
  if (layer.direct_bf16) {
    return depthwise ? PackDepthwiseBf16(layer.window, filter) : PackDirectBf16(layer.window, filter);
  }
  if (depthwise) return PackDepthwise(layer.window, filter);
  return PackWeights(*layer.shape, *layer.code, {filter, layer.shape->depth});
}

}  // namespace

Packed PackChain(const Graph& problem, const std::vector<ChainLayer>& layers) {
  Packed out;
  for (const ChainLayer& layer : layers) {
    const ValueId filter = layer.group.main->inputs[1];
    out.tensors.push_back(PackLayer(layer, ConstantOf(problem, filter)->data<float>()));
    if (problem.value(filter).users.size() == 1) out.consumed.push_back(filter);
  }
  return out;
}

void CheckPackedChain(std::span<const Tensor> packed, const std::vector<ChainLayer>& layers,
                      std::string_view kernel) {
  CheckPackedCount(packed, layers.size(), kernel);
  for (size_t i = 0; i < layers.size(); ++i) {
    if (layers[i].shape == nullptr && layers[i].direct_bf16) {
      CheckPacked(packed[i], DType::kBFloat16, PackedDepthwiseBf16Elements(layers[i].window), kernel);
    } else if (layers[i].shape == nullptr) {
      CheckPackedFloats(packed[i], layers[i].window.taps() * layers[i].window.output_channels, kernel);
    } else {
      CheckPackedWeights(packed[i], *layers[i].shape, *layers[i].code, kernel);
    }
  }
}

std::vector<InPlace> ChainInPlace(const Graph& problem) {
  std::string why;
  const StoredProblem stored(problem);
  const std::vector<FusedGroup> chain = MatchChainPerhapsWithMean(stored.graph(), &why);
  if (chain.empty()) return {};
  return stored.OfSameType(ResidualInPlace(stored.graph(), chain.back()));
}

double EstimateDepthwiseNs(const Window& w, Isa isa) {
  const auto vectors =
      static_cast<double>(w.output_pixels() * RoundUp(w.output_channels, VectorFloats(isa)) * w.taps());
  return vectors / (0.6 * MaddsPerNs(isa));
}

}  // namespace floe::cpu
