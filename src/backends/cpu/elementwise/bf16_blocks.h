// Runs of elements from bf16 in memory to float32 and back.
#ifndef FLOE_BACKENDS_CPU_ELEMENTWISE_BF16_BLOCKS_H_
#define FLOE_BACKENDS_CPU_ELEMENTWISE_BF16_BLOCKS_H_

#include "backends/cpu/elementwise/block.h"

namespace floe::cpu {

struct Bf16Blocks {
  BlockFunction widen = nullptr;
  BlockFunction narrow = nullptr;
};

namespace avx512_bf16 {
extern const Bf16Blocks kBf16Blocks;
}

// For targets that have bf16.
inline Bf16Blocks Bf16BlocksOfThis() {
#if defined(__x86_64__)
  return avx512_bf16::kBf16Blocks;
#else
  return {};
#endif
}

}  // namespace floe::cpu

#endif  // FLOE_BACKENDS_CPU_ELEMENTWISE_BF16_BLOCKS_H_
