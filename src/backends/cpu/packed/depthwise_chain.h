// What kernels of chains around a depthwise convolution have in common.
#ifndef FLOE_BACKENDS_CPU_PACKED_DEPTHWISE_CHAIN_H_
#define FLOE_BACKENDS_CPU_PACKED_DEPTHWISE_CHAIN_H_

#include <vector>

#include "backends/cpu/match.h"
#include "backends/cpu/packed/division.h"
#include "backends/cpu/window.h"

namespace floe::cpu {

// fp32: the code of the target's instruction set; bf16: VDPBF16PS.
const PackedCode& ChainCodeFor(DType arithmetic, const Target& target);

// A depthwise convolution in two dimensions, as many channels out as in.
Refusal ReadChainDepthwise(const Graph& problem, const FusedGroup& group, Window* window);
// A pointwise convolution, stride 1, and its product over the pixels.
Refusal ReadChainPointwise(const Graph& problem, const FusedGroup& group, Window* window, PackedShape* shape);

struct ChainLayer {
  const FusedGroup& group;
  const Window& window;
  const PackedShape* shape = nullptr;  // of its product; null: depthwise
  const PackedCode* code = nullptr;
  // A product whose pixels are read where they lie, or a depthwise convolution, and both in bf16: filters
  // have an order of their own.
  bool direct_bf16 = false;
};
// The filters of the layers, in order. One constant may be several of the problem's operands; it is consumed
// when it is one.
Packed PackChain(const Graph& problem, const std::vector<ChainLayer>& layers);
// Throws Error(kEngine) unless they are what PackChain() gives.
void CheckPackedChain(std::span<const Tensor> packed, const std::vector<ChainLayer>& layers,
                      std::string_view kernel);

// The residual of the last may be written over, unless it is the chain's input, which is read until the end.
std::vector<InPlace> ChainInPlace(const Graph& problem);

// A guess for one thread.
double EstimateDepthwiseNs(const Window& window, Isa isa);

}  // namespace floe::cpu

#endif  // FLOE_BACKENDS_CPU_PACKED_DEPTHWISE_CHAIN_H_
